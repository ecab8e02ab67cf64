// Why: a KVM-VDI dashboard whose one pool has one machine that is really there. Its broker starts the machine and writes
// the credentials into the guest's channel; its display is plain TCP with one password for each start.
import { identities } from './certificates.ts'
import { ADA, type FakeServer, type FakeServerOptions } from './fake-server.ts'
import { live, startMachine } from './machine.ts'
import { startKvmVdi } from '../kvm-vdi/server.ts'
import type { KvmVdiState } from '../kvm-vdi/state.ts'

const NAME = 'office-1'
/** As the wrapper round QEMU makes them: letters and digits. */
const PASSWORD = 'k7Qm2xVb9LpTz4Rw8NsHc3YdJf'

export async function kvmVdiServer(o: FakeServerOptions): Promise<FakeServer<KvmVdiState>> {
  const machine = await startMachine({ name: NAME, person: ADA, displayPassword: PASSWORD, state: o.state ?? 'shut off' })
  const own = o.insecure === true ? undefined : await identities('CN=KVM-VDI dashboard CA', 'CN=display')
  const server = await startKvmVdi(own?.server)
  const { state } = server
  state.person(ADA.name, ADA.password, [1]).pool(1, 'Office', [{ vmId: 11, name: NAME }])
  state.display = { address: `127.0.0.1:${machine.displayPort}`, password: PASSWORD }
  const row = state.machine(NAME)
  live(row, 'state', () => ({ off: 'shut', starting: 'booting', running: 'running' } as const)[machine.state], (to) => (to === 'shut' ? machine.stop() : machine.start()))
  let started: typeof row.startedWith
  live(row, 'startedWith', () => started, (given) => {
    started = given
    // Its broker leaves the sign-on out where no name came, and says each start's credentials once.
    if (given && given.username !== '' && machine.state === 'off') machine.signOn(given.username, given.password)
  })
  return {
    endpoint: { kind: 'kvm-vdi', url: server.url, ...(own ? { trust: { ca: o.file('kvm-vdi-ca.pem', own.ca) } } : { insecure: true }) },
    product: 'a KVM-VDI dashboard',
    person: { user: ADA.name, password: ADA.password },
    title: 'Office',
    machine,
    state,
    requests: () => state.requests,
    openSessions: () => state.sessions.size,
    stop: async () => {
      await server.close()
      await machine.close()
    },
  }
}
