import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ByteQueue } from './byte-queue.ts'
import { Reader, WireError } from './reader.ts'
import { Writer } from './writer.ts'

describe('ByteQueue', () => {
  test('gives the bytes that went in, whatever the pieces and the asking', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 300, size: 'max' }), fc.array(fc.nat({ max: 60 }), { minLength: 1, maxLength: 40, size: 'max' }), (pieces, wants) => {
        const all = pieces.flatMap((p) => [...p])
        const queue = new ByteQueue()
        const out: number[] = []
        let i = 0
        const drain = (): void => {
          for (;;) {
            const want = wants[i % wants.length] ?? 0
            const before = queue.length
            const got = queue.take(want)
            if (got === undefined) {
              expect(queue.length).toBe(before)
              return
            }
            expect(got.length).toBe(want)
            out.push(...got)
            i++
            if (want === 0) return
          }
        }
        for (const piece of pieces) {
          queue.push(piece)
          drain()
        }
        out.push(...(queue.take(queue.length) ?? []))
        expect(out).toEqual(all)
        expect(queue.length).toBe(0)
      }),
    )
  })

  test('does not copy what one piece holds', () => {
    const queue = new ByteQueue()
    const piece = Uint8Array.of(1, 2, 3, 4)
    queue.push(piece)
    expect(queue.take(2)?.buffer).toBe(piece.buffer)
    expect(queue.take(3)).toBeUndefined()
    queue.clear()
    expect(queue.length).toBe(0)
    expect(queue.take(1)).toBeUndefined()
  })
})

describe('Writer', () => {
  test('is what Reader reads, beyond its first capacity', () => {
    fc.assert(
      fc.property(fc.nat({ max: 255 }), fc.nat({ max: 0xffff }), fc.nat({ max: 0xffffffff }), fc.integer({ min: -0x80000000, max: 0x7fffffff }), fc.bigInt({ min: 0n, max: 0xffffffffffffffffn }), fc.uint8Array({ maxLength: 200 }), (a, b, c, d, e, bytes) => {
        const w = new Writer(1).u8(a).u16(b).u32(c).i32(d).u64(e).zeros(3).raw(bytes)
        const r = new Reader(w.finish())
        expect([r.u8(), r.u16(), r.u32(), r.i32(), r.u64()]).toEqual([a, b, c, d, e])
        expect([...r.take(3)]).toEqual([0, 0, 0])
        expect([...r.take(r.left)]).toEqual([...bytes])
        expect(w.length).toBe(22 + bytes.length)
        expect(() => r.u8()).toThrow(WireError)
      }),
    )
  })
})

describe('Reader', () => {
  test('refuses what is not in the message', () => {
    const r = new Reader(new Uint8Array(8))
    expect(() => r.at(9)).toThrow(WireError)
    expect(() => r.at(-1)).toThrow(WireError)
    expect(r.at(8).left).toBe(0)
    expect(() => r.count(5, 2)).toThrow(WireError)
    expect(() => r.count(0xffffffff, 4)).toThrow(WireError)
    expect(r.count(4, 2)).toBe(4)
    expect(() => r.take(9)).toThrow(WireError)
    expect(() => r.skip(-1)).toThrow(WireError)
    expect(r.pos).toBe(0)
  })
})
