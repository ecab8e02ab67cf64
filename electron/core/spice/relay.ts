// Why: one SPICE channel between the page's byte channel and the hypervisor's stream, with credit one way and stream
// back-pressure both ways, so that a slow page or a fast server costs bounded memory.
import type { Duplex } from 'node:stream'
import { MAX_PIECE, type CloseReason } from '../../../shared/ipc/port-protocol.ts'
import { AppError, toAppError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { ByteChannel } from '../ports/shell.ts'
import type { Secret } from '../secret.ts'
import { TicketSplice, type ChannelRef } from './ticket-splice.ts'

/** The link phase (one round trip and an RSA operation) must be over in this time, ms. */
export const LINK_TIMEOUT = 10_000
/** Bytes from the page that may wait for the hypervisor; input events are tens of bytes. */
const MAX_TO_SERVER = 4 * 1024 * 1024

export interface RelayOptions {
  readonly channel: ByteChannel
  readonly stream: Duplex
  readonly ticket: Secret | undefined
  readonly ref: ChannelRef
  readonly clock: Clock
  readonly onLinked: () => void
  /** Called once, perhaps before startRelay returns. undefined = an orderly end (by the page or by us). */
  readonly onEnd: (error: AppError | undefined) => void
}

export interface Relay {
  close(reason: CloseReason): void
}

export function startRelay(o: RelayOptions): Relay {
  const { channel, stream } = o
  let over = false
  let sending = Promise.resolve()

  const finish = (reason: CloseReason, error?: AppError): void => {
    if (over) return
    over = true
    cancelTimer()
    stream.destroy()
    // Bytes already given to the page's channel go first: the last message may be the server's reason.
    channel.close(reason)
    o.onEnd(error)
  }
  const guard = (fn: () => void): void => {
    try {
      fn()
    } catch (e) {
      const error = toAppError(e)
      finish(error.code === 'spice.ticket-refused' ? 'ticket-refused' : 'refused', error)
    }
  }
  const cancelTimer = o.clock.after(LINK_TIMEOUT, () => finish('timeout', new AppError('spice.timeout', `channel ${o.ref.type}.${o.ref.id}: no answer in the link phase`)))
  const splice = new TicketSplice(o.ticket, o.ref, {
    toServer: (bytes) => {
      stream.write(bytes)
      if (stream.writableLength > MAX_TO_SERVER) finish('lost', new AppError('spice.lost', 'the hypervisor takes no input'))
    },
    toPage: (bytes) => {
      for (let at = 0; at < bytes.length; at += MAX_PIECE) channel.send(bytes.subarray(at, at + MAX_PIECE))
    },
    onLinked: () => {
      cancelTimer()
      o.onLinked()
    },
  })

  stream.on('data', (piece: Buffer) => {
    if (over) return
    guard(() => splice.fromServer(piece))
    stream.pause()
    sending = sending
      .then(() => channel.writable())
      .then(() => {
        if (!over) stream.resume()
      })
  })
  stream.on('error', (e: Error) => finish('lost', new AppError('spice.lost', e.message, { cause: e })))
  const ended = (): void => finish(splice.linked ? 'ended' : 'lost', new AppError(splice.linked ? 'spice.lost' : 'spice.link-failed', `channel ${o.ref.type}.${o.ref.id} was closed by the server`))
  stream.on('end', ended)
  stream.on('close', ended)
  channel.onBytes((bytes) => {
    if (!over) guard(() => splice.fromPage(bytes))
  })
  channel.onClosed((reason) => finish(reason, reason === 'closed-by-page' ? undefined : new AppError('spice.lost', `the page's channel closed: ${reason}`)))
  // A stream that broke before anybody listened says so no more.
  if (stream.destroyed) ended()
  return { close: (reason) => finish(reason) }
}
