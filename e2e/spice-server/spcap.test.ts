import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { pack, unpack } from './corpus.ts'
import { channelChunks, messageOf, oraclePixels, parseSpcap, serializeSpcap, SpcapError } from './spcap.ts'
import type { OracleRecord, Spcap, SpcapHeader, SpcapRecord } from './spcap.ts'

const header: SpcapHeader = { scene: 'scene', settings: { compression: 'off' }, capabilities: { 2: [0, 2] }, pixmapCache: 10, glzWindow: 20, server: '0' }

function message(type: number, body: Uint8Array): Uint8Array {
  const out = new Uint8Array(6 + body.length)
  new DataView(out.buffer).setUint16(0, type, true)
  new DataView(out.buffer).setUint32(2, body.length, true)
  out.set(body, 6)
  return out
}

const oracle = (format: number, bytes: number[], width = 1, height = 1): OracleRecord => ({
  kind: 4, channelType: 2, channelId: 0, label: 'page "1"', display: 0, surface: 3, format, width, height, bytes: Uint8Array.from(bytes),
})

const channelRecord = fc.record({
  kind: fc.constantFrom(1 as const, 2 as const, 3 as const), channelType: fc.integer({ min: 1, max: 11 }), channelId: fc.nat(255), bytes: fc.uint8Array({ maxLength: 40 }),
})
const anyOracle = fc.record({ w: fc.nat(4), h: fc.nat(4), format: fc.constantFrom(8, 16, 80, 32, 96), fill: fc.nat(255) }).map(({ w, h, format, fill }) => {
  const size = w * h * (format === 8 ? 1 : format === 16 || format === 80 ? 2 : 4)
  return oracle(format, Array<number>(size).fill(fill), w, h)
})

describe('a recording as bytes', () => {
  test('is read as it was written, whatever is in it', () => {
    fc.assert(fc.property(fc.array(fc.oneof<fc.Arbitrary<SpcapRecord>[]>(channelRecord, anyOracle), { maxLength: 8 }), (records) => {
      const cap: Spcap = { header, records }
      expect(parseSpcap(serializeSpcap(cap))).toEqual(cap)
      expect(parseSpcap(unpack(pack(serializeSpcap(cap))))).toEqual(cap)
    }), { numRuns: 60 })
  })

  test('is refused when cut anywhere inside a record', () => {
    const whole = serializeSpcap({ header, records: [{ kind: 3, channelType: 2, channelId: 0, bytes: message(101, Uint8Array.of(1, 2)) }, oracle(32, [1, 2, 3, 0])] })
    const empty = serializeSpcap({ header, records: [] }).length
    const firstOnly = empty + 8 + 8
    for (let n = 0; n < whole.length; n++) {
      if (n === empty || n === firstOnly) continue // ends of records
      expect(() => parseSpcap(whole.subarray(0, n)), `${n} bytes`).toThrow()
    }
  })

  test('is refused with an unknown record kind, and with an oracle of another size than it says', () => {
    const file = serializeSpcap({ header, records: [{ kind: 2, channelType: 1, channelId: 0, bytes: new Uint8Array(4) }] })
    file[file.length - 12] = 9
    expect(() => parseSpcap(file)).toThrow(SpcapError)
    expect(() => parseSpcap(serializeSpcap({ header, records: [oracle(32, [1, 2, 3])] }))).toThrow(SpcapError)
    expect(() => parseSpcap(serializeSpcap({ header, records: [oracle(7, [1])] }))).toThrow(SpcapError)
  })
})

test('an oracle is words of A, B, G, R', () => {
  const pixel = (format: number, ...bytes: number[]): number => oraclePixels(oracle(format, bytes))[0]!
  expect(pixel(32, 0x11, 0x22, 0x33, 0x00)).toBe(0xff112233)
  expect(pixel(96, 0x11, 0x22, 0x33, 0x44)).toBe(0x44112233)
  expect(pixel(8, 0x80)).toBe(0x80000000)
  // 555: red 31, green 1, blue 0; 565: red 31, green 1, blue 0.
  expect(pixel(16, 0x20, 0x7c)).toBe(0xff0008ff)
  expect(pixel(80, 0x20, 0xf8)).toBe(0xff0004ff)
})

test('a channel in random pieces is the same bytes, of that channel alone', () => {
  const of = (channelType: number, channelId: number, kind: 1 | 2 | 3, fill: number, size: number): SpcapRecord => ({ kind, channelType, channelId, bytes: kind === 3 ? message(200, new Uint8Array(size).fill(fill)) : new Uint8Array(size).fill(fill) })
  const records = [of(2, 0, 1, 1, 200), of(2, 0, 2, 2, 4), of(2, 0, 3, 3, 70_000), of(2, 1, 3, 9, 50), of(2, 0, 3, 4, 0), of(4, 0, 3, 8, 3), oracle(32, [1, 2, 3, 4]), of(2, 0, 3, 5, 999)]
  fc.assert(fc.property(fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })), fc.boolean(), (dice, withLink) => {
    const random = (): number => dice.next().value as number
    const want = records.flatMap((r) => (r.kind !== 4 && r.channelType === 2 && r.channelId === 0 && (withLink || r.kind === 3) ? [r.bytes] : []))
    const chunks = [...channelChunks(records, 2, 0, random, withLink)]
    expect(chunks.every((c) => c.length > 0)).toBe(true)
    expect(Buffer.compare(Buffer.concat(chunks), Buffer.concat(want))).toBe(0)
  }), { numRuns: 20 })
})

test('a message is its type and body', () => {
  const { type, body } = messageOf({ kind: 3, channelType: 2, channelId: 0, bytes: message(304, Uint8Array.of(7, 8)) })
  expect([type, [...body]]).toEqual([304, [7, 8]])
})
