// Why: drawing scripts that both the real server (oracle.c) and the canvas run. Writes a case in the oracle's words and
// converts surfaces between the wire's memory formats and ours.
import type { Picture, Point, Rect } from '../../pixels.ts'
import { BitmapFmt, BrushType, SurfaceFmt } from '../../wire/enums.ts'
import type { SurfaceFormat } from '../surface.ts'
import { quantise, Surface } from '../surface.ts'
import type { AlphaBlend, Brush, Clip, Composite, Copy, CopyBits, DrawBase, Fill, Mask, Opaque, PathSegment, Plain, Rop3, Stroke, Text, Transform, Transparent } from '../types.ts'

/** QXL_DRAW_… of qxl_dev.h. */
export const QXL = { FILL: 1, OPAQUE: 2, COPY: 3, COPY_BITS: 4, BLEND: 5, BLACKNESS: 6, WHITENESS: 7, INVERS: 8, ROP3: 9, STROKE: 10, TEXT: 11, TRANSPARENT: 12, ALPHA_BLEND: 13, COMPOSITE: 14 } as const

export type Draw =
  | { type: 1; draw: Fill }
  | { type: 2; draw: Opaque }
  | { type: 3 | 5; draw: Copy }
  | { type: 4; draw: CopyBits }
  | { type: 6 | 7 | 8; draw: Plain }
  | { type: 9; draw: Rop3 }
  | { type: 10; draw: Stroke }
  | { type: 11; draw: Text }
  | { type: 12; draw: Transparent }
  | { type: 13; draw: AlphaBlend }
  | { type: 14; draw: Composite }

/** How the server gets a picture: as a bitmap of `words`, or as surface `id`. */
export type Origin = { kind: 'bitmap'; format: number; bytes: Uint8Array; stride: number } | { kind: 'surface'; id: number }

export interface Case {
  readonly name: string
  readonly target: RawSurface
  readonly others: readonly RawSurface[]
  readonly draws: readonly Draw[]
  readonly origins: Map<object, Origin>
}
export interface RawSurface {
  readonly format: SurfaceFormat
  readonly width: number
  readonly height: number
  readonly bytes: Uint8Array
}

const bits = (format: SurfaceFormat): number => (format === SurfaceFmt['1_A'] ? 1 : format === SurfaceFmt['8_A'] ? 8 : format === SurfaceFmt['16_555'] || format === SurfaceFmt['16_565'] ? 16 : 32)
/** Bytes from row to row in memory: rows are padded to 32 bits. */
export const strideOf = (format: SurfaceFormat, width: number): number => Math.ceil((width * bits(format)) / 32) * 4

const swap = (v: number): number => (v & 0xff00ff00) | ((v & 0xff) << 16) | ((v >>> 16) & 0xff)

/** Surface memory as the server keeps it → a surface of ours. */
export function fromRaw(raw: RawSurface): Surface {
  const s = new Surface(raw.width, raw.height, raw.format)
  const stride = strideOf(raw.format, raw.width)
  const view = new DataView(raw.bytes.buffer, raw.bytes.byteOffset, raw.bytes.length)
  for (let y = 0; y < raw.height; y++) {
    for (let x = 0; x < raw.width; x++) {
      let v = 0
      if (raw.format === SurfaceFmt['1_A']) v = ((raw.bytes[y * stride + (x >> 3)] as number) >> (x & 7)) & 1 ? 0xff000000 : 0
      else if (raw.format === SurfaceFmt['8_A']) v = (raw.bytes[y * stride + x] as number) << 24
      else if (bits(raw.format) === 16) {
        const p = view.getUint16(y * stride + x * 2, true)
        v = raw.format === SurfaceFmt['16_555'] ? ((p >>> 7) & 0xf8) | ((p & 0x3e0) << 6) | ((p & 0x1f) << 19) : ((p >>> 8) & 0xf8) | ((p & 0x7e0) << 5) | ((p & 0x1f) << 19)
      } else v = swap(view.getUint32(y * stride + x * 4, true))
      s.data[y * s.stride + x] = quantise(raw.format, v)
    }
  }
  return s
}

export function words(out: number[], bytes: Uint8Array): void {
  out.push(bytes.length)
  for (let i = 0; i < bytes.length; i += 4) out.push((bytes[i]! | ((bytes[i + 1] ?? 0) << 8) | ((bytes[i + 2] ?? 0) << 16) | ((bytes[i + 3] ?? 0) << 24)) >>> 0)
}

/** A case as the words that oracle.c reads. */
export function encode(c: Case): number[] {
  const out: number[] = []
  const rect = (r: Rect): void => void out.push(r.left, r.top, r.right, r.bottom)
  const point = (p: Point): void => void out.push(p.x, p.y)
  const surface = (s: RawSurface): void => {
    out.push(s.format, s.width, s.height, strideOf(s.format, s.width))
    words(out, s.bytes)
  }
  const image = (p: object & { width: number; height: number } | null): void => {
    if (p === null) return void out.push(0)
    const o = c.origins.get(p)
    if (o === undefined) throw new Error('a picture of no origin')
    if (o.kind === 'surface') return void out.push(2, o.id, p.width, p.height)
    out.push(1, o.format, p.width, p.height, o.stride)
    words(out, o.bytes)
    if (o.format === BitmapFmt['1BIT_BE']) out.push(2, 0, 0xffffff)
    else out.push(0)
  }
  const brush = (b: Brush): void => {
    if (b.type === 'none') out.push(BrushType.NONE)
    else if (b.type === 'solid') out.push(BrushType.SOLID, b.color)
    else {
      out.push(BrushType.PATTERN)
      image(b.picture)
      point(b.origin)
    }
  }
  const mask = (m: Mask | null): void => {
    image(m === null ? null : m.coverage)
    out.push(m?.inverted ? 1 : 0)
    point(m === null ? { x: 0, y: 0 } : m.pos)
  }
  const transform = (t: Transform | null): void => void (t === null ? out.push(0) : out.push(1, t.t00, t.t01, t.t02, t.t10, t.t11, t.t12))
  const base = (type: number, d: DrawBase): void => {
    out.push(type)
    rect(d.box)
    clip(d.clip)
  }
  const clip = (list: Clip): void => {
    out.push(list === null ? -1 : list.length)
    for (const r of list ?? []) rect(r)
  }
  surface(c.target)
  out.push(c.others.length)
  c.others.forEach(surface)
  out.push(c.draws.length)
  for (const { type, draw: d } of c.draws) {
    base(type, d)
    switch (type) {
      case QXL.FILL:
        brush(d.brush)
        out.push(d.ropDescriptor)
        mask(d.mask)
        break
      case QXL.OPAQUE:
        image(d.src)
        rect(d.srcArea)
        brush(d.brush)
        out.push(d.ropDescriptor, d.scaleMode)
        mask(d.mask)
        break
      case QXL.COPY:
      case QXL.BLEND:
        image(d.src)
        rect(d.srcArea)
        out.push(d.ropDescriptor, d.scaleMode)
        mask(d.mask)
        break
      case QXL.COPY_BITS:
        point(d.srcPos)
        break
      case QXL.BLACKNESS:
      case QXL.WHITENESS:
      case QXL.INVERS:
        mask(d.mask)
        break
      case QXL.ROP3:
        image(d.src)
        rect(d.srcArea)
        brush(d.brush)
        out.push(d.rop3, d.scaleMode)
        mask(d.mask)
        break
      case QXL.STROKE:
        words(out, pathBytes(d.path))
        out.push(d.attr.flags)
        words(out, new Uint8Array(d.attr.style.slice().buffer))
        brush(d.brush)
        out.push(d.foreMode, d.backMode)
        break
      case QXL.TEXT:
        out.push(d.bits === 1 ? 1 : d.bits === 4 ? 2 : 4, d.glyphs.length)
        words(out, glyphBytes(d))
        rect(d.backArea)
        brush(d.foreBrush)
        brush(d.backBrush)
        out.push(d.foreMode, d.backMode)
        break
      case QXL.TRANSPARENT:
        image(d.src)
        rect(d.srcArea)
        out.push(d.srcColor, d.trueColor)
        break
      case QXL.ALPHA_BLEND:
        out.push(d.alphaFlags, d.alpha)
        image(d.src)
        rect(d.srcArea)
        break
      case QXL.COMPOSITE:
        out.push(d.flags)
        image(d.src)
        transform(d.srcTransform)
        image(d.mask)
        transform(d.maskTransform)
        point(d.srcOrigin)
        point(d.maskOrigin)
    }
  }
  return out
}

function pathBytes(path: readonly PathSegment[]): Uint8Array {
  const all: number[] = []
  for (const s of path) all.push(s.flags, s.points.length / 2, ...s.points)
  return new Uint8Array(Int32Array.from(all).buffer)
}

/** QXLRasterGlyph after QXLRasterGlyph; rows bottom-up, as the flag TOP_DOWN is not set. */
function glyphBytes(d: Text): Uint8Array {
  const out: number[] = []
  const i32 = (v: number): void => void out.push(v & 255, (v >> 8) & 255, (v >> 16) & 255, (v >> 24) & 255)
  for (const g of d.glyphs) {
    const { width, height, data } = g.coverage
    for (const v of [g.renderPos.x, g.renderPos.y, g.origin.x, g.origin.y]) i32(v)
    out.push(width & 255, width >> 8, height & 255, height >> 8)
    const per = 8 / d.bits
    for (let y = height - 1; y >= 0; y--) {
      for (let x = 0; x < width; x += per) {
        let byte = 0
        for (let i = 0; i < per && x + i < width; i++) byte |= ((data[y * width + x + i] as number) >> (8 - d.bits)) << (8 - d.bits * (i + 1))
        out.push(byte)
      }
    }
  }
  return Uint8Array.from(out)
}

export function pictureOf(width: number, height: number, raw: Uint32Array, alpha: boolean): Picture {
  return { width, height, stride: width, alpha, data: raw.map((v) => (alpha ? swap(v) : swap(v) | 0xff000000)) }
}
