// Why: joins a simulated machine to the real SPICE server: the guest's session decides which screen is painted, and
// what is typed on that screen goes back into the guest.
import type { Duplex } from 'node:stream'
import { DesktopScreen } from '../spice/desktop-screen.ts'
import { SpiceServer } from '../spice/server.ts'
import { SignInScreen } from '../spice/sign-in-screen.ts'
import type { Display, DisplayOptions } from './display.ts'

export class SpiceDisplay implements Display {
  /** For tests: screen, canvas, input events, counters. */
  readonly server: SpiceServer
  readonly #o: DisplayOptions
  #greeter: SignInScreen

  constructor(options: DisplayOptions) {
    this.#o = options
    this.#greeter = this.#newGreeter(undefined)
    this.server = new SpiceServer({ screen: this.#greeter, ticket: options.ticket, name: options.name, uuid: options.uuid, clock: options.clock, faults: options.faults.spice })
    // The link's RSA pair costs some 50 ms; nobody should wait for it at the first connection.
    void this.server.prepare()
  }

  accept(stream: Duplex): void {
    this.server.accept(stream)
  }
  showSignIn(lockedBy?: string): void {
    this.#greeter = this.#newGreeter(lockedBy)
    this.server.setScreen(this.#greeter)
  }
  showAttempt(user: string, dots: number, verdict: 'busy' | 'wrong'): void {
    this.#greeter.show({ user, dots, message: verdict === 'busy' ? { text: 'Signing in…', tone: 'busy' } : { text: 'Wrong name or password', tone: 'error' } })
  }
  showDesktop(user: string): void {
    this.server.setScreen(new DesktopScreen({ user, host: this.#o.hostName, onLogOff: this.#o.onLogOff }))
  }
  close(): void {
    // Not the server's own close(): the machine may start again.
    this.server.reset()
  }

  #newGreeter(lockedBy: string | undefined): SignInScreen {
    return new SignInScreen({ host: this.#o.hostName, onSubmit: this.#o.onSubmit, ...(lockedBy === undefined ? {} : { lockedBy }) })
  }
}

export const spiceDisplay = (options: DisplayOptions): SpiceDisplay => new SpiceDisplay(options)
