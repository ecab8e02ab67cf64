// Why: a Proxmox VE cluster whose one VM is really there: its tasks start and stop it, its guest agent hands what the
// helper reads to the guest and reports who is signed in; its display is behind the cluster's own CONNECT proxy and TLS.
import { identities } from './certificates.ts'
import { ADA, type FakeServer, type FakeServerOptions } from './fake-server.ts'
import { live, startMachine, type Machine } from './machine.ts'
import { FakePve } from '../proxmox/server.ts'
import type { FakeVm, PveState } from '../proxmox/state.ts'

const USERID = `${ADA.name}@pve`
const VMID = 100
/** What docs/admin/proxmox.md tells IT to grant, for versions up to 8. */
const RIGHTS = ['VM.Audit', 'VM.Console', 'VM.PowerMgmt', 'VM.Monitor']
const HELPER = ['/usr/local/sbin/latchkey-sign-on']

export async function proxmoxServer(o: FakeServerOptions): Promise<FakeServer<PveState>> {
  const own = await identities('CN=Proxmox Virtual Environment', 'OU=PVE Cluster Node, O=Proxmox Virtual Environment, CN=pve1.example.com')
  const machine = await startMachine({ name: 'ada-desk', person: ADA, tls: own.display, state: o.state ?? 'shut off' })
  const pve = new FakePve(own.server)
  await pve.start()
  const { state } = pve
  live(state, 'now', () => Date.now())
  state.display.ca = own.ca
  state.people.set(USERID, { password: ADA.password })
  state.grant(USERID, `/vms/${VMID}`, RIGHTS)
  joinVm(state.addVm(VMID, { name: 'ada-desk', target: { host: '127.0.0.1', port: machine.displayPort } }), machine)
  return {
    endpoint: { kind: 'proxmox', url: pve.url, realm: 'pve', trust: { ca: o.file('pve-root-ca.pem', own.ca) }, signOn: { helper: HELPER } },
    product: 'a Proxmox VE cluster',
    person: { user: ADA.name, password: ADA.password },
    title: 'ada-desk',
    machine,
    state,
    requests: () => pve.http.requests,
    stop: async () => {
      await pve.close()
      await machine.close()
    },
  }
}

function joinVm(vm: FakeVm, machine: Machine): void {
  live(vm, 'status', () => (machine.state === 'off' ? 'stopped' : 'running'), (to) => (to === 'running' ? machine.start() : machine.stop()))
  live(vm, 'qmpstatus', () => ({ off: 'stopped', starting: 'prelaunch', running: 'running' })[machine.state])
  live(vm, 'agent', () => (machine.agentUp ? 'runs' : 'silent'))
  live(vm, 'users', () => machine.users.map((user) => ({ user })))
  let delivered: FakeVm['delivered']
  live(vm, 'delivered', () => delivered, (given) => {
    delivered = given
    // What a helper in the guest does with its line.
    const { username, password } = given as { readonly username: string; readonly password: string }
    machine.signOn(username, password)
  })
  let display: FakeVm['display']
  live(vm, 'display', () => display, (given) => {
    display = given
    if (given) machine.ticket(given.password, given.until - Date.now())
  })
}
