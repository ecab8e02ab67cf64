// Why: random but repeatable draws of every kind, for the real server and for the canvas: a case is a family and a seed.
import type { Coverage, Picture, Point, Rect } from '../../pixels.ts'
import { BitmapFmt, SurfaceFmt } from '../../wire/enums.ts'
import type { SurfaceFormat } from '../surface.ts'
import type { Brush, Clip, DrawBase, Glyph, Mask, PathSegment, Transform } from '../types.ts'
import { drawsOf } from './families.ts'
import type { Case, Draw, Origin, RawSurface } from './script.ts'
import { fromRaw, pictureOf, strideOf } from './script.ts'

export const FORMATS: readonly SurfaceFormat[] = [SurfaceFmt['32_xRGB'], SurfaceFmt['32_ARGB'], SurfaceFmt['16_555'], SurfaceFmt['16_565'], SurfaceFmt['8_A']]

/** A repeatable source of numbers (xorshift on a hashed seed). */
export class Dice {
  #s: number
  readonly origins = new Map<object, Origin>()
  readonly others: RawSurface[] = []
  readonly #surfaces: Picture[] = []
  constructor(seed: number) {
    this.#s = (Math.imul(seed + 1, 0x9e3779b1) ^ 0x5bd1e995) | 1
    for (let i = 0; i < 4; i++) this.u32()
  }
  u32(): number {
    let s = this.#s
    s ^= s << 13
    s ^= s >>> 17
    s ^= s << 5
    this.#s = s
    return s >>> 0
  }
  /** a … b inclusive. */
  int(a: number, b: number): number {
    return a + (this.u32() % (b - a + 1))
  }
  one<T>(list: readonly T[]): T {
    return list[this.u32() % list.length] as T
  }
  odds(n: number): boolean {
    return this.u32() % n === 0
  }
  bytes(n: number): Uint8Array {
    const flat = this.odds(4)
    return Uint8Array.from({ length: n }, () => (flat ? this.one([0, 255, 128]) : this.u32() >>> 7))
  }
  rect(w: number, h: number): Rect {
    const left = this.int(0, w - 1)
    const top = this.int(0, h - 1)
    return { left, top, right: this.int(left + 1, w), bottom: this.int(top + 1, h) }
  }
  point(r: number): Point {
    return { x: this.int(-r, r), y: this.int(-r, r) }
  }
  clip(w: number, h: number): Clip {
    return this.odds(2) ? null : Array.from({ length: this.int(1, 5) }, () => this.rect(w, h))
  }
  base(w: number, h: number): DrawBase {
    return { box: this.rect(w, h), clip: this.clip(w, h) }
  }
  /** A bitmap of 32 bits. With alpha it is premultiplied, as a guest sends it. */
  bitmap(w: number, h: number, alpha = false): Picture {
    const raw = new Uint32Array(this.bytes(w * h * 4).buffer)
    if (!alpha) for (let i = 0; i < raw.length; i++) raw[i] = (raw[i] as number) & 0xffffff
    else {
      for (let i = 0; i < raw.length; i++) {
        const v = raw[i] as number
        const a = v >>> 24
        raw[i] = (v & 0xff000000) | ((((v >>> 16) & 255) * a) / 255 << 16) | ((((v >>> 8) & 255) * a) / 255 << 8) | (((v & 255) * a) / 255)
      }
    }
    const p = pictureOf(w, h, raw, alpha)
    this.origins.set(p, { kind: 'bitmap', format: alpha ? BitmapFmt.RGBA : BitmapFmt['32BIT'], bytes: new Uint8Array(raw.buffer), stride: w * 4 })
    return p
  }
  raw(format: SurfaceFormat, width: number, height: number): RawSurface {
    const bytes = this.bytes(strideOf(format, width) * height)
    if (format === SurfaceFmt['32_xRGB']) for (let i = 3; i < bytes.length; i += 4) bytes[i] = 0
    return { format, width, height, bytes }
  }
  /** Another surface of the server. */
  surface(format: SurfaceFormat, w: number, h: number): Picture {
    const raw = this.raw(format, w, h)
    const p = fromRaw(raw)
    this.others.push(raw)
    this.#surfaces.push(p)
    this.origins.set(p, { kind: 'surface', id: 1 + this.others.length })
    return p
  }
  mask(w: number, h: number): Mask | null {
    if (this.odds(2)) return null
    const width = this.int(1, w + 4)
    const height = this.int(1, h + 4)
    const stride = Math.ceil(width / 8)
    const bytes = this.bytes(stride * height)
    const data = new Uint8Array(width * height)
    for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) data[y * width + x] = ((bytes[y * stride + (x >> 3)] as number) >> (7 - (x & 7))) & 1 ? 255 : 0
    const coverage: Coverage = { width, height, data }
    this.origins.set(coverage, { kind: 'bitmap', format: BitmapFmt['1BIT_BE'], bytes, stride })
    return { coverage, pos: { x: this.int(0, width - 1), y: this.int(0, height - 1) }, inverted: this.odds(2) }
  }
  brush(): Brush {
    if (this.odds(2)) return { type: 'solid', color: this.u32() }
    return { type: 'pattern', picture: this.bitmap(this.int(1, 9), this.int(1, 9)), origin: this.point(12) }
  }
  path(w: number, h: number): PathSegment[] {
    const at = (size: number): number => this.int(-16 * 3, (size + 3) * 16)
    return Array.from({ length: this.int(1, 3) }, (_, i) => ({
      flags: (i === 0 ? 1 : this.int(0, 1)) | (this.odds(2) ? 2 : 0),
      points: Int32Array.from({ length: this.int(2, 5) * 2 }, (_v, j) => at(j & 1 ? h : w)),
    }))
  }
  glyph(bits: 1 | 4 | 8, at: Point): Glyph {
    const width = this.int(1, 9)
    const height = this.int(1, 9)
    const scale = bits === 1 ? 255 : bits === 4 ? 17 : 1
    const data = this.bytes(width * height).map((v) => (v >> (8 - bits)) * scale)
    return { renderPos: at, origin: this.point(3), coverage: { width, height, data } }
  }
  transform(): Transform | null {
    if (this.odds(2)) return null
    const near = (v: number): number => v + this.int(-20_000, 20_000)
    const skew = this.odds(2)
    return { t00: near(65_536), t01: skew ? near(0) : 0, t02: near(65_536), t10: skew ? near(0) : 0, t11: near(65_536), t12: near(0) }
  }
}

/** The case of a family (families.ts) and a seed. */
export function caseOf(family: string, seed: number): Case {
  const dice = new Dice(seed)
  const width = dice.int(8, 40)
  const height = dice.int(8, 24)
  const { formats, draw } = drawsOf(family)
  const target = dice.raw(dice.one(formats), width, height)
  const draws: Draw[] = []
  for (let n = dice.int(1, 3); n > 0; n--) draws.push(draw(dice, width, height, target.format))
  return { name: `${family} ${seed}`, target, others: dice.others, draws, origins: dice.origins }
}
