// Why: which methods are tried, in which order, and what a refusal means, is policy of ours and not of ssh2's defaults.
// The first request carries the password at once: asking for the list of methods first would cost a round trip.
import type { AuthHandlerMiddleware, AuthenticationType, ParsedKey, Prompt } from 'ssh2'
import { AppError } from '../../core/errors.ts'
import type { Secret } from '../../core/secret.ts'

/** What PAM modules (pam_unix, pam_faillock, pam_tally2, sssd) say of an account that no password will open. */
const LOCKED = /\b(account|password|user)\b[^.\n]{0,60}\b(locked|expired|disabled|inactive)\b|\b(locked|expired|disabled)\b[^.\n]{0,40}\baccount\b/i

/** pam_unix after a right password that has to be changed: "Current password:", "(current) UNIX password:", "New password:". */
const MUST_CHANGE = /\b(new|current)\)? (unix )?password\b|change your password/i

export function tellsLocked(text: string): boolean {
  return LOCKED.test(text)
}

/** ssh2's documented way to say "no further method"; its published types lack it. */
const GIVE_UP = false as unknown as AuthenticationType

export interface AuthMethod {
  readonly handler: AuthHandlerMiddleware
  /** The reason once the methods are exhausted or one asked for what we cannot give. */
  failure(): AppError
}

/** For a look at the host key alone: the connection ends before a method is asked for. */
export const noMethod: AuthMethod = {
  handler: (_left, _partial, next) => next(GIVE_UP),
  failure: () => new AppError('internal.bug', 'a look at the host key came as far as authentication'),
}

/**
 * password, then keyboard-interactive ONLY where the server does not take `password` at all: trying the same wrong
 * password by a second method would count twice towards locking the account.
 * `fail` ends the connection at once.
 */
export function passwordMethod(username: string, password: Secret, fail: (why: AppError) => void): AuthMethod {
  let why = new AppError('auth.rejected', 'the server did not accept the name and password')
  let answered = false
  let triedInteractive = false

  const prompt = (name: string, instructions: string, _lang: string, prompts: Prompt[], finish: (answers: string[]) => void): void => {
    const said = [name, instructions, ...prompts.map((p) => p.prompt)].join('\n')
    if (tellsLocked(said) || MUST_CHANGE.test(said)) return fail(new AppError('auth.locked', 'the server says that the account or its password is locked or expired'))
    if (answered || prompts.length !== 1 || prompts[0]!.echo === true) return fail(new AppError('auth.unsupported', 'the server asks for more than a password'))
    answered = true
    finish([asText(password)])
  }

  const handler: AuthHandlerMiddleware = (left: AuthenticationType[] | null, partial, next) => {
    // ssh2 calls with null before the first answer of the server; its types do not say so.
    if (left === null) return next({ type: 'password', username, password: asText(password) })
    if (partial === true) why = new AppError('auth.unsupported', `the server asks for a second factor (${left.join(', ')})`)
    else if (!triedInteractive && !left.includes('password') && left.includes('keyboard-interactive')) {
      triedInteractive = true
      return next({ type: 'keyboard-interactive', username, prompt })
    } else if (!triedInteractive && !left.includes('password')) {
      why = new AppError('auth.unsupported', `the server accepts neither password nor keyboard-interactive (it offers ${left.join(', ') || 'nothing'})`)
    }
    next(GIVE_UP)
  }
  return { handler, failure: () => why }
}

export function keyMethod(username: string, key: ParsedKey): AuthMethod {
  const why = new AppError('ssh.device-key', 'the server did not accept the key of this device')
  const handler: AuthHandlerMiddleware = (left: AuthenticationType[] | null, _partial, next) => {
    if (left === null) next({ type: 'publickey', username, key })
    else next(GIVE_UP)
  }
  return { handler, failure: () => why }
}

/** ssh2 takes strings only. Made at the last moment; the Secret stays the one that is wiped. */
function asText(password: Secret): string {
  return password.use((bytes) => bytes.toString('utf8'))
}
