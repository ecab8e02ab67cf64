// Why: test code. The contract suite's conditions, said in a dashboard's terms. In front of the dashboard stands the web
// server that all doubles share, as one does in front of PHP: it is what fails, hangs, redirects and has a certificate.
import { request, type IncomingMessage } from 'node:http'
import type { ConsoleGrant } from '../../../electron/core/ports/driver.ts'
import { Redactor } from '../../../electron/core/redactor.ts'
import { Secret } from '../../../electron/core/secret.ts'
import { ManualClock } from '../../../electron/core/testkit.ts'
import { UndiciConnector } from '../../../electron/adapters/http/undici-connector.ts'
import { authority, type Authority, type Issued } from '../../../electron/adapters/net/testkit-certificates.ts'
import { watched, type DriverRig } from '../../../electron/drivers/http-contract/driver-rig.testkit.ts'
import { createKvmVdiDriver } from '../../../electron/drivers/kvm-vdi/driver.ts'
import { KvmVdiEndpoint } from '../../../shared/config/endpoint.ts'
import type { DesktopId } from '../../../shared/desktop.ts'
import { FakeHttpServer, type FakeReply, type FakeRequest } from '../http-server.ts'
import { startKvmVdi } from './server.ts'
import type { KvmVdiState } from './state.ts'

export interface KvmVdiRigOptions {
  readonly engine?: 'KVM' | 'OpenStack'
  /** Of the directory: the page comes at once, without a redirect. */
  readonly directory?: boolean
}

const ADA = { user: 'ada', password: 'correct horse & staple/100% ü' }

let made: Promise<{ ca: Authority; other: Authority; own: Issued }> | undefined
/** Keys take longer than tests: one authority for all of them. */
const identities = (): NonNullable<typeof made> => (made ??= (async () => {
  const [ca, other] = await Promise.all([authority('CN=Dashboard CA'), authority('CN=Another CA')])
  return { ca, other, own: await ca.issue({ names: ['127.0.0.1'] }) }
})())

export async function kvmVdiRig(options: KvmVdiRigOptions = {}): Promise<DriverRig> {
  const { ca, other, own } = await identities()
  const dashboard = await startKvmVdi()
  const { state } = dashboard
  const front = new FakeHttpServer((r) => passed(r, new URL(dashboard.url)), own)
  await front.start()
  const url = `https://127.0.0.1:${front.port}/kvm-vdi`
  state.serviceUrl = url
  state.engine = options.engine ?? 'KVM'
  const { directory = false } = options
  state.person(ADA.user, ADA.password, [1], directory).pool(1, 'Office', [{ vmId: 11, name: 'office-1', state: 'shut' }])
  const machine = state.machine('office-1')
  const clock = new ManualClock()
  const netClock = new ManualClock()
  const redactor = new Redactor()
  const { http, inFlight } = watched(new UndiciConnector(netClock))
  const parsed = KvmVdiEndpoint.parse({ id: 'x', label: 'X', kind: 'kvm-vdi', url, startSeconds: 20, trust: { ca: '/etc/latchkey/dashboard-ca.pem' } })
  const driver = (trusted: string): DriverRig['driver'] => createKvmVdiDriver({ endpoint: { ...parsed, url }, http, files: { text: () => trusted, secret: () => Secret.from('', redactor) }, redactor, clock })
  return {
    driver: driver(ca.cert),
    distrusting: driver(other.cert),
    clock, netClock, redactor, inFlight,
    pauseMs: parsed.connectSeconds * 1000,
    person: ADA,
    requests: () => front.requests.length,
    openSessions: () => state.sessions.size,
    elsewhere: () => front.elsewhere,
    fault: (kind) => front.fault(kind),
    hold: () => front.hold(),
    release: () => front.release(),
    down: () => front.stop(),
    up: async () => {
      state.sessions.clear()
      await front.start()
    },
    desktop: 'pool:1' as DesktopId,
    noDesktops: () => void state.person(ADA.user, ADA.password, [], directory),
    manyDesktops: (count) => {
      const ids = Array.from({ length: count }, (_, i) => 100 + i)
      for (const id of ids) state.pool(id, `desk-${id}`, [{ vmId: 10_000 + id, name: `desk-${id}` }])
      state.person(ADA.user, ADA.password, [1, ...ids], directory)
    },
    hostileName: () => void state.pool(2, `\u202e<b>bold</b>\u0007<script>alert(1)</script> ${'x'.repeat(10_000)}`, [{ vmId: 21, name: 'x\u0000y' }]).person(ADA.user, ADA.password, [1, 2], directory),
    start: (how) => {
      machine.bootAsks = { 'at-once': 0, 'slow': 4, 'fails': 0, 'never': Infinity }[how]
      state.displayFails = how === 'fails'
    },
    running: () => void (machine.state = 'running'),
    expireSessions: () => state.sessions.clear(),
    changePassword: () => void state.person(ADA.user, 'another one', [1], directory),
    expireTickets: () => undefined,
    accepts: (grant) => accepts(grant, state),
    path: 'at-start',
    delivered: () => machine.startedWith && { user: machine.startedWith.username, password: machine.startedWith.password },
    close: async () => {
      await front.close()
      await dashboard.close()
    },
  }
}

/** The dashboard's own answer. */
function passed({ method, path, query, headers, body }: FakeRequest, to: URL): Promise<FakeReply> {
  const search = query.size > 0 ? `?${query.toString()}` : ''
  return new Promise((resolve, reject) => {
    const own = request({ host: to.hostname, port: to.port, method, path: path + search, headers: { ...headers, connection: 'close' } }, (reply: IncomingMessage) => {
      const pieces: Buffer[] = []
      reply.on('data', (piece: Buffer) => pieces.push(piece))
      reply.on('error', reject)
      reply.on('end', () => resolve({ status: reply.statusCode ?? 502, headers: carried(reply), body: Buffer.concat(pieces) }))
    })
    own.on('error', reject)
    own.end(body)
  })
}

function carried(reply: IncomingMessage): Record<string, string> {
  const out: Record<string, string> = {}
  for (const [name, value] of Object.entries(reply.headers)) if (value !== undefined && !['connection', 'keep-alive', 'transfer-encoding'].includes(name)) out[name] = String(value)
  return out
}

/** Plain TCP to where the display is, with the one password of the machine's present life. */
function accepts({ hops, ticket }: ConsoleGrant, { display }: KvmVdiState): boolean {
  const [tcp, ...inner] = hops
  return inner.length === 0 && tcp?.via === 'tcp' && `${tcp.host}:${tcp.port}` === display.address && ticket?.use((b) => b.toString('utf8')) === display.password
}
