// Why: QEMU compares a ticket's expiry with the hypervisor's clock. A kiosk whose own clock is wrong (a dead battery,
// no time server yet) would set tickets that have expired already or that live for hours.
import type { Clock } from '../../core/ports/clock.ts'
import type { CallContext } from '../../core/ports/driver.ts'
import type { SshConnection } from '../../core/ports/ssh.ts'
import { toAppError } from '../../core/errors.ts'

export class HypervisorClock {
  readonly #connection: SshConnection
  readonly #clock: Clock
  /** Hypervisor's wall clock minus our monotonic one, ms. */
  #offset: number | undefined

  constructor(connection: SshConnection, clock: Clock) {
    this.#connection = connection
    this.#clock = clock
  }

  /** Asks once (`date +%s`, beside other commands, so it costs no time). Where it cannot be asked, ours is taken. */
  async learn(ctx: CallContext): Promise<void> {
    if (this.#offset !== undefined) return
    try {
      const { code, stdout } = await this.#connection.exec(['date', '+%s'], { maxStdout: 1024 }, ctx)
      const seconds = /^\d{9,12}$/.exec(stdout.trim())?.[0]
      if (code === 0 && seconds !== undefined) this.#offset = Number(seconds) * 1000 - this.#clock.now()
      else ctx.log.debug('the clock of the hypervisor cannot be read', { comp: 'libvirt' })
    } catch (error) {
      const why = toAppError(error)
      if (why.code === 'cancelled' || why.code === 'ssh.lost') throw error
      ctx.log.debug('the clock of the hypervisor cannot be read', { comp: 'libvirt', why: why.detail })
    }
  }

  /** ms since the epoch. */
  wall(): number {
    return this.#offset === undefined ? this.#clock.wall() : this.#clock.now() + this.#offset
  }
}
