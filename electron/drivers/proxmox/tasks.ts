// Why: whatever changes a VM is a task on a node: it is accepted at once, and its end tells whether it worked.
// Source: https://pve.proxmox.com/pve-docs/api-viewer/#/nodes/{node}/tasks/{upid}/status
import type { CallContext } from '../../core/ports/driver.ts'
import { pause } from '../../core/pause.ts'
import type { Clock } from '../../core/ports/clock.ts'
import type { PveApi } from './api.ts'
import { plain, READ } from './faults.ts'
import { checked, Task } from './model.ts'

export const POLL_MS = 1000

/** @param upid as Upid checks it; it says itself on which node it runs */
export async function lookAtTask(api: PveApi, upid: string, ctx: CallContext): Promise<Task> {
  const node = upid.split(':')[1]!
  return checked(Task, await api.get(`/nodes/${node}/tasks/${encodeURIComponent(upid)}/status`, READ, ctx), 'task')
}

/** Why a task that is over did not work; undefined: it worked. Warnings are no failure. */
export function failureOf({ exitstatus = 'without a status' }: Task): string | undefined {
  return exitstatus === 'OK' || exitstatus.startsWith('WARNINGS') ? undefined : plain(exitstatus)
}

/** Resolves with the task when it is over, or undefined when it still runs at the deadline. */
export async function taskEnd(api: PveApi, upid: string, clock: Clock, deadlineMs: number, ctx: CallContext): Promise<Task | undefined> {
  const until = clock.now() + deadlineMs
  for (;;) {
    const task = await lookAtTask(api, upid, ctx)
    if (task.status === 'stopped') return task
    if (clock.now() >= until) return undefined
    await pause(clock, POLL_MS, ctx.signal, 'the VM')
  }
}
