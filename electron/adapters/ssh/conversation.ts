// Why: keyboard-interactive is a conversation that the server leads. This answers what was typed at sign-in by itself and
// asks the person for the rest, never twice for one thing, and never gives one question the answer of another.
import { AppError, toAppError } from '../../core/errors.ts'
import type { Challenge } from '../../core/ports/driver.ts'
import type { AskPerson } from '../../core/ports/ssh.ts'
import type { Secret } from '../../core/secret.ts'
import { isPlainCode, meaningOf, questionOf, shown, tellsLocked, type Meaning } from './prompt-words.ts'

/** Questions in one request, and in all to the person: a server that asks more is not asking a person. */
const MAX_PROMPTS = 8
const MAX_ASKED = 12

export interface ServerPrompt {
  readonly prompt: string
  /** What is typed may be seen. */
  readonly echo?: boolean
}

export interface ServerRequest {
  readonly name: string
  readonly instructions: string
  readonly prompts: readonly ServerPrompt[]
}

export class Conversation {
  readonly #password: Secret
  readonly #ask: AskPerson | undefined
  /** The password has been the answer to this question of the conversation that runs. */
  #givenFor: string | undefined
  /** The server took the password by the method `password`. */
  #proved = false
  #fresh: Secret | undefined
  #asked: Challenge['kind'] | undefined
  #count = 0

  constructor(password: Secret, ask: AskPerson | undefined) {
    this.#password = password
    this.#ask = ask
  }

  /** A new method begins, after the server said that one is done. */
  next(provedPassword: boolean): void {
    this.#givenFor = undefined
    this.#proved ||= provedPassword
    this.#asked = undefined
  }

  /** What a refusal means, seen from what was asked last; undefined: nothing was asked, so it is the password. */
  refusal(): AppError | undefined {
    if (this.#asked === undefined) return undefined
    if (this.#asked === 'new-password') return new AppError('auth.expired', 'the server did not take the new password')
    return new AppError('auth.challenge-rejected', 'the server did not accept the answer')
  }

  /** One answer for each question, as ssh2 wants them. Errors: auth.locked, auth.expired, auth.rejected, auth.unsupported, and those of `ask`. */
  async answer(request: ServerRequest): Promise<string[]> {
    if (request.prompts.length > MAX_PROMPTS) throw new AppError('auth.unsupported', `the server asks ${request.prompts.length} questions at once`)
    const answers: string[] = []
    // In turn, not at once: the person sees one question at a time.
    for (const prompt of request.prompts) answers.push(asText(await this.#one(prompt, request)))
    return answers
  }

  async #one({ prompt, echo }: ServerPrompt, request: ServerRequest): Promise<Secret> {
    const { question, before } = questionOf(prompt)
    // The request's name is a window's title ("PAM authentication") and asks nothing.
    const around = [request.instructions, before]
    const meaning = this.#meaning(question, echo === true)
    if (meaning === 'new-password') return await this.newPassword(shown(...around))
    if (meaning === 'retype-password' && this.#fresh) return this.#fresh
    if (meaning === 'current-password') {
      if (!this.#ask) throw new AppError('auth.expired', 'the server wants the password changed')
      return this.#password
    }
    if (tellsLocked([request.name, ...around, question].join('\n'))) throw new AppError('auth.locked', 'the server says that the account or its password is locked or expired')
    if (echo !== true && this.#isForPassword(meaning)) {
      // The same question again: the server did not take it, or wants another; repeating it would count twice towards a lock.
      if (this.#givenFor === question) throw new AppError('auth.rejected', 'the server asks for the password again')
      if (this.#givenFor === undefined) {
        this.#givenFor = question
        return this.#password
      }
    }
    const words = shown(...around, question)
    return await this.#person(meaning === 'code' ? { kind: 'totp', prompt: isPlainCode(words) ? '' : words } : { kind: 'text', prompt: words })
  }

  /** Asked anew as often as the server does not like what it got; `reason`: why, in its words. Errors: auth.expired (nobody can be asked). */
  async newPassword(reason: string): Promise<Secret> {
    if (!this.#ask) throw new AppError('auth.expired', 'the server wants the password changed')
    this.#fresh = await this.#person({ kind: 'new-password', prompt: reason })
    return this.#fresh
  }

  #meaning(question: string, echo: boolean): Meaning {
    const meaning = meaningOf(question)
    // Nobody types a password where it can be read, whatever the words are.
    if (echo) return meaning === 'code' ? 'code' : 'other'
    return meaning === 'retype-password' && !this.#fresh ? 'password' : meaning
  }

  /** A question without a known word is the password's, as long as nobody has had it: modules may be told to ask anything. */
  #isForPassword(meaning: Meaning): boolean {
    return meaning === 'password' || (meaning === 'other' && this.#givenFor === undefined && !this.#proved)
  }

  async #person(challenge: Challenge): Promise<Secret> {
    if (!this.#ask) throw new AppError('auth.unsupported', 'the server asks for more than a password')
    if (++this.#count > MAX_ASKED) throw new AppError('auth.unsupported', 'the server does not stop asking')
    const answer = await this.#ask(challenge)
    this.#asked = challenge.kind
    return answer
  }
}

/** ssh2 takes strings only. Made at the last moment; the Secret stays the one that is wiped. */
export function asText(secret: Secret): string {
  return secret.use((bytes) => bytes.toString('utf8'))
}

/** Runs `work` for one of ssh2's callbacks, which know no promises. */
export function orFail(work: Promise<void>, fail: (why: AppError) => void): void {
  work.catch((error: unknown) => fail(toAppError(error)))
}
