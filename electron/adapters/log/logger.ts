// Why: core's Logger over pino, without pino's transports (see sink.ts). One JSON object per line:
// t (ISO time), level, comp, trace, epoch, code, msg, then whatever else the caller named.
import { pino, type Logger as Pino } from 'pino'
import type { Clock } from '../../core/ports/clock.ts'
import type { LogFields, Logger } from '../../core/ports/logger.ts'
import type { Priority, Sink } from './sink.ts'
import { NAME_FIELDS, type NameWriter } from './user-names.ts'

export type LogLevel = 'error' | 'warn' | 'info' | 'debug'

export interface LoggerOptions {
  readonly sink: Sink
  readonly clock: Pick<Clock, 'wall'>
  /** Lowest level written. */
  readonly level: LogLevel
  readonly names: NameWriter
}

/** A logger; `child({ comp })` names the part of the program. */
export function createLogger({ sink, clock, level, names }: LoggerOptions): Logger {
  let current: Priority = 'info'
  const core = pino(
    {
      level,
      base: null,
      timestamp: () => `,"t":"${new Date(clock.wall()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      // pino calls this before it builds the line: the sink learns the level without parsing it back.
      hooks: {
        logMethod(args, method, n) {
          current = labels[n] ?? 'info'
          method.apply(this, args)
        },
      },
    },
    { write: (line: string) => sink.write(line.trimEnd(), current) },
  )
  return wrap(core, (fields) => tidy(fields, names, sink.redact), sink.redact)
}

const labels: Readonly<Record<number, Priority>> = { 50: 'error', 40: 'warn', 30: 'info', 20: 'debug' }

type Tidy = (fields: LogFields) => Record<string, string | number | boolean>

function wrap(core: Pino, tidy: Tidy, redact: (text: string) => string): Logger {
  // The message is passed as a field and not as a format string: a `%s` in it stays a `%s`.
  const at = (level: LogLevel) => (msg: string, fields: LogFields = {}) => core[level]({ ...tidy(fields), msg: redact(msg) })
  return { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug'), child: (fields) => wrap(core.child(tidy(fields)), tidy, redact) }
}

/**
 * Names of persons by rule; our own keys cannot be overwritten by a caller's field of the same name. Texts are redacted
 * here and once more as a line: an error detail that quotes JSON is escaped twice in the line, in a spelling that the
 * redactor does not know.
 */
function tidy(fields: LogFields, names: NameWriter, redact: (text: string) => string): Record<string, string | number | boolean> {
  const out: Record<string, string | number | boolean> = {}
  for (const [key, value] of Object.entries(fields)) {
    if (value === undefined) continue
    const safe = key === 'msg' || key === 't' || key === 'level' ? `${key}_` : key
    out[safe] = typeof value !== 'string' ? value : NAME_FIELDS.has(key) ? names(value) : redact(value)
  }
  return out
}
