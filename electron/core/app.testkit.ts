// Why: an App with a hypervisor, a page and a clock that the test plays. Test code: not imported by the app.
import { duplexPair, type Duplex } from 'node:stream'
import { DesktopId, type Desktop } from '../../shared/desktop.ts'
import type { RequestInput, RequestName, RequestOutput } from '../../shared/ipc/contract.ts'
import type { UiCommand } from '../../shared/view/ui-command.ts'
import type { ViewState } from '../../shared/view/view-state.ts'
import { App, type AppParts } from './app.ts'
import { defaultTimes } from './credentials/sign-on.ts'
import type { AppError } from './errors.ts'
import type { ConsoleGrant, CredentialPath, Credentials, HypervisorDriver, HypervisorSession, SignInInput, SignInOutcome } from './ports/driver.ts'
import type { ByteChannel, RendererLink } from './ports/shell.ts'
import { Redactor } from './redactor.ts'
import { Secret } from './secret.ts'
import type { Settings } from './session/state.ts'
import { ManualClock, recordingLogger, settle } from './testkit.ts'

export const office: Desktop = { id: DesktopId.parse('d1'), title: 'Office', detail: '', power: 'off' }

export class FakeHypervisor implements HypervisorDriver {
  readonly kind = 'fake'
  readonly calls: string[] = []
  desktops: readonly Desktop[] = [office]
  path: CredentialPath = { kind: 'none', channelNames: ['com.kvm-vdi.0'] }
  seen: Secret | undefined
  gate: Promise<void> = Promise.resolve()
  fail: Partial<Record<'signIn' | 'list' | 'powerOn' | 'openConsole', AppError>> = {}
  credentials: Credentials | undefined
  tickets: Secret[] = []
  closing: Promise<void> = Promise.resolve()
  pathGate: Promise<void> = Promise.resolve()
  lose: (why: AppError | undefined) => void = () => undefined
  readonly #redactor: Redactor
  constructor(redactor: Redactor) {
    this.#redactor = redactor
  }
  /** The server asks for more before it lets anybody in. */
  challenge: ((signedIn: () => SignInOutcome, input: SignInInput) => SignInOutcome) | undefined
  async signIn(input: SignInInput): Promise<SignInOutcome> {
    this.calls.push(`signIn ${input.user}`)
    this.seen = input.password
    await this.gate
    if (this.fail.signIn) throw this.fail.signIn
    const signedIn = (): SignInOutcome => ({ kind: 'signed-in', session: this.#session() })
    return this.challenge?.(signedIn, input) ?? signedIn()
  }
  #session(): HypervisorSession {
    const step = async <T>(name: 'list' | 'powerOn' | 'openConsole', value: () => T): Promise<T> => {
      this.calls.push(name)
      await this.gate
      const error = this.fail[name]
      if (error) throw error
      return value()
    }
    return {
      listDesktops: () => step('list', () => this.desktops),
      powerOn: (_id, onState, _ctx, credentials) =>
        step('powerOn', () => {
          this.credentials = credentials
          onState('running')
        }),
      powerState: () => Promise.resolve('running'),
      openConsole: () =>
        step('openConsole', (): ConsoleGrant => {
          const ticket = Secret.from(`ticket-${this.tickets.length}`, this.#redactor)
          this.tickets.push(ticket)
          return { hops: [], ticket, ticketKind: 'one-time' }
        }),
      credentialPath: () => this.pathGate.then(() => this.path),
      onLost: (fn) => (this.lose = fn),
      close: () => {
        this.calls.push('close')
        return this.closing
      },
    }
  }
}

export interface SetUp {
  /** default 60 000 */
  readonly keepPasswordMs?: number
  readonly onDisconnect?: Settings['onDisconnect']
  readonly dial?: () => Promise<Duplex>
  readonly signOn?: boolean
}

export function setUp({ keepPasswordMs = 60_000, onDisconnect = 'keep', signOn = true, dial = () => Promise.resolve(duplexPair()[0]) }: SetUp = {}) {
  const redactor = new Redactor()
  const clock = new ManualClock()
  const log = recordingLogger()
  const hypervisor = new FakeHypervisor(redactor)
  const audits: string[] = []
  const power: string[] = []
  const malformed: string[] = []
  const parts: AppParts = {
    clock,
    log,
    redactor,
    dialer: { dial, runHelper: () => Promise.reject(new Error('none')) },
    driverFor: (id) => (id === 'hq' ? hypervisor : undefined),
    signOnFor: () => ({ enabled: signOn, times: { ...defaultTimes, agent: 60_000, confirm: 45_000 } }),
    keepPasswordMs,
    audit: (e) => audits.push(`${e.what}${e.error ? ` ${e.error.code}` : ''}`),
    settings: { endpoints: [{ id: 'hq', label: 'HQ' }], defaultUser: '', autoConnectSingle: true, onDisconnect, linkTimeoutMs: 20_000, challengeTimeoutMs: 120_000, cleanupTimeoutMs: 3000 },
    bootstrap: { version: '0', locale: 'en', organisation: '', message: '', power: ['reboot'], fullscreen: false, consoleEngine: 'spice-html5', clipboard: { policy: 'off', maxBytes: 0 }, sound: true, onDisconnect },
    power: (action) => {
      power.push(action)
      return Promise.resolve()
    },
    malformed: (request, count) => malformed.push(`${request} ${count}`),
  }
  const app = new App(parts)
  const handlers = new Map<string, (input: unknown) => Promise<unknown>>()
  const views: ViewState[] = []
  let breakContract: Parameters<RendererLink['onMalformed']>[0] = () => undefined
  const page: RendererLink = {
    handle: (name, fn) => void handlers.set(name, fn as (input: unknown) => Promise<unknown>),
    emit: (name, payload) => void (name === 'view.changed' && views.push(payload as ViewState)),
    openByteChannel: () => Promise.resolve<ByteChannel>({ send: () => undefined, writable: () => Promise.resolve(), onBytes: () => undefined, onClosed: () => undefined, close: () => undefined }),
    onGone: () => undefined,
    onMalformed: (fn) => (breakContract = fn),
  }
  const request = <K extends RequestName>(name: K, input: RequestInput<K>): Promise<RequestOutput<K>> => (handlers.get(name) as (i: unknown) => Promise<RequestOutput<K>>)(input)
  const command = async (c: UiCommand): Promise<void> => {
    await request('ui.command', c)
    await settle()
  }
  const signIn = (password = 'hunter22', user = 'ada'): Promise<void> => command({ type: 'signIn', endpoint: 'hq', user, password })
  app.start()
  app.attach(page)
  return { app, parts, clock, log, hypervisor, audits, power, malformed, breakContract: (m: Parameters<typeof breakContract>[0]) => breakContract(m), page, views, request, command, signIn, redactor }
}

