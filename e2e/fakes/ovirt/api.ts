// Why: the part of the engine's REST API that a person's client uses, as refusing as the real one.
// Source, for each branch: https://ovirt.github.io/ovirt-engine-api-model/4.4/ (anchors beside the branches).
import type { FakeReply, FakeRequest } from '../http-server.ts'
import { consolesOf, consoleAction } from './consoles.ts'
import type { EngineState, FakePool, FakeToken, FakeVm } from './state.ts'
import { document, fault, page, refused, wantsXml, type Doc } from './wire.ts'

export interface ApiOptions {
  /** Answers XML whatever is accepted (some services of 4.3). */
  readonly xml: boolean
  /** The action remoteviewerconnectionfile is missing. */
  readonly withoutFile: boolean
  readonly version: '4.3' | '4.4' | '4.5'
}

export interface Call {
  readonly request: FakeRequest
  readonly state: EngineState
  readonly holder: FakeToken
  readonly xml: boolean
  readonly o: ApiOptions
}

export function api(request: FakeRequest, state: EngineState, o: ApiOptions): FakeReply {
  // #oauth-authentication
  const token = /^Bearer ([\x21-\x7e]+)$/.exec(request.headers.authorization ?? '')?.[1]
  const holder = token === undefined ? undefined : state.holder(token)
  if (holder === undefined) return page(401, 'Unauthorized', { 'WWW-Authenticate': 'Basic realm="RESTAPI"' })
  if (state.people.get(holder.name)?.roleless === true) return page(401, `The user ${holder.name} is not authorized to perform login`)
  const xml = wantsXml(request, o.xml)
  if (xml === undefined) return page(406, 'Not Acceptable')
  if (request.headers['version'] !== undefined && request.headers['version'] !== '4') return fault(400, 'unsupported version', xml)
  if (request.method === 'POST' && !/^application\/(json|xml)\b/.test(request.headers['content-type'] ?? '')) return page(415, 'Unsupported Media Type')
  // #services-vms: a person who is no administrator sees nothing without the filter
  if (request.headers['filter'] !== 'true') return fault(403, 'query execution failed due to insufficient permissions.', xml)
  const call: Call = { request, state, holder, xml, o }
  const [, collection, id, sub, subId, subAction, ...rest] = request.path.slice('/ovirt-engine/api'.length).split('/')
  if (rest.length > 0) return page(404, 'Not Found')
  if (collection === undefined) return entry(call)
  if (collection === 'vms' && id === undefined) return get(call) ?? document(200, 'vms', { vm: visible(call).map((v) => vmDoc(v, state)) }, xml)
  if (collection === 'vms') return vm(call, id ?? '', sub, subId, subAction)
  if (collection === 'vmpools' && id === undefined) return get(call) ?? document(200, 'vm_pools', { vm_pool: pools(call).map(poolDoc) }, xml)
  if (collection === 'vmpools') return pool(call, id ?? '', sub)
  return page(404, 'Not Found')
}

const get = ({ request }: Call): FakeReply | undefined => (request.method === 'GET' ? undefined : page(405, 'Method Not Allowed'))

/** #services-system */
function entry(call: Call): FakeReply {
  const [major, minor] = call.o.version.split('.').map(Number)
  return get(call) ?? document(200, 'api', { product_info: { name: 'oVirt Engine', vendor: 'ovirt.org', version: { build: 0, full_version: `${call.o.version}.10-1.el8`, major: major!, minor: minor!, revision: 0 } }, time: '2026-01-01T00:00:00.000Z' }, call.xml)
}

function visible({ state, holder }: Call): readonly FakeVm[] {
  return [...state.vms.values()].filter((v) => v.owners.has(holder.name))
}

function pools({ state, holder }: Call): readonly FakePool[] {
  return [...state.pools.values()].filter((p) => p.owners.has(holder.name))
}

/** #types-vm: what is asked for and the rest of a VM that makes the reply as long as it is. */
function vmDoc(vm: FakeVm, state: EngineState, status = vm.status): Doc {
  const { display } = state
  const running = status !== 'down' && status !== 'suspended'
  return {
    id: vm.id,
    href: `/ovirt-engine/api/vms/${vm.id}`,
    name: vm.name,
    description: vm.description,
    comment: '',
    status,
    ...(status === 'down' && vm.statusDetail !== undefined && { status_detail: vm.statusDetail }),
    delete_protected: false,
    memory: 4_294_967_296,
    cpu: { architecture: 'x86_64', topology: { cores: 1, sockets: 2, threads: 1 } },
    // #types-sso
    sso: { methods: { method: vm.sso ? [{ id: 'guest_agent' }] : [] } },
    os: { boot: { devices: { device: [] } }, type: vm.osType },
    display: { allow_override: false, monitors: 1, type: 'spice', smartcard_enabled: false, ...(running && { address: display.address, port: display.port, secure_port: display.securePort, certificate: { subject: display.subject } }), ...(display.proxy !== undefined && { proxy: display.proxy }) },
    ...(vm.pool !== undefined && { vm_pool: { id: vm.pool, href: `/ovirt-engine/api/vmpools/${vm.pool}` } }),
    template: { id: '00000000-0000-0000-0000-000000000000', href: '/ovirt-engine/api/templates/00000000-0000-0000-0000-000000000000' },
  }
}

const poolDoc = (p: FakePool): Doc => ({ id: p.id, href: `/ovirt-engine/api/vmpools/${p.id}`, name: p.name, description: '', max_user_vms: p.maxUserVms, prestarted_vms: 0, size: 3, stateful: false, type: p.type })

function vm(call: Call, id: string, sub: string | undefined, subId: string | undefined, subAction: string | undefined): FakeReply {
  const { state, xml, request, holder } = call
  const one = visible(call).find((v) => v.id === id)
  if (one === undefined) return fault(404, `Entity not found: ${id}`, xml)
  if (sub === undefined) return get(call) ?? document(200, 'vm', vmDoc(one, state, state.look(one)), xml)
  if (sub === 'graphicsconsoles') return subAction === undefined ? (get(call) ?? consolesOf(call, one, subId)) : consoleAction(call, one, subId ?? '', subAction)
  if (subId !== undefined) return page(404, 'Not Found')
  // #services-vm_sessions, #types-session: the engine's console users, and whom the guest's agent reports
  if (sub === 'sessions') {
    const guests = one.guestUsers.map((name, i): Doc => ({ id: `guest-${i}`, console_user: false, user: { user_name: name } }))
    return get(call) ?? document(200, 'sessions', { session: [{ id: 'console', console_user: true, user: { id: 'u1', href: '/ovirt-engine/api/users/u1', user_name: holder.name } }, ...guests] }, xml)
  }
  if (request.method !== 'POST') return page(405, 'Method Not Allowed')
  return action(call, one, sub)
}

/** #services-vm-methods-start, -shutdown, -reboot, -stop, -reset, -logon */
function action(call: Call, one: FakeVm, name: string): FakeReply {
  const { state, xml, holder } = call
  const done = (): FakeReply => {
    one.actions.push(name)
    return document(200, 'action', { status: 'complete' }, xml)
  }
  const up = ['up', 'powering_up', 'paused', 'reboot_in_progress'].includes(one.status)
  switch (name) {
    case 'start':
      if (one.start === 'no-host') return refused('[Cannot run VM. There is no host that satisfies current scheduling constraints. See below for details:, The host host1 did not satisfy internal filter Memory because its available memory is too low (534 MB) to run the VM.]', xml)
      if (one.start === 'maintenance') return refused('[Cannot run VM. The host is in Maintenance.]', xml)
      if (!['down', 'suspended', 'paused'].includes(one.status)) return refused('[Cannot run VM. VM is running.]', xml)
      state.launch(one)
      return done()
    case 'shutdown':
    case 'stop':
      if (!up) return refused(`[Cannot ${name} VM. VM is not running.]`, xml)
      one.status = name === 'stop' ? 'down' : 'powering_down'
      one.next = ['down']
      one.guestUsers = []
      return done()
    case 'reboot':
    case 'reset':
      if (!up) return refused(`[Cannot ${name} VM. VM is not running.]`, xml)
      return done()
    case 'logon':
      if (!up) return refused('[Cannot log-on to VM. VM is not running.]', xml)
      if (!one.agent) return refused('Guest agent non-responsive', xml, 400)
      if (holder.password === undefined) return refused('[Cannot log-on to VM. The user password is not available.]', xml)
      one.delivered = { user: holder.name, password: holder.password }
      state.onLogon(one, holder.name, holder.password)
      one.guestUsers = [holder.name.replace(/@.*$/, '')]
      return done()
    default:
      return page(404, 'Not Found')
  }
}

/** #services-vm_pool-methods-allocate_vm */
function pool(call: Call, id: string, sub: string | undefined): FakeReply {
  const { state, xml, request, holder } = call
  const one = pools(call).find((p) => p.id === id)
  if (one === undefined) return fault(404, `Entity not found: ${id}`, xml)
  if (sub === undefined) return get(call) ?? document(200, 'vm_pool', poolDoc(one), xml)
  if (sub !== 'allocatevm') return page(404, 'Not Found')
  if (request.method !== 'POST') return page(405, 'Method Not Allowed')
  const members = [...state.vms.values()].filter((v) => v.pool === id)
  if (members.filter((v) => v.owners.has(holder.name)).length >= one.maxUserVms) return refused('[Cannot attach VM to VM-Pool. VM-Pool is already attached to a User.]', xml)
  const free = members.find((v) => v.owners.size === 0)
  if (free === undefined) return refused('[Cannot allocate and run VM from VM-Pool. There are no available VMs in the VM-Pool.]', xml)
  free.owners.add(holder.name)
  state.launch(free)
  return document(200, 'action', { status: 'complete', vm: { id: free.id, href: `/ovirt-engine/api/vms/${free.id}` } }, xml)
}
