// Why: the one place where the pure machine meets the world. It feeds events in, performs the effects that come out,
// and publishes views. It decides nothing itself.
import type { UiCommand } from '../../shared/view/ui-command.ts'
import type { Bootstrap, ViewState } from '../../shared/view/view-state.ts'
import { AppError, toAppError, toUser } from './errors.ts'
import type { SiteStatus } from './failover.ts'
import type { Clock } from './ports/clock.ts'
import type { Logger } from './ports/logger.ts'
import type { RendererLink } from './ports/shell.ts'
import { assertNever } from './result.ts'
import { EffectRunner, type RunnerParts } from './session/runner.ts'
import type { Effect } from './session/effects.ts'
import type { SessionEvent } from './session/event.ts'
import { PhaseTracker } from './session/phases.ts'
import type { SessionState, Settings } from './session/state.ts'
import { transition } from './session/transition.ts'
import { viewOf } from './session/view.ts'

export interface AppParts extends RunnerParts {
  readonly settings: Settings
  readonly bootstrap: Omit<Bootstrap, 'view'>
  readonly power: (action: 'reboot' | 'power-off' | 'suspend') => Promise<void>
  /** Which host of an endpoint a sign-in would go to, and whether any answers. */
  readonly siteOf?: (endpoint: string) => SiteStatus | undefined
  /** The last word before the process ends. */
  readonly closing?: () => void
  /** The page broke the contract; for the audit. */
  readonly malformed: (request: string, count: number) => void
}

/** What tools (demo, bench, tests) may watch: each state change with the time since the sign-in. */
export type AppObserver = (state: SessionState, phases: PhaseTracker) => void

export class App {
  readonly #p: AppParts
  readonly #log: Logger
  readonly #clock: Clock
  readonly phases: PhaseTracker
  readonly #runner: EffectRunner
  readonly #observers = new Set<AppObserver>()
  #state: SessionState = { name: 'booting' }
  #number = 0
  #link: RendererLink | undefined
  #publishing = false
  readonly #events: SessionEvent[] = []
  #busy = false

  constructor(parts: AppParts) {
    this.#p = parts
    this.#log = parts.log
    this.#clock = parts.clock
    this.phases = new PhaseTracker(parts.clock)
    this.#runner = new EffectRunner(parts, this.phases, (e) => this.dispatch(e), () => this.#publish())
  }

  get state(): SessionState {
    return this.#state
  }
  get view(): ViewState {
    const { settings, siteOf } = this.#p
    return viewOf(this.#state, { ...settings, endpoints: settings.endpoints.map((e) => ({ ...e, ...siteOf?.(e.id) })) }, this.phases.view())
  }

  /** @param error set = the configuration can't be used: the page shows why, nothing else is possible */
  start(error?: AppError): void {
    this.dispatch(error ? { type: 'config.rejected', error: toUser(error) } : { type: 'config.ready' })
  }

  /** Watches state changes; returns its own removal. */
  observe(fn: AppObserver): () => void {
    this.#observers.add(fn)
    return () => this.#observers.delete(fn)
  }

  /** Serves one life of the page. A reload in the middle of a console ends that console: its ports are gone. */
  attach(link: RendererLink): void {
    this.#link = link
    this.#runner.pageGone()
    link.handle('app.start', () => Promise.resolve({ ...this.#p.bootstrap, view: this.view }))
    link.handle('ui.command', async (command) => {
      await this.#command(command)
      return null
    })
    link.handle('spice.open', async ({ link: linkId, channel, id }) => ({ nonce: await this.#runner.openChannel(linkId, { type: channel, id }, link) }))
    link.onMalformed(({ request, count }) => this.#p.malformed(request, count))
    link.onGone(() => {
      if (this.#link === link) this.#link = undefined
    })
  }

  /** One event at a time, in order: what an effect tells at once waits until the effects before it are done. */
  dispatch(event: SessionEvent): void {
    this.#events.push(event)
    if (this.#busy) return
    this.#busy = true
    try {
      for (let next; (next = this.#events.shift()); ) this.#step(next)
    } finally {
      this.#busy = false
    }
  }

  #step(event: SessionEvent): void {
    const before = this.#state
    const { state, effects } = transition(before, event, this.#p.settings, () => ++this.#number)
    this.#state = state
    if (state.name !== before.name) {
      // The machine makes errors of its own (a time limit), whose reference must be in the log as well.
      const error = 'error' in event && event.error ? event.error : 'error' in state ? state.error : undefined
      this.#log.info(`${before.name} → ${state.name}`, { comp: 'session', event: event.type, ...(error && { code: error.code, trace: error.traceId }) })
    }
    for (const effect of effects) this.#perform(effect)
    if (state !== before) {
      for (const observer of this.#observers) observer(state, this.phases)
      this.#publish()
    }
  }

  /** What siteOf tells has changed. */
  siteChanged(): void {
    if (this.#state.name === 'signedOut' || this.#state.name === 'authenticating') this.#publish()
  }

  /** Ends everything for good: the process is about to exit. */
  async close(): Promise<void> {
    this.#p.closing?.()
    this.dispatch({ type: 'ui.signOut' })
    await this.#runner.closeAll()
  }

  /** Zeroes every secret at once: for a process that has no time to close in order. */
  wipe(): void {
    this.#runner.wipe()
  }

  async #command(command: UiCommand): Promise<void> {
    switch (command.type) {
      case 'signIn':
        // The typed password waits in the runner; a transition that does not ask for it leaves nothing behind.
        this.#runner.offerPassword(command.password)
        this.dispatch({ type: 'ui.signIn', endpoint: command.endpoint, user: command.user })
        this.#runner.dropOffer()
        return
      case 'answer':
        this.#runner.offerAnswer(command.text)
        this.dispatch({ type: 'ui.answer' })
        this.#runner.dropOffer()
        return
      case 'pick':
        return this.dispatch({ type: 'ui.pick', desktop: command.desktop })
      case 'guest':
        if (!this.#runner.guestReachable) throw new AppError('agent.silent', `no agent to tell: ${command.action}`)
        return this.dispatch({ type: 'ui.guest', action: command.action })
      case 'cancel':
      case 'refresh':
      case 'disconnect':
      case 'signOut':
      case 'retry':
      case 'dismiss':
      case 'signOnAgain':
        return this.dispatch({ type: `ui.${command.type}` })
      case 'power':
        if (!this.#p.bootstrap.power.includes(command.action)) throw new AppError('power.denied', `${command.action} is not allowed by the configuration`)
        return this.#p.power(command.action)
      case 'console':
        return this.#runner.consoleReport(command.link, command.event)
      default:
        return assertNever(command)
    }
  }

  #perform(effect: Effect): void {
    try {
      this.#runner.run(effect)
    } catch (e) {
      const error = toAppError(e)
      this.#log.error('an effect failed', { comp: 'session', effect: effect.do, code: error.code, detail: error.detail, trace: error.traceId })
    }
  }

  /** Views are sent once per turn of the loop, whatever happened in it. */
  #publish(): void {
    if (this.#publishing) return
    this.#publishing = true
    queueMicrotask(() => {
      this.#publishing = false
      try {
        this.#link?.emit('view.changed', this.view)
      } catch (e) {
        // A view that breaks the contract stays here; in a microtask it would end the process.
        const error = toAppError(e)
        this.#log.error('a view was not sent', { comp: 'session', code: error.code, detail: error.detail, trace: error.traceId })
      }
    })
  }

  get now(): number {
    return this.#clock.now()
  }
}
