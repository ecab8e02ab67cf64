// Why: all lines of the process leave through one door, and that door redacts the FINISHED line. Redacting fields by
// name misses what is nested or quoted inside an error message; the finished text hides nothing from the redactor.
// It writes synchronously: the last line before a crash is the one that is needed, and a worker thread (what pino
// calls a transport) can neither be bundled nor trusted to be flushed.
import { writeSync } from 'node:fs'
import type { Redactor } from '../../core/redactor.ts'

export type LineWriter = (line: string) => void

/** syslog(3) priorities as journald reads them from the beginning of a line (SyslogLevelPrefix=). */
export const priority = { error: 3, warn: 4, notice: 5, info: 6, debug: 7 } as const
export type Priority = keyof typeof priority

export interface SinkOptions {
  readonly redactor: Redactor
  /** Default: standard error. */
  readonly write?: LineWriter
  /** Prefix lines with `<N>`: true where systemd reads them. Default: JOURNAL_STREAM is set. */
  readonly journal?: boolean
}

export interface Sink {
  /** `line` without its newline. */
  write(line: string, level: Priority): void
  /** For a text that is about to be escaped into a line: a secret inside quoted JSON would be escaped twice by then. */
  redact(text: string): string
}

/** Longest line written, characters; the journal splits longer ones anyway (LineMax=48K) and then loses the prefix. */
export const MAX_LINE = 16_384

export function createSink(opts: SinkOptions): Sink {
  const write = opts.write ?? ((line) => writeToStderr(line))
  const journal = opts.journal ?? process.env['JOURNAL_STREAM'] !== undefined
  return {
    redact: (text) => opts.redactor.redact(text),
    write(line, level) {
      // Redact first and cut afterwards: the other way round, half a secret could stay at the cut.
      const clean = opts.redactor.redact(line).replaceAll('\n', ' ')
      const bounded = clean.length > MAX_LINE ? `${clean.slice(0, MAX_LINE)}…` : clean
      write(`${journal ? `<${priority[level]}>` : ''}${bounded}\n`)
    },
  }
}

/** A pipe that is full (EAGAIN) or gone (EPIPE) must not end a kiosk; the line is lost then, and nothing else. */
function writeToStderr(line: string): void {
  const bytes = Buffer.from(line, 'utf8')
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(2, bytes, at)
  } catch (e) {
    const code = (e as NodeJS.ErrnoException).code
    if (code !== 'EAGAIN' && code !== 'EPIPE' && code !== 'EIO') throw e
  }
}
