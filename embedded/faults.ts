// Why: bad luck is switched on while the hypervisor runs, by one plain mutable record that is read at the moment it
// matters, plus hooks at named points, so that a test can break exactly one phase of a sign-in.
import type { SpiceFaults } from './spice/faults.ts'

/** Where hooks can be set. `exec:*` is followed by the virsh command (or the program's name when it is not virsh). */
export type FaultPoint =
  | 'connect'
  | 'auth'
  | 'ready'
  | `exec:${string}`
  | `exec-end:${string}`
  | 'forward:unix'
  | 'forward:tcp'
  | 'agent:message'
  | 'agent:login'
  | 'agent:confirm'

/** `kill` ends every SSH connection, as a pulled cable would; a function may hold the phase up by returning a promise. */
export type FaultAction = 'kill' | (() => void | Promise<void>)

export class Faults {
  /** What a new connection meets. (A closed port is not here but refuseConnections(): the kernel says no then.) */
  connect: 'ok' | 'reset-in-handshake' | 'never-answer' = 'ok'
  /** Added before every authentication answer, ms. */
  authLatencyMs = 0
  /** Added before every command, ms. */
  execLatencyMs = 0
  /** Exec requests are turned down by the server (`channel request failed`). */
  execDenied = false
  /** As `AllowStreamLocalForwarding no` for everybody. */
  streamLocalForbidden = false
  /** update-device of a ticket fails, as with a display that runs without tickets. */
  ticketRefused = false
  /** Nothing listens on any display's port or socket. */
  displayClosed = false
  /** Bad luck inside every display; see spice/faults.ts. */
  readonly spice: SpiceFaults = {}
  readonly #hooks: { point: string; action: FaultAction; left: number }[] = []

  /** Sets `action` at `point` for the next `times` occasions. `exec:start` matches that command only. */
  at(point: FaultPoint, action: FaultAction, times = 1): void {
    this.#hooks.push({ point, action, left: times })
  }
  /** Every SSH connection dies when `point` is reached next. */
  killOn(point: FaultPoint): void {
    this.at(point, 'kill')
  }
  clearHooks(): void {
    this.#hooks.length = 0
  }
  /** The next hook for `point`, used up by this call. */
  take(point: FaultPoint): FaultAction | undefined {
    const hook = this.#hooks.find((h) => h.point === point && h.left > 0)
    if (!hook) return undefined
    hook.left--
    return hook.action
  }
}
