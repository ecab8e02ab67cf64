// Why: performs the machine's effects and turns their answers into events. It owns what states must not hold:
// the password, the hypervisor session, the guest link, the console link, abort controllers and timers.
import type { DesktopId } from '../../../shared/desktop.ts'
import type { LinkId } from '../../../shared/view/ui-command.ts'
import type { GuestLink } from '../credentials/guest-link.ts'
import type { SignOnTimes } from '../credentials/sign-on.ts'
import { AppError, toAppError, toUser } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { Dialer } from '../ports/dialer.ts'
import type { CallContext, Credentials, HypervisorDriver, HypervisorSession } from '../ports/driver.ts'
import type { Logger } from '../ports/logger.ts'
import type { RendererLink } from '../ports/shell.ts'
import type { Redactor } from '../redactor.ts'
import { assertNever } from '../result.ts'
import { Secret } from '../secret.ts'
import { ConsoleLink, disposeGrant } from '../spice/console-link.ts'
import type { ChannelRef } from '../spice/ticket-splice.ts'
import type { AuditEffect, Effect } from './effects.ts'
import type { SessionEvent, TimerId } from './event.ts'
import { PasswordVault } from './password-vault.ts'
import type { PhaseTracker } from './phases.ts'
import { SignInWork, type SignInStep } from './sign-in.ts'
import { runSignOn } from './sign-on-effect.ts'

export interface RunnerParts {
  readonly clock: Clock
  readonly log: Logger
  readonly redactor: Redactor
  readonly dialer: Dialer
  /** undefined: no endpoint of that id */
  readonly driverFor: (endpoint: string) => HypervisorDriver | undefined
  readonly signOnFor: (endpoint: string) => { readonly enabled: boolean; readonly times: SignOnTimes }
  readonly keepPasswordMs: number
  readonly audit: (what: AuditEffect) => void
  /** Somebody has signed in there: for the next sign-in screen of this device. */
  readonly remember?: (endpoint: string, user: string) => void
}

export interface VisitParts {
  readonly visit: number
  readonly abort: AbortController
  link: GuestLink | undefined
}

type ForegroundPhase = 'authenticate' | 'list' | 'start' | 'ticket'

interface Foreground {
  readonly abort: AbortController
  /** undefined: this work is not part of the sign-in's figures. */
  readonly phase: ForegroundPhase | undefined
}

/** How long the process's end may wait for connections to close, ms. */
const CLOSE_ALL = 3000

export class EffectRunner {
  readonly #p: RunnerParts
  readonly #phases: PhaseTracker
  readonly #dispatch: (e: SessionEvent) => void
  readonly #changed: () => void
  readonly #vault: PasswordVault
  readonly #signIn: SignInWork
  readonly #foreground = new Map<number, Foreground>()
  readonly #timers = new Map<TimerId, () => void>()
  readonly #closing = new Set<Promise<unknown>>()
  readonly #farewells = new Set<Promise<unknown>>()
  #session: HypervisorSession | undefined
  #endpoint = ''
  #user = ''
  #attended: DesktopId | undefined
  #visit: VisitParts | undefined
  #console: ConsoleLink | undefined

  constructor(parts: RunnerParts, phases: PhaseTracker, dispatch: (e: SessionEvent) => void, changed: () => void) {
    this.#p = parts
    this.#phases = phases
    this.#dispatch = dispatch
    this.#changed = changed
    this.#vault = new PasswordVault(parts.clock, parts.redactor, parts.keepPasswordMs)
    this.#signIn = new SignInWork(this.#vault, parts.redactor)
  }

  offerPassword(text: string): void {
    this.#vault.offer(text)
  }
  dropOffer(): void {
    this.#vault.dropOffer()
    this.#signIn.dropOffer()
  }
  offerAnswer(text: string): void {
    this.#signIn.offer(text)
  }

  run(effect: Effect): void {
    switch (effect.do) {
      case 'authenticate':
        return this.#start(effect.epoch, (ctx) => this.#authenticate(effect, ctx), (error) => ({ type: 'auth.failed', epoch: effect.epoch, error: toUser(error) }), 'authenticate')
      case 'answer':
        return this.#start(effect.epoch, (ctx) => this.#answer(effect.epoch, ctx), (error) => ({ type: 'auth.failed', epoch: effect.epoch, error: toUser(error) }), 'authenticate')
      case 'list':
        return this.#start(effect.epoch, (ctx) => this.#list(effect.epoch, ctx), (error) => ({ type: 'list.failed', epoch: effect.epoch, error: toUser(error) }), 'list')
      case 'powerOn':
        this.#phases.reset('start')
        return this.#start(effect.epoch, (ctx) => this.#powerOn(effect.epoch, effect.id, ctx), (error) => ({ type: 'power.failed', epoch: effect.epoch, error: toUser(error) }), 'start')
      case 'openConsole':
        return this.#start(effect.epoch, (ctx) => this.#openConsole(effect.epoch, effect.id, ctx), (error) => ({ type: 'console.failed', epoch: effect.epoch, error: toUser(error) }), 'ticket')
      case 'signOn':
        return this.#signOn(effect)
      case 'abort':
        return this.#abort(effect.epoch)
      case 'guest':
        // Whether a channel is open was asked before (guestReachable); one that closed meanwhile tells it by itself.
        if (this.#visit?.visit === effect.visit) this.#visit.link?.command(effect.action)
        return
      case 'closeAgent':
        return this.#closeAgent(effect.visit, effect.farewell)
      case 'closeLink':
        return this.#closeLink(effect.link)
      case 'closeSession':
        return this.#closeSession()
      case 'wipeSecrets':
        return this.#vault.wipe()
      case 'settle':
        void Promise.allSettled([...this.#closing]).then(() => this.#dispatch({ type: 'cleanup.done', epoch: effect.epoch }))
        return
      case 'startTimer':
        this.#timers.get(effect.timer)?.()
        this.#timers.set(effect.timer, this.#p.clock.after(effect.ms, () => this.#dispatch({ type: 'timer', timer: effect.timer, epoch: effect.epoch })))
        return
      case 'cancelTimer':
        this.#timers.get(effect.timer)?.()
        this.#timers.delete(effect.timer)
        return
      case 'audit':
        return this.#p.audit(effect)
      default:
        return assertNever(effect)
    }
  }

  /** A SPICE channel for the page. Errors: spice.channel-denied and what dialling throws. */
  async openChannel(id: LinkId, channel: ChannelRef, link: RendererLink): Promise<string> {
    if (this.#console?.id !== id) throw new AppError('spice.channel-denied', 'the page asked with a link that is over')
    return this.#console.open(channel, link)
  }

  consoleReport(id: LinkId, event: 'linked' | 'firstFrame' | 'failed' | 'ended'): void {
    if (this.#console?.id !== id) return
    switch (event) {
      case 'linked':
        this.#phases.end('link')
        if (this.#phases.is('firstFrame', 'waiting')) this.#phases.start('firstFrame')
        return this.#changed()
      case 'firstFrame':
        this.#phases.end('link')
        this.#phases.end('firstFrame')
        return this.#dispatch({ type: 'link.firstFrame', link: id })
      case 'failed':
      case 'ended':
        return this.#lostLink(id, new AppError('spice.lost', `the page's console reported: ${event}`))
      default:
        return assertNever(event)
    }
  }

  /** The page was reloaded or crashed: its byte ports are gone, and with them the console. */
  pageGone(): void {
    const id = this.#console?.id
    if (id) this.#lostLink(id, new AppError('shell.renderer-crashed', 'the page was reloaded while a console was open'))
  }

  /** True while the guest's agent can be told to lock or to log off. */
  get guestReachable(): boolean {
    return this.#visit?.link?.open ?? false
  }

  async closeAll(): Promise<void> {
    for (const cancel of this.#timers.values()) cancel()
    this.#timers.clear()
    if (this.#visit) this.#closeAgent(this.#visit.visit)
    this.#closeSession()
    this.wipe()
    const late = Promise.withResolvers<void>()
    const cancel = this.#p.clock.after(CLOSE_ALL, late.resolve)
    await Promise.race([Promise.allSettled([...this.#closing]), late.promise])
    cancel()
  }

  /** Every secret, at once and without waiting: for the last moment of a process. */
  wipe(): void {
    this.dropOffer()
    this.#vault.wipe()
    if (this.#console) this.#closeLink(this.#console.id)
  }

  /** Runs a foreground effect: its phase, its abort controller, its failure as an event. */
  #start(epoch: number, work: (ctx: CallContext) => Promise<void>, failed: (e: AppError) => SessionEvent, phase: ForegroundPhase): void {
    if (phase === 'authenticate') this.#phases.reset('authenticate')
    // Reading the list anew, minutes later, is no part of the way to the desktop.
    const timed = !(phase === 'list' && this.#phases.is('list', 'done'))
    const job: Foreground = { abort: new AbortController(), phase: timed ? phase : undefined }
    const { signal } = job.abort
    this.#foreground.set(epoch, job)
    if (timed) this.#phases.start(phase)
    const ctx: CallContext = { signal, log: this.#p.log.child({ epoch }) }
    void work(ctx)
      .catch((e: unknown) => {
        if (signal.aborted) return
        const error = toAppError(e)
        if (timed) this.#phases.end(phase, 'failed')
        this.#p.log.warn(`${phase} failed`, { comp: 'session', epoch, code: error.code, detail: error.detail, trace: error.traceId })
        this.#dispatch(failed(error))
      })
      .finally(() => {
        if (this.#foreground.get(epoch) === job) this.#foreground.delete(epoch)
      })
  }

  #abort(epoch: number): void {
    const job = this.#foreground.get(epoch)
    this.#foreground.delete(epoch)
    job?.abort.abort()
    if (job?.phase) this.#phases.end(job.phase, 'skipped')
  }

  async #authenticate(effect: Extract<Effect, { do: 'authenticate' }>, ctx: CallContext): Promise<void> {
    const driver = this.#p.driverFor(effect.who.endpoint)
    if (!driver) throw new AppError('internal.bug', `no driver for endpoint ${effect.who.endpoint}`)
    if (driver.anonymous === true) return await this.#enter(driver, effect, ctx)
    const password = effect.password === 'typed' ? this.#vault.takeOffer() : this.#vault.hold()
    if (!password) throw effect.password === 'kept' ? new AppError('agent.password-gone', 'the kept password was wiped before the new sign-in') : new AppError('auth.input', 'no password was given')
    if (effect.who.user.trim() === '') throw new AppError('auth.input', 'no name was given')
    this.#endpoint = effect.who.endpoint
    this.#user = effect.who.user
    this.#signedIn(await this.#signIn.begin(driver, effect.who.user, password, ctx), effect.epoch, ctx)
  }

  /** Where nobody is asked who they are. */
  async #enter(driver: HypervisorDriver, effect: Extract<Effect, { do: 'authenticate' }>, ctx: CallContext): Promise<void> {
    using nothing = Secret.from('', this.#p.redactor)
    this.#endpoint = effect.who.endpoint
    this.#user = ''
    this.#signedIn(await this.#signIn.begin(driver, '', nothing, ctx), effect.epoch, ctx)
  }

  async #answer(epoch: number, ctx: CallContext): Promise<void> {
    this.#signedIn(await this.#signIn.answer(ctx), epoch, ctx)
  }

  #signedIn(step: SignInStep, epoch: number, ctx: CallContext): void {
    if (step.kind === 'challenge') {
      if (ctx.signal.aborted) return this.#signIn.cancel()
      return this.#dispatch({ type: 'auth.challenge', epoch, challenge: step.challenge, ...(step.error && { error: toUser(step.error) }) })
    }
    const { session } = step
    if (ctx.signal.aborted) return this.#track(session.close())
    this.#session = session
    this.#vault.startKeeping()
    this.#p.remember?.(this.#endpoint, this.#user)
    session.onLost((why) => {
      if (this.#session !== session || why === undefined) return
      this.#session = undefined
      this.#track(session.close())
      this.#p.log.warn('the connection to the hypervisor is lost', { comp: 'session', code: why.code, detail: why.detail, trace: why.traceId })
      this.#dispatch({ type: 'session.lost', error: toUser(why), canReauth: this.#vault.current !== undefined })
    })
    this.#phases.end('authenticate')
    this.#dispatch({ type: 'auth.ok', epoch })
  }

  async #list(epoch: number, ctx: CallContext): Promise<void> {
    const desktops = await this.#need().listDesktops(ctx)
    if (ctx.signal.aborted) return
    this.#phases.end('list')
    if (desktops.length === 0) throw new AppError('desktop.none-assigned', 'no desktop is assigned to this person')
    this.#dispatch({ type: 'list.ok', epoch, desktops })
  }

  async #powerOn(epoch: number, id: Parameters<HypervisorSession['powerOn']>[0], ctx: CallContext): Promise<void> {
    await this.#need().powerOn(id, (power) => !ctx.signal.aborted && this.#dispatch({ type: 'power.state', epoch, power }), ctx, this.#credentials())
    if (ctx.signal.aborted) return
    this.#phases.end('start')
    this.#dispatch({ type: 'power.ok', epoch })
  }

  /** For a hypervisor that can sign on only while it starts a desktop; none where IT wants no sign-on. */
  #credentials(): Credentials | undefined {
    const password = this.#vault.current
    return password && this.#p.signOnFor(this.#endpoint).enabled ? { user: this.#user, password } : undefined
  }

  async #openConsole(epoch: number, id: Parameters<HypervisorSession['openConsole']>[0], ctx: CallContext): Promise<void> {
    const grant = await this.#need().openConsole(id, ctx)
    if (ctx.signal.aborted) return disposeGrant(grant)
    this.#phases.end('ticket')
    this.#phases.start('link')
    const link = new ConsoleLink({
      grant,
      dialer: this.#p.dialer,
      clock: this.#p.clock,
      ctx: { signal: new AbortController().signal, log: this.#p.log },
      onLost: (error) => this.#lostLink(link.id, error),
      onLinked: () => this.#p.log.debug('the SPICE server took the ticket', { comp: 'relay' }),
    })
    this.#console = link
    this.#attended = id
    this.#attend(true)
    this.#dispatch({ type: 'console.ready', epoch, link: link.id })
  }

  #signOn(effect: Extract<Effect, { do: 'signOn' }>): void {
    if (this.#visit?.visit !== effect.visit) {
      if (this.#visit) this.#closeAgent(this.#visit.visit)
      this.#visit = { visit: effect.visit, abort: new AbortController(), link: undefined }
    }
    const visit = this.#visit
    const { enabled, times } = this.#p.signOnFor(this.#endpoint)
    const password = this.#vault.current
    void runSignOn({ parts: this.#p, session: this.#need(), visit, effect, enabled, times, password, phases: this.#phases, dispatch: this.#dispatch }).then(() => {
      // A late end of an old visit must not take the password of the person who has signed in since.
      if (this.#p.keepPasswordMs === 0 && this.#vault.current === password) this.#vault.wipe()
    })
  }

  #closeAgent(visit: number, farewell?: 'lock' | 'logoff'): void {
    const parts = this.#visit
    if (parts?.visit !== visit) return
    this.#visit = undefined
    const closing = parts.link?.close(farewell) ?? Promise.resolve()
    parts.abort.abort()
    this.#track(closing, this.#farewells)
  }

  #closeLink(id: LinkId): void {
    if (this.#console?.id !== id) return
    this.#console.close()
    this.#console = undefined
    this.#attend(false)
    this.#phases.end('link', 'failed')
    this.#phases.end('firstFrame', 'failed')
  }

  /** For hypervisors that give a desktop away when they hear nothing of its user. */
  #attend(open: boolean): void {
    if (this.#attended !== undefined) this.#session?.attended?.(this.#attended, open, { signal: new AbortController().signal, log: this.#p.log })
  }

  #lostLink(id: LinkId, error: AppError): void {
    if (this.#console?.id !== id) return
    this.#p.log.warn('the console is lost', { comp: 'session', code: error.code, detail: error.detail, trace: error.traceId })
    this.#dispatch({ type: 'link.lost', link: id, error: toUser(error) })
    this.#closeLink(id)
  }

  #closeSession(): void {
    this.#signIn.cancel()
    for (const epoch of [...this.#foreground.keys()]) this.#abort(epoch)
    const session = this.#session
    this.#session = undefined
    // The farewell to the guest travels on this connection, so it goes first.
    if (session) this.#track(Promise.allSettled([...this.#farewells]).then(() => session.close()))
  }

  #track(work: Promise<unknown>, also?: Set<Promise<unknown>>): void {
    const tracked = work
      .catch(() => undefined)
      .finally(() => {
        this.#closing.delete(tracked)
        also?.delete(tracked)
      })
    this.#closing.add(tracked)
    also?.add(tracked)
  }

  #need(): HypervisorSession {
    if (!this.#session) throw new AppError('ssh.lost', 'there is no connection to the hypervisor')
    return this.#session
  }
}
