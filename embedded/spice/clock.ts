// Why: the ticking clock on the simulated desktop and the delays of faults must be driven by tests, not by waiting.

/** The part of the application's clock port that this server needs; the same shape, so that one can be passed. */
export interface SpiceClock {
  /** Wall clock, ms since the epoch. */
  wall(): number
  /** Calls `fn` once after `ms`; the result cancels. */
  after(ms: number, fn: () => void): () => void
}

/** Real time. Its timers never keep the process alive. */
export const systemClock: SpiceClock = {
  wall: () => Date.now(),
  after(ms, fn) {
    const timer = setTimeout(fn, ms)
    timer.unref()
    return () => clearTimeout(timer)
  },
}
