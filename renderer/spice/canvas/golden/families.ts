// Why: what each family of golden cases draws, and onto which formats.
import type { Picture } from '../../pixels.ts'
import { SurfaceFmt } from '../../wire/enums.ts'
import type { SurfaceFormat } from '../surface.ts'
import type { Brush } from '../types.ts'
import type { Dice } from './cases.ts'
import type { Draw } from './script.ts'

export interface Family {
  readonly formats: readonly SurfaceFormat[]
  readonly draw: (dice: Dice, w: number, h: number, format: SurfaceFormat) => Draw
}

const RGB = SurfaceFmt['32_xRGB']
const ARGB = SurfaceFmt['32_ARGB']
const A8 = SurfaceFmt['8_A']
const NARROW = [SurfaceFmt['16_555'], SurfaceFmt['16_565']]
const ANY = [RGB, RGB, ARGB]
const ropd = (d: Dice): number => d.one([8, 8, 16, 32, 64, 128, 256, 512]) | (d.u32() & 0x407)

const source = (d: Dice, w: number, h: number, scale: boolean, alpha: boolean) => {
  const base = d.base(w, h)
  const bw = base.box.right - base.box.left
  const bh = base.box.bottom - base.box.top
  const sw = scale ? d.int(1, 30) : bw
  const sh = scale ? d.int(1, 30) : bh
  const left = d.int(0, 4)
  const top = d.int(0, 4)
  const src = d.bitmap(left + sw + d.int(0, 3), top + sh + d.int(0, 3), alpha)
  return { ...base, src, srcArea: { left, top, right: left + sw, bottom: top + sh } }
}

/** The codes that look at all three operands; with the other 38 the server aborts. */
const ROP3 = Array.from({ length: 256 }, (_, c) => c).filter((c) => (c >> 4 !== (c & 15)) && (((c >> 2) & 0x33) !== (c & 0x33)) && (((c >> 1) & 0x55) !== (c & 0x55)))

/** For a ternary operation the server reads outside of a pattern that starts right of or below the box. */
const leftmost = (d: Dice): Brush => {
  const b = d.brush()
  return b.type === 'pattern' ? { ...b, origin: { x: -Math.abs(b.origin.x), y: -Math.abs(b.origin.y) } } : b
}

const blend = (d: Dice, w: number, h: number, format: SurfaceFormat, scale: boolean): Draw => {
  const s = source(d, w, h, scale, d.odds(3) === false)
  const srcIsSurface = d.odds(3)
  const src = srcIsSurface ? d.surface(d.one([RGB, ARGB]), s.src.width, s.src.height) : s.src
  // The server refuses a flag that the formats contradict.
  const flags = (format === ARGB && d.odds(2) ? 1 : 0) | (srcIsSurface && src.alpha && d.odds(2) ? 2 : 0)
  return { type: 13, draw: { ...s, src, srcIsSurface, alphaFlags: flags, alpha: d.one([255, 255, 0, 128, d.int(1, 254)]) } }
}
const text = (d: Dice, w: number, h: number, bits: 1 | 4 | 8): Draw => {
  const glyphs = Array.from({ length: d.int(1, 5) }, () => d.glyph(bits, { x: d.int(0, w), y: d.int(0, h) }))
  const backArea = d.odds(2) ? { left: 0, top: 0, right: 0, bottom: 0 } : d.rect(w, h)
  return { type: 11, draw: { ...d.base(w, h), bits, glyphs, backArea, foreBrush: d.brush(), backBrush: d.brush(), foreMode: 8, backMode: 8 } }
}
const composite = (d: Dice, w: number, h: number, format: SurfaceFormat, op: number, valid = false): Draw => {
  const picture = (): Picture => {
    const [pw, ph] = [d.int(1, 20), d.int(1, 20)]
    return !valid && d.odds(3) ? d.surface(d.one([RGB, ARGB, A8]), pw, ph) : d.bitmap(pw, ph, !d.odds(3))
  }
  const src = picture()
  const mask = d.odds(2) ? picture() : null
  const srcTransform = d.transform()
  const maskTransform = mask === null ? null : d.transform()
  // The rest of the flags says which of the parts there are, and must say it right.
  const smooth = op < 13 ? 1 : 0
  const flags = op | (d.int(0, smooth) << 8) | (d.int(0, smooth) << 11) | (d.int(0, 3) << 14) | (d.int(0, 3) << 16) | (mask !== null && d.odds(3) ? 1 << 18 : 0) | (srcTransform === null ? 0 : 1 << 20) | (maskTransform === null ? 0 : 1 << 21)
  return { type: 14, draw: { ...d.base(w, h), flags: flags | (format === ARGB && d.odds(4) ? 1 << 24 : 0), src, srcTransform, mask, maskTransform, srcOrigin: d.point(6), maskOrigin: d.point(6) } }
}
const key = (d: Dice, w: number, h: number, scale: boolean): Draw => {
  const s = source(d, w, h, scale, d.odds(2))
  const v = s.src.data[d.int(0, s.src.data.length - 1)] as number
  const color = ((v & 0xff) << 16) | (v & 0xff00) | ((v >>> 16) & 0xff)
  return { type: 12, draw: { ...s, srcColor: d.odds(2) ? color : d.u32(), trueColor: color } }
}

const FAMILIES: Record<string, Family> = {
  fill: { formats: ANY, draw: (d, w, h) => ({ type: 1, draw: { ...d.base(w, h), brush: d.brush(), ropDescriptor: ropd(d), mask: d.mask(w, h) } }) },
  copy: { formats: ANY, draw: (d, w, h) => ({ type: 3, draw: { ...source(d, w, h, false, d.odds(2)), ropDescriptor: ropd(d), scaleMode: d.int(0, 1), mask: d.mask(w, h) } }) },
  put: { formats: ANY, draw: (d, w, h) => ({ type: 3, draw: { ...source(d, w, h, false, d.odds(2)), ropDescriptor: 8, scaleMode: 0, mask: null } }) },
  blend: { formats: ANY, draw: (d, w, h) => ({ type: 5, draw: { ...source(d, w, h, false, d.odds(2)), ropDescriptor: ropd(d), scaleMode: d.int(0, 1), mask: d.mask(w, h) } }) },
  nearest: { formats: ANY, draw: (d, w, h) => ({ type: 3, draw: { ...source(d, w, h, true, d.odds(2)), ropDescriptor: d.odds(2) ? 8 : ropd(d), scaleMode: 1, mask: d.mask(w, h) } }) },
  interpolate: { formats: ANY, draw: (d, w, h) => ({ type: 3, draw: { ...source(d, w, h, true, d.odds(2)), ropDescriptor: d.odds(2) ? 8 : ropd(d), scaleMode: 0, mask: d.mask(w, h) } }) },
  opaque: { formats: ANY, draw: (d, w, h) => ({ type: 2, draw: { ...source(d, w, h, d.odds(2), d.odds(2)), brush: d.brush(), ropDescriptor: ropd(d), scaleMode: d.int(0, 1), mask: d.mask(w, h) } }) },
  plain: { formats: ANY, draw: (d, w, h) => ({ type: d.one([6, 7, 8] as const), draw: { ...d.base(w, h), mask: d.mask(w, h) } }) },
  rop3: { formats: ANY, draw: (d, w, h) => ({ type: 9, draw: { ...source(d, w, h, d.odds(3), d.odds(2)), brush: leftmost(d), rop3: d.one(ROP3), scaleMode: d.int(0, 1), mask: d.mask(w, h) } }) },
  alpha: { formats: ANY, draw: (d, w, h, f) => blend(d, w, h, f, false) },
  'alpha-scaled': { formats: ANY, draw: (d, w, h, f) => blend(d, w, h, f, true) },
  key: { formats: ANY, draw: (d, w, h) => key(d, w, h, false) },
  'key-scaled': { formats: ANY, draw: (d, w, h) => key(d, w, h, true) },
  text1: { formats: ANY, draw: (d, w, h) => text(d, w, h, 1) },
  text4: { formats: ANY, draw: (d, w, h) => text(d, w, h, 4) },
  line: { formats: ANY, draw: (d, w, h) => ({ type: 10, draw: { box: { left: 0, top: 0, right: w, bottom: h }, clip: null, path: [{ flags: 3, points: Int32Array.from({ length: 4 }, (_, i) => 16 * d.int(-5, 5 + (i & 1 ? h : w))) }], attr: { flags: 0, style: new Int32Array(0) }, brush: { type: 'solid', color: d.u32() }, foreMode: 8, backMode: 8 } }) },
  dash: { formats: ANY, draw: (d, w, h) => ({ type: 10, draw: { box: { left: 0, top: 0, right: w, bottom: h }, clip: null, path: [{ flags: 3, points: Int32Array.from({ length: 4 }, (_, i) => 16 * d.int(0, -1 + (i & 1 ? h : w))) }], attr: { flags: 8 | d.one([0, 4]), style: Int32Array.from({ length: d.int(1, 4) }, () => 16 * d.int(1, 5)) }, brush: { type: 'solid', color: d.u32() }, foreMode: 8, backMode: 8 } }) },
  frame: { formats: ANY, draw: (d, w, h) => { const r = d.rect(w, h); const [a, b, c, e] = [16 * r.left, 16 * r.top, 16 * (r.right - 1), 16 * (r.bottom - 1)]; return { type: 10, draw: { ...d.base(w, h), clip: null, path: [{ flags: 11, points: Int32Array.from(d.odds(2) ? [a, b, c, b, c, e, a, e] : [a, b, a, e, c, e, c, b]) }], attr: { flags: 8 | d.one([0, 4]), style: Int32Array.from({ length: d.int(1, 4) }, () => 16 * d.int(1, 5)) }, brush: d.brush(), foreMode: d.one([8, 64]), backMode: 8 } } } },
  stroke: { formats: ANY, draw: (d, w, h) => ({ type: 10, draw: { ...d.base(w, h), path: d.path(w, h), attr: { flags: 0, style: new Int32Array(0) }, brush: d.brush(), foreMode: ropd(d), backMode: ropd(d) } }) },
  composite: { formats: ANY, draw: (d, w, h, f) => composite(d, w, h, f, d.int(0, 12)) },
  operators: { formats: ANY, draw: (d, w, h, f) => composite(d, w, h, f, d.int(0x30, 0x3a)) },
  /** The operators that divide, on colours that are premultiplied as they should be. */
  divided: { formats: [RGB], draw: (d, w, h, f) => composite(d, w, h, f, d.one([13, d.int(0x35, 0x3e)]), true) },
  fill16: { formats: NARROW, draw: (d, w, h) => ({ type: 1, draw: { ...d.base(w, h), brush: d.brush(), ropDescriptor: ropd(d), mask: d.mask(w, h) } }) },
  copy16: { formats: NARROW, draw: (d, w, h) => ({ type: 3, draw: { ...source(d, w, h, false, d.odds(2)), ropDescriptor: ropd(d), scaleMode: 0, mask: d.mask(w, h) } }) },
  plain16: { formats: [...NARROW, A8], draw: (d, w, h) => ({ type: d.one([6, 7, 8] as const), draw: { ...d.base(w, h), mask: d.mask(w, h) } }) },
  scale16: { formats: NARROW, draw: (d, w, h) => ({ type: 3, draw: { ...source(d, w, h, true, d.odds(2)), ropDescriptor: 8, scaleMode: d.int(0, 1), mask: d.mask(w, h) } }) },
  alpha16: { formats: NARROW, draw: (d, w, h, f) => blend(d, w, h, f, d.odds(2)) },
  composite16: { formats: NARROW, draw: (d, w, h, f) => composite(d, w, h, f, d.int(0, 12)) },
  text16: { formats: NARROW, draw: (d, w, h) => text(d, w, h, 4) },
  solid8: { formats: [A8], draw: (d, w, h) => ({ type: 1, draw: { ...d.base(w, h), brush: { type: 'solid', color: d.u32() }, ropDescriptor: ropd(d), mask: d.mask(w, h) } }) },
  composite8: { formats: [A8], draw: (d, w, h, f) => composite(d, w, h, f, d.int(0, 12)) },
  copy8: { formats: [A8], draw: (d, w, h) => { const s = source(d, w, h, false, false); return { type: 3, draw: { ...s, src: d.surface(A8, s.src.width, s.src.height), ropDescriptor: ropd(d), scaleMode: 0, mask: d.mask(w, h) } } } },
  bits: { formats: ANY, draw: (d, w, h) => { const base = d.base(w, h); return { type: 4, draw: { ...base, srcPos: { x: d.int(0, w - base.box.right + base.box.left), y: d.int(0, h - base.box.bottom + base.box.top) } } } } },
}

export const FAMILY_NAMES: readonly string[] = Object.keys(FAMILIES)

export function drawsOf(family: string): Family {
  const f = FAMILIES[family]
  if (f === undefined) throw new Error(`no family ${family}`)
  return f
}
