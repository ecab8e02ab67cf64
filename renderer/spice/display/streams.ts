// Why: video that the server made of draws. Frames of a stream are decoded and drawn in their order. With no sound to keep
// in step with, a frame is drawn in its turn among the draws, as soon as it is here; with sound, when its time has come,
// clipped as the stream is clipped then. Late frames of codecs that can spare them go, but never all of them.
// Layout of the report: SpiceMsgcDisplayStreamReport of SPICE protocol 2.x.
import { drawCopy } from '../canvas/draws.ts'
import type { Surface } from '../canvas/surface.ts'
import type { Clip } from '../canvas/types.ts'
import type { Picture, Rect } from '../pixels.ts'
import type { Clock } from '../session/clock.ts'
import { ImageScaleMode, Ropd, StreamFlags, VideoCodecType } from '../wire/enums.ts'
import { DisplayMsgc, MAX_NUM_STREAMS } from '../wire/messages.ts'
import { WireError } from '../wire/reader.ts'
import { Writer } from '../wire/writer.ts'
import type { Counter } from './counts.ts'
import type { ReportRequest, StreamCreate, StreamData } from './parse.ts'

/** Decodes one stream, frame after frame. */
export interface FrameDecoder {
  /**
   * Called in the order of the frames, not waiting for the one before. The picture is the caller's from then on. Rejects
   * for a frame of which no picture comes; the next one may be better. Never throws.
   */
  decode(data: Uint8Array): Promise<Picture>
  close(): void
}

export interface StreamsEnvironment {
  readonly clock: Clock
  readonly counter: Counter
  /** By VideoCodecType, for frames of so many lines; undefined: cannot be decoded here (and should not have been offered). */
  readonly decoder: (codec: number, height: number) => FrameDecoder | undefined
  readonly surface: (id: number) => Surface | undefined
  readonly drawn: (surface: Surface) => void
  readonly send: (type: number, body: Uint8Array) => void
  /** The server's multimedia clock now, ms (wraps at 2^32); undefined before it was told. */
  readonly mmTime: () => number | undefined
  /** How far ahead of its being heard sound is received, ms; undefined: no sound plays. */
  readonly audioDelay: () => number | undefined
}

/** A frame that is later than this is not worth its decoding, ms, … */
export const LATE_MS = 200
/** … unless nothing was shown for as long as this. */
export const STARVED_MS = 250
/** A frame due later than this comes from a clock that is not ours to wait for, ms. */
export const MAX_AHEAD_MS = 5000
/** Frames of a stream, and bytes of all, that wait for their time; more are drawn at once. */
export const MAX_WAITING = 128
export const MAX_WAITING_BYTES = 32 * 1024 * 1024
/** Frames of a stream in its decoder, of those that lean on each other; then the channel waits, but never for long, ms. */
const MAX_DECODING = 8
/** How long the first such frame is waited for, ms: a decoder's start, and a slow frame of a large picture. */
const TURN_MS = 250
const STALL_MS = 500
/** Frames in a row that are lost before the server is told at once. */
const DROPS_TO_TELL = 3
const NONE = 0xffffffff

interface Reporting {
  readonly request: ReportRequest
  frames: number
  drops: number
  dropsInRow: number
  firstTime: number
  firstAt: number
}

class Stream {
  readonly create: StreamCreate
  readonly decoder: FrameDecoder | undefined
  clip: Clip
  reporting: Reporting | undefined
  readonly waiting: StreamData[] = []
  cancelTimer: (() => void) | undefined
  decoding = 0
  /** Draws behind each other. */
  tail: Promise<void> = Promise.resolve()
  /** Its decoder keeps frames back. */
  keeps = false
  shownAt = -Infinity
  gone = false

  constructor(create: StreamCreate, decoder: FrameDecoder | undefined) {
    this.create = create
    this.decoder = decoder
    this.clip = create.clip
  }

  /** Every frame is whole by itself, so that one may be left out. */
  get spares(): boolean {
    return this.create.codec === VideoCodecType.MJPEG
  }
}

export class Streams {
  readonly #env: StreamsEnvironment
  readonly #streams = new Map<number, Stream>()
  #waitingBytes = 0

  constructor(env: StreamsEnvironment) {
    this.#env = env
  }

  get size(): number {
    return this.#streams.size
  }

  /** Of all streams' frames whose time has not come. */
  get waitingBytes(): number {
    return this.#waitingBytes
  }

  create(c: StreamCreate): void {
    this.#end(c.id)
    // Ids are indices of a table in the server.
    if (this.#streams.size >= MAX_NUM_STREAMS) throw new WireError('more streams than there can be')
    const decoder = this.#env.decoder(c.codec, c.height)
    this.#streams.set(c.id, new Stream(c, decoder))
    if (decoder === undefined) throw new WireError(`video codec ${c.codec}`)
  }

  data(frame: StreamData): void | Promise<void> {
    const stream = this.#get(frame.id)
    const { clock } = this.#env
    const now = this.#env.mmTime()
    const ahead = now === undefined ? 0 : (frame.time - now) | 0
    const starved = clock.now() - stream.shownAt > STARVED_MS
    const lost = stream.decoder === undefined || (stream.spares && ahead < -LATE_MS && !starved)
    this.#account(stream, frame, ahead, lost)
    if (lost) return
    if (this.#env.audioDelay() === undefined || ahead > MAX_AHEAD_MS || (ahead <= 0 && stream.waiting.length === 0)) {
      this.#showWaiting(stream)
      return this.#held(stream, this.#show(stream, frame))
    }
    stream.waiting.push(frame)
    this.#waitingBytes += frame.data.length
    while (stream.waiting.length > MAX_WAITING || (this.#waitingBytes > MAX_WAITING_BYTES && stream.waiting.length > 0)) this.#shift(stream, (f) => void this.#show(stream, f))
    this.#schedule(stream)
  }

  clip(id: number, clip: Clip): void {
    this.#get(id).clip = clip
  }

  report(request: ReportRequest): void {
    const stream = this.#get(request.stream)
    stream.reporting = { request, frames: 0, drops: 0, dropsInRow: 0, firstTime: 0, firstAt: 0 }
    // The one way to say "I cannot": a report of no frames and all drops ends the stream, and draws come again.
    if (stream.decoder === undefined) this.#send(request, 0, 0, 0, NONE, 0)
  }

  destroy(id: number): void {
    this.#get(id)
    this.#end(id)
  }

  destroyAll(): void {
    for (const id of [...this.#streams.keys()]) this.#end(id)
  }

  surfaceGone(surface: number): void {
    for (const [id, stream] of [...this.#streams]) if (stream.create.surface === surface) this.#end(id)
  }

  close(): void {
    this.destroyAll()
  }

  #get(id: number): Stream {
    const stream = this.#streams.get(id)
    if (stream === undefined) throw new WireError(`no stream ${id}`)
    return stream
  }

  #end(id: number): void {
    const stream = this.#streams.get(id)
    if (stream === undefined) return
    this.#streams.delete(id)
    stream.gone = true
    stream.cancelTimer?.()
    while (stream.waiting.length > 0) this.#shift(stream, () => undefined)
    stream.decoder?.close()
  }

  #shift(stream: Stream, use: (frame: StreamData) => void): void {
    const frame = stream.waiting.shift()
    if (frame === undefined) return
    this.#waitingBytes -= frame.data.length
    use(frame)
  }

  #showWaiting(stream: Stream): void {
    while (stream.waiting.length > 0) this.#shift(stream, (f) => void this.#show(stream, f))
  }

  #schedule(stream: Stream): void {
    stream.cancelTimer?.()
    stream.cancelTimer = undefined
    const head = stream.waiting[0]
    const now = this.#env.mmTime()
    if (head === undefined || now === undefined) return
    stream.cancelTimer = this.#env.clock.after(Math.max(0, (head.time - now) | 0), () => { this.#due(stream) })
  }

  #due(stream: Stream): void {
    stream.cancelTimer = undefined
    const isDue = (f: StreamData | undefined): boolean => f !== undefined && ((f.time - (this.#env.mmTime() ?? f.time)) | 0) <= 0
    while (isDue(stream.waiting[0])) {
      // What the next one would paint over in the same moment is not decoded.
      const spared = stream.spares && isDue(stream.waiting[1])
      this.#shift(stream, (f) => {
        if (spared) this.#drop(stream)
        else void this.#show(stream, f)
      })
    }
    this.#schedule(stream)
  }

  /** Hands the frame to the decoder now, and draws what comes of it behind what came before. */
  #show(stream: Stream, frame: StreamData): Promise<void> {
    const { decoder } = stream
    if (decoder === undefined) return Promise.resolve()
    stream.decoding++
    // Whole frames one at a time: a small JPEG may hold a picture of any size, and a hundred may wait.
    const decoded = stream.spares ? stream.tail.then(() => decoder.decode(frame.data)) : decoder.decode(frame.data)
    // Awaited only behind the frames before it; until then nobody else would.
    decoded.catch(() => undefined)
    const shown = stream.tail.then(() => decoded).then(
      (picture) => { this.#draw(stream, frame, picture) },
      () => { this.#drop(stream) },
    ).finally(() => { stream.decoding-- })
    stream.tail = shown
    return shown
  }

  #draw(stream: Stream, frame: StreamData, picture: Picture): void {
    const surface = this.#env.surface(stream.create.surface)
    // The stream may have ended while its frame was decoded.
    if (stream.gone || surface === undefined) return
    draw(surface, stream, frame, picture)
    stream.shownAt = this.#env.clock.now()
    this.#env.counter.streamFrames++
    this.#env.drawn(surface)
  }

  /**
   * What holds the channel's next message back: a frame keeps its turn among the draws until it is drawn. But of codecs
   * whose frames lean on each other a decoder may keep one until it has seen the next: one that has done so is waited
   * for only when frames pile up.
   */
  #held(stream: Stream, shown: Promise<void>): void | Promise<void> {
    if (stream.spares) return shown
    if (stream.keeps && stream.decoding < MAX_DECODING) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const cancel = this.#env.clock.after(stream.keeps ? STALL_MS : TURN_MS, () => {
      stream.keeps = true
      resolve()
    })
    return Promise.race([shown, promise]).finally(cancel)
  }

  #drop(stream: Stream): void {
    this.#env.counter.streamDrops++
    if (stream.reporting !== undefined) stream.reporting.drops++
  }

  #account(stream: Stream, frame: StreamData, ahead: number, lost: boolean): void {
    const r = stream.reporting
    if (lost) this.#drop(stream)
    if (r === undefined || stream.decoder === undefined) return
    const now = this.#env.clock.now()
    if (r.frames === 0) {
      r.firstTime = frame.time
      r.firstAt = now
    }
    r.frames++
    r.dropsInRow = lost ? r.dropsInRow + 1 : 0
    if (r.frames < r.request.window && now - r.firstAt < r.request.timeout && r.dropsInRow < DROPS_TO_TELL) return
    this.#send(r.request, r.firstTime, frame.time, r.frames, r.drops, ahead)
    r.frames = 0
    r.drops = 0
    r.dropsInRow = 0
  }

  #send(request: ReportRequest, first: number, last: number, frames: number, drops: number, ahead: number): void {
    const w = new Writer(32).u32(request.stream).u32(request.unique).u32(first).u32(last).u32(frames).u32(drops)
    this.#env.send(DisplayMsgc.STREAM_REPORT, w.i32(ahead).u32(this.#env.audioDelay() ?? NONE).finish())
  }
}

function draw(surface: Surface, stream: Stream, frame: StreamData, picture: Picture): void {
  const { create, clip } = stream
  const width = Math.min(frame.sized?.width ?? create.width, picture.width)
  const height = Math.min(frame.sized?.height ?? create.height, picture.height)
  const upright = (create.flags & StreamFlags.STREAM_FLAGS_TOP_DOWN) !== 0 ? picture : flipped(picture, height)
  const box: Rect = frame.sized?.dest ?? create.dest
  drawCopy(surface, { box, clip, src: upright, srcArea: { left: 0, top: 0, right: width, bottom: height }, ropDescriptor: Ropd.OP_PUT, scaleMode: ImageScaleMode.NEAREST, mask: null })
}

/** The first `height` rows the other way round, in place: the picture is ours. */
function flipped(picture: Picture, height: number): Picture {
  const { data, stride } = picture
  const row = new Uint32Array(stride)
  for (let a = 0, b = height - 1; a < b; a++, b--) {
    row.set(data.subarray(a * stride, a * stride + stride))
    data.copyWithin(a * stride, b * stride, b * stride + stride)
    data.set(row, b * stride)
  }
  return picture
}
