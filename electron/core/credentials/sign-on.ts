// Why: the product's reason: passing the sign-in on to the guest and seeing that it took. The whole course of one
// attempt, from looking who sits in the guest to the guest's own confirmation. Timing is argued in ovirt-agent.md:
// Linux agents report a user only when asked, an early login is lost while the display manager starts.
import type { ConfirmedBy, SsoOutcome, SsoStep } from '../../../shared/sso.ts'
import { AppError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { Secret } from '../secret.ts'
import type { AgentMessage } from './ovirt-agent.ts'
import { CREDENTIAL_LIMIT, encode, encodeLogin, sameUser } from './ovirt-agent.ts'

export interface SignOnTimes {
  /** First word of the agent, ms. */
  readonly agent: number
  /** Nothing was heard so far: look whether another program is served instead of us. */
  readonly queue: number
  /** Where that cannot be told: the guest's end is known to be open and still nothing is heard. */
  readonly busy: number
  /** Who is signed in, after the first word; then nobody is assumed. */
  readonly activeUser: number
  /** Session confirmed after the first login line. */
  readonly confirm: number
  /** Between two questions (`refresh`); it costs the guest a package query, so not faster. */
  readonly refresh: number
  /** Before the login is repeated (a Linux agent takes no command for 5 s after one). */
  readonly repeat: number
  readonly attempts: number
}

export const defaultTimes: Omit<SignOnTimes, 'agent' | 'confirm'> = { queue: 3000, busy: 12_000, activeUser: 2000, refresh: 1000, repeat: 6000, attempts: 3 }

export interface SignOnResult {
  readonly outcome: SsoOutcome
  readonly confirmedBy?: ConfirmedBy
  readonly error?: AppError
}

export interface SignOnOptions {
  readonly user: string
  readonly password: Secret
  readonly times: SignOnTimes
  readonly clock: Clock
  /** What the hypervisor says of the desktop's system; the agent's own word counts more. */
  readonly windowsHint: boolean
  /** The domain XML's word on the guest's end of the channel, if it gives one. */
  readonly guestConnected: boolean | undefined
  /** Whether our stream still waits behind another program's; undefined: cannot be told. Never asked twice. */
  readonly queued: () => Promise<boolean | undefined>
  readonly send: (bytes: Buffer) => boolean
  readonly sendSecret: (bytes: Buffer) => boolean
  readonly windows: () => boolean
  readonly onStep: (step: SsoStep) => void
}

/** Names that can't be sent: control characters break the guest's own line (a newline) or its packed form (NUL). */
export function checkName(user: string): AppError | undefined {
  return /\p{Cc}/u.test(user) || user.trim() === '' ? new AppError('agent.credentials-invalid', 'the name holds a control character or is empty') : undefined
}

/**
 * One attempt, driven by `message`, `closed` and the clock; resolves exactly once with a typed result, never rejects.
 */
export class SignOn {
  readonly #o: SignOnOptions
  readonly #done = Promise.withResolvers<SignOnResult>()
  #state: 'agent' | 'who' | 'confirm' | 'over' = 'agent'
  #sent = 0
  #logonSeen = false
  #unlockSeen = false
  #present = false
  /** The channel serves us, so a silence is the agent's own. */
  #served = false
  #timers = new Set<() => void>()

  constructor(o: SignOnOptions) {
    this.#o = o
  }

  get result(): Promise<SignOnResult> {
    return this.#done.promise
  }

  start(): void {
    const bad = checkName(this.#o.user) ?? this.#nul()
    if (bad) return this.#finish({ outcome: 'refused', error: bad })
    this.#o.onStep('waiting-for-agent')
    if (!this.#o.send(encode.refresh())) return this.closed()
    this.#after(this.#o.times.agent, () => this.#silent())
    // A short deadline for the agent still leaves time to look.
    this.#after(Math.min(this.#o.times.queue, this.#o.times.agent / 2), () => void this.#look())
    if (this.#o.guestConnected === true) this.#after(Math.min(this.#o.times.busy, this.#o.times.agent), () => !this.#served && this.#silent())
  }

  /** Everything the agent says, from the session. */
  message(m: AgentMessage): void {
    if (this.#state === 'over') return
    if (this.#state === 'agent') {
      this.#state = 'who'
      this.#clear()
      this.#after(this.#o.times.activeUser, () => this.#login())
    }
    switch (m.type) {
      case 'active-user':
        return this.#activeUser(m.name)
      case 'session-logon': {
        const first = !this.#logonSeen
        this.#logonSeen = true
        if (this.#present) return this.#confirmed()
        // Once: a guest that repeats it must not make us ask and count without end.
        if (this.#state === 'confirm' && first) {
          this.#ask()
          // The original Windows agent names the user first; one that never does still told that a session opened.
          this.#after(this.#o.times.activeUser, () => this.#logonSeen && this.#confirmed())
        }
        return
      }
      case 'session-unlock':
        this.#unlockSeen = true
        if (this.#present && this.#state === 'confirm') this.#confirmed()
        return
      case 'session-logoff':
        this.#present = false
        this.#logonSeen = false
        return
      case 'uninstalled':
        return this.#finish({ outcome: 'failed', error: new AppError('agent.lost', 'the guest agent was uninstalled') })
      default:
        return
    }
  }

  /** The stream is over. */
  closed(): void {
    this.#finish({ outcome: 'failed', error: new AppError('agent.lost', 'the guest channel closed before the sign-on was over') })
  }

  cancel(): void {
    this.#finish({ outcome: 'failed', error: new AppError('cancelled', 'sign-on was cancelled') })
  }

  #activeUser(name: string | undefined): void {
    const { user } = this.#o
    if (name === undefined) {
      this.#present = false
      if (this.#state === 'who') this.#login()
      return
    }
    if (!sameUser(user, name, this.#o.windows() || this.#o.windowsHint)) {
      return this.#finish({ outcome: 'other-user', error: new AppError('agent.other-user', 'somebody else is signed in to the guest') })
    }
    this.#present = true
    if (this.#state === 'confirm') return this.#confirmed()
    // Already there. The credentials are sent all the same, once: they unlock a locked screen of the same person,
    // and both systems' agents ignore them at an unlocked one.
    const tooLong = this.#tooLong()
    if (!tooLong) this.#sendLogin()
    this.#finish({ outcome: 'already-signed-in', confirmedBy: 'active-user' })
  }

  #login(): void {
    const tooLong = this.#tooLong()
    if (tooLong) return this.#finish({ outcome: 'refused', error: tooLong })
    this.#clear()
    this.#state = 'confirm'
    // What was told before anything was sent confirms nothing.
    this.#logonSeen = this.#unlockSeen = false
    this.#o.onStep('sending')
    this.#after(this.#o.times.confirm, () => this.#finish({ outcome: 'not-confirmed', error: new AppError('agent.not-confirmed', `no session after ${this.#sent} attempts`) }))
    this.#attempt()
  }

  #attempt(): void {
    if (!this.#sendLogin()) return this.closed()
    this.#sent++
    this.#o.onStep('confirming')
    if (this.#sent < this.#o.times.attempts) this.#after(this.#o.times.repeat, () => this.#attempt())
    if (this.#sent === 1) this.#after(this.#o.times.refresh, () => this.#asking())
  }

  #asking(): void {
    this.#ask()
    this.#after(this.#o.times.refresh, () => this.#asking())
  }

  #ask(): void {
    if (!this.#o.send(encode.refresh())) this.closed()
  }

  #confirmed(): void {
    const confirmedBy = this.#logonSeen ? 'session-logon' : this.#unlockSeen ? 'session-unlock' : 'active-user'
    this.#finish({ outcome: 'confirmed', confirmedBy })
  }

  #sendLogin(): boolean {
    return this.#o.password.disposed ? false : this.#o.sendSecret(this.#o.password.use((b) => encodeLogin(this.#o.user, b)))
  }

  async #look(): Promise<void> {
    const queued = await this.#o.queued().catch(() => undefined)
    if (this.#state !== 'agent' || queued === undefined) return
    if (queued) this.#finish({ outcome: 'channel-busy', error: new AppError('agent.channel-busy', 'the channel serves another program; ours waits behind it') })
    else this.#served = true
  }

  #silent(): void {
    const busy = this.#o.guestConnected === true && !this.#served
    const error = busy
      ? new AppError('agent.channel-busy', 'the guest has the port open, yet nothing is heard: another program holds the channel')
      : new AppError('agent.silent', 'the guest agent did not answer')
    this.#finish({ outcome: busy ? 'channel-busy' : 'agent-silent', error })
  }

  /** UTF-8 bytes of name and password against what the guest's side can carry; a Linux guest cuts silently. */
  #tooLong(): AppError | undefined {
    const windows = this.#o.windows() || this.#o.windowsHint
    const limit = windows ? CREDENTIAL_LIMIT.windows : CREDENTIAL_LIMIT.linux
    const bytes = Buffer.byteLength(this.#o.user, 'utf8') + this.#o.password.byteLength
    return bytes > limit ? new AppError('agent.credentials-too-long', 'name and password exceed what the guest can take', { params: { limit: String(limit) } }) : undefined
  }

  #nul(): AppError | undefined {
    return this.#o.password.use((b) => b.includes(0)) ? new AppError('agent.credentials-invalid', 'the password holds a NUL') : undefined
  }

  #after(ms: number, fn: () => void): void {
    const cancel = this.#o.clock.after(ms, () => {
      this.#timers.delete(cancel)
      if (this.#state !== 'over') fn()
    })
    this.#timers.add(cancel)
  }

  #clear(): void {
    for (const cancel of this.#timers) cancel()
    this.#timers.clear()
  }

  #finish(result: SignOnResult): void {
    if (this.#state === 'over') return
    this.#state = 'over'
    this.#clear()
    this.#done.resolve(result)
  }
}
