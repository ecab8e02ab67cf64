// Why: boot times, heartbeats and latency run on an injected clock, so that tests move time instead of waiting for it.

/** Same shape as the application's clock port, as far as it is needed here; the SPICE server takes it too. */
export interface Clock {
  /** Wall clock, ms since the epoch. */
  wall(): number
  /** Calls `fn` once after `ms`; the result cancels. */
  after(ms: number, fn: () => void): () => void
}

/** Real time. Its timers never keep the process alive. */
export const systemClock: Clock = {
  wall: () => Date.now(),
  after(ms, fn) {
    const timer = setTimeout(fn, ms)
    timer.unref()
    return () => clearTimeout(timer)
  },
}

/** Resolves after `ms`; at once for 0, so that a latency of nothing costs no turn of the timer queue. */
export function pause(clock: Clock, ms: number): Promise<void> {
  return ms <= 0 ? Promise.resolve() : new Promise((resolve) => void clock.after(ms, resolve))
}
