// Why: MSG_WAIT_FOR_CHANNELS orders messages across the channels of a session (display channels share caches). One group
// knows how far each channel has got; a wait ends when that is far enough, when the channel is gone, or with its time,
// because a server that names a message which never comes must not stop a channel for ever.
import type { Clock } from './clock.ts'

/** How long one wait may take, ms. */
export const WAIT_LIMIT_MS = 10_000

interface Progress {
  /** Serial of the last message that was handled; the first message of a channel has 1. */
  done: number
  readonly waiting: Set<{ readonly serial: number; readonly wake: () => void }>
}

const keyOf = (type: number, id: number): number => (type << 8) | id

export class ChannelGroup {
  readonly #clock: Clock
  readonly #channels = new Map<number, Progress>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** A channel takes part until its leave(). */
  join(type: number, id: number): void {
    this.leave(type, id)
    this.#channels.set(keyOf(type, id), { done: 0, waiting: new Set() })
  }

  leave(type: number, id: number): void {
    const progress = this.#channels.get(keyOf(type, id))
    if (progress === undefined) return
    this.#channels.delete(keyOf(type, id))
    for (const waiter of [...progress.waiting]) waiter.wake()
  }

  handled(type: number, id: number, serial: number): void {
    const progress = this.#channels.get(keyOf(type, id))
    if (progress === undefined) return
    progress.done = serial
    if (progress.waiting.size === 0) return
    for (const waiter of [...progress.waiting]) if (waiter.serial <= serial) waiter.wake()
  }

  /** Resolves when the channel has handled that message; undefined if there is nothing to wait for. */
  reached(type: number, id: number, serial: number): Promise<void> | undefined {
    const progress = this.#channels.get(keyOf(type, id))
    if (progress === undefined || progress.done >= serial) return undefined
    return new Promise((resolve) => {
      const waiter = {
        serial,
        wake: () => {
          progress.waiting.delete(waiter)
          cancel()
          resolve()
        },
      }
      const cancel = this.#clock.after(WAIT_LIMIT_MS, waiter.wake)
      progress.waiting.add(waiter)
    })
  }
}
