// Why: an oVirt engine whose one VM is really there: started by the engine's action, signed on by its logon action, its
// status, guest users and display ticket those of the machine; its display proves itself by the engine's authority.
import { identities } from './certificates.ts'
import { ADA, type FakeServer, type FakeServerOptions } from './fake-server.ts'
import { live, startMachine, type Machine } from './machine.ts'
import { FakeEngine } from '../ovirt/server.ts'
import type { EngineState, FakeVm } from '../ovirt/state.ts'

const USER = `${ADA.name}@internal`

export async function ovirtServer(o: FakeServerOptions): Promise<FakeServer<EngineState>> {
  const own = await identities('O=example.com, CN=engine.example.com.12345', 'O=example.com, CN=host1.example.com')
  const machine = await startMachine({ name: 'ada-desk', person: ADA, tls: own.display, state: o.state ?? 'shut off' })
  const engine = new FakeEngine(own.server, { ca: own.ca })
  await engine.http.start()
  const { state } = engine
  live(state, 'now', () => Date.now())
  state.people.set(USER, { password: ADA.password })
  state.display = { address: '127.0.0.1', port: 5900, securePort: machine.displayPort, subject: 'O=example.com,CN=host1.example.com', ca: own.ca }
  const vm = state.addVm('ada-desk', [USER], { description: 'Debian 12, office work', start: 'never' })
  joinVm(vm, machine)
  // The guest belongs to the engine's directory and knows its people by their names alone.
  state.onLogon = (_vm, user, password) => machine.signOn(user.replace(/@.*$/, ''), password)
  return {
    endpoint: { kind: 'ovirt', url: engine.url, trust: { ca: o.file('engine-ca.pem', own.ca) } },
    product: 'an oVirt engine',
    person: { user: ADA.name, password: ADA.password },
    title: 'ada-desk',
    machine,
    state,
    requests: () => engine.http.requests,
    openSessions: () => [...state.tokens.keys()].filter((token) => state.holder(token) !== undefined).length,
    stop: async () => {
      await engine.http.close()
      await machine.close()
    },
  }
}

function joinVm(vm: FakeVm, machine: Machine): void {
  const statusOf = (): string => ({ off: 'down', starting: 'wait_for_launch', running: machine.agentUp ? 'up' : 'powering_up' })[machine.state]
  live(vm, 'status', statusOf, (to) => {
    if (to === 'wait_for_launch' || to === 'restoring_state') machine.start()
    if (to === 'down' || to === 'powering_down') machine.stop()
  })
  live(vm, 'agent', () => machine.agentUp)
  live(vm, 'guestUsers', () => [...machine.users])
  let ticket: FakeVm['ticket']
  live(vm, 'ticket', () => ticket, (given) => {
    ticket = given
    if (given) machine.ticket(given.value, given.until - Date.now())
  })
}
