// Why: VMs, what is done to them, and the tasks that do it. Sources, by path: api-viewer (parameters and rights);
// qemu-server API2/Qemu.pm, API2/Qemu/Agent.pm and pve-access-control AccessControl.pm (answers and error texts).
import { randomBytes } from 'node:crypto'
import type { FakeReply } from '../http-server.ts'
import { check } from './access.ts'
import { SPICE_PORT, type FakeVm, type PveState } from './state.ts'
import { data, only, Refusal } from './wire.ts'

/** Looks at a task until it is done, and at a VM until high availability has started it. */
const SLOW = 4
const HA_ROUNDS = 10

/** GET /cluster/resources: whatever the asker may audit, containers and templates included. */
export function resources(state: PveState, who: string, given: Map<string, string[]>): FakeReply {
  const { type } = only(given, ['type'])
  if (type !== 'vm') throw new Refusal(501, 'this double lists VMs only')
  const shown = [...state.vms.values()].filter((vm) => state.may(who, `/vms/${vm.vmid}`, 'VM.Audit'))
  return data(shown.map((vm) => ({
    id: `${vm.type}/${vm.vmid}`, type: vm.type, vmid: vm.vmid, name: vm.name, node: vm.node, template: vm.template ? 1 : 0,
    status: state.nodes.get(vm.node) === 'down' ? 'unknown' : vm.status === 'running' ? vm.qmpstatus : 'stopped',
    ...(vm.lock !== undefined && { lock: vm.lock }), ...(vm.pool !== undefined && { pool: vm.pool }), cpu: 0, maxcpu: 2, mem: 0, maxmem: 4294967296, disk: 0, maxdisk: 34359738368, uptime: 0, netin: 0, netout: 0, diskread: 0, diskwrite: 0,
  })))
}

/** The VM a path names, on the node it names. */
export function vmAt(state: PveState, node: string, vmid: number): FakeVm {
  const vm = state.vms.get(vmid)
  if (vm === undefined || vm.node !== node) throw new Refusal(500, `Configuration file 'nodes/${node}/qemu-server/${vmid}.conf' does not exist`)
  return vm
}

/** GET …/status/current (VM.Audit) */
export function current(state: PveState, who: string, vm: FakeVm): FakeReply {
  check(state, who, `/vms/${vm.vmid}`, 'VM.Audit')
  return data({ vmid: vm.vmid, name: vm.name, status: vm.status, qmpstatus: vm.qmpstatus, ...(vm.lock !== undefined && { lock: vm.lock }), ...(vm.spice && { spice: 1 }), ...(vm.agent !== 'none' && { agent: 1 }), ha: { managed: vm.ha ? 1 : 0 }, cpus: 2, maxmem: 4294967296, uptime: 0 })
}

/** POST …/status/{what} (VM.PowerMgmt): accepted at once; what is wrong is told by the task. */
export function power(state: PveState, who: string, vm: FakeVm, what: string, given: Map<string, string[]>): FakeReply {
  check(state, who, `/vms/${vm.vmid}`, 'VM.PowerMgmt')
  only(given, ['skiplock', 'timeout', 'forceStop', 'keepActive', 'nocheck'])
  const isWake = what === 'start' && vm.lock === 'suspended'
  if (vm.lock !== undefined && !isWake && !(vm.lock === 'backup' && what === 'start' && vm.status === 'running')) throw new Refusal(500, `VM is locked (${vm.lock})`)
  const to = (status: FakeVm['status'], qmpstatus: string) => (): void => {
    if (vm.start === 'dies' && status === 'running') return
    vm.status = status
    vm.qmpstatus = qmpstatus
    delete vm.lock
  }
  const run = (type: string, done: () => void, failure?: string, looks = 1): FakeReply => data(task(state, who, vm, type, done, failure, looks))
  switch (what) {
    case 'start':
      if (vm.status === 'running' && vm.qmpstatus !== 'prelaunch') return run('qmstart', () => undefined, `VM ${vm.vmid} already running`)
      if (vm.start === 'fails') return run('qmstart', () => undefined, 'start failed: QEMU exited with code 1')
      if (vm.ha) return run('hastart', () => void (vm.haRounds = HA_ROUNDS))
      return run('qmstart', to('running', 'running'), undefined, vm.start === 'never' ? Infinity : vm.start === 'slow' ? SLOW : 1)
    case 'resume':
      if (vm.status !== 'running') return run('qmresume', () => undefined, `VM ${vm.vmid} not running`)
      return run('qmresume', to('running', 'running'))
    case 'shutdown':
    case 'stop':
      if (vm.status !== 'running') return run(`qm${what}`, () => undefined, `VM ${vm.vmid} not running`)
      return run(`qm${what}`, to('stopped', 'stopped'), what === 'shutdown' && vm.agent === 'silent' ? 'VM quit/powerdown failed - got timeout' : undefined, 2)
    case 'reboot':
    case 'reset':
      if (vm.status !== 'running') throw new Refusal(500, `VM ${vm.vmid} not running`)
      return run(`qm${what}`, () => undefined)
    default:
      throw new Refusal(501, `Method 'POST /nodes/${vm.node}/qemu/${vm.vmid}/status/${what}' not implemented`)
  }
}

function task(state: PveState, who: string, vm: FakeVm, type: string, done: () => void, failure: string | undefined, looks: number): string {
  const hex = (n: number): string => n.toString(16).toUpperCase().padStart(8, '0')
  const upid = `UPID:${vm.node}:${hex(1000 + state.tasks.size)}:${hex(state.tasks.size)}:${hex(state.seconds)}:${type}:${vm.vmid}:${who}:`
  state.tasks.set(upid, { upid, owner: who, looks, exitstatus: failure ?? 'OK', done: failure === undefined ? done : () => undefined })
  return upid
}

/** GET /nodes/{node}/tasks/{upid}/status: one's own, or Sys.Audit on the node. */
export function taskStatus(state: PveState, who: string, node: string, upid: string): FakeReply {
  const found = state.tasks.get(upid)
  if (found === undefined) throw new Refusal(400, 'Parameter verification failed.', { upid: upid.startsWith('UPID:') ? 'no such task' : 'unable to parse worker upid' })
  if (found.owner !== who) check(state, who, `/nodes/${node}`, 'Sys.Audit')
  const [, , pid, pstart, starttime, type, id, user] = upid.split(':')
  const base = { upid, node, pid: parseInt(pid!, 16), pstart: parseInt(pstart!, 16), starttime: parseInt(starttime!, 16), type, id, user }
  if (--found.looks > 0) return data({ ...base, status: 'running' })
  if (found.looks === 0) found.done()
  return data({ ...base, status: 'stopped', exitstatus: found.exitstatus })
}

/** A VM that high availability is to start runs some rounds later. */
export function haRound(vm: FakeVm): void {
  if (vm.haRounds === undefined || --vm.haRounds > 0) return
  delete vm.haRounds
  vm.status = 'running'
  vm.qmpstatus = 'running'
}

/** POST …/spiceproxy (VM.Console): a connection file's keys; password and proxy name last half a minute. */
export function spiceproxy(state: PveState, who: string, vm: FakeVm, given: Map<string, string[]>): FakeReply {
  check(state, who, `/vms/${vm.vmid}`, 'VM.Console')
  const { proxy = '127.0.0.1' } = only(given, ['proxy'])
  if (!/^[A-Za-z0-9.:-]+$/.test(proxy)) throw new Refusal(400, 'Parameter verification failed.', { proxy: 'invalid format - value does not look like a valid address' })
  if (vm.status !== 'running') throw new Refusal(500, `VM ${vm.vmid} not running`)
  if (!vm.spice) throw new Refusal(500, 'no spice port')
  const password = randomBytes(20).toString('hex')
  vm.display = { password, until: state.now + 30_000 }
  const plain = `pvespiceproxy:${state.seconds.toString(16).padStart(8, '0')}:${vm.vmid}:${vm.node.toLowerCase()}`
  return data({
    'type': 'spice', 'title': `VM ${vm.vmid} - ${vm.name}`, 'host': `${plain}::${state.sign(plain)}`, 'tls-port': SPICE_PORT, password,
    'proxy': `http://${proxy.includes(':') ? `[${proxy}]` : proxy}:${state.display.proxyPort}`, 'host-subject': state.display.subject, 'ca': state.display.ca.replaceAll('\n', '\\n'),
    'delete-this-file': 1, 'secure-attention': 'Ctrl+Alt+Ins', 'toggle-fullscreen': 'Shift+F11', 'release-cursor': 'Ctrl+Alt+R',
  })
}

const KNOWN: Readonly<Record<string, string>> = { 'POST exec': 'Unrestricted', 'GET exec-status': 'Unrestricted', 'GET get-users': 'Audit' }

/** …/agent/{what}: VM.Monitor up to version 8; from 9 on a right of its own for each kind of work. */
export function agent(state: PveState, who: string, vm: FakeVm, method: string, what: string, given: Map<string, string[]>, version: number): FakeReply {
  const path = `/vms/${vm.vmid}`
  const known = KNOWN[`${method} ${what}`]
  if (known === undefined) throw new Refusal(501, `Method '${method} /nodes/${vm.node}/qemu/${vm.vmid}/agent/${what}' not implemented`)
  if (version < 9) check(state, who, path, 'VM.Monitor')
  else if (!state.may(who, path, 'VM.GuestAgent.Unrestricted')) check(state, who, path, `VM.GuestAgent.${known}`)
  if (vm.agent === 'none') throw new Refusal(500, 'No QEMU guest agent configured')
  if (vm.status !== 'running') throw new Refusal(500, `VM ${vm.vmid} is not running`)
  if (vm.agent === 'silent') throw new Refusal(500, 'QEMU guest agent is not running')
  if (what === 'get-users') {
    only(given, [])
    return data({ result: vm.users.map((u) => ({ ...u, 'login-time': state.seconds })) })
  }
  if (what === 'exec-status') {
    const { pid = '' } = only(given, ['pid'], ['pid'])
    const process = state.processes.get(Number(pid))
    if (process === undefined) throw new Refusal(500, `Agent error: PID ${pid} does not exist`)
    return data(--process.looks > 0 ? { exited: 0 } : { 'exited': 1, 'exitcode': process.exitcode, ...(process.exitcode !== 0 && { 'err-data': 'no such account\n' }) })
  }
  const { 'input-data': input = '' } = only(given, ['command', 'input-data'], ['command'])
  const command = given.get('command')!
  vm.commands.push(command)
  if (!command[0]!.startsWith('/')) throw new Refusal(500, `Agent error: Guest agent command failed, error was 'Failed to execute child process “${command[0]}” (No such file or directory)'`)
  // Perl's encode_base64 takes bytes; what is none of them ends the request.
  if (/[^\0-\u00ff]/.test(input)) throw new Refusal(500, 'Wide character in subroutine entry')
  vm.delivered = JSON.parse(input)
  const pid = 4000 + state.processes.size
  state.processes.set(pid, { looks: 2, exitcode: vm.helperStatus })
  return data({ pid })
}
