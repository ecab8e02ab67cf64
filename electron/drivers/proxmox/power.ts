// Why: from any state to `running`. The VM is looked at between the steps instead of trusted to be where the last step
// put it: others start, pause and move VMs too, and the cluster's high availability does it on its own.
// Source: api-viewer, …/status/start (also wakes a hibernated VM), …/status/resume, …/status/current.
import { AppError } from '../../core/errors.ts'
import { pause } from '../../core/pause.ts'
import type { CallContext } from '../../core/ports/driver.ts'
import type { Clock } from '../../core/ports/clock.ts'
import { assertNever } from '../../core/result.ts'
import type { PowerState } from '../../../shared/desktop.ts'
import { powerOf } from './desktops.ts'
import { meaningOf, type Meanings } from './faults.ts'
import type { Current, Task } from './model.ts'
import { failureOf, POLL_MS } from './tasks.ts'

/** So often in a row a VM may be down after its start was said to have worked. */
const MAX_DOWN = 4
/** A VM that stops again and again (a full disk) is not started for ever. */
const MAX_ORDERS = 4

export interface PowerTools {
  look(): Promise<Current>
  /** Both resolve with the task's UPID. */
  start(): Promise<string>
  resume(): Promise<string>
  task(upid: string): Promise<Task>
  readonly onState: (s: PowerState) => void
  readonly clock: Clock
  readonly deadlineMs: number
  readonly ctx: CallContext
}

export const START: Meanings = { otherwise: 'desktop.start-failed' }

/** What it says when the VM is where it should be already: look again. */
const ALREADY = /already running|is running\b/i

/** Resolves when the VM runs. Errors: desktop.start-failed, -start-timeout, -maintenance, -not-found, hypervisor.*, http.*, cancelled. */
export async function bringUp(t: PowerTools): Promise<void> {
  const until = t.clock.now() + t.deadlineMs
  let shown: PowerState | undefined
  const show = (s: PowerState): void => {
    if (s !== shown) t.onState((shown = s))
  }
  let upid: string | undefined
  let begun = false
  let down = 0
  let orders = 0
  for (;;) {
    const vm = await t.look()
    const power = powerOf(vm)
    if (power === 'running') return show(power)
    if (upid !== undefined) {
      const task = await t.task(upid)
      if (task.status === 'stopped') {
        upid = undefined
        assertWorked(task)
        // What was seen before the task was over says nothing about now.
        continue
      }
    } else if (begun && power === 'off' && ++down >= MAX_DOWN && vm.ha?.managed !== true) {
      // High availability only notes the wish; its own round comes seconds later.
      throw new AppError('desktop.start-failed', 'the VM is off again after its start')
    }
    if (t.clock.now() >= until) throw new AppError('desktop.start-timeout', `still ${power} after ${t.deadlineMs} ms`)
    const order = upid !== undefined || (begun && power === 'off') ? undefined : orderFor(power)
    if (order !== undefined) {
      if (++orders > MAX_ORDERS) throw new AppError('desktop.start-failed', `the VM is ${power} again after each ${order}`)
      upid = await begin(() => (order === 'start' ? t.start() : t.resume()))
      begun ||= upid !== undefined
    }
    show(begun || power === 'starting' ? 'starting' : power)
    await pause(t.clock, POLL_MS, t.ctx.signal, 'the VM')
  }
}

function orderFor(power: PowerState): 'start' | 'resume' | undefined {
  switch (power) {
    case 'off':
    case 'saved':
    case 'crashed':
      return 'start'
    case 'paused':
    case 'suspended':
      return 'resume'
    case 'running':
    case 'starting':
    case 'stopping':
    case 'unknown':
      return undefined
    default:
      return assertNever(power)
  }
}

/** undefined: it says that there is nothing to do. */
async function begin(ask: () => Promise<string>): Promise<string | undefined> {
  try {
    return await ask()
  } catch (e) {
    if (e instanceof AppError && e.code === 'desktop.start-failed' && ALREADY.test(e.params['server'] ?? '')) return undefined
    throw e
  }
}

function assertWorked(task: Task): void {
  const why = failureOf(task)
  if (why === undefined || ALREADY.test(why)) return
  throw new AppError(meaningOf(why, START), `the start's task ended: ${why}`, { params: { server: why.slice(0, 300) } })
}
