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
      for (let x = 0; x < width; x++) if (cols[x]! >= 0) data[d + x] = src.data[at + cols[x]!]! | force
    }
  } else {
    const cols = between(xs, src.width)
    const rows = between(ys, src.height)
    for (let y = 0, d = 0; y < height; y++, d += width) {
      const r = rows.index[y]!
      if (r === -2) continue
      const upper = r >= 0 ? r * src.stride : -1
      const lower = r + 1 < src.height ? (r + 1) * src.stride : -1
      for (let x = 0; x < width; x++) {
        const c = cols.index[x]!
        if (c === -2) continue
        const left = c >= 0
        const right = c + 1 < src.width
        const tl = upper >= 0 && left ? src.data[upper + c]! | force : 0
        const tr = upper >= 0 && right ? src.data[upper + c + 1]! | force : 0
        const bl = lower >= 0 && left ? src.data[lower + c]! | force : 0
        const br = lower >= 0 && right ? src.data[lower + c + 1]! | force : 0
        data[d + x] = bilinear(tl, tr, bl, br, cols.weight[x]!, rows.weight[y]!)
      }
    }
  }
  return { width, height, stride: width, data, alpha }
}
