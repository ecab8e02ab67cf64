// Why: pixman's operators in its own eight-bit arithmetic, so that a composited pixel is the server's to the last bit.
// The few that divide are in divided.ts.
import { divided, divides } from './divided.ts'
import { OP } from './op.ts'
import { add8, scale8, scale8x4 } from './pixman.ts'

/** x/255 of a product of two bytes, rounded as mul8 does. */
const over255 = (x: number): number => ((x + 128) + ((x + 128) >>> 8)) >>> 8
const clamp = (x: number): number => (x < 0 ? 0 : x > 65_025 ? 65_025 : x)

/** One channel of a separable blend, times 255: d of da over s of sa. */
function blend(op: number, d: number, da: number, s: number, sa: number): number {
  switch (op) {
    case OP.SCREEN:
      return s * da + d * sa - s * d
    case OP.OVERLAY:
      return 2 * d < da ? 2 * s * d : sa * da - 2 * (da - d) * (sa - s)
    case OP.DARKEN:
      return Math.min(s * da, d * sa)
    case OP.LIGHTEN:
      return Math.max(s * da, d * sa)
    case OP.HARD_LIGHT:
      return 2 * s < sa ? 2 * s * d : sa * da - 2 * (da - d) * (sa - s)
    case OP.DIFFERENCE:
      return Math.abs(d * sa - s * da)
    default:
      return s * da + d * sa - 2 * d * s
  }
}

/** Blends s, whose alpha per channel is m, with d. */
function separable(op: number, s: number, m: number, d: number): number {
  const sa = s >>> 24
  const da = d >>> 24
  let out = over255(clamp(da * 255 + sa * 255 - sa * da)) << 24
  for (let shift = 0; shift < 24; shift += 8) {
    const sc = (s >>> shift) & 255
    const dc = (d >>> shift) & 255
    const mc = (m >>> shift) & 255
    out |= over255(clamp((255 - mc) * dc + (255 - da) * sc + blend(op, dc, da, sc, mc))) << shift
  }
  return out
}

/** a·b + c·d, channels of a and c, each product rounded. */
const mix = (a: number, b: number, c: number, d: number): number => add8(scale8(a, b), scale8(c, d))

/** d ← s op d for a source that its mask has already been applied to. */
export function combine(op: number, s: number, d: number): number {
  const sa = s >>> 24
  const da = d >>> 24
  switch (op) {
    case OP.CLEAR:
      return 0
    case OP.SOURCE:
      return s
    case OP.DST:
      return d
    case OP.OVER:
      return add8(s, scale8(d, 255 - sa))
    case OP.OVER_REVERSE:
      return add8(scale8(s, 255 - da), d)
    case OP.IN:
      return scale8(s, da)
    case OP.IN_REVERSE:
      return scale8(d, sa)
    case OP.OUT:
      return scale8(s, 255 - da)
    case OP.OUT_REVERSE:
      return scale8(d, 255 - sa)
    case OP.ATOP:
      return mix(s, da, d, 255 - sa)
    case OP.ATOP_REVERSE:
      return mix(s, 255 - da, d, sa)
    case OP.XOR:
      return mix(s, 255 - da, d, 255 - sa)
    case OP.ADD:
      return add8(s, d)
    case OP.MULTIPLY:
      return add8(scale8x4(d, s), mix(s, 255 - da, d, 255 - sa))
    default:
      return divides(op) ? divided(op, s, -1, d) : separable(op, s, sa * 0x1010101, d)
  }
}

/** d ← s op d under a mask with an alpha per channel. (pixman has no such HSL operators and leaves d.) */
export function combineChannels(op: number, source: number, mask: number, d: number): number {
  if (op >= OP.HSL_HUE) return d
  if (divides(op)) return divided(op, source, mask, d)
  const s = scale8x4(source, mask)
  const m = scale8(mask, source >>> 24)
  const da = d >>> 24
  switch (op) {
    case OP.IN_REVERSE:
      return scale8x4(d, m)
    case OP.OVER:
      return add8(scale8x4(d, ~m), s)
    case OP.OUT_REVERSE:
      return scale8x4(d, ~m)
    case OP.ATOP:
      return add8(scale8x4(d, ~m), scale8(s, da))
    case OP.ATOP_REVERSE:
      return add8(scale8x4(d, m), scale8(s, 255 - da))
    case OP.XOR:
      return add8(scale8x4(d, ~m), scale8(s, 255 - da))
    case OP.MULTIPLY:
      return add8(scale8x4(d, s), add8(scale8x4(d, ~m), scale8(s, 255 - da)))
    case OP.SCREEN:
    case OP.OVERLAY:
    case OP.DARKEN:
    case OP.LIGHTEN:
    case OP.HARD_LIGHT:
    case OP.DIFFERENCE:
    case OP.EXCLUSION:
      return separable(op, s, m, d)
    default:
      return combine(op, s, d)
  }
}

