// Why: test code. The contract suite's conditions, said in a cluster's terms.
import type { ConsoleGrant } from '../../../electron/core/ports/driver.ts'
import type { SshConnector } from '../../../electron/core/ports/ssh.ts'
import { Redactor } from '../../../electron/core/redactor.ts'
import { Secret } from '../../../electron/core/secret.ts'
import { ManualClock } from '../../../electron/core/testkit.ts'
import { UndiciConnector } from '../../../electron/adapters/http/undici-connector.ts'
import { authority, type Authority, type Issued } from '../../../electron/adapters/net/testkit-certificates.ts'
import { watched, type DriverRig } from '../../../electron/drivers/http-contract/driver-rig.testkit.ts'
import { createProxmoxDriver } from '../../../electron/drivers/proxmox/driver.ts'
import { ProxmoxEndpoint, type ProxmoxHost } from '../../../shared/config/endpoint.ts'
import type { DesktopId } from '../../../shared/desktop.ts'
import { FakePve, type PveOptions } from './server.ts'
import { vmBehind } from './spice-proxy.ts'
import type { FakeVm } from './state.ts'

export interface ProxmoxRigOptions extends PveOptions {
  /** Of the endpoint's configuration. */
  readonly endpoint?: object
  /** The nodes' certificates come from it too. */
  readonly ca?: Authority
  readonly token?: string
  readonly connector?: SshConnector
}

export interface ProxmoxRig extends DriverRig {
  readonly pve: FakePve
  readonly vm: FakeVm
}

export const ADA = { user: 'ada', password: 'correct horse "battery" & staple ü' }
export const HELPER = ['/usr/local/sbin/latchkey-sign-on', '--from stdin']
/** What docs/admin/proxmox.md tells IT to grant, for versions up to 8. */
export const RIGHTS = ['VM.Audit', 'VM.Console', 'VM.PowerMgmt', 'VM.Monitor']
const RIGHTS_9 = ['VM.Audit', 'VM.Console', 'VM.PowerMgmt', 'VM.GuestAgent.Audit', 'VM.GuestAgent.Unrestricted']

let made: Promise<{ ca: Authority; other: Authority; own: Issued }> | undefined
/** Keys take longer than tests: one authority for all of them. */
const identities = (): NonNullable<typeof made> => (made ??= (async () => {
  const [ca, other] = await Promise.all([authority('CN=Proxmox Virtual Environment'), authority('CN=Another CA')])
  return { ca, other, own: await ca.issue({ names: ['127.0.0.1'] }) }
})())

const noSsh: SshConnector = {
  connect: () => Promise.reject(new Error('no SSH here')),
  verifyPassword: () => Promise.reject(new Error('no SSH here')),
  identify: () => Promise.reject(new Error('no SSH here')),
}

export async function proxmoxRig(options: ProxmoxRigOptions = {}): Promise<ProxmoxRig> {
  const { ca, other, own } = await identities()
  const pve = new FakePve(own, options)
  const { state } = pve
  await pve.start()
  state.display.ca = (options.ca ?? ca).cert
  state.people.set('ada@pve', { password: ADA.password })
  const rights = options.version === 9 ? RIGHTS_9 : RIGHTS
  state.grant('ada@pve', '/vms/100', rights)
  const vm = state.addVm(100, { name: 'ada-desk' })
  // Noise that is no desktop of hers: a template, a container, a VM she may see and not open.
  state.addVm(101, { template: true })
  state.addVm(102, { type: 'lxc', status: 'running', qmpstatus: 'running' })
  state.addVm(103)
  for (const vmid of [101, 102]) state.grant('ada@pve', `/vms/${vmid}`, rights)
  state.grant('ada@pve', '/vms/103', ['VM.Audit'])
  const clock = new ManualClock()
  const netClock = new ManualClock()
  const redactor = new Redactor()
  const { http, inFlight } = watched(new UndiciConnector(netClock))
  const endpoint = endpointOf(pve.url, { startSeconds: 30, realm: 'pve', signOn: { helper: HELPER }, ...(options.token !== undefined && { token: '/etc/latchkey/secrets/pve-token' }), ...options.endpoint })
  const driver = (trusted: string): DriverRig['driver'] =>
    createProxmoxDriver({ endpoint, http, files: { text: () => trusted, secret: () => Secret.from(options.token ?? '', redactor) }, connector: options.connector ?? noSsh, redactor, clock, dev: false })
  return {
    pve, vm,
    driver: driver(ca.cert),
    distrusting: driver(other.cert),
    clock, netClock, redactor, inFlight,
    pauseMs: endpoint.connectSeconds * 1000,
    person: ADA,
    requests: () => pve.http.requests.length,
    // A ticket cannot be given back: a sign-in is over when nobody has its ticket any more, which the redactor knows.
    openSessions: () => state.issued.filter((t) => redactor.redact(t) !== t).length,
    elsewhere: () => pve.http.elsewhere,
    fault: (kind) => pve.http.fault(kind),
    hold: () => pve.http.hold(),
    release: () => pve.http.release(),
    down: () => pve.http.stop(),
    // A node that starts again takes the tickets of before: their key is the cluster's.
    up: () => pve.http.start(),
    desktop: String(vm.vmid) as DesktopId,
    noDesktops: () => state.vms.clear(),
    manyDesktops: (count) => {
      state.grant('ada@pve', '/vms', ['VM.Audit', 'VM.Console'])
      for (let i = 0; i < count; i++) state.addVm(1000 + i)
    },
    hostileName: () => {
      state.addVm(200, { name: `\u202e<b>bold</b>\u0007 ${'x'.repeat(10_000)}`, pool: 'one\u0000two' })
      state.grant('ada@pve', '/vms/200', ['VM.Audit', 'VM.Console'])
    },
    start: (how) => void (vm.start = how),
    running: () => {
      vm.status = 'running'
      vm.qmpstatus = 'running'
    },
    expireSessions: () => void (state.now += 2 * 3600 * 1000),
    changePassword: () => void state.people.set('ada@pve', { password: 'another one' }),
    expireTickets: () => void (state.now += 41_000),
    accepts: (grant) => accepts(grant, pve),
    path: 'api',
    delivered: () => {
      vm.users = [{ user: 'ada' }]
      const { username, password } = vm.delivered as { username: string; password: string }
      return { user: username, password }
    },
    agentSilent: () => void (vm.agent = 'silent'),
    challenge: () => {
      state.people.get('ada@pve')!.tfa = { totp: '123456' }
      return '123456'
    },
    close: () => pve.close(),
  }
}

export function endpointOf(url: string, over: object = {}): ProxmoxHost {
  return { ...ProxmoxEndpoint.parse({ id: 'pve', label: 'Cluster', kind: 'proxmox', url, trust: { ca: '/etc/latchkey/trust/pve-root-ca.pem' }, ...over }), url }
}

/** Lets in whoever comes by the proxy under a signed name, believes the subject, and has the password of now. */
function accepts(grant: ConsoleGrant, { state }: FakePve): boolean {
  const [tcp, proxy, tls] = grant.hops
  const vm = proxy?.via === 'http-connect' ? vmBehind(state, proxy.target) : undefined
  const there = tcp?.via === 'tcp' && tcp.host === '127.0.0.1' && tcp.port === state.display.proxyPort
  const proved = tls?.via === 'tls' && tls.trust.subject === state.display.subject && tls.trust.ca?.trim() === state.display.ca.trim()
  const ticket = grant.ticket?.use((b) => b.toString('utf8'))
  return there && proved && vm?.display !== undefined && vm.display.until > state.now && ticket === vm.display.password
}
