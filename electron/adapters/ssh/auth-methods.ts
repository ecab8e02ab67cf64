// Why: which methods are tried, in which order, and what a refusal means, is policy of ours and not of ssh2's defaults.
// The first request carries the password at once: asking for the list of methods first would cost a round trip.
import type { AnyAuthMethod, AuthHandlerMiddleware, AuthenticationType, ParsedKey, Prompt } from 'ssh2'
import { AppError } from '../../core/errors.ts'
import type { AskPerson } from '../../core/ports/ssh.ts'
import type { Secret } from '../../core/secret.ts'
import { asText, Conversation, orFail } from './conversation.ts'
import { shown } from './prompt-words.ts'

/** ssh2's documented way to say "no further method"; its published types lack it. */
const GIVE_UP = false as unknown as AuthenticationType

/** Methods that a server may want one after the other (AuthenticationMethods a,b,c). */
const MAX_STAGES = 4

export interface AuthMethod {
  readonly handler: AuthHandlerMiddleware
  /** The reason once the methods are exhausted or one asked for what we cannot give. */
  failure(): AppError
  /** SSH_MSG_USERAUTH_PASSWD_CHANGEREQ (RFC 4252, 8): `prompt` is the server's. Rejects as the method fails. */
  readonly changePassword?: (prompt: string) => Promise<{ readonly old: string; readonly fresh: string }>
}

/** For a look at the host key alone: the connection ends before a method is asked for. */
export const noMethod: AuthMethod = {
  handler: (_left, _partial, next) => next(GIVE_UP),
  failure: () => new AppError('internal.bug', 'a look at the host key came as far as authentication'),
}

/**
 * password, then keyboard-interactive ONLY where the server does not take `password` at all, or wants it after the
 * password: trying the same wrong password by a second method would count twice towards locking the account.
 * `fail` ends the connection at once; `ask` absent: the server gets no more than the password.
 */
export function passwordMethod(username: string, password: Secret, fail: (why: AppError) => void, ask?: AskPerson): AuthMethod {
  const talk = new Conversation(password, ask)
  let tried: 'password' | 'keyboard-interactive' = 'password'
  let stages = 1
  let why: AppError | undefined

  const prompt = (name: string, instructions: string, _lang: string, prompts: Prompt[], finish: (answers: string[]) => void): void =>
    orFail(talk.answer({ name, instructions, prompts }).then(finish), fail)
  const byPassword = (): AnyAuthMethod => {
    tried = 'password'
    return { type: 'password', username, password: asText(password) }
  }
  const byConversation = (): AnyAuthMethod => {
    tried = 'keyboard-interactive'
    return { type: 'keyboard-interactive', username, prompt }
  }

  const handler: AuthHandlerMiddleware = (left: AuthenticationType[] | null, partial, next) => {
    // ssh2 calls with null before the first answer of the server; its types do not say so.
    if (left === null) return next(byPassword())
    const offered = left.join(', ') || 'nothing'
    if (partial === true) {
      talk.next(tried === 'password')
      if (ask && ++stages <= MAX_STAGES) {
        if (left.includes('keyboard-interactive')) return next(byConversation())
        if (left.includes('password')) return next(byPassword())
      }
      why = new AppError('auth.unsupported', `the server asks for a further factor (${offered})`)
    } else if (tried === 'password' && stages === 1 && !left.includes('password')) {
      if (left.includes('keyboard-interactive')) return next(byConversation())
      why = new AppError('auth.unsupported', `the server accepts neither password nor keyboard-interactive (it offers ${offered})`)
    }
    next(GIVE_UP)
  }
  return {
    handler,
    failure: () => why ?? talk.refusal() ?? new AppError('auth.rejected', 'the server did not accept the name and password'),
    changePassword: async (text) => ({ fresh: asText(await talk.newPassword(shown(text))), old: asText(password) }),
  }
}

export function keyMethod(username: string, key: ParsedKey): AuthMethod {
  const why = new AppError('ssh.device-key', 'the server did not accept the key of this device')
  const handler: AuthHandlerMiddleware = (left: AuthenticationType[] | null, _partial, next) => {
    if (left === null) next({ type: 'publickey', username, key })
    else next(GIVE_UP)
  }
  return { handler, failure: () => why }
}
