// Why: what the page writes to its console helps to find a fault, but the page draws whatever a hostile guest sends.
// So its lines are bounded in length and rate before they come near the log, and count as text, never as structure.
import { printable } from '../../core/errors.ts'
import type { Clock } from '../../core/ports/clock.ts'
import type { Logger } from '../../core/ports/logger.ts'

/** Longest line kept, bytes of UTF-8. */
export const MAX_CONSOLE_BYTES = 2048
/** Lines taken per second; what is beyond is counted and told once. */
export const MAX_CONSOLE_LINES = 20
const WINDOW_MS = 1000

export type ConsoleLevel = 'error' | 'warning' | 'info' | 'debug'

/** Returns the function that a shell calls for each console message of the page. Below `warning` nothing is kept. */
export function consoleIntake(log: Logger, clock: Pick<Clock, 'now'>): (level: ConsoleLevel, text: string) => void {
  let start = -Infinity
  let taken = 0
  let dropped = 0
  return (level, text) => {
    if (level !== 'error' && level !== 'warning') return
    const now = clock.now()
    if (now - start >= WINDOW_MS) {
      if (dropped > 0) log.warn('console lines of the page dropped', { count: dropped })
      start = now
      taken = 0
      dropped = 0
    }
    if (taken === MAX_CONSOLE_LINES) {
      dropped++
      return
    }
    taken++
    // Never at error: no line of the page makes somebody get up at night.
    log.warn('page console', { page: level, text: cut(text) })
  }
}

function cut(text: string): string {
  // A character has at most 3 bytes per UTF-16 unit, so what is beyond the limit in units need not even be looked at.
  const bytes = Buffer.from(printable(text.slice(0, MAX_CONSOLE_BYTES)), 'utf8')
  if (bytes.length <= MAX_CONSOLE_BYTES && text.length <= MAX_CONSOLE_BYTES) return bytes.toString('utf8')
  // `fatal: false` with stream: an incomplete character at the cut is left out instead of becoming U+FFFD.
  return `${new TextDecoder().decode(bytes.subarray(0, MAX_CONSOLE_BYTES - 3), { stream: true })}…`
}
