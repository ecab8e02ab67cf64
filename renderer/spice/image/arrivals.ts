// Why: display channels of one session share the picture cache and the GLZ window, so a draw on one may need what
// another has yet to receive. A channel waits then; but if every channel waits, nothing can arrive any more and they are
// all told so, which costs a message and not the session. Nothing here depends on time.
import { WireError } from '../wire/reader.ts'

interface Waiter {
  readonly wake: () => void
  readonly fail: (error: WireError) => void
}

export class Arrivals {
  #channels = 0
  #waiters: Waiter[] = []

  /** A channel that may bring things. The returned function takes it off again, once. */
  join(): () => void {
    this.#channels++
    let joined = true
    return () => {
      if (!joined) return
      joined = false
      this.#channels--
      if (this.#waiters.length >= this.#channels) this.abandon()
    }
  }

  /** Something was added, or was lost for good: waiters look again. */
  arrived(): void {
    const woken = this.#waiters
    this.#waiters = []
    for (const w of woken) w.wake()
  }

  /** Resolves at the next arrival; rejects when no channel is left that could bring one. `what` is for the error. */
  next(what: string): Promise<void> {
    if (this.#waiters.length + 1 >= this.#channels) return Promise.reject(new WireError(`${what} is missing and no channel can bring it`))
    return new Promise((wake, fail) => this.#waiters.push({ wake, fail }))
  }

  /** Fails all that wait: for a caller whose patience or backlog is at its end, since a damaged image may name anything. */
  abandon(): void {
    const failed = this.#waiters
    this.#waiters = []
    for (const w of failed) w.fail(new WireError('what a draw waits for can no longer come'))
  }
}
