// Why: one table from what ssh2 and the socket report to our codes. Decided by phase, level and errno, never by the
// wording, with one exception that says so.
import { AppError } from '../../core/errors.ts'
import type { ErrorCode } from '../../../shared/error-codes.ts'

export type Phase = 'connecting' | 'handshake' | 'authentication'

/** What ssh2 adds to its errors; `code` is an errno name of the socket or a disconnect number of RFC 4253. */
interface Ssh2Error extends Error {
  readonly level?: string
  readonly code?: string | number
}

const CONNECTING: Readonly<Record<string, ErrorCode>> = {
  ECONNREFUSED: 'ssh.refused',
  ETIMEDOUT: 'ssh.timeout',
  // Accepted, then reset before we even noticed that we were connected.
  ECONNRESET: 'ssh.handshake',
  EPIPE: 'ssh.handshake',
}

/**
 * `exhausted` is what running out of methods means for the credential in use.
 * Disconnect 2 and 14 in mid-authentication is how sshd ends it at MaxAuthTries ("Too many authentication
 * failures", 2 in OpenSSH) or as the RFC has it (14): with our single attempt that is a rejection, not a lock.
 */
export function connectError(error: Ssh2Error, phase: Phase, exhausted: () => AppError): AppError {
  // Thrown by our own code inside one of ssh2's callbacks.
  if (error instanceof AppError) return error
  const about = `${phase}: ${error.message}`
  if (error.level === 'client-authentication') return exhausted()
  if (error.level === 'client-timeout') return new AppError('ssh.timeout', about, { cause: error })
  if (error.level === 'client-dns') return new AppError('ssh.unreachable', about, { cause: error })
  if (phase === 'connecting') {
    // Happy eyeballs wraps the error of each address; they rarely differ.
    const inner = error instanceof AggregateError ? (error.errors as Ssh2Error[])[0] : error
    const code = String(inner?.code ?? error.code ?? '')
    return new AppError(Object.hasOwn(CONNECTING, code) ? CONNECTING[code]! : 'ssh.unreachable', `${about || phase} ${code}`.trim(), { cause: error })
  }
  if (phase === 'authentication' && (error.code === 14 || (error.code === 2 && /too many authentication/i.test(error.message)))) return exhausted()
  return new AppError('ssh.handshake', about, { cause: error })
}

/** RFC 4254, 5.1: 1 administratively prohibited, 2 connect failed, 3 unknown channel type, 4 resource shortage. */
export const CHANNEL_PROHIBITED = 1
export const CHANNEL_CONNECT_FAILED = 2

export function channelReason(error: Error): number | undefined {
  const reason = (error as Error & { reason?: unknown }).reason
  return typeof reason === 'number' ? reason : undefined
}
