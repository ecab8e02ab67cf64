// Why: test code. The contract suite's conditions, said in an engine's terms.
import type { ConsoleGrant } from '../../../electron/core/ports/driver.ts'
import { Redactor } from '../../../electron/core/redactor.ts'
import { Secret } from '../../../electron/core/secret.ts'
import { ManualClock } from '../../../electron/core/testkit.ts'
import { UndiciConnector } from '../../../electron/adapters/http/undici-connector.ts'
import { authority, type Authority, type Issued } from '../../../electron/adapters/net/testkit-certificates.ts'
import { watched, type DriverRig } from '../../../electron/drivers/http-contract/driver-rig.testkit.ts'
import { createOvirtDriver } from '../../../electron/drivers/ovirt/driver.ts'
import { OvirtEndpoint, type OvirtHost } from '../../../shared/config/endpoint.ts'
import type { DesktopId } from '../../../shared/desktop.ts'
import { FakeEngine, type EngineOptions } from './server.ts'
import type { FakeVm } from './state.ts'

export interface OvirtRig extends DriverRig {
  readonly engine: FakeEngine
  readonly vm: FakeVm
  readonly ca: string
}

export const ADA = { user: 'ada@internal', password: 'correct horse "battery" & staple' }

let made: Promise<{ ca: Authority; other: Authority; own: Issued }> | undefined
/** Keys take longer than tests: one authority for all of them. */
const identities = (): NonNullable<typeof made> => (made ??= (async () => {
  const [ca, other] = await Promise.all([authority('O=example.com, CN=engine.example.com.12345'), authority('CN=Another CA')])
  return { ca, other, own: await ca.issue({ names: ['127.0.0.1'] }) }
})())

export async function ovirtRig(options: EngineOptions = {}): Promise<OvirtRig> {
  const { ca, other, own } = await identities()
  const engine = new FakeEngine(own, { ca: ca.cert, ...options })
  const { state } = engine
  await engine.http.start()
  state.people.set(ADA.user, { password: ADA.password })
  state.display = { ...state.display, ca: ca.cert }
  const vm = state.addVm('ada-desk', [ADA.user], { description: 'Accounting' })
  const clock = new ManualClock()
  const netClock = new ManualClock()
  const redactor = new Redactor()
  const { http, inFlight } = watched(new UndiciConnector(netClock))
  const endpoint = endpointOf(engine.url, { startSeconds: 30 })
  const driver = (trusted: string): DriverRig['driver'] => createOvirtDriver({ endpoint, http, files: { text: () => trusted, secret: () => Secret.from('', redactor) }, redactor, clock })
  return {
    engine, vm, ca: ca.cert,
    driver: driver(ca.cert),
    distrusting: driver(other.cert),
    clock, netClock, redactor, inFlight,
    pauseMs: endpoint.connectSeconds * 1000,
    person: ADA,
    requests: () => engine.http.requests.length,
    openSessions: () => [...state.tokens.keys()].filter((t) => state.holder(t) !== undefined).length,
    elsewhere: () => engine.http.elsewhere,
    fault: (kind) => engine.http.fault(kind),
    hold: () => engine.http.hold(),
    release: () => engine.http.release(),
    down: () => engine.http.stop(),
    up: async () => {
      state.tokens.clear()
      await engine.http.start()
    },
    desktop: vm.id as DesktopId,
    noDesktops: () => state.vms.clear(),
    manyDesktops: (count) => {
      for (let i = 0; i < count; i++) state.addVm(`desk-${i}`, [ADA.user])
    },
    hostileName: () => void state.addVm(`\u202e<b>bold</b>\u0007 ${'x'.repeat(10_000)}`, [ADA.user], { description: 'line one\nline two' }),
    start: (how) => void (vm.start = how),
    running: () => void (vm.status = 'up'),
    expireSessions: () => state.tokens.clear(),
    changePassword: () => void state.people.set(ADA.user, { password: 'another one' }),
    expireTickets: () => void (state.now += 121_000),
    accepts: (grant) => accepts(grant, engine, vm),
    path: 'api',
    delivered: () => vm.delivered,
    agentSilent: () => void (vm.agent = false),
    close: () => engine.http.close(),
  }
}

export function endpointOf(url: string, over: object = {}): OvirtHost {
  return { ...OvirtEndpoint.parse({ id: 'engine', label: 'Engine', kind: 'ovirt', url, trust: { ca: '/etc/latchkey/engine-ca.pem' }, ...over }), url }
}

/** A display lets in whoever reaches its TLS port, believes its subject, and has the ticket of now. */
function accepts(grant: ConsoleGrant, { state }: FakeEngine, vm: FakeVm): boolean {
  const { display, now } = state
  const [tcp, tls] = grant.hops
  const there = tcp?.via === 'tcp' && tcp.host === display.address && tcp.port === display.securePort
  const proved = tls?.via === 'tls' && tls.trust.subject === display.subject && tls.trust.ca?.trim() === display.ca.trim()
  const ticket = grant.ticket?.use((b) => b.toString('utf8'))
  return there && proved && vm.ticket !== undefined && vm.ticket.until > now && ticket === vm.ticket.value
}
