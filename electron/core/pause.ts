// Why: between two questions a driver waits, and whoever cancels it must meet the one error that says so.
import { AppError } from './errors.ts'
import { sleep, type Clock } from './ports/clock.ts'

/** Waits `ms`. Errors: cancelled, if the signal aborts meanwhile or has done so. @param what is being waited for, for the log */
export async function pause(clock: Clock, ms: number, signal: AbortSignal, what: string): Promise<void> {
  try {
    await sleep(clock, ms, signal)
  } catch (cause) {
    throw new AppError('cancelled', `waiting for ${what} was cancelled`, { cause })
  }
}
