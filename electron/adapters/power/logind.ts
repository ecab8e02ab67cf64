// Why: restart, switch-off and suspend of the device go through systemd-logind, which asks polkit; the package's rule
// allows them to the kiosk's account alone. What the configuration does not allow is refused here as well: the page
// hides such a button, but hiding is no refusal.
import { spawn as spawnProcess, type SpawnOptions } from 'node:child_process'
import type { Readable } from 'node:stream'
import type { Config } from '../../../shared/config/schema.ts'
import type { PowerAction } from '../../../shared/view/ui-command.ts'
import { AppError, toAppError } from '../../core/errors.ts'
import type { Clock } from '../../core/ports/clock.ts'
import type { Logger } from '../../core/ports/logger.ts'

/** The part of ChildProcess that is used. */
export interface PowerChild {
  readonly stderr: Readable | null
  on(event: 'error', fn: (e: Error) => void): unknown
  on(event: 'close', fn: (code: number | null, signal: string | null) => void): unknown
  kill(): unknown
}
export type PowerSpawn = (command: string, args: readonly string[], options: SpawnOptions) => PowerChild

export interface DevicePower {
  /** What the configuration allows, in the order of the menu. */
  readonly allowed: readonly PowerAction[]
  /** Resolves once logind has taken the request. Errors: power.denied (configuration or polkit), power.failed. */
  perform(action: PowerAction): Promise<void>
}

const verbs: Readonly<Record<PowerAction, string>> = { reboot: 'reboot', 'power-off': 'poweroff', suspend: 'suspend' }
const MAX_STDERR = 4096
const TIMEOUT_MS = 15_000

export function createDevicePower(kiosk: Config['kiosk'], deps: { readonly clock: Clock; readonly log: Logger; readonly spawn?: PowerSpawn }): DevicePower {
  const table: readonly [PowerAction, boolean][] = [
    ['suspend', kiosk.allowSuspend],
    ['reboot', kiosk.allowReboot],
    ['power-off', kiosk.allowPowerOff],
  ]
  const allowed = table.flatMap(([action, allow]) => (allow ? [action] : []))
  return {
    allowed,
    async perform(action) {
      if (!allowed.includes(action)) throw new AppError('power.denied', `${action} is not allowed by the configuration`)
      deps.log.info('device power', { action })
      await systemctl(verbs[action], deps.spawn ?? spawnProcess, deps.clock)
    },
  }
}

/** argv only, no shell. `--no-ask-password`: nobody could answer a prompt on a terminal that is not there. */
function systemctl(verb: string, spawn: PowerSpawn, clock: Clock): Promise<void> {
  return new Promise((resolve, reject) => {
    let child: PowerChild
    try {
      child = spawn('systemctl', ['--no-ask-password', verb], { stdio: ['ignore', 'ignore', 'pipe'], env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' } })
    } catch (e) {
      return reject(new AppError('power.failed', toAppError(e).detail, { cause: e }))
    }
    let stderr = ''
    const finish = (e?: AppError) => {
      cancel()
      if (e) reject(e)
      else resolve()
    }
    const cancel = clock.after(TIMEOUT_MS, () => {
      child.kill()
      finish(new AppError('power.failed', `systemctl ${verb} did not end within ${TIMEOUT_MS / 1000} s`))
    })
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(0, MAX_STDERR)
    })
    child.on('error', (e) => finish(new AppError('power.failed', `systemctl: ${e.message}`, { cause: e })))
    child.on('close', (code, signal) => {
      if (code === 0) return finish()
      const said = stderr.trim()
      // With LC_ALL=C these are polkit's two ways of saying no, as systemctl prints them.
      const denied = /access denied|interactive authentication required/i.test(said)
      finish(new AppError(denied ? 'power.denied' : 'power.failed', `systemctl ${verb} ended with ${signal ?? String(code)}: ${said}`))
    })
  })
}
