// Why: SPICE's LZ works on whole pixels, so its loops write colour words and never bytes. Format, as the real server
// writes it: a header of seven big-endian words, then commands. A control byte under 32 is that many literals and one
// more; else its top three bits are a length (7: bytes follow until one is not 255) and the rest with the next byte a
// distance of 13 bits (all ones: 16 more bits follow). A second run of commands, for alpha, follows that of RGBA.
import { WireError } from '../wire/reader.ts'
import { MAX_AREA, type Picture } from '../pixels.ts'
import { checkedArea } from './limits.ts'
import { fresh, type Allocate } from './pool.ts'
import { expandIndexed, widen555, type IndexLayout } from './palettes.ts'
import type { Palette } from './types.ts'

export const LzType = { PLT1_LE: 1, PLT1_BE: 2, PLT4_LE: 3, PLT4_BE: 4, PLT8: 5, RGB16: 6, RGB24: 7, RGB32: 8, RGBA: 9, XXXA: 10, A8: 11 } as const

/** Bytes "  ZL". */
export const LZ_MAGIC = 0x20205a4c
/** Version 1.1. */
export const LZ_VERSION = 0x00010001
export const LZ_HEADER = 28

/** 13 bits of distance, less the escape. */
const FAR = 8191
/** What a command that copies can stand for per byte, at most: 255 pixels. Guards the allocation. */
const MAX_PIXELS_PER_BYTE = 255
/** Up to here a loop beats the call of a block copy. */
const SHORT_COPY = 24

export interface LzHeader {
  readonly type: number
  readonly width: number
  readonly height: number
  /** Bytes a row, of the uncompressed image; matters for palettes only. */
  readonly stride: number
  readonly topDown: boolean
}

export function lzHeader(src: Uint8Array): LzHeader {
  if (src.length < LZ_HEADER) throw new WireError(`LZ image of ${src.length} bytes`)
  const v = new DataView(src.buffer, src.byteOffset, LZ_HEADER)
  if (v.getUint32(0) !== LZ_MAGIC || v.getUint32(4) !== LZ_VERSION) throw new WireError('not an LZ image')
  const header = { type: v.getUint32(8), width: v.getUint32(12), height: v.getUint32(16), stride: v.getUint32(20), topDown: v.getUint32(24) !== 0 }
  checkedArea(header.width, header.height)
  return header
}

/** Same shape for the TypeScript and the WebAssembly decoder. */
export type LzDecode = (src: Uint8Array, allocate?: Allocate) => Picture

/** LZ_RGB of 16, 24, 32 bits, RGBA, and alpha alone (black with that alpha, as a bitmap of 8BIT_A). */
export function decodeLzRgb(src: Uint8Array, allocate: Allocate = fresh): Picture {
  const header = lzHeader(src)
  const { width, height, type } = header
  if (type === LzType.A8) {
    const plane = decodeLzAlpha(src)
    const data = allocate(width * height)
    for (let i = 0; i < data.length; i++) data[i] = plane.data[i]! << 24
    return { width, height, stride: width, data, alpha: true, bits: 8 }
  }
  if (type !== LzType.RGB16 && type !== LzType.RGB24 && type !== LzType.RGB32 && type !== LzType.RGBA) throw new WireError(`LZ_RGB of type ${type}`)
  const out = allocate(fillable(width * height, src))
  const end = type === LzType.RGB16 ? pixels16(src, LZ_HEADER, out) : pixels24(src, LZ_HEADER, out)
  const alpha = type === LzType.RGBA
  if (alpha) {
    const plane = new Uint8Array(out.length)
    lzBytes(src, end, plane)
    mergeAlpha(out, plane)
  }
  if (!header.topDown) flipRows(out, width, height)
  return { width, height, stride: width, data: out, alpha, ...(type === LzType.RGB16 ? { bits: 16 } : {}) }
}

/** LZ_PLT: indices of 1, 4, 8 bits; commands work on bytes, so a match covers two or eight pixels. */
export function decodeLzPalette(src: Uint8Array, palette: Palette, is555 = false, allocate: Allocate = fresh): Picture {
  const header = lzHeader(src)
  const { width, height, stride, topDown } = header
  const layout = layoutOf(header.type)
  if (stride * 8 < width * layout.bits || stride * height > MAX_AREA) throw new WireError(`LZ_PLT rows of ${width} pixels in ${stride} bytes`)
  const indices = new Uint8Array(fillable(stride * height, src))
  lzBytes(src, LZ_HEADER, indices)
  const out = allocate(width * height)
  expandIndexed(out, indices, width, height, stride, topDown, layout, palette, is555)
  return { width, height, stride: width, data: out, alpha: false }
}

/** Coverage alone (the alpha of a JPEG, or A8), top row first, width × height bytes. */
export function decodeLzAlpha(src: Uint8Array): { readonly width: number; readonly height: number; readonly data: Uint8Array } {
  const { type, width, height, topDown } = lzHeader(src)
  if (type !== LzType.XXXA && type !== LzType.A8) throw new WireError(`LZ alpha of type ${type}`)
  const data = new Uint8Array(fillable(width * height, src))
  lzBytes(src, LZ_HEADER, data)
  if (!topDown) flipRows(data, width, height)
  return { width, height, data }
}

function layoutOf(type: number): IndexLayout {
  switch (type) {
    case LzType.PLT1_LE:
      return { bits: 1, msbFirst: false }
    case LzType.PLT1_BE:
      return { bits: 1, msbFirst: true }
    case LzType.PLT4_LE:
      return { bits: 4, msbFirst: false }
    case LzType.PLT4_BE:
      return { bits: 4, msbFirst: true }
    case LzType.PLT8:
      return { bits: 8, msbFirst: true }
    default:
      throw new WireError(`LZ_PLT of type ${type}`)
  }
}

/** Pixels that these bytes could make; WireError if they could not. */
export function fillable(n: number, src: Uint8Array): number {
  if (n > src.length * MAX_PIXELS_PER_BYTE) throw new WireError(`LZ image of ${n} pixels in ${src.length} bytes`)
  return n
}

/** Fills `out` with B, G, R literals and matches; returns the offset after the last command. */
function pixels24(src: Uint8Array, start: number, out: Uint32Array): number {
  const size = out.length
  const last = src.length
  let ip = start
  let op = 0
  while (op < size) {
    if (ip >= last) throw new WireError('LZ image cut short')
    const control = src[ip++]!
    if (control < 32) {
      const end = op + control + 1
      if (end > size || ip + 3 * (control + 1) > last) throw new WireError('LZ literals too long')
      for (; op < end; op++, ip += 3) out[op] = 0xff000000 | (src[ip]! << 16) | (src[ip + 1]! << 8) | src[ip + 2]!
      continue
    }
    let length = control >> 5
    if (length === 7) {
      let more
      do {
        more = ip < last ? src[ip]! : 0
        ip++
        length += more
      } while (more === 255)
    }
    if (ip >= last) throw new WireError('LZ image cut short')
    let distance = ((control & 31) << 8) + src[ip++]!
    if (distance === FAR) {
      if (ip + 2 > last) throw new WireError('LZ image cut short')
      distance += (src[ip]! << 8) | src[ip + 1]!
      ip += 2
    }
    copyMatch(out, op, ++distance, length)
    op += length
  }
  return ip
}

/** As pixels24, for pixels of two bytes, high one first; lengths are one more than they say. */
function pixels16(src: Uint8Array, start: number, out: Uint32Array): number {
  const size = out.length
  const last = src.length
  let ip = start
  let op = 0
  while (op < size) {
    if (ip >= last) throw new WireError('LZ image cut short')
    const control = src[ip++]!
    if (control < 32) {
      const end = op + control + 1
      if (end > size || ip + 2 * (control + 1) > last) throw new WireError('LZ literals too long')
      for (; op < end; op++, ip += 2) out[op] = widen555((src[ip]! << 8) | src[ip + 1]!)
      continue
    }
    let length = (control >> 5) + 1
    if (length === 8) {
      let more
      do {
        more = ip < last ? src[ip]! : 0
        ip++
        length += more
      } while (more === 255)
    }
    if (ip >= last) throw new WireError('LZ image cut short')
    let distance = ((control & 31) << 8) + src[ip++]!
    if (distance === FAR) {
      if (ip + 2 > last) throw new WireError('LZ image cut short')
      distance += (src[ip]! << 8) | src[ip + 1]!
      ip += 2
    }
    copyMatch(out, op, ++distance, length)
    op += length
  }
  return ip
}

/** As pixels24, for single bytes: indices and alpha; lengths are two more than they say. Fills `out`. */
export function lzBytes(src: Uint8Array, start: number, out: Uint8Array): number {
  const size = out.length
  const last = src.length
  let ip = start
  let op = 0
  while (op < size) {
    if (ip >= last) throw new WireError('LZ image cut short')
    const control = src[ip++]!
    if (control < 32) {
      const end = op + control + 1
      if (end > size || ip + control + 1 > last) throw new WireError('LZ literals too long')
      for (; op < end; op++, ip++) out[op] = src[ip]!
      continue
    }
    let length = (control >> 5) + 2
    if (length === 9) {
      let more
      do {
        more = ip < last ? src[ip]! : 0
        ip++
        length += more
      } while (more === 255)
    }
    if (ip >= last) throw new WireError('LZ image cut short')
    let distance = ((control & 31) << 8) + src[ip++]!
    if (distance === FAR) {
      if (ip + 2 > last) throw new WireError('LZ image cut short')
      distance += (src[ip]! << 8) | src[ip + 1]!
      ip += 2
    }
    copyMatch(out, op, ++distance, length)
    op += length
  }
  return ip
}

/** `length` items from `distance` back, which may overlap: then they repeat. Refuses what is outside of `out`. */
export function copyMatch(out: Uint32Array | Uint8Array, op: number, distance: number, length: number): void {
  const end = op + length
  let from = op - distance
  if (from < 0 || end > out.length) throw new WireError(`LZ match of ${length} at ${op} from ${from}, image of ${out.length}`)
  if (length <= SHORT_COPY) while (op < end) out[op++] = out[from++]!
  else copyLong(out, op, distance, length)
}

/** A block copy, or as many of them as a pattern needs that repeats: each one doubles what is there. */
export function copyLong(out: Uint32Array | Uint8Array, op: number, distance: number, length: number): void {
  const from = op - distance
  if (distance === 1) out.fill(out[from]!, op, op + length)
  else if (distance >= length) out.copyWithin(op, from, from + length)
  else {
    out.copyWithin(op, from, op)
    for (let done = distance; done < length; done *= 2) out.copyWithin(op + done, op, op + Math.min(done, length - done))
  }
}

/** Puts a plane of alpha on top of opaque colours. */
export function mergeAlpha(out: Uint32Array, plane: Uint8Array): void {
  for (let i = 0; i < out.length; i++) out[i] = (out[i]! & 0xffffff) | (plane[i]! << 24)
}

/** Bottom-up to top-down, in place. */
export function flipRows<T extends Uint32Array | Uint8Array>(data: T, width: number, height: number): void {
  const spare = data.slice(0, width)
  for (let top = 0, bottom = (height - 1) * width; top < bottom; top += width, bottom -= width) {
    spare.set(data.subarray(top, top + width))
    data.copyWithin(top, bottom, bottom + width)
    data.set(spare, bottom)
  }
}
