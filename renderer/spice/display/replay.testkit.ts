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
  readonly onMessage?: (type: number, body: Uint8Array) => void
  readonly onLost?: (type: number, error: unknown) => void
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

/** Replays the display channel `id`, link and all. @returns the model, still open */
export async function replay(cap: ReplayCapture, options: ReplayOptions, id = 0): Promise<DisplayModel> {
  const shared = new SharedImages(cap.header.pixmapCache, cap.header.glzWindow)
  const model = new DisplayModel({ shared, jpeg: options.jpeg, now: () => 0, ...options.env })
  const stream = new FakeStream()
  const channel = new Channel(
    { type: DISPLAY, id, connectionId: 1, caps: [DisplayCap.COMPOSITE], open: () => Promise.resolve(stream), clock: new ManualClock(), cipher: () => Promise.resolve(new Uint8Array(128)) },
    {
      message: (type, r) => {
        options.onMessage?.(type, r.bytes)
        return model.message(type, r)
      },
      lost: (type, error) => options.onLost?.(type, error),
    },
  )
  await turns()
  const own = cap.records.filter((r) => r.channelType === DISPLAY && r.channelId === id)
  for (let from = 0; from < own.length; ) {
    let to = own.findIndex((r, i) => i >= from && r.kind === ORACLE)
    if (to < 0) to = own.length
    for (const piece of options.chunks(own.slice(from, to), DISPLAY, id)) {
      const busy = stream.deliver(piece)
      if (busy !== undefined) await busy
      // Until the ticket is sealed nothing is read.
      if (!channel.ready) await turns()
    }
    const oracle = own[to]
    if (oracle !== undefined) {
      const o = oracle as ReplayOracle
      options.onOracle(o, model.surfaces.find(o.surface), model)
    }
    from = to + 1
  }
  channel.close()
  return model
}
