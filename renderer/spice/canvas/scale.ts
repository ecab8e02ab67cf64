// Why: pictures whose source area is not the box's size. The geometry is pixman's: a 16.16 step per axis, sampled at
// pixel centres, positions rounded as its transforms round; so every sample is the server's.
import type { Picture, Rect } from '../pixels.ts'
import { ImageScaleMode } from '../wire/enums.ts'

const ONE = 65_536

/**
 * For `n` target pixels from `first`, counted from the box's edge: where they sample, 16.16, in a source stretch from
 * `src` of `size` pixels onto `box` pixels. `snapped`: the source's edge is first moved to where a whole target pixel starts, as the server does for some
 * draws. Numbers, since hostile sizes leave 32 bits.
 */
function positions(src: number, size: number, box: number, first: number, n: number, snapped: boolean): Float64Array {
  const out = new Float64Array(n)
  const step = Math.floor((size * ONE) / box)
  if (step <= 0) return out.fill(-ONE * ONE)
  const whole = snapped ? Math.floor((src * ONE) / step + 0.5) : 0
  const edge = snapped ? 0 : src * ONE
  for (let i = 0; i < n; i++) {
    // (step · centre) / 2^16, rounded half up, centre = i + ½ in 16.16.
    out[i] = edge + Math.floor((step * (2 * (first + i + whole) + 1) + 1) / 2)
  }
  return out
}

/** Picture indices of the nearest pixel, −1 outside. Ties go to the left, as pixman takes them. */
function nearest(at: Float64Array, limit: number): Int32Array {
  const out = new Int32Array(at.length)
  for (let i = 0; i < at.length; i++) {
    const p = Math.floor((at[i]! - 1) / ONE)
    out[i] = p >= 0 && p < limit ? p : -1
  }
  return out
}

/** The left one of the two pixels that a sample lies between (−2: neither is in the picture), and its 7-bit distance. */
function between(at: Float64Array, limit: number): { index: Int32Array; weight: Uint8Array } {
  const index = new Int32Array(at.length)
  const weight = new Uint8Array(at.length)
  for (let i = 0; i < at.length; i++) {
    const v = at[i]! - ONE / 2
    const p = Math.floor(v / ONE)
    index[i] = p >= -1 && p < limit ? p : -2
    weight[i] = Math.floor((v - p * ONE) / 512)
  }
  return { index, weight }
}

/** Four neighbours weighted by 7-bit distances: pixman's sums, truncated once. */
export function bilinear(tl: number, tr: number, bl: number, br: number, wx: number, wy: number): number {
  const b = wx * wy
  const c = wy * 128 - b
  const a = wx * 128 - b
  const d = 16_384 - a - b - c
  let v = 0
  for (let shift = 0; shift < 32; shift += 8) {
    const sum = ((tl >>> shift) & 255) * d + ((tr >>> shift) & 255) * a + ((bl >>> shift) & 255) * c + ((br >>> shift) & 255) * b
    v |= (sum >>> 14) << shift
  }
  return v
}

export interface Scaling {
  /** `ImageScaleMode`. */
  readonly mode: number
  /** Source alpha counts as 255. */
  readonly opaque: boolean
  /** What the result says of itself. */
  readonly alpha: boolean
  readonly snapped: boolean
}

/** Two rows mixed vertically, red and blue, green and alpha to a word of two 15-bit sums; column −1 is at index 0. */
class MixedRow {
  readonly rb: Uint32Array
  readonly ga: Uint32Array
  readonly #first: number
  readonly #end: number
  constructor(first: number, end: number) {
    this.#first = first
    this.#end = end
    this.rb = new Uint32Array(end - first + 2)
    this.ga = new Uint32Array(end - first + 2)
  }
  /** Columns first … end − 1 of the rows at offsets upper and lower (−1: transparent), `weight` of 128 from the lower. */
  mix(data: Uint32Array, upper: number, lower: number, weight: number, force: number): void {
    const { rb, ga } = this
    for (let c = this.#first, i = 1; c < this.#end; c++, i++) {
      const t = upper < 0 ? 0 : data[upper + c]! | force
      const b = lower < 0 ? 0 : data[lower + c]! | force
      rb[i] = (t & 0xff00ff) * (128 - weight) + (b & 0xff00ff) * weight
      ga[i] = ((t >>> 8) & 0xff00ff) * (128 - weight) + ((b >>> 8) & 0xff00ff) * weight
    }
  }
}

/** Interpolates from samples between xs and ys into data; every source column between the first and the last is mixed once a row. */
function interpolate(src: Picture, xs: Float64Array, ys: Float64Array, force: number, data: Uint32Array): void {
  const width = xs.length
  const cols = between(xs, src.width)
  const rows = between(ys, src.height)
  let x0 = 0
  let x1 = width
  while (x0 < width && cols.index[x0] === -2) x0++
  while (x1 > x0 && cols.index[x1 - 1] === -2) x1--
  if (x0 === x1) return
  const first = Math.max(0, cols.index[x0]!)
  const end = Math.min(src.width, cols.index[x1 - 1]! + 2)
  const row = new MixedRow(first, end)
  const { rb, ga } = row
  for (let y = 0, d = 0; y < ys.length; y++, d += width) {
    const r = rows.index[y]!
    if (r === -2) continue
    row.mix(src.data, r >= 0 ? r * src.stride : -1, r + 1 < src.height ? (r + 1) * src.stride : -1, rows.weight[y]!, force)
    for (let x = x0; x < x1; x++) {
      const i = cols.index[x]! - first + 1
      const w = cols.weight[x]!
      const v = 128 - w
      const a = rb[i]!
      const b = rb[i + 1]!
      const c = ga[i]!
      const e = ga[i + 1]!
      const red = ((a & 0xffff) * v + (b & 0xffff) * w) >>> 14
      const blue = ((a >>> 16) * v + (b >>> 16) * w) >>> 14
      const green = ((c & 0xffff) * v + (e & 0xffff) * w) >>> 14
      const alpha = ((c >>> 16) * v + (e >>> 16) * w) >>> 14
      data[d + x] = red | (green << 8) | (blue << 16) | (alpha << 24)
    }
  }
}

/**
 * What the box shows of `src` scaled, within `area` (surface coordinates, inside the box): a picture of area's size.
 * Outside of the source lies transparent black.
 */
export function scaled(src: Picture, srcArea: Rect, box: Rect, area: Rect, how: Scaling): Picture {
  const { mode, alpha, opaque, snapped } = how
  const width = area.right - area.left
  const height = area.bottom - area.top
  const data = new Uint32Array(width * height)
  const xs = positions(srcArea.left, srcArea.right - srcArea.left, box.right - box.left, area.left - box.left, width, snapped)
  const ys = positions(srcArea.top, srcArea.bottom - srcArea.top, box.bottom - box.top, area.top - box.top, height, snapped)
  const force = opaque ? 0xff000000 : 0
  if (mode === ImageScaleMode.NEAREST) {
    const cols = nearest(xs, src.width)
    const rows = nearest(ys, src.height)
    for (let y = 0, d = 0; y < height; y++, d += width) {
      if (rows[y]! < 0) continue
      const at = rows[y]! * src.stride
      if (y > 0 && rows[y] === rows[y - 1]) data.copyWithin(d, d - width, d)
      else for (let x = 0; x < width; x++) if (cols[x]! >= 0) data[d + x] = src.data[at + cols[x]!]! | force
    }
  } else interpolate(src, xs, ys, force, data)
  return { width, height, stride: width, data, alpha }
}
