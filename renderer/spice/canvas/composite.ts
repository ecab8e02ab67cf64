// Why: COMPOSITE is X's Render: any operator, source and mask each transformed, filtered and repeated, as pixman does it.
import type { Picture, Point } from '../pixels.ts'
import { CompositeFlags } from '../wire/enums.ts'
import { detached, narrowed, wrap } from './blit.ts'
import { divided, divides } from './divided.ts'
import { known, OP } from './op.ts'
import { combine, combineChannels } from './operators.ts'
import { over8, scale8 } from './pixman.ts'
import { paintRegion } from './region.ts'
import { bilinear } from './scale.ts'
import { quantise, Surface } from './surface.ts'
import type { Composite, Transform } from './types.ts'

const ONE = 65_536
const NONE = 0
const NORMAL = 1
const PAD = 2

/** A picture as pixman reads it: where each pixel of a row of the target comes from. */
class Sampler {
  readonly #pic: Picture
  readonly #transform: Transform | null
  readonly #smooth: boolean
  readonly #repeat: number
  readonly #force: number

  constructor(pic: Picture, transform: Transform | null, filter: number, repeat: number, opaque: boolean) {
    this.#pic = pic
    this.#transform = transform
    // Nearest is 0; bilinear and whatever else is asked for interpolate.
    this.#smooth = filter !== 0
    this.#repeat = repeat
    this.#force = opaque ? 0xff000000 : 0
  }

  /** The pixel's index on one axis, −1 for none. */
  #fold(i: number, size: number): number {
    if (i >= 0 && i < size) return i
    if (this.#repeat === NONE) return -1
    if (this.#repeat === NORMAL) return wrap(i, size)
    if (this.#repeat === PAD) return i < 0 ? 0 : size - 1
    const j = wrap(i, 2 * size)
    return j < size ? j : 2 * size - 1 - j
  }

  #at(x: number, y: number): number {
    const c = this.#fold(x, this.#pic.width)
    const r = this.#fold(y, this.#pic.height)
    return c < 0 || r < 0 ? 0 : this.#pic.data[r * this.#pic.stride + c]! | this.#force
  }

  /** n pixels from (x, y) of the untransformed plane, rightwards. */
  row(x: number, y: number, n: number, out: Uint32Array): void {
    const t = this.#transform
    if (t === null) {
      const p = this.#pic
      if (x < 0 || y < 0 || x + n > p.width || y >= p.height) for (let i = 0; i < n; i++) out[i] = this.#at(x + i, y)
      else for (let i = 0, at = y * p.stride + x; i < n; i++, at++) out[i] = p.data[at]! | this.#force
      return
    }
    // Pixel centres through the matrix, rounded to 16.16 once; from there on whole steps.
    const cx = 2 * x + 1
    const cy = 2 * y + 1
    let u = Math.floor((t.t00 * cx + t.t01 * cy + 1) / 2) + t.t02
    let v = Math.floor((t.t10 * cx + t.t11 * cy + 1) / 2) + t.t12
    for (let i = 0; i < n; i++, u += t.t00, v += t.t10) {
      if (!this.#smooth) out[i] = this.#at(Math.floor((u - 1) / ONE), Math.floor((v - 1) / ONE))
      else {
        const px = Math.floor((u - ONE / 2) / ONE)
        const py = Math.floor((v - ONE / 2) / ONE)
        const wx = Math.floor((u - ONE / 2 - px * ONE) / 512)
        const wy = Math.floor((v - ONE / 2 - py * ONE) / 512)
        out[i] = bilinear(this.#at(px, py), this.#at(px + 1, py), this.#at(px, py + 1), this.#at(px + 1, py + 1), wx, wy)
      }
    }
  }
}

/** Pixels of row ← what mask leaves of them. */
function applyMask(row: Uint32Array, mask: Uint32Array, n: number): void {
  for (let i = 0; i < n; i++) row[i] = scale8(row[i]!, mask[i]! >>> 24)
}

/** On 16-bit surfaces the server first makes 16-bit pictures of bitmaps, without alpha; of surfaces it doesn't. */
function operand(surface: Surface, pic: Picture): Picture {
  if (pic instanceof Surface || !surface.narrow || surface.alpha) return detached(surface, pic)
  return { ...narrowed(surface, pic), alpha: false }
}

/** The server's canvas takes a mask from an image of nothing but alpha for opaque; one from such a surface it doesn't. */
const covering = (mask: Picture): boolean => !mask.alpha || mask.bits === 8

/**
 * Over an opaque source SATURATE is OVER_REVERSE, and pixman computes it as that, in bytes. A source without repeat is
 * opaque only if it reaches everywhere; under a transform that isn't asked, and the difference is one of rounding.
 */
function reduced(op: number, d: Composite, opaque: boolean, surface: Surface): number {
  if (op !== OP.SATURATE || !opaque || d.mask !== null) return op
  const { box, srcOrigin: o, src } = d
  const [l, t] = [Math.max(0, box.left), Math.max(0, box.top)]
  const [r, b] = [Math.min(surface.width, box.right), Math.min(surface.height, box.bottom)]
  const inside = d.srcTransform === null && l - box.left + o.x >= 0 && t - box.top + o.y >= 0 && r - box.left + o.x <= src.width && b - box.top + o.y <= src.height
  return inside || ((d.flags >> 14) & 3) !== NONE ? OP.OVER_REVERSE : op
}

/** DRAW_COMPOSITE. An operator that pixman does not have draws nothing. */
export function drawComposite(surface: Surface, d: Composite): void {
  const asked = d.flags & 0xff
  if (!known(asked) || d.src.width <= 0 || d.src.height <= 0) return
  const flag = (bit: number): boolean => (d.flags & bit) !== 0
  const pic = operand(surface, d.src)
  const opaque = !pic.alpha || flag(CompositeFlags.SOURCE_OPAQUE)
  const op = reduced(asked, d, opaque, surface)
  const src = new Sampler(pic, d.srcTransform, (d.flags >> 8) & 7, (d.flags >> 14) & 3, opaque)
  const cover = d.mask === null ? null : operand(surface, d.mask)
  const mask = cover === null ? null : new Sampler(cover, d.maskTransform, (d.flags >> 11) & 7, (d.flags >> 16) & 3, covering(cover) || flag(CompositeFlags.MASK_OPAQUE))
  const channels = mask !== null && flag(CompositeFlags.COMPONENT_ALPHA)
  // What is computed in floats must not see its mask rounded to bytes.
  const exact = mask !== null && !channels && divides(op)
  const rows = { src: new Uint32Array(surface.width), mask: new Uint32Array(surface.width) }
  const at = (o: Point, l: number, y: number): [number, number] => [l - d.box.left + o.x, y - d.box.top + o.y]
  // DEST_OPAQUE is a hint that the server leaves aside: the surface's format decides.
  const bare = surface.alpha ? 0 : 0xff000000
  paintRegion(surface, d.box, d.clip, null, (quads, count) => {
    for (let i = 0; i < count * 4; i += 4) {
      const l = quads[i] as number
      const n = (quads[i + 2] as number) - l
      for (let y = quads[i + 1] as number; y < (quads[i + 3] as number); y++) {
        src.row(...at(d.srcOrigin, l, y), n, rows.src)
        if (mask !== null) {
          mask.row(...at(d.maskOrigin, l, y), n, rows.mask)
          if (exact) for (let x = 0; x < n; x++) rows.mask[x] = Math.imul(rows.mask[x]! >>> 24, 0x1010101)
          else if (!channels) applyMask(rows.src, rows.mask, n)
        }
        combineRow(surface, op, y * surface.stride + l, rows.src, channels || exact ? rows.mask : null, exact, n, bare)
      }
    }
  })
}

function combineRow(surface: Surface, op: number, at: number, src: Uint32Array, mask: Uint32Array | null, exact: boolean, n: number, bare: number): void {
  const { data, force } = surface
  if (op === OP.OVER && mask === null && !surface.narrow) {
    for (let i = 0; i < n; i++) {
      const v = src[i]!
      if (v >= 0xff000000) data[at + i] = v
      else if (v !== 0) data[at + i] = over8(v, data[at + i]! | bare) | force
    }
    return
  }
  for (let i = 0; i < n; i++) {
    const d = data[at + i]! | bare
    const v = mask === null ? combine(op, src[i]!, d) : exact ? divided(op, src[i]!, mask[i]!, d) : combineChannels(op, src[i]!, mask[i]!, d)
    data[at + i] = surface.narrow ? quantise(surface.format, v) : v | force
  }
}
