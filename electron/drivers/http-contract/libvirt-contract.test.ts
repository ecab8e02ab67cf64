// Why: libvirt over SSH keeps the same promises as the products that are spoken to by HTTP; what only those can be in
// (a session that runs out, an HTML page instead of an answer) is left out by the suite.
import { AppError } from '../../core/errors.ts'
import type { CallContext, ConsoleGrant } from '../../core/ports/driver.ts'
import type { ExecOptions, ExecResult, SshConnection, SshConnector, SshCredential, SshTarget } from '../../core/ports/ssh.ts'
import { Redactor } from '../../core/redactor.ts'
import type { Secret } from '../../core/secret.ts'
import { ManualClock } from '../../core/testkit.ts'
import { LibvirtEndpoint } from '../../../shared/config/endpoint.ts'
import type { DesktopId } from '../../../shared/desktop.ts'
import { createLibvirtDriver } from '../libvirt/driver.ts'
import { assigned, fails, FakeHypervisor, ok, UUIDS, type FakeDomain } from '../libvirt/testkit.ts'
import { driverContract } from './driver-contract.testkit.ts'
import type { DriverRig } from './driver-rig.testkit.ts'

const ADA = { user: 'ada', password: 'correct horse' }
const OFF = 5
const ON_ITS_WAY = 0

/** A host that can be down, or hang. */
class Host implements SshConnector {
  readonly connections = new Set<Connection>()
  readonly domains: FakeDomain[] = []
  requests = 0
  underWay = 0
  up = true
  held: { came: () => void; gate: PromiseWithResolvers<undefined> } | undefined
  how: 'at-once' | 'slow' | 'fails' | 'never' = 'at-once'
  looks = 0
  ticket: string | undefined

  async connect(_target: SshTarget, credential: SshCredential, ctx: CallContext): Promise<SshConnection> {
    await this.reached(ctx)
    if (credential.kind === 'password') this.#check(_target, credential.password)
    const connection = new Connection(this)
    this.connections.add(connection)
    return connection
  }
  async verifyPassword(target: SshTarget, password: Secret, ctx: CallContext): Promise<void> {
    await this.reached(ctx)
    this.#check(target, password)
  }
  async identify(_target: SshTarget, ctx: CallContext): Promise<void> {
    await this.reached(ctx)
  }
  #check(target: SshTarget, password: Secret): void {
    if (target.username !== ADA.user || password.use((b) => b.toString()) !== ADA.password) throw new AppError('auth.rejected', 'no')
  }
  /** One turn to the host and back. */
  async reached(ctx: CallContext): Promise<void> {
    if (ctx.signal.aborted) throw new AppError('cancelled', 'aborted')
    if (!this.up) throw new AppError('ssh.refused', 'down')
    this.requests++
    if (!this.held) return
    this.underWay++
    this.held.came()
    const aborted = new Promise<never>((_resolve, reject) => ctx.signal.addEventListener('abort', () => reject(new AppError('cancelled', 'aborted')), { once: true }))
    await Promise.race([this.held.gate.promise, aborted]).finally(() => this.underWay--)
  }
}

class Connection extends FakeHypervisor {
  readonly #host: Host
  constructor(host: Host) {
    super()
    this.#host = host
  }
  override async exec(argv: readonly string[], opts: ExecOptions, ctx: CallContext): Promise<ExecResult> {
    if (this.closed) throw new AppError('ssh.lost', 'closed')
    await this.#host.reached(ctx)
    this.domains.splice(0, this.domains.length, ...this.#host.domains)
    this.answer = ({ text, stdin }) => {
      const [desk] = this.#host.domains
      if (text.startsWith('update-device')) this.#host.ticket = /passwd=["']([^"']*)/.exec(stdin)?.[1]
      if (desk !== undefined && text.includes('domstats') && desk.state === ON_ITS_WAY && this.#host.how === 'slow' && ++this.#host.looks > 3) desk.state = 1
      if (desk === undefined || !text.startsWith('start') || this.#host.how === 'at-once') return undefined
      if (this.#host.how === 'fails') return fails('error: Failed to start domain\nerror: internal error: process exited while connecting to monitor')
      Object.assign(desk, { state: ON_ITS_WAY, id: 7 })
      return ok()
    }
    return await super.exec(argv, opts, ctx)
  }
  override close(): void {
    this.#host.connections.delete(this)
    super.close()
  }
}

function libvirtRig(access: 'person' | 'device'): Promise<DriverRig> {
  const host = new Host()
  const desk: FakeDomain = { uuid: UUIDS[0], name: 'ada-1', state: OFF, metadata: assigned('ada') }
  host.domains.push(desk)
  const [clock, netClock, redactor] = [new ManualClock(), new ManualClock(), new Redactor()]
  const uri = 'qemu+ssh://kiosk@kvm/system?keyfile=/key&known_hosts=/known'
  const endpoint = { ...LibvirtEndpoint.parse({ id: 'x', label: 'X', kind: 'libvirt', access, uri, startSeconds: 10 }), uri }
  const driver = createLibvirtDriver({ endpoint, connector: host, redactor, clock, dev: false })
  return Promise.resolve({
    driver, clock, netClock, redactor,
    pauseMs: 1000,
    person: ADA,
    inFlight: () => host.underWay,
    requests: () => host.requests,
    openSessions: () => host.connections.size,
    elsewhere: () => 0,
    fault: () => undefined,
    hold: () => new Promise<void>((came) => void (host.held = { came, gate: Promise.withResolvers() })),
    release: () => {
      host.held?.gate.resolve(undefined)
      host.held = undefined
    },
    down: () => {
      host.up = false
      for (const c of [...host.connections]) c.lose(new AppError('ssh.lost', 'the host went down'))
      return Promise.resolve()
    },
    up: () => Promise.resolve(void (host.up = true)),
    desktop: desk.uuid as DesktopId,
    noDesktops: () => host.domains.splice(0),
    manyDesktops: (count) => {
      for (let i = 0; i < count; i++) host.domains.push({ ...desk, uuid: `7f0c1c0e-6a6b-4a51-9a0c-${i.toString(16).padStart(12, '0')}`, name: `desk-${i}` })
    },
    hostileName: () => void host.domains.push({ ...desk, uuid: UUIDS[2], xml: `<domain><name>x</name><uuid>${UUIDS[2]}</uuid><title>\u202e&lt;b&gt;bold&lt;/b&gt; ${'x'.repeat(10_000)}</title><metadata>${assigned('ada')}</metadata></domain>\n` }),
    start: (how) => void (host.how = how),
    running: () => void Object.assign(desk, { state: 1, id: 7 }),
    expireSessions: () => undefined,
    changePassword: () => undefined,
    expireTickets: () => void (host.ticket = undefined),
    accepts: (grant: ConsoleGrant) => grant.hops[0]?.via === 'ssh-tcp' && grant.hops[0].port === 5901 && host.ticket !== undefined && grant.ticket?.use((b) => b.toString()) === host.ticket,
    path: 'guest-channel',
    close: () => Promise.resolve(),
  })
}

// SSH instead of TLS; the agent is spoken to by core, not by the driver.
const without = ['distrusting', 'agentSilent'] as const
driverContract('libvirt, as the person', () => libvirtRig('person'), { connection: true, without })
driverContract('libvirt, as the device', () => libvirtRig('device'), { connection: true, without })
