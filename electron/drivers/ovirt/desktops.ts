// Why: what a person has at an engine, as one list: VMs of their own, and pools to take one from. A pool that gives one
// VM a person IS that person's desktop, whichever machine is behind it today.
// Source: https://ovirt.github.io/ovirt-engine-api-model/4.4/#types-vm, #types-vm_pool, #types-vm_status
import { printable } from '../../core/errors.ts'
import type { Desktop, DesktopId, OsFamily, PowerState } from '../../../shared/desktop.ts'
import type { Pool, Vm } from './model.ts'

const POOL = 'pool:'

export const poolDesktop = (poolId: string): DesktopId => `${POOL}${poolId}` as DesktopId

/** What a desktop's id stands for; undefined: nothing that an engine could know. */
export function idOf(id: DesktopId): { readonly vm: string } | { readonly pool: string } | undefined {
  const [, prefix, rest = ''] = /^(pool:)?([A-Za-z0-9_-]{1,128})$/.exec(id) ?? []
  if (rest === '') return undefined
  return prefix === POOL ? { pool: rest } : { vm: rest }
}

/**
 * powering_up and reboot_in_progress count as running: the machine runs, its screen can be seen, and an engine without a
 * guest agent's word stays at powering_up for a minute.
 */
const STATES: Readonly<Record<string, PowerState>> = {
  up: 'running', powering_up: 'running', reboot_in_progress: 'running', migrating: 'running', not_responding: 'running',
  wait_for_launch: 'starting', restoring_state: 'starting',
  paused: 'paused', suspended: 'saved', saving_state: 'stopping', powering_down: 'stopping', down: 'off',
}

export function powerOf({ status = 'unknown' }: Pick<Vm, 'status'>): PowerState {
  return Object.hasOwn(STATES, status) ? STATES[status]! : 'unknown'
}

/** How many of a pool's VMs a person may have. */
const mayHave = (pool: Pool): number => Math.max(1, pool.max_user_vms ?? 1)

/** Of an automatic pool a VM that is down has gone back into it. */
const isTaken = (pool: Pool, vm: Vm): boolean => vm.vm_pool?.id === pool.id && (pool.type !== 'automatic' || vm.status !== 'down')

/**
 * The VM that a pool's desktop stands for now. A pool of one a person: theirs. A pool of several: the one taken through it
 * since the sign-in (`before`), since the others are desktops of their own.
 */
export function vmOfPool(pool: Pool, vms: readonly Vm[], before: string | undefined): Vm | undefined {
  const mine = vms.filter((v) => isTaken(pool, v))
  if (mayHave(pool) > 1) return mine.find((v) => v.id === before)
  return mine.find((v) => powerOf(v) === 'running') ?? mine[0]
}

/** @param taken pool → VM, see vmOfPool */
export function desktopsOf(vms: readonly Vm[], pools: readonly Pool[], taken: ReadonlyMap<string, string> = new Map()): readonly Desktop[] {
  const out: Desktop[] = []
  const hidden = new Set<Vm>()
  for (const pool of pools) {
    const members = vms.filter((v) => v.vm_pool?.id === pool.id)
    const mine = vmOfPool(pool, vms, taken.get(pool.id))
    for (const v of members) if (v === mine || mayHave(pool) === 1 || !isTaken(pool, v)) hidden.add(v)
    const more = members.filter((v) => isTaken(pool, v)).length < mayHave(pool)
    if (mine !== undefined || more || mayHave(pool) === 1) out.push({ ...(mine === undefined ? {} : osOf(mine)), id: poolDesktop(pool.id), title: titleOf(pool), detail: oneLine(pool.description ?? '', 500), power: mine === undefined ? 'off' : powerOf(mine) })
  }
  for (const vm of vms) if (!hidden.has(vm)) out.push({ ...osOf(vm), id: vm.id as DesktopId, title: titleOf(vm), detail: oneLine(vm.description ?? '', 500), power: powerOf(vm) })
  return out.sort((a, b) => a.title.localeCompare(b.title) || (a.id < b.id ? -1 : 1))
}

function titleOf(named: { readonly name: string; readonly id: string }): string {
  return oneLine(named.name, 200) || named.id
}

function osOf({ os }: Vm): { readonly os?: OsFamily } {
  const type = os?.type?.toLowerCase() ?? ''
  if (type.startsWith('windows')) return { os: 'windows' }
  if (/bsd/.test(type)) return { os: 'bsd' }
  if (/linux|rhel|rhcos|centos|fedora|ubuntu|debian|sles|suse/.test(type)) return { os: 'linux' }
  return type === '' || type === 'other' ? {} : { os: 'other' }
}

/** Text of the server becomes text of a screen here: the first line that says something, cut at a whole character. */
function oneLine(text: string, max: number): string {
  const line = text.split(/[\r\n\u2028\u2029]+/).map((l) => l.trim()).find((l) => l !== '') ?? ''
  const clean = printable(line.toWellFormed())
  return clean.length <= max ? clean : [...clean.slice(0, max)].filter((c) => c.isWellFormed()).join('')
}
