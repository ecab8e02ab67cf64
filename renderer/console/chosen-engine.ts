// Why: which SPICE client draws is IT's choice, known only when main has answered; the screens see one engine. The
// package is part of the page; our own engine is fetched when it is chosen, and never otherwise.
import type { ConsoleEngine, ConsoleOptions } from './port.ts'

export type EngineName = 'spice-html5' | 'latchkey'

export class ChosenEngine implements ConsoleEngine {
  readonly #name: () => EngineName
  readonly #package: ConsoleEngine
  readonly #load: () => Promise<ConsoleEngine>
  #own: ConsoleEngine | undefined
  #running: ConsoleEngine | undefined
  #start = 0

  constructor(name: () => EngineName, packaged: ConsoleEngine, load: () => Promise<ConsoleEngine>) {
    this.#name = name
    this.#package = packaged
    this.#load = load
  }

  start(container: HTMLElement, options: ConsoleOptions): void {
    this.stop()
    if (this.#name() === 'spice-html5') return this.#run(this.#package, container, options)
    if (this.#own) return this.#run(this.#own, container, options)
    const mine = ++this.#start
    this.#load().then(
      (engine) => {
        this.#own = engine
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

  #run(engine: ConsoleEngine, container: HTMLElement, options: ConsoleOptions): void {
    this.#running = engine
    engine.start(container, options)
  }
}
