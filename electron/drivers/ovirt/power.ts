// Why: from any state to `running`. The VM is looked at between the steps instead of trusted to be where the last step
// put it: others start, pause and stop VMs too, and the engine itself moves them.
// Source: https://ovirt.github.io/ovirt-engine-api-model/4.4/#services-vm-methods-start (also restores a suspended VM and
// lets a paused one go on), #types-vm_status
import { AppError } from '../../core/errors.ts'
import { pause } from '../../core/pause.ts'
import type { Clock } from '../../core/ports/clock.ts'
import { assertNever } from '../../core/result.ts'
import type { PowerState } from '../../../shared/desktop.ts'
import { powerOf } from './desktops.ts'
import { plain, type Meanings } from './faults.ts'
import type { Vm } from './model.ts'

const POLL_MS = 1000
/** So often in a row a VM may be down after a start was accepted: the launch itself takes the engine a moment. */
const MAX_DOWN = 4

export interface PowerTools {
  look(): Promise<Vm>
  start(): Promise<void>
  readonly onState: (s: PowerState) => void
  readonly clock: Clock
  readonly deadlineMs: number
  readonly signal: AbortSignal
  /** It was asked to start already (a VM taken from a pool). */
  readonly started: boolean
}

/** What the engine says when a start is not what the VM needs just now: look again. */
const ALREADY = /\bis (?:already )?(?:running|being|up)\b|in status|locked|is up\b|currently/i

export const START: Meanings = { notFound: 'desktop.not-found', otherwise: 'desktop.start-failed', faults: [] }

/** Resolves when the VM runs. Errors: desktop.start-failed, -start-timeout, -maintenance, hypervisor.*, http.*, cancelled. */
export async function bringUp(t: PowerTools): Promise<void> {
  const until = t.clock.now() + t.deadlineMs
  let shown: PowerState | undefined
  const show = (s: PowerState): void => {
    if (s !== shown) t.onState((shown = s))
  }
  let started = t.started
  let down = 0
  if (started) show('starting')
  for (;;) {
    const vm = await t.look()
    const power = powerOf(vm)
    if (power === 'running') return show(power)
    if (started && power === 'off') {
      if (++down >= MAX_DOWN) throw failed(vm)
    } else {
      down = 0
      // An image that is locked while the VM starts belongs to the start (a stateless VM's snapshot).
      show(started && power === 'unknown' ? 'starting' : power)
    }
    if (t.clock.now() >= until) throw new AppError('desktop.start-timeout', `still ${vm.status ?? 'without a status'} after ${t.deadlineMs} ms`)
    if (startable(power) && !(started && power === 'off') && (await begun(t))) {
      started = true
      show('starting')
    }
    await pause(t.clock, POLL_MS, t.signal, 'the VM')
  }
}

function startable(power: PowerState): boolean {
  switch (power) {
    case 'off':
    case 'saved':
    case 'paused':
    case 'crashed':
    case 'suspended':
      return true
    case 'running':
    case 'starting':
    case 'stopping':
    case 'unknown':
      return false
    default:
      return assertNever(power)
  }
}

/** false: the engine says it is not the moment. */
async function begun(t: PowerTools): Promise<boolean> {
  try {
    await t.start()
    return true
  } catch (e) {
    if (e instanceof AppError && e.code === 'desktop.start-failed' && ALREADY.test(e.params['server'] ?? '')) return false
    throw e
  }
}

function failed(vm: Vm): AppError {
  const why = plain(vm.status_detail ?? vm.stop_reason ?? '')
  return new AppError('desktop.start-failed', `the VM is down again after its start${why === '' ? '' : `: ${why}`}`, why === '' ? {} : { params: { server: why.slice(0, 300) } })
}
