// Why: the library's and the socket's failures become the few codes that a person or IT can do something about.
import { AppError } from '../../core/errors.ts'
import type { ErrorCode } from '../../../shared/error-codes.ts'

/**
 * undici's error codes that mean "this was no HTTP". Reference: undici docs/docs/api/Errors.md; HPE_* are llhttp's.
 */
const NO_HTTP = /^(HPE_|UND_ERR_HEADERS_OVERFLOW|UND_ERR_RES_EXCEEDED_MAX_SIZE)/

/** Codes of a request that was put together wrongly. */
const OURS = /^UND_ERR_(INVALID_ARG|REQ_CONTENT_LENGTH_MISMATCH|NOT_SUPPORTED)$/

/** http.lost, hypervisor.protocol or internal.bug; an AppError stays what it is. The message of a request never holds its headers. */
export function requestError(cause: unknown, host: string): AppError {
  if (cause instanceof AppError) return cause
  const error = cause instanceof Error ? cause : new Error(String(cause))
  const code = (error as NodeJS.ErrnoException).code ?? ''
  const detail = `${host}: ${error.message}`
  if (OURS.test(code)) return new AppError('internal.bug', detail, { cause })
  // The parser's errors have a code only sometimes.
  if (NO_HTTP.test(code) || error.name === 'HTTPParserError') return new AppError('hypervisor.protocol', `${detail} (${code})`, { cause })
  return new AppError('http.lost', detail, { cause })
}

/** A socket that did not open (see dialSocket's `why`) → http.refused, http.timeout, http.unreachable. */
export function dialError(cause: unknown): unknown {
  if (!(cause instanceof AppError) || cause.code !== 'http.unreachable') return cause
  const { why = '' } = cause.params
  const code: ErrorCode = why === 'refused' ? 'http.refused' : why === 'timeout' ? 'http.timeout' : 'http.unreachable'
  return code === cause.code ? cause : new AppError(code, cause.detail, { cause: cause.cause, params: cause.params })
}
