import { describe, expect, it } from 'vitest'
import { LzType, copyMatch, decodeLzAlpha, decodeLzPalette, decodeLzRgb } from './lz.ts'
import { decodeLz4, lz4Block } from './lz4.ts'
import { loadRowsWasm } from '../wasm/lz4.ts'
import { difference, random } from './image.testkit.ts'

const wireError = expect.objectContaining({ name: 'WireError' })

function lzImage(type: number, width: number, height: number, stride: number, topDown: boolean, commands: readonly number[]): Uint8Array {
  const out = new Uint8Array(28 + commands.length)
  const v = new DataView(out.buffer)
  for (const [i, word] of [0x20205a4c, 0x10001, type, width, height, stride, topDown ? 1 : 0].entries()) v.setUint32(i * 4, word)
  out.set(commands, 28)
  return out
}

describe('LZ', () => {
  it('copies a far match, 16 bits beyond 13', () => {
    const width = 9000
    // One literal, 8,999 copies of it, another literal, and a match to the first pixel but 8,190 back.
    const longRun = (n: number): number[] => [0xe0, ...Array<number>(Math.floor((n - 7) / 255)).fill(255), (n - 7) % 255, 0]
    const commands = [0, 1, 2, 3, ...longRun(8999), 0, 9, 8, 7, 0x20 | 31, 255, 0, 9, ...longRun(8998)]
    const { data } = decodeLzRgb(lzImage(LzType.RGB32, width, 2, width * 4, true, commands))
    expect(data[8999]).toBe(0xff010203)
    expect(data[9000]).toBe(0xff090807)
    expect(data[9001]).toBe(0xff010203)
    expect(() => decodeLzRgb(lzImage(LzType.RGB32, 3, 1, 12, true, [0, 1, 2, 3, 0x20 | 31, 255, 0, 9]))).toThrow(wireError)
  })

  it('widens 16-bit pixels, high byte first, and turns bottom-up images', () => {
    const { data } = decodeLzRgb(lzImage(LzType.RGB16, 1, 2, 2, false, [1, 0x7c, 0x00, 0x00, 0x1f]))
    expect([...data]).toEqual([0xffff0000, 0xff0000ff])
  })

  it('reads alpha after colours', () => {
    const { data, alpha } = decodeLzRgb(lzImage(LzType.RGBA, 4, 1, 16, true, [0, 1, 2, 3, 0x60, 0, 1, 0x80, 7, 1, 5, 9]))
    expect(alpha).toBe(true)
    expect([...data]).toEqual([0x80010203, 0x07010203, 0x05010203, 0x09010203])
    const copied = decodeLzRgb(lzImage(LzType.RGBA, 4, 1, 16, true, [0, 1, 2, 3, 0x60, 0, 0, 0x80, 0x20, 0]))
    expect([...copied.data]).toEqual(Array<number>(4).fill(0x80010203))
  })

  it('spreads indices of 1, 4 and 8 bits, both bit orders', () => {
    const palette = { idHi: 0, idLo: 1, colors: Uint32Array.from({ length: 16 }, (_, i) => 0xff000000 | i) }
    const indices = (type: number, width: number, byte: number): number[] => [...decodeLzPalette(lzImage(type, width, 1, 1, true, [0, byte]), palette).data].map((c) => c & 255)
    expect(indices(LzType.PLT4_BE, 2, 0x5a)).toEqual([5, 10])
    expect(indices(LzType.PLT4_LE, 2, 0x5a)).toEqual([10, 5])
    expect(indices(LzType.PLT1_BE, 5, 0b10110000)).toEqual([1, 0, 1, 1, 0])
    expect(indices(LzType.PLT1_LE, 5, 0b00001101)).toEqual([1, 0, 1, 1, 0])
    expect(indices(LzType.PLT8, 1, 15)).toEqual([15])
    expect(indices(LzType.PLT8, 1, 16)).toEqual([0])
  })

  it('reads coverage alone', () => {
    expect([...decodeLzAlpha(lzImage(LzType.XXXA, 2, 2, 8, false, [3, 1, 2, 3, 4])).data]).toEqual([3, 4, 1, 2])
    expect(() => decodeLzAlpha(lzImage(LzType.RGB32, 2, 2, 8, true, [3, 1, 2, 3, 4]))).toThrow(wireError)
  })

  it('reads alpha alone as black with that alpha, as a bitmap of it', () => {
    const got = decodeLzRgb(lzImage(LzType.A8, 4, 2, 4, false, [3, 1, 2, 3, 4, 0, 0x80, 0x20, 0]))
    expect([...got.data].map((v) => v >>> 0)).toEqual([0x80000000, 0x80000000, 0x80000000, 0x80000000, 0x01000000, 0x02000000, 0x03000000, 0x04000000])
    expect(got).toMatchObject({ width: 4, height: 2, alpha: true, bits: 8 })
    expect(() => decodeLzRgb(lzImage(LzType.A8, 4, 2, 4, false, [3, 1, 2, 3, 4, 0, 0x80]))).toThrow(wireError)
  })

  it('repeats a pattern of any length, in words and bytes', () => {
    for (const make of [(n: number) => new Uint32Array(n), (n: number) => new Uint8Array(n)])
      for (let distance = 1; distance < 40; distance++)
        for (const length of [1, 7, 24, 25, 26, 60, 257]) {
          const out = make(400)
          for (let i = 0; i < distance; i++) out[i] = i + 1
          copyMatch(out, distance, distance, length)
          for (let i = 0; i < 400; i++) if (out[i] !== (i < distance + length ? (i % distance) + 1 : 0)) throw new Error(`distance ${distance}, length ${length}, at ${i}`)
        }
  })

  it('refuses every kind of lie without reading or writing outside', () => {
    const lies: Uint8Array[] = [
      new Uint8Array(27),
      lzImage(LzType.RGB32, 16_385, 1, 4, true, [0, 1, 2, 3]),
      lzImage(LzType.RGB32, 0, 1, 4, true, [0, 1, 2, 3]),
      lzImage(LzType.RGB32, 16_384, 4096, 4, true, [0, 1, 2, 3]),
      lzImage(LzType.RGB32, 1, 1, 4, true, [0x20, 0]),
      lzImage(LzType.RGB32, 2, 1, 8, true, [0, 1, 2, 3, 0x40, 0]),
      lzImage(LzType.RGB32, 2, 1, 8, true, [0, 1, 2, 3, 0x20, 1]),
      lzImage(LzType.RGB32, 2, 1, 8, true, [0, 1, 2, 3, 0xe0, 255, 255]),
      lzImage(LzType.RGB32, 2, 1, 8, true, [3, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
      lzImage(LzType.XXXA, 2, 1, 8, true, [1, 2, 3]),
      lzImage(12, 2, 1, 8, true, [1, 2, 3]),
    ]
    for (const lie of lies) expect(() => decodeLzRgb(lie)).toThrow(wireError)
    const palette = { idHi: 0, idLo: 1, colors: new Uint32Array(2) }
    expect(() => decodeLzPalette(lzImage(LzType.PLT8, 9, 1, 8, true, [0, 1, 0xe0, 0, 0]), palette)).toThrow(wireError)
    expect(() => decodeLzPalette(lzImage(LzType.RGB32, 9, 1, 8, true, [0, 1, 0xe0, 0, 0]), palette)).toThrow(wireError)
  })
})

describe('LZ4 blocks', () => {
  it('reaches back into the block before', () => {
    const out = new Uint8Array(12)
    const first = Uint8Array.from([0x40, 1, 2, 3, 4])
    expect(lz4Block(first, 0, first.length, out, 0)).toBe(4)
    const second = Uint8Array.from([0x04, 4, 0])
    expect(lz4Block(second, 0, second.length, out, 4)).toBe(12)
    expect([...out]).toEqual([1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4])
  })

  it.each([[[0x40, 1, 2]], [[0x10, 1, 2, 0]], [[0x10, 1, 0, 0]], [[0x1f, 1, 1, 0, 255, 255]], [[0xf0, 255, 255, 255]], [[0x10, 1, 1]]])('refuses %j', (bytes) => {
    expect(() => lz4Block(Uint8Array.from(bytes), 0, bytes.length, new Uint8Array(12), 0)).toThrow(wireError)
  })

  it.each([[8, 2], [64, 32]])('alpha alone, %i×%i, in TypeScript and WebAssembly', async (width, height) => {
    const { lz4: wasm } = await loadRowsWasm()
    const n = width * height - 20
    // Twenty literals and a match of the rest, five back; the last sequence of a block is literals only.
    const block = [0xff, 5, ...Array.from({ length: 20 }, (_, i) => i * 12), 5, 0]
    const rest = n - 5
    if (rest < 19) block.splice(0, block.length, ...Array.of(0xf0, width * height - 15), ...Array.from({ length: width * height }, (_, i) => i * 12))
    else block.push(...Array<number>(Math.floor((rest - 19) / 255)).fill(255), (rest - 19) % 255, 0x50, 1, 2, 3, 4, 5)
    const src = Uint8Array.from([0, 10, 0, 0, block.length >> 8, block.length & 255, ...block])
    const got = decodeLz4(src, width, height)
    expect(got).toMatchObject({ alpha: true, bits: 8 })
    // Bottom-up: the first byte is the bottom row's.
    const bottom = (height - 1) * width
    for (let x = 0; x < 8; x++) expect(got.data[bottom + x]! >>> 0).toBe(x * 12 * 0x1000000)
    expect(difference(wasm(src, width, height), got)).toBeUndefined()
    expect(() => decodeLz4(Uint8Array.from([0, 5, ...src.subarray(2)]), width, height)).toThrow(wireError)
    expect(() => wasm(src.subarray(0, -6), width, height)).toThrow(wireError)
  })

  it('matches of any distance and length, TypeScript, WebAssembly and byte by byte', async () => {
    const { lz4: wasm } = await loadRowsWasm()
    const next = random(3)
    const varint = (n: number): number[] => (n < 15 ? [] : [...Array<number>(Math.floor((n - 15) / 255)).fill(255), (n - 15) % 255])
    const [width, height] = [64, 32]
    const size = width * height * 4
    for (let round = 0; round < 60; round++) {
      const want: number[] = []
      const block: number[] = []
      for (let left = size; left > 0; left = size - want.length) {
        const literals = left < 700 ? left : 1 + (next() % (next() % 4 === 0 ? 300 : 12))
        const ends = left < 700
        const length = 4 + (next() % (next() % 3 === 0 ? 350 : 20))
        block.push((Math.min(15, literals) << 4) | (ends ? 0 : Math.min(15, length - 4)), ...varint(literals))
        for (let i = 0; i < literals; i++) {
          const byte = next() & 255
          block.push(byte)
          want.push(byte)
        }
        if (ends) break
        const distance = 1 + (next() % Math.min(want.length, round % 2 === 0 ? 20 : 60_000))
        block.push(distance & 255, distance >> 8, ...varint(length - 4))
        for (let i = 0; i < length; i++) want.push(want[want.length - distance] ?? 0)
      }
      const src = Uint8Array.from([1, 9, 0, 0, block.length >> 8, block.length & 255, ...block])
      const got = decodeLz4(src, width, height)
      expect([...new Uint8Array(got.data.buffer, 0, size)].map((_, i, all) => all[(i & ~3) | [2, 1, 0, 3][i & 3]!])).toEqual(want)
      expect(difference(wasm(src, width, height), got)).toBeUndefined()
    }
  })
})
