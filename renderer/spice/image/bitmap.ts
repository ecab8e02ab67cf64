// Why: uncompressed images of every format to colour words, top row first. Row strides and bottom-up order are the
// guest's; rows of 32 bits are read a word at a time.
import { BitmapFmt } from '../wire/enums.ts'
import { WireError } from '../wire/reader.ts'
import type { Coverage, Picture } from '../pixels.ts'
import { checkedArea } from './limits.ts'
import { expandIndexed, widen555, type IndexLayout, type PaletteCache } from './palettes.ts'
import { bitsPerPixel } from './parse.ts'
import { fresh, type Allocate } from './pool.ts'
import type { BitmapRef } from './types.ts'

/** What raw rows need to become a picture; BitmapRef has it, LZ4 images after their blocks do too. */
export interface RawRows {
  readonly format: number
  readonly width: number
  readonly height: number
  readonly stride: number
  readonly topDown: boolean
  readonly data: Uint8Array
}

/** Same shape for the TypeScript and the WebAssembly decoder. */
export type RawDecode = (rows: RawRows, allocate?: Allocate) => Picture

/** `is555`: palettes hold 16-bit colours (the canvas is a 16-bit surface). */
export function decodeBitmap(ref: BitmapRef, palettes: PaletteCache, is555 = false, allocate: Allocate = fresh, raw: RawDecode = decodeRaw): Picture {
  const layout = indexLayout(ref.format)
  if (layout === undefined) return raw(ref, allocate)
  const out = allocate(checkedArea(ref.width, ref.height))
  expandIndexed(out, ref.data, ref.width, ref.height, ref.stride, ref.topDown, layout, palettes.resolve(ref.palette), is555)
  return { width: ref.width, height: ref.height, stride: ref.width, data: out, alpha: false }
}

function indexLayout(format: number): IndexLayout | undefined {
  switch (format) {
    case BitmapFmt['1BIT_LE']:
      return { bits: 1, msbFirst: false }
    case BitmapFmt['1BIT_BE']:
      return { bits: 1, msbFirst: true }
    case BitmapFmt['4BIT_LE']:
      return { bits: 4, msbFirst: false }
    case BitmapFmt['4BIT_BE']:
      return { bits: 4, msbFirst: true }
    case BitmapFmt['8BIT']:
      return { bits: 8, msbFirst: true }
    default:
      return undefined
  }
}

/** 16, 24, 32 bits, RGBA, or alpha alone (black with that alpha). */
export function decodeRaw(rows: RawRows, allocate: Allocate = fresh): Picture {
  const { width, height, stride, format } = rows
  const out = allocate(checkedArea(width, height))
  if (rows.data.length < (height - 1) * stride + Math.ceil((width * bitsPerPixel(format)) / 8)) throw new WireError('bitmap shorter than its rows')
  switch (format) {
    case BitmapFmt['32BIT']:
      words(out, rows, 0xff000000)
      break
    case BitmapFmt.RGBA:
      words(out, rows, 0)
      break
    case BitmapFmt['24BIT']:
      for (let y = 0; y < height; y++) {
        let from = rowAt(rows, y)
        for (let at = y * width, end = at + width; at < end; at++, from += 3) out[at] = 0xff000000 | (rows.data[from]! << 16) | (rows.data[from + 1]! << 8) | rows.data[from + 2]!
      }
      break
    case BitmapFmt['16BIT']:
      for (let y = 0; y < height; y++) {
        let from = rowAt(rows, y)
        for (let at = y * width, end = at + width; at < end; at++, from += 2) out[at] = widen555(rows.data[from]! | (rows.data[from + 1]! << 8))
      }
      break
    case BitmapFmt['8BIT_A']:
      for (let y = 0; y < height; y++) {
        let from = rowAt(rows, y)
        for (let at = y * width, end = at + width; at < end; at++) out[at] = rows.data[from++]! << 24
      }
      break
    default:
      throw new WireError(`bitmap format ${format} without palette`)
  }
  return { width, height, stride: width, data: out, alpha: format === BitmapFmt.RGBA || format === BitmapFmt['8BIT_A'], ...bitsOf(format) }
}

/** The mark of a picture from rows of this BitmapFmt. */
export function bitsOf(format: number): Pick<Picture, 'bits'> {
  return format === BitmapFmt['16BIT'] ? { bits: 16 } : format === BitmapFmt['8BIT_A'] ? { bits: 8 } : {}
}

function rowAt(rows: RawRows, y: number): number {
  return (rows.topDown ? y : rows.height - 1 - y) * rows.stride
}

function words(out: Uint32Array, rows: RawRows, opaque: number): void {
  const { width, height } = rows
  // A payload starts where its message happens to; copying a row first is cheaper than four byte loads a pixel.
  const row = new Uint32Array(width)
  const bytes = new Uint8Array(row.buffer)
  for (let y = 0; y < height; y++) {
    const from = rowAt(rows, y)
    bytes.set(rows.data.subarray(from, from + width * 4))
    const at = y * width
    for (let x = 0; x < width; x++) {
      const p = row[x]!
      out[at + x] = opaque | (p & 0xff00ff00) | ((p >>> 16) & 0xff) | ((p & 0xff) << 16)
    }
  }
}

/** A mask: bits of 0 or 1, or eight bits of alpha, as coverage. `invert` turns it over. Needs no palette. */
export function decodeMaskBitmap(ref: BitmapRef, invert: boolean): Coverage {
  const { width, height, format } = ref
  const out = new Uint8Array(checkedArea(width, height))
  const turn = invert ? 0xff : 0
  if (format !== BitmapFmt['1BIT_BE'] && format !== BitmapFmt['1BIT_LE'] && format !== BitmapFmt['8BIT_A']) throw new WireError(`mask of format ${format}`)
  const msb = format === BitmapFmt['1BIT_BE'] ? 7 : 0
  for (let y = 0; y < height; y++) {
    const row = rowAt(ref, y)
    const at = y * width
    if (format === BitmapFmt['8BIT_A']) for (let x = 0; x < width; x++) out[at + x] = ref.data[row + x]! ^ turn
    else for (let x = 0; x < width; x++) out[at + x] = -((ref.data[row + (x >> 3)]! >> ((x & 7) ^ msb)) & 1) ^ turn
  }
  return { width, height, data: out }
}
