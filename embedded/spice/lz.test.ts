import { describe, expect, test } from 'vitest'
import { lzRgb32, LZ_HEADER_BYTES } from './lz.ts'
import { decodeLz } from './testkit.ts'

const back = (pixels: Uint32Array, width: number) => decodeLz(lzRgb32(pixels, width, pixels.length / width).subarray(LZ_HEADER_BYTES), pixels.length)
const make = (n: number, at: (i: number) => number) => Uint32Array.from({ length: n }, (_, i) => at(i) & 0xffffff)
const noise = (i: number) => Math.imul(i + 1, 0x9e3779b1) >>> 7

describe('LZ_RGB32', () => {
  test.each([
    ['one pixel', make(1, () => 0x123456), 1],
    ['a run longer than one length byte', make(4000, () => 0xabcdef), 100],
    ['noise, which has no matches', make(4096, noise), 64],
    ['runs of each length from 1 to 40', make(820, (i) => Math.floor((Math.sqrt(8 * i + 1) - 1) / 2) * 0x010305), 20],
    ['a repeat just short of the far escape', make(8191 * 2, (i) => noise(i % 8191)), 8191],
    ['a repeat exactly at the far escape', make(8192 * 2, (i) => noise(i % 8192)), 8192],
    ['a repeat beyond it', make(20_000 * 2, (i) => noise(i % 20_000)), 200],
    ['a repeat beyond all reach', make(80_000 * 2, (i) => noise(i % 80_000)), 400],
  ])('gives back %s', (_, pixels, width) => {
    expect(back(pixels, width)).toEqual(pixels)
  })

  test('makes flat pictures small and never grows a picture of noise past its bytes by much', () => {
    expect(lzRgb32(make(65_536, () => 7), 256, 256).length).toBeLessThan(400)
    expect(lzRgb32(make(65_536, noise), 256, 256).length).toBeLessThan(65_536 * 4)
  })

  test('far repeats do compress', () => {
    expect(lzRgb32(make(40_000, (i) => noise(i % 20_000)), 200, 200).length).toBeLessThan(20_000 * 3.2)
  })
})
