// Why: a domain must be able to live without a real SPICE server (most tests need none), so it knows its display only
// by this small interface.
import type { Duplex } from 'node:stream'
import type { Clock } from '../clock.ts'
import type { Faults } from '../faults.ts'

export interface Display {
  /** One more client connection (every SPICE channel is one). The display owns the stream from here on. */
  accept(stream: Duplex): void
  /** The greeter; with `lockedBy` the locked screen of that person. */
  showSignIn(lockedBy?: string): void
  /** What the greeter shows while the agent's credentials are at work, or after they failed. */
  showAttempt(user: string, dots: number, verdict: 'busy' | 'wrong'): void
  showDesktop(user: string): void
  /** The machine stopped: every client connection ends. It may start again. */
  close(): void
}

/** The password a display asks for, as QEMU keeps it. `none`: ticketing is disabled for this life of the machine. */
export type DisplayTicket = { readonly kind: 'none' } | { readonly kind: 'ticket'; readonly value: string; /** Wall clock, ms. */ readonly validUntil?: number }

export interface DisplayOptions {
  readonly name: string
  readonly uuid: string
  readonly hostName: string
  readonly clock: Clock
  readonly faults: Faults
  /** Asked at every link, so that a changed ticket counts for the next connection. */
  readonly ticket: () => DisplayTicket
  /** Somebody typed at the guest's own greeter. */
  readonly onSubmit: (user: string, password: string) => void
  /** Somebody logged off inside the guest. */
  readonly onLogOff: () => void
}
export type DisplayFactory = (options: DisplayOptions) => Display

/** Keeps what was shown and lets clients connect to silence; for tests that never look at pixels. */
export class BlankDisplay implements Display {
  readonly shown: string[] = []
  readonly streams = new Set<Duplex>()
  readonly options: DisplayOptions
  constructor(options: DisplayOptions) {
    this.options = options
  }
  accept(stream: Duplex): void {
    this.streams.add(stream)
    stream.on('error', () => {})
    stream.on('close', () => this.streams.delete(stream))
    stream.resume()
  }
  showSignIn(lockedBy?: string): void {
    this.shown.push(lockedBy === undefined ? 'sign-in' : `locked:${lockedBy}`)
  }
  showAttempt(user: string, _dots: number, verdict: 'busy' | 'wrong'): void {
    this.shown.push(`${verdict}:${user}`)
  }
  showDesktop(user: string): void {
    this.shown.push(`desktop:${user}`)
  }
  close(): void {
    for (const s of this.streams) s.destroy()
  }
}
