// Why: a VM of the cluster as a desktop, and the many states of QEMU as the few that a person can tell apart.
// Source: api-viewer, /cluster/resources and …/status/current (status, qmpstatus, lock); QEMU QAPI, RunState.
import { printable } from '../../core/errors.ts'
import { DesktopId, type Desktop, type PowerState } from '../../../shared/desktop.ts'
import type { Current, Resource } from './model.ts'

const STATES: Readonly<Record<string, PowerState>> = {
  'running': 'running', 'stopped': 'off', 'paused': 'paused', 'suspended': 'suspended',
  'prelaunch': 'starting', 'inmigrate': 'starting', 'restore-vm': 'starting',
  'shutdown': 'stopping', 'save-vm': 'stopping', 'finish-migrate': 'running', 'postmigrate': 'paused', 'watchdog': 'paused', 'debug': 'paused', 'colo': 'running',
  'internal-error': 'crashed', 'io-error': 'crashed', 'guest-panicked': 'crashed',
}

/** A hibernated VM is stopped and locked; one whose disks are being copied while it is off has a QEMU that runs nothing. */
export function powerOf({ status, qmpstatus, lock }: Pick<Current, 'lock' | 'qmpstatus'> & { readonly status?: string | undefined }): PowerState {
  const state = status === 'running' ? (qmpstatus ?? status) : (status ?? 'unknown')
  if (state === 'stopped') return lock === 'suspended' ? 'saved' : lock === 'suspending' ? 'stopping' : 'off'
  if (lock === 'suspending') return 'stopping'
  if (state === 'prelaunch' && lock === 'backup') return 'off'
  return Object.hasOwn(STATES, state) ? STATES[state]! : 'unknown'
}

export const idOf = (vmid: number): DesktopId => DesktopId.parse(String(vmid))

/** undefined: nothing that a cluster could know. */
export function vmidOf(id: DesktopId): number | undefined {
  return /^[1-9][0-9]{2,8}$/.test(id) ? Number(id) : undefined
}

export function toDesktop(vm: Resource): Desktop {
  const name = oneLine(vm.name ?? '', 200)
  return { id: idOf(vm.vmid), title: name === '' ? `VM ${vm.vmid}` : name, detail: oneLine(vm.pool ?? '', 500), power: powerOf(vm) }
}

function oneLine(text: string, max: number): string {
  return printable(text.slice(0, 2 * max).toWellFormed().replace(/\s+/g, ' ').trim()).slice(0, max).toWellFormed().trim()
}
