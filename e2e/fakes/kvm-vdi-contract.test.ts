// The dashboard under the contract suite: its double in front of which a gate stands that can be shut, hung and broken.
import { createServer as createHttp, type Server } from 'node:http'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { UndiciConnector } from '../../electron/adapters/http/undici-connector.ts'
import { authority, type Authority, type Issued } from '../../electron/adapters/net/testkit-certificates.ts'
import type { ConsoleGrant } from '../../electron/core/ports/driver.ts'
import { Redactor } from '../../electron/core/redactor.ts'
import { Secret } from '../../electron/core/secret.ts'
import { ManualClock } from '../../electron/core/testkit.ts'
import { driverContract } from '../../electron/drivers/http-contract/driver-contract.testkit.ts'
import { watched, type DriverRig, type Fault } from '../../electron/drivers/http-contract/driver-rig.testkit.ts'
import { createKvmVdiDriver } from '../../electron/drivers/kvm-vdi/driver.ts'
import { KvmVdiEndpoint } from '../../shared/config/endpoint.ts'
import type { DesktopId } from '../../shared/desktop.ts'
import { misbehave } from './http-server.ts'
import { startKvmVdi, type KvmVdiServer } from './kvm-vdi/server.ts'

const ADA = { user: 'ada', password: 'Tr0ub4dor&3 ü' }
const POOL = 1

let made: Promise<{ ca: Authority; other: Authority; own: Issued }> | undefined
const identities = (): NonNullable<typeof made> => (made ??= (async () => {
  const [ca, other] = await Promise.all([authority('CN=Site CA'), authority('CN=Another CA')])
  return { ca, other, own: await ca.issue({ names: ['127.0.0.1'] }) }
})())

/** A port that stays the same while what is behind it comes and goes. */
class Gate {
  readonly #sockets = new Set<Socket>()
  readonly #target: number
  #server: Server | ReturnType<typeof createServer> | undefined
  port = 0
  constructor(target: number) {
    this.#target = target
  }
  async open(): Promise<void> {
    const server = createServer((socket) => {
      const inner = connect(this.#target, '127.0.0.1')
      for (const s of [socket, inner]) {
        this.#sockets.add(s)
        s.on('error', () => undefined)
        s.on('close', () => {
          this.#sockets.delete(s)
          socket.destroy()
          inner.destroy()
        })
      }
      socket.pipe(inner).pipe(socket)
    })
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve))
    this.port = (server.address() as AddressInfo).port
    this.#server = server
  }
  async shut(): Promise<void> {
    for (const s of this.#sockets) s.destroy()
    await new Promise<void>((resolve) => (this.#server === undefined ? resolve() : this.#server.close(() => resolve())))
    this.#server = undefined
  }
}

/** What every request meets before the dashboard. */
function trouble(server: KvmVdiServer, elsewhere: string): Pick<DriverRig, 'fault' | 'hold' | 'release'> {
  let fault: Fault | undefined
  let held: { came: () => void; drop: (() => void)[] } | undefined
  server.intercept = (_req, res) => {
    if (held) {
      held.drop.push(() => res.destroy())
      held.came()
      return true
    }
    if (fault) misbehave(fault, res, elsewhere)
    return fault !== undefined
  }
  return {
    fault: (kind) => void (fault = kind),
    hold: () => new Promise<void>((came) => void (held = { came, drop: [] })),
    release: () => {
      for (const drop of held?.drop ?? []) drop()
      held = undefined
    },
  }
}

async function kvmVdiRig(directory: boolean): Promise<DriverRig> {
  const { ca, other, own } = await identities()
  const server = await startKvmVdi(own)
  const { state } = server
  state.person(ADA.user, ADA.password, [POOL], directory).pool(POOL, 'Office', [{ vmId: 11, name: 'office-1', state: 'shut' }])
  const machine = state.machine('office-1')
  const gate = new Gate(Number(new URL(server.url).port))
  await gate.open()
  let visits = 0
  const elsewhere = createHttp((_req, res) => {
    visits++
    res.end()
  })
  await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve))
  const [clock, netClock, redactor] = [new ManualClock(), new ManualClock(), new Redactor()]
  const { http, inFlight } = watched(new UndiciConnector(netClock))
  const url = `https://127.0.0.1:${gate.port}/kvm-vdi/`
  const endpoint = { ...KvmVdiEndpoint.parse({ id: 'x', label: 'X', kind: 'kvm-vdi', url, startSeconds: 20, trust: { ca: '/ca.pem' } }), url }
  const driver = (trusted: string): DriverRig['driver'] => createKvmVdiDriver({ endpoint, http, files: { text: () => trusted, secret: () => Secret.from('', redactor) }, redactor, clock })
  return {
    driver: driver(ca.cert),
    distrusting: driver(other.cert),
    clock, netClock, redactor, inFlight,
    pauseMs: endpoint.connectSeconds * 1000,
    person: ADA,
    requests: () => state.requests.length,
    openSessions: () => state.sessions.size,
    elsewhere: () => visits,
    noDesktops: () => void state.person(ADA.user, ADA.password, [], directory),
    mostDesktops: 500,
    ...trouble(server, `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/collect`),
    down: () => gate.shut(),
    up: async () => {
      state.sessions.clear()
      await gate.open()
    },
    desktop: `pool:${POOL}` as DesktopId,
    manyDesktops: (count) => {
      const ids = Array.from({ length: count }, (_, i) => 1000 + i)
      for (const id of ids) state.pool(id, `pool ${id}`, [{ vmId: id, name: `vm-${id}` }])
      state.person(ADA.user, ADA.password, [POOL, ...ids], directory)
    },
    hostileName: () => {
      state.pool(7, `\u202e<b>bold</b>\u0007 ${'x'.repeat(10_000)}`, [{ vmId: 70, name: 'vm-70' }])
      state.person(ADA.user, ADA.password, [POOL, 7], directory)
    },
    start: (how) => {
      machine.bootAsks = how === 'slow' ? 4 : how === 'never' ? 1e6 : 0
      state.displayFails = how === 'fails'
    },
    running: () => void (machine.state = 'running'),
    expireSessions: () => state.sessions.clear(),
    changePassword: () => void state.person(ADA.user, 'another', [POOL], directory),
    expireTickets: () => undefined,
    accepts: (grant: ConsoleGrant) => grant.hops[0]?.via === 'tcp' && `${grant.hops[0].host}:${grant.hops[0].port}` === state.display.address && grant.ticket?.use((b) => b.toString()) === state.display.password,
    path: 'at-start',
    delivered: () => (machine.startedWith && { user: machine.startedWith.username, password: machine.startedWith.password }),
    close: async () => {
      await gate.shut()
      await server.close()
      elsewhere.close()
    },
  }
}

// Its list is a page for people: any other page, or half of one, is one without pools. Nobody hears of the guest's agent.
const without = ['html', 'truncated', 'agentSilent'] as const
driverContract('KVM-VDI, a person of the directory', () => kvmVdiRig(true), { without })
driverContract('KVM-VDI, a local person', () => kvmVdiRig(false), { without })
