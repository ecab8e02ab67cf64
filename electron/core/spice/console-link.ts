// Why: the right to a display: one grant, one link id, a bounded number of channels, all ended together. A page
// that asks with an old link, for a channel we do not know, or too often, is refused with an error.
import { randomBytes } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { LinkId } from '../../../shared/view/ui-command.ts'
import type { CloseReason } from '../../../shared/ipc/port-protocol.ts'
import { AppError, toAppError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { Dialer } from '../ports/dialer.ts'
import type { CallContext, ConsoleGrant, Hop } from '../ports/driver.ts'
import type { ByteChannel, RendererLink } from '../ports/shell.ts'
import { startRelay, type Relay } from './relay.ts'
import type { ChannelRef } from './ticket-splice.ts'

/** SPICE channel types that a page may open (spice/enums.h): what this client can use. */
const ALLOWED = new Map([
  [1, 'main'],
  [2, 'display'],
  [3, 'inputs'],
  [4, 'cursor'],
  [5, 'playback'],
])
/** Channels over the life of one link; a session uses five, several displays a few more. */
const MAX_CHANNELS = 16
/**
 * How long a one-time ticket is good for, ms: drivers set it to expire then, so that keeping it longer would only keep
 * a secret. A channel that comes later is refused, and only that channel: the console goes on.
 */
export const ONE_TIME_LIFE = 30_000
/** Channels without which there is no console: their end is the link's end. A further display is a monitor less. */
const isVital = ({ type, id }: ChannelRef): boolean => id === 0 && type >= 1 && type <= 3

export interface ConsoleLinkOptions {
  readonly grant: ConsoleGrant
  readonly dialer: Dialer
  readonly clock: Clock
  readonly ctx: CallContext
  /** Called once with the reason why the console can't go on. Not called after close(). */
  readonly onLost: (error: AppError) => void
  /** The server took the ticket on the main channel. */
  readonly onLinked: () => void
}

export class ConsoleLink {
  readonly id: LinkId
  readonly #o: ConsoleLinkOptions
  readonly #abort = new AbortController()
  readonly #relays = new Set<Relay>()
  readonly #cancelExpiry: () => void
  #count = 0
  #over = false

  constructor(o: ConsoleLinkOptions) {
    this.#o = o
    this.#cancelExpiry = o.grant.ticketKind === 'one-time' ? o.clock.after(ONE_TIME_LIFE, () => o.grant.ticket?.dispose()) : () => undefined
    this.id = LinkId.parse(randomBytes(16).toString('base64url'))
  }

  /**
   * Dials the display for one channel and hands its port to the page.
   * @returns the nonce under which the port arrives. Errors: spice.channel-denied, spice.display-closed, ssh.*, proxy.*, tls.*
   */
  async open(ref: ChannelRef, link: RendererLink): Promise<string> {
    if (this.#over) throw new AppError('spice.channel-denied', 'the link is over')
    if (!ALLOWED.has(ref.type)) throw new AppError('spice.channel-denied', `channel type ${ref.type} is not used by this client`)
    if (this.#o.grant.disabled?.includes(ref.type) === true) throw new AppError('spice.channel-denied', `channel ${ALLOWED.get(ref.type)} is switched off for this display`)
    if (++this.#count > MAX_CHANNELS) throw new AppError('spice.channel-denied', 'too many channels for one link')
    if (this.#o.grant.ticket?.disposed === true) throw new AppError('spice.channel-denied', 'the one-time ticket of this link is over')
    const ctx = { ...this.#o.ctx, signal: this.#abort.signal }
    let stream
    try {
      stream = await this.#o.dialer.dial(wayOf(this.#o.grant, ref), ctx)
    } catch (e) {
      const error = displayError(toAppError(e))
      if (isVital(ref)) this.#lost(error)
      throw error
    }
    const nonce = randomBytes(18).toString('base64url')
    let channel
    try {
      if (!this.#over) channel = await link.openByteChannel(nonce)
    } catch (e) {
      stream.destroy()
      throw e
    }
    if (this.#over || !channel) {
      stream.destroy()
      channel?.close('shutdown')
      throw new AppError('cancelled', 'the link ended while a channel was being opened')
    }
    this.#relay(ref, channel, stream)
    return nonce
  }

  #relay(ref: ChannelRef, channel: ByteChannel, stream: Duplex): void {
    // The relay may end before it is there to be named.
    const made: { relay?: Relay; ended?: true } = {}
    made.relay = startRelay({
      channel,
      stream,
      ticket: this.#o.grant.ticket,
      ref,
      clock: this.#o.clock,
      onLinked: () => {
        if (ref.type === 1) this.#o.onLinked()
      },
      onEnd: (error) => {
        made.ended = true
        if (made.relay) this.#relays.delete(made.relay)
        if (error) this.#o.ctx.log.info('spice channel ended', { comp: 'relay', channel: ALLOWED.get(ref.type), id: ref.id, code: error.code, detail: error.detail })
        if (error && isVital(ref)) this.#lost(this.#told(error))
      },
    })
    if (!made.ended) this.#relays.add(made.relay)
  }

  /** Ends every channel and wipes the ticket. */
  close(reason: CloseReason = 'shutdown'): void {
    if (this.#over) return
    this.#over = true
    this.#abort.abort(new AppError('cancelled', 'the console was closed'))
    for (const relay of this.#relays) relay.close(reason)
    this.#relays.clear()
    this.#cancelExpiry()
    disposeGrant(this.#o.grant)
  }

  /** A refused ticket as this grant has it. */
  #told(error: AppError): AppError {
    const { refusal } = this.#o.grant
    return refusal === undefined || error.code !== 'spice.ticket-refused' ? error : new AppError(refusal, error.detail, { cause: error })
  }

  #lost(error: AppError): void {
    if (this.#over) return
    this.close('lost')
    this.#o.onLost(error)
  }
}

/** Wipes what a grant holds: its ticket and what its proxies are told. For grants that no link was made of, too. */
export function disposeGrant({ ticket, hops, secure }: ConsoleGrant): void {
  ticket?.dispose()
  for (const hop of [...hops, ...(secure?.hops ?? [])]) if (hop.via === 'http-connect') hop.authorization?.dispose()
}

/** A channel that must go by TLS never goes another way, whatever became of it. */
function wayOf({ hops, secure }: ConsoleGrant, { type }: ChannelRef): readonly Hop[] {
  return secure?.channels.includes(type) === true ? secure.hops : hops
}

/** Reaching the display failed: told as the display's fault unless the connection itself is to blame. */
function displayError(error: AppError): AppError {
  switch (error.code) {
    // Not ssh.forward-denied: "try again" would be the wrong advice where the server's settings forbid the way.
    case 'ssh.forward-failed':
    case 'ssh.refused':
      return new AppError('spice.display-closed', error.detail, { cause: error })
    default:
      return error
  }
}
