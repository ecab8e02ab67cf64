// Why: which VMs are a person's is decided by the person's own rights, also where an API token does the work.
// Source: https://pve.proxmox.com/pve-docs/api-viewer/#/access/permissions (another's rights need Sys.Audit on /access);
// administration guide, Permission Management.
import { AppError } from '../../core/errors.ts'
import type { CallContext } from '../../core/ports/driver.ts'
import type { PveApi } from './api.ts'
import { READ } from './faults.ts'
import { checked, Permissions } from './model.ts'

export type Privilege = 'VM.Console' | 'VM.PowerMgmt'

const MAX = 8 * 1024 * 1024

/** @param userid whose; absent: of whoever asks */
export async function permissions(api: PveApi, userid: string | undefined, ctx: CallContext): Promise<Permissions> {
  const query = userid === undefined ? '' : `?userid=${encodeURIComponent(userid)}`
  return checked(Permissions, await api.get(`/access/permissions${query}`, READ, ctx, MAX), 'GET /access/permissions')
}

/**
 * The table names a VM's path where an ACL or a pool says something of it; elsewhere what holds for /vms and is handed
 * down counts. A path without any right is left out, so that a VM taken from somebody by NoAccess looks like one that
 * nothing is said of: this is for lists, and `assertMay` for what is done.
 */
export function mayList(table: Permissions, vmid: number, privilege: Privilege): boolean {
  const own = table[`/vms/${vmid}`]
  return own !== undefined ? Object.hasOwn(own, privilege) : table['/vms']?.[privilege] === true
}

/** Asks for exactly this VM. Errors: `refusal`, hypervisor.*, http.* */
export async function assertMay(api: PveApi, userid: string, vmid: number, privilege: Privilege, refusal: 'desktop.not-found' | 'hypervisor.denied', ctx: CallContext): Promise<void> {
  const path = `/vms/${vmid}`
  const query = `userid=${encodeURIComponent(userid)}&path=${encodeURIComponent(path)}`
  const table = checked(Permissions, await api.get(`/access/permissions?${query}`, READ, ctx), 'GET /access/permissions')
  if (!Object.hasOwn(table[path] ?? {}, privilege)) throw new AppError(refusal, `${userid} has no ${privilege} on ${path}`)
}
