// Why: a recorded session through the real channel, cut into pieces anywhere, into a display model: what tests and tools
// compare with the server's own pictures.
import type { Picture } from '../pixels.ts'
import { SharedImages } from '../image/decoder.ts'
import { Channel } from '../session/channel.ts'
import { FakeStream, ManualClock, turns } from '../session/testkit.ts'
import { DisplayCap } from '../wire/messages.ts'
import { DisplayModel, type DisplayEnvironment } from './renderer.ts'
import type { Surface } from '../canvas/surface.ts'

/** A record of e2e/spice-server/spcap.ts, as far as it is of use here. */
export interface ReplayRecord {
  readonly kind: number
  readonly channelType: number
  readonly channelId: number
  readonly bytes: Uint8Array
}
export interface ReplayOracle extends ReplayRecord {
  readonly label: string
  readonly surface: number
  readonly format: number
  readonly width: number
  readonly height: number
}
export interface ReplayCapture {
  readonly header: { readonly pixmapCache: number; readonly glzWindow: number }
  readonly records: readonly ReplayRecord[]
}

const ORACLE = 4
const DISPLAY = 2

export interface ReplayOptions {
  /** Pieces of a run of records of one channel, e.g. channelChunks of spcap.ts. */
  readonly chunks: (records: readonly ReplayRecord[], type: number, id: number) => Iterable<Uint8Array>
  readonly jpeg: (bytes: Uint8Array) => Picture | Promise<Picture>
  readonly onOracle: (oracle: ReplayOracle, surface: Surface | undefined, model: DisplayModel) => void
  readonly onMessage?: (type: number, body: Uint8Array, id: number) => void
  readonly onLost?: (type: number, error: unknown, id: number) => void
  readonly env?: Partial<DisplayEnvironment>
}

/** A small generator (mulberry32), 0 ≤ x < 1: the same pieces for the same seed. */
export function seeded(seed: number): () => number {
  let s = seed >>> 0
  return () => {
    s = (s + 0x6d2b79f5) >>> 0
    let t = Math.imul(s ^ (s >>> 15), s | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

interface Display {
  readonly model: DisplayModel
  readonly channel: Channel
  readonly stream: FakeStream
  /** Until the channel has handled everything that it was given. */
  busy: void | Promise<void>
}

/** Replays the display channels in the order of the recording, links and all. @returns the models by channel id, open */
export async function replay(cap: ReplayCapture, options: ReplayOptions): Promise<ReadonlyMap<number, DisplayModel>> {
  const shared = new SharedImages(cap.header.pixmapCache, cap.header.glzWindow)
  const records = cap.records.filter((r) => r.channelType === DISPLAY)
  const displays = new Map<number, Display>()
  for (const id of new Set(records.map((r) => r.channelId))) {
    const model = new DisplayModel({ shared, jpeg: options.jpeg, now: () => 0, ...options.env })
    const stream = new FakeStream()
    const channel = new Channel(
      { type: DISPLAY, id, connectionId: 1, caps: [DisplayCap.COMPOSITE], open: () => Promise.resolve(stream), clock: new ManualClock(), cipher: () => Promise.resolve(new Uint8Array(128)) },
      {
        message: (type, r) => {
          options.onMessage?.(type, r.bytes, id)
          return model.message(type, r)
        },
        lost: (type, error) => options.onLost?.(type, error, id),
      },
    )
    displays.set(id, { model, channel, stream, busy: undefined })
  }
  await turns()
  for (let from = 0, to = 0; from < records.length; from = to) {
    const first = records[from]!
    const display = displays.get(first.channelId)!
    if (first.kind === ORACLE) {
      to = from + 1
      await display.busy
      const oracle = first as ReplayOracle
      options.onOracle(oracle, display.model.surfaces.find(oracle.surface), display.model)
      continue
    }
    while (to < records.length && records[to]!.kind !== ORACLE && records[to]!.channelId === first.channelId) to++
    for (const piece of options.chunks(records.slice(from, to), DISPLAY, first.channelId)) {
      display.busy = display.stream.deliver(piece)
      if (display.channel.ready) continue
      // Until the ticket is sealed nothing is read; what came with it may then take its time.
      await turns()
      display.busy = display.stream.deliver(new Uint8Array(0))
    }
  }
  for (const { channel, busy } of displays.values()) {
    await busy
    channel.close()
  }
  return new Map([...displays].map(([id, { model }]) => [id, model]))
}
