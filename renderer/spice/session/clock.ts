// Why: time is injected, so that windows, timeouts and round trips are tested without waiting.

export interface Clock {
  /** Monotonic milliseconds. */
  now(): number
  /** Calls `fn` once after `ms`; the result cancels it. */
  after(ms: number, fn: () => void): () => void
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, fn) {
    const timer = setTimeout(fn, ms)
    return () => { clearTimeout(timer) }
  },
}
