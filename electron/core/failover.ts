// Why: one endpoint, several hosts. A person signs in at the first that answers; one that does not is tried after those
// that do. A host that fails to prove its identity never sees a password and never hides another host that can.
import { AppError, throwIfAborted, toAppError } from './errors.ts'
import type { ErrorCode } from '../../shared/error-codes.ts'
import type { Clock } from './ports/clock.ts'
import type { CallContext, HypervisorDriver, HypervisorSession, SignInInput, SignInOutcome } from './ports/driver.ts'
import type { Logger } from './ports/logger.ts'

export interface Site {
  /** What the person and the log see: the host's name. */
  readonly name: string
  readonly driver: HypervisorDriver
}

export interface FailoverOptions {
  /** At least one, in the order of the configuration. */
  readonly sites: readonly Site[]
  readonly order: 'listed' | 'shuffled'
  /** Between two rounds of questions without credentials, ms; 0: never. */
  readonly checkMs: number
  readonly clock: Clock
  readonly log: Logger
  /** In [0, 1). */
  readonly random: () => number
  readonly onChange: () => void
}

/** `reachable` absent: not known yet. */
export interface SiteStatus {
  /** Absent with one host only: its name would say nothing. */
  readonly site?: string
  readonly reachable?: boolean
}

/** Errors that say "not this host"; every other one (a wrong password, a locked account) would be the same elsewhere. */
const ELSEWHERE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'ssh.unreachable', 'ssh.refused', 'ssh.timeout', 'ssh.handshake', 'ssh.lost',
  'http.unreachable', 'http.refused', 'http.timeout', 'http.lost',
  'hypervisor.unavailable', 'hypervisor.protocol', 'hypervisor.redirect',
])
/** Its identity is in doubt: no reason for the person to wait, every reason for IT to look. */
const isDistrust = (code: ErrorCode): boolean => code.startsWith('tls.') || code === 'ssh.host-key-changed' || code === 'ssh.host-key-unknown'

export class FailoverDriver implements HypervisorDriver {
  readonly #o: FailoverOptions
  readonly #order: readonly Site[]
  readonly #reachable = new Map<Site, boolean>()
  #current: Site | undefined
  #stop: (() => void) | undefined
  #abort = new AbortController()

  constructor(options: FailoverOptions) {
    if (options.sites.length === 0) throw new AppError('internal.bug', 'an endpoint without a host')
    this.#o = options
    if (options.sites.every((s) => s.driver.anonymous === true)) this.anonymous = true
    this.#order = options.order === 'shuffled' ? shuffled(options.sites, options.random) : options.sites
  }

  get kind(): string {
    return this.#order[0]?.driver.kind ?? ''
  }

  /** The hosts of one endpoint are of one kind. */
  readonly anonymous?: true

  /** The host that a sign-in would try first, and whether any answers. */
  get status(): SiteStatus {
    const [first] = this.#tried()
    const site = this.#order.length > 1 ? (this.#current ?? first)?.name : undefined
    const reachable = this.#verdict()
    return { ...(site !== undefined && { site }), ...(reachable !== undefined && { reachable }) }
  }

  /**
   * Asks the hosts in the background until stop(). Not with a single one: there is no choice to be made, and 500 kiosks
   * that ask for nothing would only fill its queue of unauthenticated connections.
   */
  start(): void {
    if (this.#o.checkMs === 0 || this.#order.length < 2) return
    this.stop()
    this.#abort = new AbortController()
    void this.#round()
  }

  stop(): void {
    this.#stop?.()
    this.#stop = undefined
    this.#abort.abort()
  }

  async signIn(input: SignInInput, ctx: CallContext): Promise<SignInOutcome> {
    let worst: AppError | undefined
    for (const site of this.#tried()) {
      throwIfAborted(ctx.signal)
      this.#use(site)
      try {
        const outcome = await site.driver.signIn(input, ctx)
        this.#mark(site, true)
        return this.#named(outcome, site)
      } catch (e) {
        const error = toAppError(e)
        const distrust = isDistrust(error.code)
        if (!distrust && !ELSEWHERE.has(error.code)) throw error
        this.#mark(site, false)
        ctx.log[distrust ? 'error' : 'warn']('a host of the endpoint is passed over', { comp: 'failover', site: site.name, code: error.code, detail: error.detail, trace: error.traceId })
        // Doubt is what IT must hear of even when the others are merely down.
        if (!worst || (distrust && !isDistrust(worst.code))) worst = error
      }
    }
    throw worst ?? new AppError('internal.bug', 'no host was tried')
  }

  async health(ctx: CallContext): Promise<void> {
    await Promise.any(this.#order.map((s) => s.driver.health?.(ctx) ?? Promise.resolve()))
  }

  /** Those known to answer first, those known not to last. */
  #tried(): readonly Site[] {
    const rank = (s: Site): number => ({ true: 0, undefined: 1, false: 2 })[String(this.#reachable.get(s)) as 'true' | 'false' | 'undefined']
    return this.#order.toSorted((a, b) => rank(a) - rank(b))
  }

  #verdict(): boolean | undefined {
    const known = this.#order.map((s) => this.#reachable.get(s))
    if (known.includes(true)) return true
    return known.includes(undefined) ? undefined : false
  }

  #named(outcome: SignInOutcome, site: Site): SignInOutcome {
    const several = this.#order.length > 1
    if (outcome.kind === 'challenge') {
      return { ...outcome, answer: async (given, ctx) => this.#named(await outcome.answer(given, ctx), site), cancel: () => outcome.cancel() }
    }
    return { kind: 'signed-in', session: wrapped(outcome.session, several ? site.name : undefined, (why) => {
      if (why && (ELSEWHERE.has(why.code) || isDistrust(why.code))) this.#mark(site, false)
    }) }
  }

  #use(site: Site): void {
    if (this.#current === site) return
    this.#current = site
    this.#o.onChange()
  }

  #mark(site: Site, reachable: boolean): void {
    if (this.#reachable.get(site) === reachable) return
    this.#reachable.set(site, reachable)
    // The next sign-in starts from what is known then.
    if (!reachable && this.#current === site) this.#current = undefined
    this.#o.onChange()
  }

  async #round(): Promise<void> {
    const { signal } = this.#abort
    const ctx: CallContext = { signal, log: this.#o.log }
    await Promise.all(
      this.#order.map(async (site) => {
        if (!site.driver.health) return
        try {
          await site.driver.health(ctx)
          if (!signal.aborted) this.#mark(site, true)
        } catch (e) {
          if (signal.aborted) return
          const error = toAppError(e)
          if (this.#reachable.get(site) !== false) this.#o.log[isDistrust(error.code) ? 'error' : 'warn']('a host of the endpoint does not answer', { comp: 'failover', site: site.name, code: error.code, detail: error.detail })
          this.#mark(site, false)
        }
      }),
    )
    if (signal.aborted) return
    // 500 kiosks that were switched on together must not ask together for ever.
    const wait = this.#o.checkMs * (0.8 + 0.4 * this.#o.random())
    this.#stop = this.#o.clock.after(wait, () => void this.#round())
  }
}

/** The same session, with its host's name, and its loss told here first. */
function wrapped(session: HypervisorSession, site: string | undefined, lost: (why: AppError | undefined) => void): HypervisorSession {
  const { act, attended } = session
  return {
    ...(site !== undefined && { site }),
    ...(session.guestUser !== undefined && { guestUser: session.guestUser }),
    listDesktops: (ctx) => session.listDesktops(ctx),
    powerOn: (id, onState, ctx, credentials) => session.powerOn(id, onState, ctx, credentials),
    powerState: (id, ctx) => session.powerState(id, ctx),
    openConsole: (id, ctx) => session.openConsole(id, ctx),
    credentialPath: (id, ctx) => session.credentialPath(id, ctx),
    onLost: (fn) => session.onLost((why) => {
      lost(why)
      fn(why)
    }),
    close: () => session.close(),
    ...(act && { act: (id, action, ctx) => act.call(session, id, action, ctx) }),
    ...(attended && { attended: (id, open, ctx) => attended.call(session, id, open, ctx) }),
  }
}

/** Fisher and Yates. */
function shuffled<T>(list: readonly T[], random: () => number): T[] {
  const out = [...list]
  for (let i = out.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    const [a, b] = [out[i] as T, out[j] as T]
    out[i] = b
    out[j] = a
  }
  return out
}
