// Why: the test doubles of core's own ports (a manual clock, a recording logger). Test code: not imported by the app.
import type { CallContext } from './ports/driver.ts'
import type { Clock } from './ports/clock.ts'
import { silentLogger, type LogFields, type Logger } from './ports/logger.ts'

export class ManualClock implements Clock {
  #now = 0
  #timers: { at: number; fn: () => void }[] = []
  now(): number {
    return this.#now
  }
  wall(): number {
    return 1_800_000_000_000 + this.#now
  }
  after(ms: number, fn: () => void): () => void {
    const timer = { at: this.#now + ms, fn }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((t) => t !== timer)
    }
  }
  get pending(): number {
    return this.#timers.length
  }
  /** Fires what is due within `ms`, in order, letting promises settle in between. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms
    for (;;) {
      await settle()
      const next = this.#timers.filter((t) => t.at <= end).sort((a, b) => a.at - b.at)[0]
      if (!next) break
      this.#timers = this.#timers.filter((t) => t !== next)
      this.#now = Math.max(this.#now, next.at)
      next.fn()
    }
    this.#now = end
    await settle()
  }
}

/** Lets pending promise and stream callbacks run. */
export async function settle(turns = 5): Promise<void> {
  for (let i = 0; i < turns; i++) await new Promise((r) => setImmediate(r))
}

export interface LoggedLine {
  readonly level: string
  readonly msg: string
  readonly fields: LogFields
}

export function recordingLogger(lines: LoggedLine[] = [], base: LogFields = {}): Logger & { readonly lines: LoggedLine[] } {
  const at = (level: string) => (msg: string, fields: LogFields = {}) => void lines.push({ level, msg, fields: { ...base, ...fields } })
  return { lines, error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug'), child: (f) => recordingLogger(lines, { ...base, ...f }) }
}

export function callContext(signal: AbortSignal = new AbortController().signal, log: Logger = silentLogger): CallContext {
  return { signal, log }
}
