// Why: the pieces that display messages are made of: boxes, clips, brushes, masks, paths, glyphs. Every count is checked
// against the bytes that are left before anything of its size is made. Layouts: struct DisplayBase, Clip, Brush, QMask,
// Path, LineAttr, String of SPICE protocol 2.x, as the real server marshals them.
import type { Clip, DrawBase, Glyph, LineAttr, PathSegment, Text, Transform } from '../canvas/types.ts'
import { parseImage } from '../image/parse.ts'
import type { ImageRef } from '../image/types.ts'
import type { Coverage, Point, Rect } from '../pixels.ts'
import { BrushType, ClipType, LineFlags, MaskFlags, StringFlags } from '../wire/enums.ts'
import { WireError, type Reader } from '../wire/reader.ts'
import type { WireBrush, WireMask } from './commands.ts'

/** top, left, bottom, right */
export function parseRect(r: Reader): Rect {
  const top = r.i32()
  const left = r.i32()
  const bottom = r.i32()
  return { top, left, bottom, right: r.i32() }
}

/** Point: two of 32 bits. */
export function parsePoint(r: Reader): Point {
  const x = r.i32()
  return { x, y: r.i32() }
}

/** Point16 */
export function parsePoint16(r: Reader): Point {
  const x = r.i16()
  return { x, y: r.i16() }
}

export function parseClip(r: Reader): Clip {
  const type = r.u8()
  if (type === ClipType.NONE) return null
  if (type !== ClipType.RECTS) throw new WireError(`clip type ${type}`)
  const n = r.count(r.u32(), 16)
  const rects = new Array<Rect>(n)
  for (let i = 0; i < n; i++) rects[i] = parseRect(r)
  return rects
}

/** DisplayBase without its first field, the surface's id. */
export function parseBase(r: Reader): DrawBase {
  const box = parseRect(r)
  return { box, clip: parseClip(r) }
}

/** The image that a pointer names; a null pointer is `null`. */
export function parseImagePointer(r: Reader): ImageRef | null {
  const offset = r.u32()
  return offset === 0 ? null : parseImage(r.at(offset))
}

export function parseSource(r: Reader): ImageRef {
  const ref = parseImagePointer(r)
  if (ref === null) throw new WireError('a draw without its image')
  return ref
}

export function parseBrush(r: Reader): WireBrush {
  const type = r.u8()
  switch (type) {
    case BrushType.NONE:
      return { type: 'none' }
    case BrushType.SOLID:
      return { type: 'solid', color: r.u32() }
    case BrushType.PATTERN: {
      const ref = parseSource(r)
      return { type: 'pattern', ref, origin: parsePoint(r) }
    }
    default:
      throw new WireError(`brush type ${type}`)
  }
}

export function parseMask(r: Reader): WireMask | null {
  const flags = r.u8()
  const pos = parsePoint(r)
  const ref = parseImagePointer(r)
  return ref === null ? null : { ref, pos, invert: (flags & MaskFlags.MASK_FLAGS_INVERS) !== 0 }
}

export function parseTransform(r: Reader): Transform {
  const t00 = r.i32()
  const t01 = r.i32()
  const t02 = r.i32()
  const t10 = r.i32()
  const t11 = r.i32()
  return { t00, t01, t02, t10, t11, t12: r.i32() }
}

function words(r: Reader, n: number): Int32Array {
  const out = new Int32Array(r.count(n, 4))
  for (let i = 0; i < n; i++) out[i] = r.i32()
  return out
}

/** By pointer: u32 count of segments; each u8 flags, u32 count, points of two 28.4 numbers. */
export function parsePath(r: Reader): PathSegment[] {
  const at = r.at(r.u32())
  const n = at.count(at.u32(), 5)
  const path = new Array<PathSegment>(n)
  for (let i = 0; i < n; i++) {
    const flags = at.u8()
    path[i] = { flags, points: words(at, at.count(at.u32(), 8) * 2) }
  }
  return path
}

/** u8 flags; only of a styled line: u8 count and a pointer to as many 28.4 numbers. */
export function parseLineAttr(r: Reader): LineAttr {
  const flags = r.u8()
  if ((flags & LineFlags.STYLED) === 0) return { flags, style: new Int32Array(0) }
  const n = r.u8()
  return { flags, style: words(r.at(r.u32()), n) }
}

/** By pointer: u16 count, u8 StringFlags, then the glyphs: where drawn, origin, u16 width, height, rows of whole bytes. */
export function parseString(r: Reader): Pick<Text, 'bits' | 'glyphs'> {
  const at = r.at(r.u32())
  const n = at.count(at.u16(), 20)
  const flags = at.u8()
  const bits = (flags & StringFlags.A1) !== 0 ? 1 : (flags & StringFlags.A4) !== 0 ? 4 : (flags & StringFlags.A8) !== 0 ? 8 : 0
  if (bits === 0) throw new WireError(`string flags ${flags}`)
  const glyphs = new Array<Glyph>(n)
  for (let i = 0; i < n; i++) {
    const renderPos = parsePoint(at)
    const origin = parsePoint(at)
    const width = at.u16()
    const height = at.u16()
    const stride = (width * bits + 7) >> 3
    const rows = at.take(at.count(height, stride) * stride)
    glyphs[i] = { renderPos, origin, coverage: unpack(rows, width, height, stride, bits) }
  }
  return { bits, glyphs }
}

/**
 * Rows come bottom first, whatever the flag TOP_DOWN says: the server's own canvas, which is also what other clients draw
 * with, does not look at it. That canvas draws eight-bit glyphs one row too low, and reads the row above them from behind
 * their data; they are as low here, and that row is empty. Bits of a byte from the highest down.
 */
function unpack(rows: Uint8Array, width: number, height: number, stride: number, bits: 1 | 4 | 8): Coverage {
  const data = new Uint8Array(width * height)
  for (let y = 0; y < height; y++) {
    const row = (height - 1 - y) * stride
    let at = y * width
    if (bits === 8) {
      if (y + 1 < height) data.set(rows.subarray(row, row + width), at + width)
    } else if (bits === 4) for (let x = 0; x < width; x++) data[at++] = ((rows[row + (x >> 1)]! >> ((x & 1) === 0 ? 4 : 0)) & 15) * 17
    else for (let x = 0; x < width; x++) data[at++] = ((rows[row + (x >> 3)]! >> (7 - (x & 7))) & 1) * 255
  }
  return { width, height, data }
}
