// Why: from any state to `running`. The domain is looked at between the steps instead of trusted to be where the last
// step put it: others start, pause and stop domains too.
import { AppError } from '../../core/errors.ts'
import { pause } from '../../core/pause.ts'
import type { Clock } from '../../core/ports/clock.ts'
import type { ExecResult } from '../../core/ports/ssh.ts'
import { assertNever } from '../../core/result.ts'
import type { PowerState } from '../../../shared/desktop.ts'
import type { Inspected } from './inspect.ts'
import { classify, virshError } from './virsh-errors.ts'

const POLL_MS = 250
/** A domain that stops by itself this often after a successful start has a problem that a further start won't solve. */
const MAX_STARTS = 3

export interface PowerTools {
  look(): Promise<Inspected>
  /** A saved image is restored by the same command. */
  start(timeoutMs: number): Promise<ExecResult>
  resume(timeoutMs: number): Promise<ExecResult>
  wakeUp(timeoutMs: number): Promise<ExecResult>
  readonly onState: (s: PowerState) => void
  readonly clock: Clock
  readonly deadlineMs: number
  readonly signal: AbortSignal
}

/** Resolves when the domain runs. Errors: desktop.start-failed, desktop.start-timeout, hypervisor.denied, desktop.not-found, ssh.*, cancelled. */
export async function bringUp(t: PowerTools): Promise<void> {
  const deadline = t.clock.now() + t.deadlineMs
  let shown: PowerState | undefined
  let starts = 0
  const show = (s: PowerState): void => {
    if (s !== shown) t.onState((shown = s))
  }
  for (;;) {
    const { domain, power } = await t.look()
    show(power)
    const left = deadline - t.clock.now()
    if (power === 'running') return
    if (left <= 0) throw new AppError('desktop.start-timeout', `still ${power} after ${t.deadlineMs} ms`)
    const action = actionFor(power, domain.active, t)
    if (action === undefined) {
      await pause(t.clock, POLL_MS, t.signal, 'the domain')
      continue
    }
    if (action === t.start && ++starts > MAX_STARTS) throw new AppError('desktop.start-failed', 'the domain stops again right after each start')
    if (action === t.start) show('starting')
    const result = await limited(action, left, t, deadline)
    if (result.code === 0) continue
    // Somebody else was faster, or it moved on by itself: look again.
    if (classify(result) === 'already') await pause(t.clock, POLL_MS, t.signal, 'the domain')
    else throw virshError(`bringing up a domain that was ${power}`, result, 'desktop.start-failed')
  }
}

/** undefined: it is on its way by itself, wait. */
function actionFor(power: PowerState, active: boolean, t: PowerTools): PowerTools['start'] | undefined {
  switch (power) {
    case 'off':
    case 'saved':
      return t.start
    case 'paused':
      return t.resume
    case 'suspended':
      return t.wakeUp
    case 'crashed':
      if (active) throw new AppError('desktop.start-failed', 'the domain crashed and is kept for inspection (on_crash)')
      return t.start
    case 'running':
    case 'starting':
    case 'stopping':
    case 'unknown':
      return undefined
    default:
      return assertNever(power)
  }
}

async function limited(action: PowerTools['start'], left: number, t: PowerTools, deadline: number): Promise<ExecResult> {
  try {
    return await action(left)
  } catch (error) {
    if (error instanceof AppError && error.code === 'ssh.exec-failed' && t.clock.now() >= deadline) throw new AppError('desktop.start-timeout', `virsh did not come back within ${t.deadlineMs} ms`, { cause: error })
    throw error
  }
}
