// Why: the typed name goes into an SSH user name, into `id -Gn NAME` and into comparisons. What could be taken for an
// option or break a line is refused before it is used anywhere.
import { AppError } from '../../core/errors.ts'

const MAX_BYTES = 256

/** Throws `auth.input`. The name is not changed: trimming would sign in somebody the person did not type. */
export function checkUserName(user: string): void {
  const bytes = Buffer.byteLength(user, 'utf8')
  if (bytes === 0) throw new AppError('auth.input', 'the user name is empty')
  if (bytes > MAX_BYTES) throw new AppError('auth.input', `the user name has ${bytes} bytes, ${MAX_BYTES} at most`)
  if (user.startsWith('-')) throw new AppError('auth.input', 'the user name starts with a dash')
  if (/[\p{Cc}\p{Cs}\u2028\u2029]/u.test(user)) throw new AppError('auth.input', 'the user name contains a control character')
}
