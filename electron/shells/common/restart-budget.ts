// Why: a browser that crashes is started again, but one that crashes at once and always must not be started for ever.
import type { Clock } from '../../core/ports/clock.ts'

/** Restarts allowed within `WINDOW_MS`. */
export const MAX_RESTARTS = 5
export const WINDOW_MS = 60_000
const BACKOFF_MS = [0, 250, 1000, 2000, 4000]

export class RestartBudget {
  readonly #clock: Clock
  #used: number[] = []

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Milliseconds to wait before the next start, or undefined when the budget of this minute is used up. */
  next(): number | undefined {
    const now = this.#clock.now()
    this.#used = this.#used.filter((at) => now - at < WINDOW_MS)
    if (this.#used.length >= MAX_RESTARTS) return undefined
    const wait = BACKOFF_MS[this.#used.length]!
    this.#used.push(now)
    return wait
  }
}
