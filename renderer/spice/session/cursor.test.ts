import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CursorFlags, CursorType } from '../wire/enums.ts'
import { CursorMsg } from '../wire/messages.ts'
import { Reader, WireError } from '../wire/reader.ts'
import { Writer } from '../wire/writer.ts'
import { CACHE_PIXELS, CACHE_SHAPES, Cursor, type CursorState } from './cursor.ts'

function rig(): { states: CursorState[]; cursor: Cursor; say: (type: number, body?: Writer) => void } {
  const states: CursorState[] = []
  const cursor = new Cursor((s) => { states.push(s) })
  return { states, cursor, say: (type, body = new Writer()) => { cursor.message(type, new Reader(body.finish())) } }
}
interface Shape { readonly type: number; readonly w: number; readonly h: number; readonly data: Uint8Array | readonly number[]; readonly flags?: number; readonly id?: bigint }
const cursorOf = (w: Writer, s: Shape): Writer =>
  w.u16(s.flags ?? 0).u64(s.id ?? 1n).u8(s.type).u16(s.w).u16(s.h).u16(1).u16(2).raw(Uint8Array.from(s.data))
const set = (s: Shape, x = 0, y = 0, visible = 1): Writer => cursorOf(new Writer().u16(x & 0xffff).u16(y & 0xffff).u8(visible), s)
const words = (...v: number[]): number[] => v.flatMap((x) => [x & 0xff, (x >>> 8) & 0xff, (x >>> 16) & 0xff, (x >>> 24) & 0xff])
const hex = (s: CursorState | undefined): string[] => [...(s?.shape?.pixels.data ?? [])].map((p) => p.toString(16).padStart(8, '0'))
function shown(s: Shape): string[] {
  const { say, states } = rig()
  say(CursorMsg.SET, set(s))
  return hex(states[0])
}
/** A four-pixel row of image, then its mask: opaque, opaque, masked black, masked white. */
const MASK = [0b0011_0000]

describe('types', () => {
  // Words 0xAABBGGRR.
  test('ALPHA is taken out of its alpha', () => {
    expect(shown({ type: CursorType.ALPHA, w: 3, h: 1, data: words(0x80402010, 0xff010203, 0x00000000) })).toEqual(['80204080', 'ff030201', '00000000'])
  })
  test('ALPHA with straight colours is seen and left', () => {
    expect(shown({ type: CursorType.ALPHA, w: 2, h: 1, data: words(0x80ff2010, 0x80102030) })).toEqual(['801020ff', '80302010'])
  })
  test('MONO: black, white, transparent, inverse as black with a white edge', () => {
    // AND 0011 1000, XOR 0100 1000: black, white, and of the transparent ones those beside the inverse one get an edge.
    expect(shown({ type: CursorType.MONO, w: 8, h: 1, data: [0b0011_1111, 0b0100_0100] })).toEqual([
      'ff000000', 'ffffffff', '00000000', '00000000', 'ffffffff', 'ff000000', 'ffffffff', '00000000',
    ])
  })
  test('MONO rows are padded to bytes, the AND mask comes first', () => {
    const pixels = shown({ type: CursorType.MONO, w: 9, h: 2, data: [0xff, 0x80, 0x00, 0x00, 0, 0, 0x80, 0x80] })
    expect(pixels.slice(0, 9)).toEqual(Array(9).fill('00000000'))
    expect(pixels.slice(9)).toEqual(['ffffffff', ...Array<string>(7).fill('ff000000'), 'ffffffff'])
  })
  const expected = ['ff332211', 'ffffffff', 'ffffffff', 'ff000000']
  test('COLOR32', () => {
    expect(shown({ type: CursorType.COLOR32, w: 4, h: 1, data: [...words(0x99112233, 0xffffff, 0, 0xffffff), ...MASK] })).toEqual(expected)
  })
  test('COLOR24', () => {
    expect(shown({ type: CursorType.COLOR24, w: 4, h: 1, data: [0x33, 0x22, 0x11, 255, 255, 255, 0, 0, 0, 255, 255, 255, ...MASK] })).toEqual(expected)
  })
  test('COLOR16 is 5-5-5 with full white', () => {
    expect(shown({ type: CursorType.COLOR16, w: 4, h: 1, data: [0x1f, 0x7c, 0xff, 0x7f, 0, 0, 0xff, 0x7f, ...MASK] })).toEqual(['ffff00ff', 'ffffffff', 'ffffffff', 'ff000000'])
  })
  test('COLOR8 and COLOR4 by their palettes', () => {
    const palette = [0, 0x112233, 0xffffff]
    const p8 = words(...palette, ...Array<number>(253).fill(0))
    const p4 = words(...palette, ...Array<number>(13).fill(0))
    expect(shown({ type: CursorType.COLOR8, w: 4, h: 1, data: [1, 2, 0, 2, ...p8, ...MASK] })).toEqual(expected)
    expect(shown({ type: CursorType.COLOR4, w: 4, h: 1, data: [0x12, 0x02, ...p4, ...MASK] })).toEqual(expected)
    // An odd width: each row begins with a byte of its own.
    expect(shown({ type: CursorType.COLOR4, w: 1, h: 2, data: [0x10, 0x20, ...p4, 0, 0] })).toEqual(['ff332211', 'ffffffff'])
  })
  test('a transparent colour pixel is transparent where no inverse one is near', () => {
    expect(shown({ type: CursorType.COLOR32, w: 2, h: 1, data: [...words(0, 0x123456), 0b1100_0000] })).toEqual(['00000000', '00000000'])
  })
  test.each([0, 1, 2, 3, 4, 5, 6, 7, 200])('type %i with too little data is an error and changes nothing', (type) => {
    const { say, states } = rig()
    expect(() => { say(CursorMsg.SET, set({ type, w: 32, h: 32, data: [1, 2, 3] })) }).toThrow(WireError)
    expect(states).toEqual([])
  })
  test('an absurd size is an error', () => {
    const { say } = rig()
    expect(() => { say(CursorMsg.SET, set({ type: 0, w: 1025, h: 1, data: [] })) }).toThrow(WireError)
  })
})

describe('messages', () => {
  const one: Shape = { type: CursorType.ALPHA, w: 1, h: 1, data: words(0xff000001) }

  test('INIT, SET, MOVE, HIDE, RESET', () => {
    const { say, states } = rig()
    say(CursorMsg.INIT, cursorOf(new Writer().u16(3).u16(4).u16(0).u16(0).u8(0), one))
    say(CursorMsg.SET, set({ ...one, flags: CursorFlags.CACHE_ME }, -5, 300))
    say(CursorMsg.MOVE, new Writer().u16(10).u16(0xfffe))
    say(CursorMsg.HIDE)
    say(CursorMsg.MOVE, new Writer().u16(1).u16(1))
    say(CursorMsg.TRAIL, new Writer().u16(1).u16(1))
    say(CursorMsg.RESET)
    expect(states.map((s) => [s.visible, s.x, s.y, s.shape?.hotX, s.shape?.hotY])).toEqual([
      [false, 3, 4, 0, 0], [true, -5, 300, 0, 0], [true, 10, -2, 0, 0], [false, 10, -2, 0, 0], [true, 1, 1, 0, 0], [false, 0, 0, undefined, undefined],
    ])
    expect(states[1]?.shape).toBe(states[4]?.shape)
  })

  test('the hot spot, and NONE', () => {
    const { say, states } = rig()
    say(CursorMsg.SET, set({ type: CursorType.ALPHA, w: 4, h: 8, data: new Uint8Array(128) }))
    expect([states[0]?.shape?.hotX, states[0]?.shape?.hotY, states[0]?.shape?.pixels.width, states[0]?.shape?.pixels.height]).toEqual([1, 2, 4, 8])
    say(CursorMsg.SET, new Writer().u16(0).u16(0).u8(1).u16(CursorFlags.NONE))
    expect(states[1]?.shape).toBeUndefined()
  })

  test('the cache keeps by all 64 bits, and forgets when told', () => {
    const { say, states } = rig()
    const ids = [(5n << 32n) | 2n, (7n << 32n) | 2n]
    for (const id of ids) say(CursorMsg.SET, set({ ...one, id, flags: CursorFlags.CACHE_ME }))
    const from = (id: bigint): void => { say(CursorMsg.SET, set({ ...one, id, flags: CursorFlags.FROM_CACHE, data: [] })) }
    for (const id of ids) from(id)
    expect(states[2]?.shape).toBe(states[0]?.shape)
    expect(states[3]?.shape).toBe(states[1]?.shape)
    say(CursorMsg.INVAL_ONE, new Writer().u64(ids[0] ?? 0n))
    expect(() => { from(ids[0] ?? 0n) }).toThrow(WireError)
    from(ids[1] ?? 0n)
    say(CursorMsg.INVAL_ALL)
    expect(() => { from(ids[1] ?? 0n) }).toThrow(WireError)
  })

  test('the cache is bounded in number and in size', () => {
    const { say, cursor } = rig()
    for (let i = 0; i < CACHE_SHAPES + 50; i++) say(CursorMsg.SET, set({ ...one, id: BigInt(i), flags: CursorFlags.CACHE_ME }))
    expect(cursor.cacheSize).toBe(CACHE_SHAPES)
    const big = { type: CursorType.ALPHA, w: 1024, h: 1024, data: new Uint8Array(4 * 1024 * 1024), flags: CursorFlags.CACHE_ME }
    for (let i = 1; i <= 6; i++) say(CursorMsg.SET, set({ ...big, id: BigInt(10_000 + i) }))
    expect(cursor.cacheSize).toBe(CACHE_PIXELS / (1024 * 1024))
  })

  test('no bytes make it throw anything but WireError, or hang', () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 110 }), fc.uint8Array({ maxLength: 120 }), fc.nat({ max: 8 }), fc.nat({ max: 40 }), fc.nat({ max: 40 }), (type, noise, cursorType, w, h) => {
        const { cursor } = rig()
        for (const body of [noise, set({ type: cursorType, w, h, data: noise }).finish()]) {
          try {
            cursor.message(type, new Reader(body))
          } catch (e) {
            expect(e).toBeInstanceOf(WireError)
          }
        }
      }),
      { numRuns: 500 },
    )
  })
})
