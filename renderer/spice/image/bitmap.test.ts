import { describe, expect, it } from 'vitest'
import { BitmapFmt, ImageType } from '../wire/enums.ts'
import { Reader } from '../wire/reader.ts'
import { decodeBitmap } from './bitmap.ts'
import { PaletteCache } from './palettes.ts'
import { parseImage } from './parse.ts'
import type { BitmapRef } from './types.ts'

const wireError = expect.objectContaining({ name: 'WireError' })

/** A message that holds one bitmap at offset 3, and a palette behind it if there are colours. */
function message(format: number, width: number, height: number, stride: number, data: readonly number[], colors: readonly number[] = [], flags = 4): Reader {
  const at = 3
  const paletteAt = at + 39 + 4 + data.length
  const out = new Uint8Array(paletteAt + 10 + colors.length * 4)
  const v = new DataView(out.buffer)
  v.setUint32(at, 1, true)
  v.setUint32(at + 4, 2, true)
  v.setUint8(at + 8, ImageType.BITMAP)
  v.setUint32(at + 10, width, true)
  v.setUint32(at + 14, height, true)
  v.setUint8(at + 18, format)
  v.setUint8(at + 19, flags)
  v.setUint32(at + 20, width, true)
  v.setUint32(at + 24, height, true)
  v.setUint32(at + 28, stride, true)
  v.setUint32(at + 32, colors.length > 0 ? paletteAt : 0, true)
  out.set(data, at + 36)
  v.setUint32(paletteAt, 77, true)
  v.setUint16(paletteAt + 8, colors.length, true)
  for (const [i, c] of colors.entries()) v.setUint32(paletteAt + 10 + i * 4, c, true)
  return new Reader(out, at)
}

function words(r: Reader, is555 = false): string[] {
  const ref = parseImage(r)
  if (ref.type !== ImageType.BITMAP) throw new Error('not a bitmap')
  return [...decodeBitmap(ref, new PaletteCache(), is555).data].map((w) => w.toString(16).padStart(8, '0'))
}

describe('bitmaps', () => {
  it.each([
    ['32BIT', [1, 2, 3, 9], ['ff010203']],
    ['RGBA', [1, 2, 3, 9], ['09010203']],
    ['24BIT', [1, 2, 3, 0], ['ff010203']],
    ['16BIT', [0x1f, 0x40, 0, 0], ['ffff0084']],
    ['8BIT_A', [9, 0, 0, 0], ['09000000']],
  ] as const)('%s', (format, data, want) => {
    expect(words(message(BitmapFmt[format], 1, 1, 4, data))).toEqual(want)
  })

  it('rows bottom-up, with padding', () => {
    expect(words(message(BitmapFmt['24BIT'], 1, 2, 5, [1, 2, 3, 0, 0, 4, 5, 6, 0, 0], [], 0))).toEqual(['ff040506', 'ff010203'])
    expect(words(message(BitmapFmt['32BIT'], 1, 2, 5, [1, 2, 3, 0, 0, 4, 5, 6, 0, 0], [], 0))).toEqual(['ff040506', 'ff010203'])
  })

  it('indices through the palette; beyond it black; of 16-bit colours for a 16-bit surface', () => {
    expect(words(message(BitmapFmt['4BIT_BE'], 3, 1, 2, [0x01, 0x20], [0x112233, 0x445566]))).toEqual(['ff332211', 'ff665544', 'ff000000'])
    expect(words(message(BitmapFmt['4BIT_LE'], 3, 1, 2, [0x10, 0x02], [0x112233, 0x445566]))).toEqual(['ff332211', 'ff665544', 'ff000000'])
    expect(words(message(BitmapFmt['1BIT_BE'], 2, 1, 1, [0x40], [1, 2]))).toEqual(['ff010000', 'ff020000'])
    expect(words(message(BitmapFmt['1BIT_LE'], 2, 1, 1, [0x02], [1, 2]))).toEqual(['ff010000', 'ff020000'])
    expect(words(message(BitmapFmt['8BIT'], 1, 1, 1, [0], [0x7c1f]), true)).toEqual(['ffff00ff'])
  })

  it('refuses sizes, rows and formats that cannot be, and indices without palette', () => {
    const four = [1, 2, 3, 4]
    expect(() => words(message(BitmapFmt['32BIT'], 2, 1, 4, four))).toThrow(wireError)
    expect(() => words(message(BitmapFmt['32BIT'], 1, 50, 4, four))).toThrow(wireError)
    expect(() => words(message(BitmapFmt['32BIT'], 0x40000000, 1, 4, four))).toThrow(wireError)
    expect(() => words(message(BitmapFmt['32BIT'], 1, 0, 4, four))).toThrow(wireError)
    expect(() => words(message(BitmapFmt['32BIT'], 1, 16_000, 0xffffffff, four))).toThrow(wireError)
    expect(() => words(message(11, 1, 1, 4, four))).toThrow(wireError)
    expect(() => words(message(BitmapFmt['8BIT'], 1, 1, 1, four))).toThrow(wireError)
    const bad: BitmapRef = { type: ImageType.BITMAP, idHi: 0, idLo: 0, flags: 0, width: 9, height: 9, format: BitmapFmt['32BIT'], topDown: true, stride: 36, palette: { kind: 'none' }, data: new Uint8Array(9) }
    expect(() => decodeBitmap(bad, new PaletteCache())).toThrow(wireError)
  })
})
