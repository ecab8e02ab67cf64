// Why: a sign-in that may take several steps. It owns the half-made sign-in and what was typed for its challenge, so that
// a wrong code costs the person a new code and never the password again, and leaving forgets all of it.
import { AppError, throwIfAborted, toAppError } from '../errors.ts'
import type { CallContext, Challenge, HypervisorDriver, HypervisorSession, SignInOutcome } from '../ports/driver.ts'
import type { Redactor } from '../redactor.ts'
import { Secret } from '../secret.ts'
import type { PasswordVault } from './password-vault.ts'

/**
 * Codes that may be wrong before the sign-in starts over with name and password. Each costs a sign-in with the same
 * password, and a server may ask for the code although that is wrong: more of them would lock the account for one mistake.
 */
const MAX_WRONG = 2

export type SignInStep =
  | { readonly kind: 'signed-in'; readonly session: HypervisorSession }
  | { readonly kind: 'challenge'; readonly challenge: Challenge; readonly error?: AppError }

type Pending = Extract<SignInOutcome, { kind: 'challenge' }>

export class SignInWork {
  readonly #vault: PasswordVault
  readonly #redactor: Redactor
  #driver: HypervisorDriver | undefined
  #user = ''
  #pending: Pending | undefined
  #answer: Secret | undefined
  #wrong = 0

  constructor(vault: PasswordVault, redactor: Redactor) {
    this.#vault = vault
    this.#redactor = redactor
  }

  /** Holds what was just typed until `answer` takes it. */
  offer(text: string): void {
    this.dropOffer()
    if (text !== '') this.#answer = Secret.from(text, this.#redactor)
  }

  dropOffer(): void {
    this.#answer?.dispose()
    this.#answer = undefined
  }

  /** Starts with name and password. Rejects as the driver does. */
  async begin(driver: HypervisorDriver, user: string, password: Secret, ctx: CallContext): Promise<SignInStep> {
    this.cancel()
    this.#driver = driver
    this.#user = user
    this.#wrong = 0
    return await this.#step(await driver.signIn({ user, password, kept: () => this.#vault.current }, ctx), ctx)
  }

  /** Goes on with what was offered. Errors: auth.input (nothing was), internal.bug, and as the driver does. */
  async answer(ctx: CallContext): Promise<SignInStep> {
    const pending = this.#pending
    using given = this.#takeAnswer()
    if (!pending) throw new AppError('internal.bug', 'an answer without a challenge')
    if (!given) throw new AppError('auth.input', 'nothing was typed')
    this.#pending = undefined
    try {
      const step = await this.#step(await pending.answer(given, ctx), ctx)
      // The guest has the new password too, so it is the one to sign on with.
      if (pending.challenge.kind === 'new-password' && step.kind === 'signed-in') this.#vault.replace(given.clone())
      return step
    } catch (e) {
      pending.cancel()
      return await this.#again(pending, toAppError(e), ctx)
    }
  }

  /** A wrong code: the server is asked anew with the password that was typed. */
  async #again(pending: Pending, error: AppError, ctx: CallContext): Promise<SignInStep> {
    const password = this.#vault.current
    const tries = error.code === 'auth.challenge-rejected' && pending.challenge.kind !== 'new-password' && ++this.#wrong < MAX_WRONG
    if (!tries || !password || !this.#driver || ctx.signal.aborted) throw error
    const step = await this.#step(await this.#driver.signIn({ user: this.#user, password, kept: () => this.#vault.current }, ctx), ctx)
    return step.kind === 'challenge' ? { ...step, error } : step
  }

  async #step(outcome: SignInOutcome, ctx: CallContext): Promise<SignInStep> {
    if (outcome.kind === 'signed-in') {
      if (ctx.signal.aborted) await outcome.session.close()
      throwIfAborted(ctx.signal)
      return outcome
    }
    if (ctx.signal.aborted) outcome.cancel()
    throwIfAborted(ctx.signal)
    this.#pending = outcome
    return { kind: 'challenge', challenge: outcome.challenge }
  }

  #takeAnswer(): Secret | undefined {
    const given = this.#answer
    this.#answer = undefined
    return given
  }

  /** Forgets a half-made sign-in. Harmless twice. */
  cancel(): void {
    this.dropOffer()
    this.#pending?.cancel()
    this.#pending = undefined
  }
}
