// Why: SPICE gives a client no message that measures the round trip, and a link that hangs looks like a guest that is
// quiet. The list of channels is asked for again and again: every server answers it at once and without side effects
// (seen with spice-server 0.15), so it measures where nothing moves, and tells when nothing comes any more.
import type { Clock } from './clock.ts'

/** A question that is not answered for so long is worth telling the person, ms. */
export const SILENCE_MS = 1500

export interface ProbeOptions {
  readonly clock: Clock
  /** Between two questions, ms; 0: only the first. */
  readonly every: number
  readonly ask: () => void
  readonly onRtt: (ms: number) => void
  readonly onSilence: (ms: number) => void
}

export class Probe {
  readonly #o: ProbeOptions
  #sent: number | undefined
  #cancelNext: (() => void) | undefined
  #cancelSilence: (() => void) | undefined

  constructor(options: ProbeOptions) {
    this.#o = options
  }

  /** Asks now, and from then on; never a second time before the answer. */
  start(): void {
    const { clock, every, ask, onSilence } = this.#o
    if (every > 0) this.#cancelNext = clock.after(every, () => { this.start() })
    if (this.#sent !== undefined) return
    this.#sent = clock.now()
    this.#cancelSilence = clock.after(SILENCE_MS, () => { onSilence(SILENCE_MS) })
    ask()
  }

  /** The answer came; one that was not asked for is no measurement. */
  answered(): void {
    if (this.#sent === undefined) return
    const ms = this.#o.clock.now() - this.#sent
    this.#sent = undefined
    this.#cancelSilence?.()
    this.#o.onRtt(ms)
  }

  stop(): void {
    this.#cancelNext?.()
    this.#cancelSilence?.()
  }
}
