// Why: the one place where real time enters; everything above is tested with a manual clock.
import type { Clock } from '../core/ports/clock.ts'

/** Monotonic and wall time of this machine, timers of the event loop. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  after(ms, fn) {
    const timer = setTimeout(fn, ms)
    return () => clearTimeout(timer)
  },
}
