// Why: which SPICE client draws is IT's choice, known only when main has answered; the screens see one engine. Our own is
// part of the page; the package is fetched when it is chosen, and never otherwise.
import type { ConsoleEngine, ConsoleOptions } from './port.ts'

export type EngineName = 'spice-html5' | 'latchkey'

export class ChosenEngine implements ConsoleEngine {
  readonly #name: () => EngineName
  readonly #own: ConsoleEngine
  readonly #load: () => Promise<ConsoleEngine>
  #package: ConsoleEngine | undefined
  #running: ConsoleEngine | undefined
  #start = 0

  /** @param load fetches the package's engine; asked again after a failure */
  constructor(name: () => EngineName, own: ConsoleEngine, load: () => Promise<ConsoleEngine>) {
    this.#name = name
    this.#own = own
    this.#load = load
  }

  start(container: HTMLElement, options: ConsoleOptions): void {
    this.stop()
    if (this.#name() === 'latchkey') return this.#run(this.#own, container, options)
    if (this.#package) return this.#run(this.#package, container, options)
    const mine = ++this.#start
    this.#load().then(
      (engine) => {
        this.#package = engine
        if (mine === this.#start) this.#run(engine, container, options)
      },
      () => {
        if (mine === this.#start) options.onEvent('failed')
      },
    )
  }

  stop(): void {
    this.#start++
    this.#running?.stop()
    this.#running = undefined
  }

  sendKeys(codes: readonly string[]): void {
    this.#running?.sendKeys(codes)
  }
  sendCtrlAltDel(): void {
    this.#running?.sendCtrlAltDel()
  }
  focus(): void {
    this.#running?.focus()
  }
  rtt(): number | undefined {
    return this.#running?.rtt?.()
  }

  #run(engine: ConsoleEngine, container: HTMLElement, options: ConsoleOptions): void {
    this.#running = engine
    engine.start(container, options)
  }
}
