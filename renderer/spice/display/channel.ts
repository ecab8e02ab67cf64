// Why: a display model as a handler of a channel: what to link with, what to say first, and the messages.
// Layout: SpiceMsgcDisplayInit of SPICE protocol 2.x.
import type { ImageEnvironment, SharedImages } from '../image/decoder.ts'
import type { ChannelGroup } from '../session/channel-group.ts'
import type { Clock } from '../session/clock.ts'
import { readWaits } from '../session/common-messages.ts'
import type { SinkHandler } from '../session/sink.ts'
import { VideoCodecType } from '../wire/enums.ts'
import { Channel, DisplayCap, DisplayMsgc } from '../wire/messages.ts'
import { Writer } from '../wire/writer.ts'
import { DisplayModel, type Decoders, type DisplayEvents } from './renderer.ts'
import { Streams, type FrameDecoder } from './streams.ts'

/** What the server may count on: pixels of pictures that it names again, and of its GLZ window. 80 and 32 MiB. */
export const CACHE_PIXELS = 20 * 1024 * 1024
export const GLZ_PIXELS = 8 * 1024 * 1024

const CODEC_CAPS: readonly (readonly [codec: number, cap: number])[] = [
  [VideoCodecType.MJPEG, DisplayCap.CODEC_MJPEG],
  [VideoCodecType.VP8, DisplayCap.CODEC_VP8],
  [VideoCodecType.H264, DisplayCap.CODEC_H264],
  [VideoCodecType.VP9, DisplayCap.CODEC_VP9],
  [VideoCodecType.H265, DisplayCap.CODEC_H265],
]

/** Capabilities to link with. @param codecs VideoCodecType numbers that are decoded here */
export function displayCaps(codecs: readonly number[]): number[] {
  const { SIZED_STREAM, MONITORS_CONFIG, COMPOSITE, A8_SURFACE, STREAM_REPORT, LZ4_COMPRESSION, MULTI_CODEC } = DisplayCap
  const caps: number[] = [SIZED_STREAM, MONITORS_CONFIG, COMPOSITE, A8_SURFACE, STREAM_REPORT, LZ4_COMPRESSION, MULTI_CODEC]
  for (const [codec, cap] of CODEC_CAPS) if (codecs.includes(codec)) caps.push(cap)
  return caps
}

/** u8 cache id, i64 its pixels, u8 window id, i32 its pixels. One cache and one window for all displays of a session. */
export function displayInit(cachePixels: number, glzPixels: number): Uint8Array {
  return new Writer(14).u8(1).u64(BigInt(cachePixels)).u8(1).i32(glzPixels).finish()
}

/** The multimedia clock and the state of the sound, shared by the displays of a session. */
export interface MediaState {
  readonly mmTime: () => number | undefined
  readonly audioDelay: () => number | undefined
}

export interface DisplayChannelOptions {
  /** Of the channel. */
  readonly id: number
  readonly shared: SharedImages
  readonly cachePixels: number
  readonly glzPixels: number
  readonly clock: Clock
  readonly group: ChannelGroup
  readonly jpeg: ImageEnvironment['jpeg']
  readonly decoders?: Decoders
  /** VideoCodecType numbers that `decoder` decodes. */
  readonly codecs: readonly number[]
  readonly decoder: (codec: number, height: number) => FrameDecoder | undefined
  readonly media: MediaState
  readonly events: DisplayEvents
}

/** A handler for localSink() and the model behind it. `send` as localSink hands it over. */
export function displayChannel(o: DisplayChannelOptions, send: (type: number, body?: Uint8Array) => boolean): { readonly handler: SinkHandler; readonly model: DisplayModel } {
  const model = new DisplayModel({
    shared: o.shared,
    jpeg: o.jpeg,
    ...(o.decoders && { decoders: o.decoders }),
    now: () => o.clock.now(),
    waits: (r) => {
      // A channel that waits for itself waits for ever.
      const others = readWaits(r).filter((w) => w.type !== Channel.DISPLAY || w.id !== o.id)
      const waits = others.map((w) => o.group.reached(w.type, w.id, w.serial)).filter((w) => w !== undefined)
      return waits.length === 0 ? undefined : Promise.all(waits).then(() => undefined)
    },
    events: o.events,
    streams: (m) => new Streams({
      clock: o.clock,
      counter: m.counter,
      decoder: o.decoder,
      surface: (id) => m.surfaces.find(id),
      drawn: (surface) => { m.touched(surface) },
      send,
      ...o.media,
    }),
  })
  const handler: SinkHandler = {
    caps: displayCaps(o.codecs),
    linked: () => { send(DisplayMsgc.INIT, displayInit(o.cachePixels, o.glzPixels)) },
    message: (type, r) => model.message(type, r),
    pressed: () => { o.shared.arrivals.abandon() },
    closed: () => { model.close() },
  }
  return { handler, model }
}
