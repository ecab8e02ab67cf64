import { describe, expect, test } from 'vitest'
import { SharedImages } from '../image/decoder.ts'
import type { Picture } from '../pixels.ts'
import { ManualClock, turns } from '../session/testkit.ts'
import { DisplayMsg, DisplayMsgc } from '../wire/messages.ts'
import { Reader, WireError } from '../wire/reader.ts'
import { Writer } from '../wire/writer.ts'
import { fill, reader, rect, streamCreate, streamData, streamDataSized, surfaceCreate, writeClip, type TestStream } from './messages.testkit.ts'
import { DisplayModel } from './renderer.ts'
import { LATE_MS, MAX_WAITING, MAX_WAITING_BYTES, Streams, type FrameDecoder } from './streams.ts'

/** A frame is one byte, the red of its top row; each row below is one less. 0 cannot be decoded. */
class RowDecoder implements FrameDecoder {
  closed = false
  begun = 0
  decoded = 0
  gate: Promise<void> | undefined
  async decode(data: Uint8Array): Promise<Picture> {
    this.begun++
    await this.gate
    this.decoded++
    if (data[0] === 0) throw new Error('not a frame')
    const side = 4
    return { width: side, height: side, stride: side, alpha: false, data: Uint32Array.from({ length: side * side }, (_, i) => 0xff000000 | (data[0]! - (i >> 2))) }
  }
  close(): void {
    this.closed = true
  }
}

function setUp(stream: TestStream = {}, sound?: number) {
  const clock = new ManualClock()
  const decoder = new RowDecoder()
  const reports: number[][] = []
  const play: { audio: number | undefined; mm: number | undefined } = { audio: sound, mm: 1000 }
  const model = new DisplayModel({
    shared: new SharedImages(1, 1),
    jpeg: () => Promise.reject(new WireError('none')),
    now: () => 0,
    streams: (m) => new Streams({
      clock,
      counter: m.counter,
      decoder: (codec) => (codec === 1 || codec === 2 ? decoder : undefined),
      surface: (id) => m.surfaces.find(id),
      drawn: (s) => { m.touched(s) },
      send: (type, body) => {
        expect(type).toBe(DisplayMsgc.STREAM_REPORT)
        const r = new Reader(body)
        reports.push(Array.from({ length: 8 }, (_, i) => (i === 6 ? r.i32() : r.u32())))
      },
      mmTime: () => (play.mm === undefined ? undefined : play.mm + clock.now()),
      audioDelay: () => play.audio,
    }),
  })
  void model.message(DisplayMsg.SURFACE_CREATE, surfaceCreate(0, 8, 8))
  const created = (): void => void model.message(DisplayMsg.STREAM_CREATE, streamCreate(stream))
  const frame = (red: number, time: number): void | Promise<void> => model.message(DisplayMsg.STREAM_DATA, streamData(stream.id ?? 0, time, Uint8Array.of(red)))
  const red = (x = 0, y = 0): number => model.surfaces.primary!.data[y * 8 + x]! & 255
  return { clock, decoder, reports, play, model, created, frame, red }
}

describe('without sound', () => {
  test('a frame is drawn in its turn among the draws', async () => {
    const s = setUp()
    s.created()
    await s.frame(50, 99_000)
    expect([s.red(), s.red(3, 3), s.red(4, 0)]).toEqual([50, 47, 0])
    await s.model.message(DisplayMsg.DRAW_FILL, fill(0, rect(0, 0, 1, 1), 0x090000))
    expect(s.red()).toBe(9)
    expect(s.model.counts.streamFrames).toBe(1)
  })

  test('rows that came bottom first are turned over', async () => {
    const s = setUp({ flags: 0 })
    s.created()
    await s.frame(50, 1000)
    expect([s.red(0, 0), s.red(0, 1), s.red(0, 3)]).toEqual([47, 48, 50])
  })

  test('the clip of the stream, and the one that comes later', async () => {
    const s = setUp({ clip: [rect(1, 0, 4, 4)] })
    s.created()
    await s.frame(50, 1000)
    expect([s.red(0), s.red(1)]).toEqual([0, 50])
    void s.model.message(DisplayMsg.STREAM_CLIP, reader(writeClip(new Writer().u32(0), [rect(0, 0, 1, 1)])))
    await s.frame(60, 1000)
    expect([s.red(0), s.red(1)]).toEqual([60, 50])
  })

  test('a frame with a size and a place of its own, scaled to it', async () => {
    const s = setUp()
    s.created()
    await s.model.message(DisplayMsg.STREAM_DATA_SIZED, streamDataSized(0, 1000, 2, 2, rect(4, 4, 8, 8), Uint8Array.of(50)))
    expect([s.red(4, 4), s.red(4, 5), s.red(7, 6), s.red(7, 7), s.red(3, 3)]).toEqual([50, 50, 49, 49, 0])
  })

  test('late frames are left out, but the picture never stops', async () => {
    const s = setUp()
    s.created()
    s.clock.advance(5000)
    const late = (): number => 6000 - LATE_MS - 1
    await s.frame(50, late())
    expect(s.red()).toBe(50)
    await s.frame(60, late())
    expect(s.red()).toBe(50)
    await s.frame(70, 6000 - LATE_MS)
    expect(s.red()).toBe(70)
    s.clock.advance(251)
    await s.frame(80, late())
    expect(s.red()).toBe(80)
    expect(s.model.counts).toMatchObject({ streamFrames: 3, streamDrops: 1 })
  })

  test('frames of a codec in which they lean on each other are all decoded', async () => {
    const s = setUp({ codec: 2 })
    s.created()
    s.clock.advance(5000)
    await s.frame(50, 1000)
    await s.frame(60, 1000)
    expect(s.decoder.decoded).toBe(2)
  })

  test('a decoder that keeps frames to itself does not stop the channel', async () => {
    const s = setUp({ codec: 2 })
    const gate = Promise.withResolvers<void>()
    s.decoder.gate = gate.promise
    s.created()
    // Every frame might keep its turn, until one shows that this decoder does not let them.
    const first = s.frame(41, 1000)
    expect(first).toBeInstanceOf(Promise)
    s.clock.advance(250)
    await first
    for (let i = 2; i < 8; i++) expect(s.frame(40 + i, 1000)).toBeUndefined()
    const held = s.frame(50, 1000)
    expect(held).toBeInstanceOf(Promise)
    s.clock.advance(500)
    await held
    expect(s.red()).toBe(0)
    gate.resolve()
    await turns(100)
    expect([s.red(), s.model.counts.streamFrames]).toEqual([50, 8])
    expect(s.frame(60, 1000)).toBeUndefined()
  })

  test('a frame of such a codec keeps its turn among the draws', async () => {
    const s = setUp({ codec: 2 })
    const gate = Promise.withResolvers<void>()
    s.decoder.gate = gate.promise
    s.created()
    const held = s.frame(50, 1000)
    expect(held).toBeInstanceOf(Promise)
    gate.resolve()
    await held
    expect(s.red()).toBe(50)
    expect(s.clock.pending).toBe(0)
  })

  test('a broken frame costs itself', async () => {
    const s = setUp()
    s.created()
    await s.frame(0, 1000)
    await s.frame(50, 1000)
    expect(s.red()).toBe(50)
    expect(s.model.counts).toMatchObject({ streamFrames: 1, streamDrops: 1 })
  })
})

describe('with sound', () => {
  test('a frame waits for its time, and is clipped as the stream is then', async () => {
    const s = setUp({}, 100)
    s.created()
    expect(s.frame(50, 1040)).toBeUndefined()
    void s.frame(60, 1080)
    s.clock.advance(39)
    await turns()
    expect(s.red()).toBe(0)
    s.clock.advance(1)
    await turns()
    expect(s.red()).toBe(50)
    void s.model.message(DisplayMsg.STREAM_CLIP, reader(writeClip(new Writer().u32(0), [rect(1, 0, 4, 4)])))
    s.clock.advance(40)
    await turns()
    expect([s.red(0), s.red(1)]).toEqual([50, 60])
  })

  test('of frames that are due together only the last is decoded', async () => {
    const s = setUp({}, 100)
    s.created()
    for (const red of [50, 60, 70]) void s.frame(red, 1040)
    s.clock.advance(40)
    await turns()
    expect(s.red()).toBe(70)
    expect(s.decoder.decoded).toBe(1)
    expect(s.model.counts).toMatchObject({ streamFrames: 1, streamDrops: 2 })
  })

  test('a clock of another world is not waited for', async () => {
    const s = setUp({}, 100)
    s.created()
    await s.frame(50, 100_000)
    expect(s.red()).toBe(50)
  })

  test('more frames than may wait are drawn early', async () => {
    const s = setUp({}, 100)
    s.created()
    for (let i = 0; i < MAX_WAITING + 1; i++) void s.frame(50 + i, 2000 + i)
    await turns()
    expect(s.red()).toBe(50)
  })

  test('when sound ends, what has waited is decoded one after the other: a small JPEG may be a large picture', async () => {
    const s = setUp({}, 100)
    s.created()
    for (const red of [50, 60, 70]) void s.frame(red, 1040)
    const gate = Promise.withResolvers<void>()
    s.decoder.gate = gate.promise
    s.play.audio = undefined
    const last = s.frame(80, 1040)
    await turns()
    expect(s.decoder.begun).toBe(1)
    gate.resolve()
    await last
    expect([s.red(), s.decoder.begun]).toEqual([80, 4])
  })

  test('all streams together keep so many bytes', async () => {
    const s = setUp({}, 100)
    const quarter = MAX_WAITING_BYTES / 4
    const big = (id: number, red: number): void => void s.model.message(DisplayMsg.STREAM_DATA, streamData(id, 3000, new Uint8Array(quarter).fill(red)))
    for (const id of [0, 1]) void s.model.message(DisplayMsg.STREAM_CREATE, streamCreate({ id, dest: rect(4 * id, 0, 4 * id + 4, 4) }))
    for (const red of [50, 60]) for (const id of [0, 1]) big(id, red)
    await turns()
    expect([s.model.kept.waitingFrameBytes, s.red(), s.red(4)]).toEqual([MAX_WAITING_BYTES, 0, 0])
    big(1, 70)
    await turns()
    expect([s.model.kept.waitingFrameBytes, s.red(), s.red(4)]).toEqual([MAX_WAITING_BYTES, 0, 50])
    void s.model.message(DisplayMsg.STREAM_DESTROY_ALL, reader(new Writer()))
    expect([s.model.kept.waitingFrameBytes, s.clock.pending]).toEqual([0, 0])
  })

  test('what waits when the stream ends is not drawn', async () => {
    const s = setUp({}, 100)
    s.created()
    void s.frame(50, 1040)
    void s.model.message(DisplayMsg.STREAM_DESTROY_ALL, reader(new Writer()))
    expect(s.decoder.closed).toBe(true)
    s.clock.advance(100)
    await turns()
    expect(s.red()).toBe(0)
    expect(s.clock.pending).toBe(0)
  })
})

describe('ends', () => {
  test('a frame that is decoded while its stream ends is not drawn', async () => {
    const s = setUp()
    const gate = Promise.withResolvers<void>()
    s.decoder.gate = gate.promise
    s.created()
    const pending = s.frame(50, 1000)
    await turns()
    void s.model.message(DisplayMsg.SURFACE_DESTROY, reader(new Writer().u32(0)))
    void s.model.message(DisplayMsg.SURFACE_CREATE, surfaceCreate(0, 8, 8))
    gate.resolve()
    await pending
    expect(s.red()).toBe(0)
  })

  test('what is said of no stream is a lost message', () => {
    const s = setUp()
    expect(() => s.frame(1, 1)).toThrow(WireError)
    expect(() => s.model.message(DisplayMsg.STREAM_DESTROY, reader(new Writer().u32(9)))).toThrow(WireError)
    expect(() => s.model.message(DisplayMsg.STREAM_CLIP, reader(writeClip(new Writer().u32(9), null)))).toThrow(WireError)
  })

  test('no more streams than the protocol has', () => {
    const s = setUp()
    const make = (id: number) => s.model.message(DisplayMsg.STREAM_CREATE, streamCreate({ id }))
    for (let id = 0; id < 64; id++) void make(id)
    void make(3)
    expect(() => make(64)).toThrow(WireError)
  })
})

describe('reports', () => {
  const activate = (window: number, timeout: number): Reader => reader(new Writer().u32(0).u32(77).u32(window).u32(timeout))

  test('after so many frames', async () => {
    const s = setUp({}, 30)
    s.created()
    void s.model.message(DisplayMsg.STREAM_ACTIVATE_REPORT, activate(3, 10_000))
    for (const time of [990, 1000, 1010, 1020]) await s.frame(50, time)
    expect(s.reports).toEqual([[0, 77, 990, 1010, 3, 0, 10, 30]])
  })

  test('after so much time, without sound', async () => {
    const s = setUp()
    s.created()
    void s.model.message(DisplayMsg.STREAM_ACTIVATE_REPORT, activate(100, 500))
    await s.frame(50, 1000)
    s.clock.advance(500)
    await s.frame(50, 1500)
    expect(s.reports).toEqual([[0, 77, 1000, 1500, 2, 0, 0, 0xffffffff]])
  })

  test('at once when frames are lost in a row', async () => {
    const s = setUp()
    s.created()
    void s.model.message(DisplayMsg.STREAM_ACTIVATE_REPORT, activate(100, 100_000))
    await s.frame(50, 1000)
    for (let i = 0; i < 3; i++) await s.frame(50, 500)
    expect(s.reports).toEqual([[0, 77, 1000, 500, 4, 3, -500, 0xffffffff]])
  })

  test('a codec that is not decoded here is told, so that draws come instead', () => {
    const s = setUp({ codec: 5 })
    expect(s.created).toThrow('video codec 5')
    void s.model.message(DisplayMsg.STREAM_ACTIVATE_REPORT, activate(5, 1000))
    expect(s.reports).toEqual([[0, 77, 0, 0, 0, 0xffffffff, 0, 0xffffffff]])
    expect(s.frame(50, 1000)).toBeUndefined()
    expect(s.model.counts.streamDrops).toBe(1)
  })
})
