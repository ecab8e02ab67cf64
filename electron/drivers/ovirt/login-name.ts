// Why: the engine wants NAME@PROFILE, people type their name. What they type is checked before it is part of anything.
import { AppError } from '../../core/errors.ts'

const MAX_BYTES = 256

/**
 * The name as the engine's SSO takes it. @param domains the configured profiles; the first is the one that is meant
 * where none is typed. Throws auth.input.
 */
export function loginName(typed: string, domains: readonly string[]): string {
  const bytes = Buffer.byteLength(typed, 'utf8')
  if (bytes === 0) throw new AppError('auth.input', 'the user name is empty')
  if (bytes > MAX_BYTES) throw new AppError('auth.input', `the user name has ${bytes} bytes, ${MAX_BYTES} at most`)
  if (/[\p{Cc}\p{Cs}\u2028\u2029]/u.test(typed)) throw new AppError('auth.input', 'the user name contains a control character')
  const [domain] = domains
  return typed.includes('@') || domain === undefined ? typed : `${typed}@${domain}`
}
