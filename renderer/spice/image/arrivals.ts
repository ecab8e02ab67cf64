// Why: display channels of one session share the picture cache and the GLZ window, so a draw on one may need what
// another has yet to receive. A channel waits then, but not without end: if every channel waits, nothing can arrive any
// more; and a damaged image may name one that never comes. Either costs a message and not the session.
import type { Clock } from '../session/clock.ts'
import { WireError } from '../wire/reader.ts'

interface Waiter {
  readonly wake: () => void
  readonly fail: (error: WireError) => void
}

/** How long one image may wait for others, all its waits together, ms. A link that is slower than this is not worked on. */
export const ARRIVAL_LIMIT_MS = 10_000

export class Arrivals {
  readonly #clock: Clock | undefined
  #channels = 0
  #waiters = new Set<Waiter>()

  /** @param clock for the limit; without one there is none */
  constructor(clock?: Clock) {
    this.#clock = clock
  }

  /** Channels that wait now. */
  get waiting(): number {
    return this.#waiters.size
  }

  /** No other channel is left that could bring something. */
  get alone(): boolean {
    return this.#waiters.size + 1 >= this.#channels
  }

  /** A channel that may bring things. The returned function takes it off again, once. */
  join(): () => void {
    this.#channels++
    let joined = true
    return () => {
      if (!joined) return
      joined = false
      this.#channels--
      if (this.#waiters.size >= this.#channels) this.abandon()
    }
  }

  /** Something was added, or was lost for good: waiters look again. */
  arrived(): void {
    const woken = this.#waiters
    this.#waiters = new Set()
    for (const w of woken) w.wake()
  }

  /** When an image that begins to wait now has waited long enough; for next(). */
  deadline(): number {
    return this.#clock === undefined ? Infinity : this.#clock.now() + ARRIVAL_LIMIT_MS
  }

  /** Resolves at the next arrival; rejects when no channel is left that could bring one, and at `until`. `what` is for the error. */
  next(what: string, until = Infinity): Promise<void> {
    if (this.alone) return Promise.reject(new WireError(`${what} is missing and no channel can bring it`))
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        wake: () => {
          cancel?.()
          resolve()
        },
        fail: (error) => {
          cancel?.()
          reject(error)
        },
      }
      this.#waiters.add(waiter)
      const clock = this.#clock
      const late = (): void => {
        this.#waiters.delete(waiter)
        reject(new WireError(`${what} has not come in time`))
      }
      const cancel = clock === undefined || until === Infinity ? undefined : clock.after(Math.max(0, until - clock.now()), late)
    })
  }

  /** Fails all that wait: for a caller whose backlog is at its end. */
  abandon(): void {
    const failed = this.#waiters
    this.#waiters = new Set()
    for (const w of failed) w.fail(new WireError('what a draw waits for can no longer come'))
  }
}
