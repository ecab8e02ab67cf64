// Why: display and sound run where their work is done, in a worker. The session announces such a channel to a sink and
// hears back what became of it; the bytes never pass through the session. In the worker, a Channel of channel.ts is made
// of the offer; `localSink` does that in the thread of the caller.
import type { ChannelGroup } from './channel-group.ts'
import { Channel, type ChannelEvents, type ChannelStats } from './channel.ts'
import type { ChannelOpener } from './byte-channel.ts'
import type { Clock } from './clock.ts'
import type { CloseReason } from './close-reason.ts'
import type { TicketCipher } from './link.ts'
import type { ChannelRef } from './main-channel.ts'

/** A channel that the server has and that the sink is to link. Plain data but for the ticket: fit for postMessage. */
export interface ChannelOffer extends ChannelRef {
  /** For LinkRequest.connectionId. */
  readonly connectionId: number
  /** Multimedia time (ms) as known when the offer is made. */
  readonly mmTime: number
}

export interface ChannelReports {
  linked(): void
  /** Once, and last. Not expected after SinkChannel.close(). */
  closed(reason: CloseReason): void
  /** A message was lost; for the log. */
  problem(messageType: number, detail: string): void
  migrating(flags: number): void
}

/** What the session holds of a channel that lives in a sink. */
export interface SinkChannel {
  /** The server set its multimedia clock anew, ms. */
  mmTime?(ms: number): void
  stats?(): ChannelStats
  close(): void
}

export interface ChannelSink {
  attach(offer: ChannelOffer, reports: ChannelReports): SinkChannel
}

/** What a channel of the sink does; made before the link, told of it by `linked`. */
export interface SinkHandler extends ChannelEvents {
  /** Capability bit positions to link with. */
  readonly caps: readonly number[]
  mmTime?(ms: number): void
}

export interface LocalSinkEnv {
  readonly openChannel: ChannelOpener
  readonly clock: Clock
  readonly group?: ChannelGroup
  readonly ticket?: () => Uint8Array
  readonly cipher?: TicketCipher
}

/**
 * A sink in this thread: one Channel for each offer, its raw messages to the handler that `make` gives.
 * @param make is handed `send` for the handler's own messages, see Channel.send
 */
export function localSink(env: LocalSinkEnv, make: (offer: ChannelOffer, send: (type: number, body?: Uint8Array) => boolean) => SinkHandler): ChannelSink {
  return {
    attach(offer, reports) {
      // The handler wants `send` before there is a channel, and the channel wants the handler's capabilities.
      const ends: { channel?: Channel } = {}
      const handler = make(offer, (type, body) => ends.channel?.send(type, body) ?? false)
      const { openChannel, ...shared } = env
      const channel = new Channel(
        { ...shared, type: offer.type, id: offer.id, connectionId: offer.connectionId, caps: handler.caps, open: () => openChannel(offer.type, offer.id) },
        {
          message: (type, body) => handler.message(type, body),
          linked: (caps, ms) => {
            handler.linked?.(caps, ms)
            reports.linked()
          },
          closed: (reason) => {
            handler.closed?.(reason)
            reports.closed(reason)
          },
          notice: (notice) => { handler.notice?.(notice) },
          migrating: (flags) => {
            handler.migrating?.(flags)
            reports.migrating(flags)
          },
          pressed: () => { handler.pressed?.() },
          lost: (type, error) => {
            handler.lost?.(type, error)
            reports.problem(type, String(error))
          },
        },
      )
      ends.channel = channel
      return { mmTime: (ms) => { handler.mmTime?.(ms) }, stats: () => channel.stats, close: () => { channel.close() } }
    },
  }
}
