// Why: the typed password has exactly one owner with exactly one lifetime: offered by the page, taken by an accepted
// sign-in, kept for as long as IT allows (a second desktop, a lost connection), then wiped.
import type { Clock } from '../ports/clock.ts'
import type { Redactor } from '../redactor.ts'
import { Secret } from '../secret.ts'

export class PasswordVault {
  readonly #clock: Clock
  readonly #redactor: Redactor
  readonly #keepMs: number
  #offered: Secret | undefined
  #current: Secret | undefined
  #cancel: (() => void) | undefined

  /** @param keepMs how long after the sign-in the password is kept; 0: the owner wipes it after the first sign-on */
  constructor(clock: Clock, redactor: Redactor, keepMs: number) {
    this.#clock = clock
    this.#redactor = redactor
    this.#keepMs = keepMs
  }

  get current(): Secret | undefined {
    return this.#current && !this.#current.disposed ? this.#current : undefined
  }

  /** Holds what was just typed until a transition takes it. */
  offer(text: string): void {
    this.dropOffer()
    if (text !== '') this.#offered = Secret.from(text, this.#redactor)
  }

  /** What nobody took is wiped at once (a second Enter, a sign-in in the wrong state). */
  dropOffer(): void {
    this.#offered?.dispose()
    this.#offered = undefined
  }

  /** Makes the offered password the current one. */
  takeOffer(): Secret | undefined {
    if (!this.#offered) return undefined
    this.wipe()
    this.#current = this.#offered
    this.#offered = undefined
    return this.#current
  }

  /** For a sign-in with the kept password: its time stands still, so that it is not wiped in the middle of a handshake. */
  hold(): Secret | undefined {
    this.#cancel?.()
    this.#cancel = undefined
    return this.current
  }

  /** The sign-in succeeded: the time that the password may be kept begins. */
  startKeeping(): void {
    this.#cancel?.()
    if (this.#keepMs > 0) this.#cancel = this.#clock.after(this.#keepMs, () => this.wipe())
  }

  /** The person has a new password: it takes the place and the lifetime of the old one. Owned here from now on. */
  replace(password: Secret): void {
    this.#current?.dispose()
    this.#current = password
  }

  wipe(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#current?.dispose()
    this.#current = undefined
  }
}
