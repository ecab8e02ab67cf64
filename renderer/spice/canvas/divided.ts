// Why: the operators that divide. pixman computes them in single-precision floats and truncates, so each step here is
// rounded to one too.
import { OP } from './op.ts'

const f = Math.fround
const zero = (v: number): boolean => Math.abs(v) < 1.1754943508222875e-38
const UNIT = f(1 / 255)

/** Does the operator need this module? */
export function divides(op: number): boolean {
  return op === OP.SATURATE || op === OP.COLOR_DODGE || op === OP.COLOR_BURN || op === OP.SOFT_LIGHT || op >= OP.HSL_HUE
}

/** 0 … 1 → 0 … 255, as pixman packs a float. */
function pack(v: number): number {
  const u = Math.trunc(f((v > 1 ? 1 : v < 0 ? 0 : v) * 256))
  return u - (u >> 8)
}

function dodge(sa: number, s: number, da: number, d: number): number {
  if (zero(d)) return 0
  if (f(d * sa) >= f(f(sa * da) - f(s * da))) return f(sa * da)
  if (zero(f(sa - s))) return f(sa * da)
  return f(f(f(sa * sa) * d) / f(sa - s))
}
function burn(sa: number, s: number, da: number, d: number): number {
  if (d >= da) return f(sa * da)
  if (f(sa * f(da - d)) >= f(s * da)) return 0
  if (zero(s)) return 0
  return f(sa * f(da - f(f(sa * f(da - d)) / s)))
}
function softLight(sa: number, s: number, da: number, d: number): number {
  const s2 = f(2 * s)
  if (s2 <= sa) return zero(da) ? f(d * sa) : f(f(d * sa) - f(f(f(d * f(da - d)) * f(sa - s2)) / da))
  if (zero(da)) return 0
  if (f(4 * d) <= da) return f(f(d * sa) + f(f(f(s2 - sa) * d) * f(f(f(f(f(16 * d) / da) - 12) * d) / da + 3)))
  return f(f(d * sa) + f(f(f(Math.sqrt(f(d * da))) - d) * f(s2 - sa)))
}

type Rgb = [number, number, number]
const luminosity = (c: Rgb): number => f(f(f(c[0] * f(0.3)) + f(c[1] * f(0.59))) + f(c[2] * f(0.11)))
const saturation = (c: Rgb): number => f(Math.max(...c) - Math.min(...c))

function clip(c: Rgb, a: number): void {
  const l = luminosity(c)
  const n = Math.min(...c)
  const x = Math.max(...c)
  for (let i = 0; i < 3 && n < 0; i++) c[i] = zero(f(l - n)) ? 0 : f(l + f(f(f(c[i]! - l) * l) / f(l - n)))
  for (let i = 0; i < 3 && x > a; i++) c[i] = zero(f(x - l)) ? a : f(l + f(f(f(c[i]! - l) * f(a - l)) / f(x - l)))
}
function setLuminosity(c: Rgb, a: number, l: number): void {
  const d = f(l - luminosity(c))
  for (let i = 0; i < 3; i++) c[i] = f(c[i]! + d)
  clip(c, a)
}
function setSaturation(c: Rgb, s: number): void {
  const min = Math.min(...c)
  const range = f(Math.max(...c) - min)
  for (let i = 0; i < 3; i++) c[i] = zero(range) ? 0 : f(f(f(c[i]! - min) * s) / range)
}

function hsl(op: number, s: Rgb, sa: number, d: Rgb, da: number): Rgb {
  const times = (c: Rgb, k: number): Rgb => [f(c[0] * k), f(c[1] * k), f(c[2] * k)]
  const whole = f(sa * da)
  if (op === OP.HSL_COLOR) {
    const out = times(s, da)
    setLuminosity(out, whole, f(luminosity(d) * sa))
    return out
  }
  if (op === OP.HSL_LUMINOSITY) {
    const out = times(d, sa)
    setLuminosity(out, whole, f(luminosity(s) * da))
    return out
  }
  const hue = op === OP.HSL_HUE
  const out = hue ? times(s, da) : times(d, sa)
  setSaturation(out, f(f(saturation(hue ? d : s) * (hue ? sa : da))))
  setLuminosity(out, whole, f(luminosity(d) * sa))
  return out
}

/** d ← s op d, s under a mask with an alpha per channel; −1 for no mask. */
export function divided(op: number, source: number, mask: number, dest: number): number {
  const s: number[] = []
  const d: number[] = []
  const a: number[] = []
  const alpha = f((source >>> 24) * UNIT)
  for (let i = 0; i < 4; i++) {
    const mc = f(((mask >>> (i * 8)) & 255) * UNIT)
    s[i] = f(f(((source >>> (i * 8)) & 255) * UNIT) * mc)
    a[i] = f(alpha * mc)
    d[i] = f(((dest >>> (i * 8)) & 255) * UNIT)
  }
  const da = d[3]!
  let out = 0
  if (op >= OP.HSL_HUE && mask !== -1) {
    // pixman 0.42 masks green twice and blue not at all here; the server's pixels are what counts.
    const ma = f((mask >>> 24) * UNIT)
    s[1] = f(s[1]! * ma)
    s[2] = f(((source >>> 16) & 255) * UNIT)
  }
  if (op === OP.SATURATE) {
    for (let i = 0; i < 4; i++) {
      const k = zero(a[i]!) ? 1 : Math.max(0, Math.min(1, f(f(1 - da) / a[i]!)))
      out |= pack(Math.min(1, f(f(s[i]! * k) + d[i]!))) << (i * 8)
    }
    return out
  }
  const sa = s[3]!
  const lit = op >= OP.HSL_HUE ? hsl(op, [s[0]!, s[1]!, s[2]!], sa, [d[0]!, d[1]!, d[2]!], da) : null
  for (let i = 0; i < 3; i++) {
    const b = lit !== null ? lit[i]! : op === OP.COLOR_DODGE ? dodge(a[i]!, s[i]!, da, d[i]!) : op === OP.COLOR_BURN ? burn(a[i]!, s[i]!, da, d[i]!) : softLight(a[i]!, s[i]!, da, d[i]!)
    out |= pack(f(f(f(f(1 - a[i]!) * d[i]!) + f(f(1 - da) * s[i]!)) + b)) << (i * 8)
  }
  return out | (pack(f(f(da + sa) - f(da * sa))) << 24)
}
