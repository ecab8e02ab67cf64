import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BitmapFmt, ImageType } from '../wire/enums.ts'
import { DisplayMsg } from '../wire/messages.ts'
import { Reader, WireError } from '../wire/reader.ts'
import { Writer } from '../wire/writer.ts'
import { copy, fill, rect, streamCreate, streamData, streamDataSized, surfaceCreate, writeClip, writeRect } from './messages.testkit.ts'
import { parseDraw } from './parse-draws.ts'
import { parseMonitors, parseReportRequest, parseStreamClip, parseStreamCreate, parseStreamData, parseSurfaceCreate } from './parse.ts'

const base = (): Writer => writeClip(writeRect(new Writer().u32(7), rect(1, 2, 3, 4)), null)
const r = (w: Writer): Reader => new Reader(w.finish())
/** A 1×1 image, to be put at the end. */
const image = (w: Writer): Writer =>
  w.u32(9).u32(8).u8(ImageType.BITMAP).u8(0).u32(1).u32(1).u8(BitmapFmt['32BIT']).u8(4).u32(1).u32(1).u32(4).u32(0).u32(0x00a1b2c3)

const head = { type: 0, surface: 7, draw: { box: rect(1, 2, 3, 4), clip: null } }
const bitmap = { type: ImageType.BITMAP, idHi: 8, idLo: 9, width: 1, height: 1 }

describe('draws', () => {
  test('FILL, with clip', () => {
    expect(parseDraw(DisplayMsg.DRAW_FILL, fill(2, rect(1, 2, 30, 40), 0x123456, [rect(1, 2, 3, 4), rect(5, 6, 7, 8)]))).toEqual({
      type: DisplayMsg.DRAW_FILL,
      surface: 2,
      draw: { box: rect(1, 2, 30, 40), clip: [rect(1, 2, 3, 4), rect(5, 6, 7, 8)], brush: { type: 'solid', color: 0x123456 }, ropDescriptor: 8, mask: null },
    })
  })

  test('COPY', () => {
    expect(parseDraw(DisplayMsg.DRAW_COPY, copy(0, rect(0, 0, 2, 1), { width: 2, height: 1, color: 5, id: 4 }))).toMatchObject({
      draw: { src: { idLo: 4, width: 2, height: 1 }, srcArea: rect(0, 0, 2, 1), ropDescriptor: 8, scaleMode: 0, mask: null },
    })
  })

  test('ROP3: source, pattern brush, mask that is inverted', () => {
    const w = base()
    const at = w.length + 4 + 16 + 13 + 2 + 13
    writeRect(w.u32(at), rect(5, 6, 7, 8)).u8(2).u32(at).i32(-3).i32(4).u8(0xca).u8(1).u8(1).i32(10).i32(11).u32(at)
    expect(parseDraw(DisplayMsg.DRAW_ROP3, r(image(w)))).toMatchObject({
      ...head,
      type: DisplayMsg.DRAW_ROP3,
      draw: { src: bitmap, srcArea: rect(5, 6, 7, 8), brush: { type: 'pattern', ref: bitmap, origin: { x: -3, y: 4 } }, rop3: 0xca, scaleMode: 1, mask: { ref: bitmap, pos: { x: 10, y: 11 }, invert: true } },
    })
  })

  test('STROKE: path and dashes by pointer', () => {
    const w = base()
    const at = w.length + 4 + 6 + 5 + 4
    w.u32(at).u8(8).u8(2).u32(at + 4 + 2 * 5 + 3 * 8).u8(1).u32(0xff).u16(8).u16(16)
    w.u32(2).u8(3).u32(2).i32(16).i32(-16).i32(32).i32(48).u8(10).u32(1).i32(1).i32(2).i32(64).i32(80)
    expect(parseDraw(DisplayMsg.DRAW_STROKE, r(w))).toEqual({
      ...head,
      type: DisplayMsg.DRAW_STROKE,
      draw: {
        ...head.draw,
        path: [{ flags: 3, points: Int32Array.of(16, -16, 32, 48) }, { flags: 10, points: Int32Array.of(1, 2) }],
        attr: { flags: 8, style: Int32Array.of(64, 80) },
        brush: { type: 'solid', color: 0xff },
        foreMode: 8,
        backMode: 16,
      },
    })
  })

  test.each([
    [1, 9, [0x80, 0x80, 0x01, 0x00], [0, 0, 0, 0, 0, 0, 0, 255, 0, 255, 0, 0, 0, 0, 0, 0, 0, 255]],
    [2, 3, [0x12, 0x30, 0xab, 0xc0], [0xaa, 0xbb, 0xcc, 0x11, 0x22, 0x33]],
    [4, 2, [1, 2, 3, 4], [0, 0, 3, 4]], // a row too low, as the server has them
  ])('TEXT of flags %i: rows come bottom first', (flags, width, rows, want) => {
    const w = base()
    const at = w.length + 4 + 16 + 1 + 5 + 4
    writeRect(w.u32(at), rect(0, 0, 0, 0)).u8(0).u8(1).u32(6).u16(8).u16(0)
    w.u16(1).u8(flags).i32(100).i32(200).i32(-1).i32(-2).u16(width).u16(2).raw(Uint8Array.from(rows))
    const command = parseDraw(DisplayMsg.DRAW_TEXT, r(w))
    expect(command).toMatchObject({ draw: { bits: flags === 4 ? 8 : flags === 2 ? 4 : 1, foreBrush: { type: 'none' }, backBrush: { color: 6 } } })
    expect(command?.type === DisplayMsg.DRAW_TEXT && command.draw.glyphs).toEqual([
      { renderPos: { x: 100, y: 200 }, origin: { x: -1, y: -2 }, coverage: { width, height: 2, data: Uint8Array.from(want) } },
    ])
  })

  test('COMPOSITE: mask and transforms only where the flags have them', () => {
    const bare = base()
    const at = bare.length + 4 + 4 + 8
    image(bare.u32(0x703).u32(at).u16(1).u16(0xffff).u16(3).u16(4))
    expect(parseDraw(DisplayMsg.DRAW_COMPOSITE, r(bare))).toMatchObject({
      draw: { flags: 0x703, src: bitmap, mask: null, srcTransform: null, maskTransform: null, srcOrigin: { x: 1, y: -1 }, maskOrigin: { x: 3, y: 4 } },
    })
    const full = base()
    const there = full.length + 4 + 8 + 48 + 8
    full.u32(0x380000 | 3).u32(there).u32(there)
    for (let i = 1; i <= 12; i++) full.i32(i)
    image(full.u16(1).u16(2).u16(3).u16(4))
    expect(parseDraw(DisplayMsg.DRAW_COMPOSITE, r(full))).toMatchObject({
      draw: { mask: bitmap, srcTransform: { t00: 1, t01: 2, t02: 3, t10: 4, t11: 5, t12: 6 }, maskTransform: { t00: 7, t12: 12 }, srcOrigin: { x: 1, y: 2 }, maskOrigin: { x: 3, y: 4 } },
    })
  })

  test('a draw without its image, a clip that is longer than the message, an unknown brush', () => {
    expect(() => parseDraw(DisplayMsg.DRAW_TRANSPARENT, r(base().u32(0)))).toThrow(WireError)
    expect(() => parseDraw(DisplayMsg.COPY_BITS, r(writeRect(new Writer().u32(0), rect(0, 0, 1, 1)).u8(1).u32(0x7fffffff)))).toThrow(WireError)
    expect(() => parseDraw(DisplayMsg.DRAW_FILL, r(base().u8(3).zeros(40)))).toThrow(WireError)
  })
})

describe('surfaces, monitors, streams', () => {
  test('as written', () => {
    expect(parseSurfaceCreate(surfaceCreate(3, 640, 480))).toEqual({ id: 3, width: 640, height: 480, format: 32, flags: 1 })
    expect(parseStreamCreate(streamCreate({ id: 5, surface: 2, codec: 3, width: 10, height: 20, dest: rect(1, 2, 3, 4), clip: [rect(0, 0, 1, 1)] }))).toEqual({
      surface: 2, id: 5, flags: 1, codec: 3, width: 10, height: 20, srcWidth: 10, srcHeight: 20, dest: rect(1, 2, 3, 4), clip: [rect(0, 0, 1, 1)],
    })
    expect(parseStreamData(streamData(1, 2, Uint8Array.of(3, 4)), false)).toEqual({ id: 1, time: 2, sized: null, data: Uint8Array.of(3, 4) })
    expect(parseStreamData(streamDataSized(1, 2, 6, 7, rect(1, 2, 3, 4), Uint8Array.of(3)), true)).toEqual({ id: 1, time: 2, sized: { width: 6, height: 7, dest: rect(1, 2, 3, 4) }, data: Uint8Array.of(3) })
    expect(parseStreamClip(r(writeClip(new Writer().u32(6), null)))).toEqual({ id: 6, clip: null })
    expect(parseReportRequest(r(new Writer().u32(1).u32(2).u32(3).u32(4)))).toEqual({ stream: 1, unique: 2, window: 3, timeout: 4 })
  })

  test('counts that the message does not hold', () => {
    expect(() => parseMonitors(r(new Writer().u16(2).u16(2).zeros(28)))).toThrow(WireError)
    expect(() => parseStreamData(r(new Writer().u32(1).u32(1).u32(5).u8(1)), false)).toThrow(WireError)
  })
})

test('whatever the bytes are, it is a command or a WireError', () => {
  const types = [DisplayMsg.COPY_BITS, ...Array.from({ length: 12 }, (_, i) => DisplayMsg.DRAW_FILL + i), DisplayMsg.DRAW_COMPOSITE]
  // Small numbers, so that counts, types and offsets are often believable.
  const bytes = fc.uint8Array({ maxLength: 200, max: 9 })
  fc.assert(
    fc.property(fc.constantFrom(...types), bytes, fc.uint8Array({ maxLength: 40 }), (type, a, b) => {
      const message = new Uint8Array([...a, ...b])
      try {
        parseDraw(type, new Reader(message))
      } catch (e) {
        expect(e).toBeInstanceOf(WireError)
      }
    }),
    { numRuns: 5000, seed: 1 },
  )
})
