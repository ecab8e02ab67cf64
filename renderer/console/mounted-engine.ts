// Why: what every SPICE client behind the console port has in common: one mount at a time, keys through its keyboard,
// the focus on its container. An engine only says how it mounts.
import type { Keyboard } from './keyboard.ts'
import type { ConsoleEngine, ConsoleOptions } from './port.ts'

export interface EngineMount {
  readonly keyboard: Pick<Keyboard, 'sendKeys'>
  stop(): void
}

export abstract class MountedEngine<M extends EngineMount> implements ConsoleEngine {
  protected mounted: M | undefined
  #container: HTMLElement | undefined

  protected abstract mount(container: HTMLElement, options: ConsoleOptions): M

  start(container: HTMLElement, options: ConsoleOptions): void {
    this.stop()
    this.#container = container
    this.mounted = this.mount(container, options)
  }

  stop(): void {
    this.mounted?.stop()
    this.mounted = undefined
    this.#container = undefined
  }

  sendKeys(codes: readonly string[]): void {
    this.mounted?.keyboard.sendKeys(codes)
  }

  sendCtrlAltDel(): void {
    this.sendKeys(['ControlLeft', 'AltLeft', 'Delete'])
  }

  focus(): void {
    this.#container?.focus()
  }
}
