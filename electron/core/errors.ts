// Why: one error class for everything that can go wrong by design. The code decides; `detail` is for IT's log only
// and never reaches the screen (it may quote a hypervisor), `params` are short display strings that may.
import { randomBytes } from 'node:crypto'
import { isErrorCode, type ErrorCode } from '../../shared/error-codes.ts'
import type { UserError } from '../../shared/view/view-state.ts'

export type ErrorParams = Readonly<Record<string, string>>

export class AppError extends Error {
  readonly code: ErrorCode
  /** For the log, after redaction. Never shown. */
  readonly detail: string
  readonly params: ErrorParams
  /** Short id shown to the person and written to the log: `T-7K2QW`. */
  readonly traceId: string

  constructor(code: ErrorCode, detail: string, opts: { cause?: unknown; params?: ErrorParams } = {}) {
    super(`${code}: ${detail}`, opts.cause === undefined ? undefined : { cause: opts.cause })
    this.name = 'AppError'
    this.code = code
    this.detail = detail
    this.params = opts.params ?? {}
    this.traceId = newTraceId()
  }
}

/** Letters that can be read out on the telephone (no 0/O, 1/I/L, U/V). */
const ALPHABET = '23456789ABCDEFGHJKMNPQRSTWXYZ'

export function newTraceId(): string {
  return 'T-' + Array.from(randomBytes(5), (b) => ALPHABET[b % ALPHABET.length]).join('')
}

/** Anything thrown → AppError. What is not ours is a bug of ours (or a cancellation). */
export function toAppError(e: unknown): AppError {
  if (e instanceof AppError) return e
  if (e instanceof Error && e.name === 'AbortError') return new AppError('cancelled', 'aborted', { cause: e })
  return new AppError('internal.bug', e instanceof Error ? (e.stack ?? e.message) : String(e), { cause: e })
}

/** What may cross to the page: the code, bounded params, the trace id. */
export function toUser(e: AppError): UserError {
  const params = Object.fromEntries(Object.entries(e.params).map(([k, v]) => [k.slice(0, 40), printable(v).slice(0, 300)]))
  return { code: e.code, params, traceId: e.traceId }
}

/** Control and bidirectional-override characters have no place in a sentence for a person. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '\u00a0')
}

export { isErrorCode }

/** Throws `cancelled` if the signal has fired; for loops between awaits. */
export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new AppError('cancelled', 'aborted')
}
