// Why: the use case around one sign-on: find the channel, open it (stream-local forward, else the helper command),
// run the attempt, and keep the conversation open for the diagnostics panel, lock and log-off until the visit ends.
import type { Duplex } from 'node:stream'
import type { GuestFacts } from '../../../shared/view/view-state.ts'
import { AppError, toAppError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { Dialer } from '../ports/dialer.ts'
import type { CallContext, CredentialPath } from '../ports/driver.ts'
import type { Secret } from '../secret.ts'
import { AgentSession } from './agent-session.ts'
import { apiSignOn } from './api-sign-on.ts'
import { encode } from './ovirt-agent.ts'
import { SignOn, type SignOnOptions, type SignOnResult, type SignOnTimes } from './sign-on.ts'

export interface GuestLinkOptions {
  readonly dialer: Dialer
  readonly clock: Clock
  readonly user: string
  readonly times: SignOnTimes
  readonly windowsHint: boolean
  readonly onStep: SignOnOptions['onStep']
  readonly onFacts: (facts: GuestFacts) => void
}

export class GuestLink {
  readonly #o: GuestLinkOptions
  #session: AgentSession | undefined
  #signOn: SignOn | undefined
  #over = false

  constructor(o: GuestLinkOptions) {
    this.#o = o
  }

  /** True while commands can be sent to the guest. */
  get open(): boolean {
    return this.#session !== undefined && !this.#session.closed
  }

  /** Runs one sign-on; the channel is opened at the first. Resolves with a typed result, never rejects. */
  async signOn(path: CredentialPath, password: Secret, ctx: CallContext): Promise<SignOnResult> {
    if (path.kind === 'none') {
      return { outcome: 'no-channel', error: new AppError('agent.no-channel', `no channel named ${path.channelNames.join(', ')}`, { params: { channel: path.channelNames[0] ?? '' } }) }
    }
    if (path.kind === 'at-start') {
      if (path.refused) return { outcome: 'refused', error: path.refused }
      return path.delivered ? { outcome: 'unreported' } : { outcome: 'start-only', error: new AppError('agent.start-only', 'the desktop was running already, so the hypervisor passed nothing on') }
    }
    if (path.kind === 'api') {
      const { user, times, clock, windowsHint: windows, onStep } = this.#o
      return await apiSignOn({ path, user, password, times, clock, windows, onStep }, ctx)
    }
    if (!this.open) {
      try {
        const stream = await this.#dial(path, ctx)
        // Left meanwhile: a channel that nobody owns would keep every later visit out of it.
        if (this.#over || ctx.signal.aborted) stream.destroy()
        else this.#attach(stream)
      } catch (e) {
        return openFailure(toAppError(e))
      }
    }
    const session = this.#session
    if (!session || this.#over || ctx.signal.aborted) return { outcome: 'failed', error: new AppError('cancelled', 'sign-on was cancelled') }
    const signOn = new SignOn({
      user: this.#o.user,
      password,
      times: this.#o.times,
      clock: this.#o.clock,
      windowsHint: this.#o.windowsHint,
      guestConnected: path.guestConnected,
      queued: async () => await this.#o.dialer.hasQueue?.(path.hops, ctx),
      send: (b) => session.send(b),
      sendSecret: (b) => session.sendSecret(b),
      windows: () => session.windows,
      onStep: this.#o.onStep,
    })
    this.#signOn = signOn
    const onAbort = (): void => signOn.cancel()
    ctx.signal.addEventListener('abort', onAbort, { once: true })
    try {
      signOn.start()
      return await signOn.result
    } finally {
      ctx.signal.removeEventListener('abort', onAbort)
      if (this.#signOn === signOn) this.#signOn = undefined
    }
  }

  /** Asks the guest to lock or end the session; false where no channel is open. */
  command(action: 'lock' | 'logoff'): boolean {
    return this.#session?.send(action === 'lock' ? encode.lockScreen() : encode.logOff()) ?? false
  }

  /** Ends the conversation, after one last command if asked. Never rejects. */
  async close(farewell?: 'lock' | 'logoff'): Promise<void> {
    this.#over = true
    this.#signOn?.cancel()
    if (farewell && this.open) await this.#session?.farewell(farewell === 'lock' ? encode.lockScreen() : encode.logOff())
    this.#session?.close()
  }

  #attach(stream: Duplex): void {
    this.#session = new AgentSession({
      stream,
      now: () => this.#o.clock.now(),
      after: (ms, fn) => this.#o.clock.after(ms, fn),
      onMessage: (m) => this.#signOn?.message(m),
      onFacts: this.#o.onFacts,
      onClosed: () => this.#signOn?.closed(),
    })
  }

  async #dial(path: Extract<CredentialPath, { kind: 'guest-channel' }>, ctx: CallContext): Promise<Duplex> {
    try {
      return await this.#o.dialer.dial(path.hops, ctx)
    } catch (e) {
      const error = toAppError(e)
      const last = path.hops.at(-1)
      // Only a forbidden forward is a reason for the helper: a missing socket would fail there just the same.
      if (error.code !== 'ssh.forward-denied' || !path.helper || last?.via !== 'ssh-unix') throw error
      ctx.log.info('stream-local forwarding is forbidden, using the helper', { comp: 'sign-on' })
      return await this.#o.dialer.runHelper(path.helper, last.path, ctx)
    }
  }
}

function openFailure(error: AppError): SignOnResult {
  switch (error.code) {
    case 'ssh.forward-denied':
    case 'ssh.forward-failed':
    case 'hypervisor.denied':
      return { outcome: 'channel-denied', error: new AppError('agent.channel-denied', error.detail, { cause: error }) }
    // QEMU takes one client and queues one: a full socket is somebody else's.
    case 'agent.channel-busy':
      return { outcome: 'channel-busy', error }
    default:
      return { outcome: 'failed', error }
  }
}
