// Why: what each family of golden cases draws, and onto which formats.
import { SurfaceFmt } from '../../wire/enums.ts'
import type { SurfaceFormat } from '../surface.ts'
import type { Dice } from './cases.ts'
import type { Draw } from './script.ts'

export interface Family {
  readonly formats: readonly SurfaceFormat[]
  readonly draw: (dice: Dice, w: number, h: number, format: SurfaceFormat) => Draw
}

const RGB = SurfaceFmt['32_xRGB']
const ARGB = SurfaceFmt['32_ARGB']
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

const FAMILIES: Record<string, Family> = {
  fill: { formats: ANY, draw: (d, w, h) => ({ type: 1, draw: { ...d.base(w, h), brush: d.brush(), ropDescriptor: ropd(d), mask: d.mask(w, h) } }) },
  copy: { formats: ANY, draw: (d, w, h) => ({ type: 3, draw: { ...source(d, w, h, false, d.odds(2)), ropDescriptor: ropd(d), scaleMode: d.int(0, 1), mask: d.mask(w, h) } }) },
  put: { formats: ANY, draw: (d, w, h) => ({ type: 3, draw: { ...source(d, w, h, false, d.odds(2)), ropDescriptor: 8, scaleMode: 0, mask: null } }) },
  blend: { formats: ANY, draw: (d, w, h) => ({ type: 5, draw: { ...source(d, w, h, false, d.odds(2)), ropDescriptor: ropd(d), scaleMode: d.int(0, 1), mask: d.mask(w, h) } }) },
  nearest: { formats: ANY, draw: (d, w, h) => ({ type: 3, draw: { ...source(d, w, h, true, d.odds(2)), ropDescriptor: d.odds(2) ? 8 : ropd(d), scaleMode: 1, mask: d.mask(w, h) } }) },
  interpolate: { formats: ANY, draw: (d, w, h) => ({ type: 3, draw: { ...source(d, w, h, true, d.odds(2)), ropDescriptor: d.odds(2) ? 8 : ropd(d), scaleMode: 0, mask: d.mask(w, h) } }) },
  opaque: { formats: ANY, draw: (d, w, h) => ({ type: 2, draw: { ...source(d, w, h, d.odds(2), d.odds(2)), brush: d.brush(), ropDescriptor: ropd(d), scaleMode: d.int(0, 1), mask: d.mask(w, h) } }) },
  plain: { formats: ANY, draw: (d, w, h) => ({ type: d.one([6, 7, 8] as const), draw: { ...d.base(w, h), mask: d.mask(w, h) } }) },
  rop3: { formats: ANY, draw: (d, w, h) => ({ type: 9, draw: { ...source(d, w, h, d.odds(3), d.odds(2)), brush: d.brush(), rop3: d.one(ROP3), scaleMode: d.int(0, 1), mask: d.mask(w, h) } }) },
  bits: { formats: ANY, draw: (d, w, h) => { const base = d.base(w, h); return { type: 4, draw: { ...base, srcPos: { x: d.int(0, w - base.box.right + base.box.left), y: d.int(0, h - base.box.bottom + base.box.top) } } } } },
}

export const FAMILY_NAMES: readonly string[] = Object.keys(FAMILIES)

export function drawsOf(family: string): Family {
  const f = FAMILIES[family]
  if (f === undefined) throw new Error(`no family ${family}`)
  return f
}
