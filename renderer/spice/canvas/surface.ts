// Why: a surface of any wire format as 32-bit words in the screen's order. Narrow formats are kept widened by bit
// replication, as pixman widens them: bitwise operations on widened values are the widened results, so only conversions
// into a surface need to know its format.
import type { Picture } from '../pixels.ts'
import { MAX_AREA, MAX_SIDE } from '../pixels.ts'
import { SurfaceFmt } from '../wire/enums.ts'
import { DirtyRects } from './dirty.ts'

export type SurfaceFormat = (typeof SurfaceFmt)[keyof typeof SurfaceFmt]

export const OPAQUE = 0xff000000

/** 0xAABBGGRR → the nearest word below that the format can hold. */
export function quantise(format: SurfaceFormat, v: number): number {
  switch (format) {
    case SurfaceFmt['32_ARGB']:
      return v
    case SurfaceFmt['8_A']:
      return v & OPAQUE
    case SurfaceFmt['1_A']:
      return v & 0x80000000 ? OPAQUE : 0
    case SurfaceFmt['16_555']:
      return OPAQUE | (v & 0xf8f8f8) | ((v >>> 5) & 0x070707)
    case SurfaceFmt['16_565']:
      return OPAQUE | (v & 0xf8fcf8) | ((v >>> 5) & 0x070007) | ((v >>> 6) & 0x000300)
    default:
      return v | OPAQUE
  }
}

/** A brush's colour word as the wire has it for this format → a surface word. */
export function surfaceColor(format: SurfaceFormat, c: number): number {
  const swapped = (c & 0xff00ff00) | ((c & 0xff) << 16) | ((c >>> 16) & 0xff)
  switch (format) {
    case SurfaceFmt['8_A']:
      return (c & 0xff) << 24
    case SurfaceFmt['1_A']:
      return c & 1 ? OPAQUE : 0
    case SurfaceFmt['16_555']:
      return quantise(format, ((c >>> 7) & 0xf8) | ((c & 0x3e0) << 6) | ((c & 0x1f) << 19))
    case SurfaceFmt['16_565']:
      return quantise(format, ((c >>> 8) & 0xf8) | ((c & 0x7e0) << 5) | ((c & 0x1f) << 19))
    default:
      return quantise(format, swapped)
  }
}

export class Surface implements Picture {
  readonly width: number
  readonly height: number
  readonly stride: number
  readonly format: SurfaceFormat
  readonly data: Uint32Array
  /** Its alpha means something. */
  readonly alpha: boolean
  /** Every stored word is (word & keep) | force. */
  readonly keep: number
  readonly force: number
  /** True for the formats of which not every word can be stored. */
  readonly narrow: boolean
  readonly dirty = new DirtyRects()

  /** Sizes beyond the limits of pixels.ts are a RangeError. All zero: black, or transparent. */
  constructor(width: number, height: number, format: SurfaceFormat) {
    const sane = (n: number): boolean => Number.isInteger(n) && n > 0 && n <= MAX_SIDE
    if (!sane(width) || !sane(height) || width * height > MAX_AREA) throw new RangeError(`a surface of ${width} × ${height}`)
    this.width = this.stride = width
    this.height = height
    this.format = format
    const mask = format === SurfaceFmt['8_A'] || format === SurfaceFmt['1_A']
    this.alpha = mask || format === SurfaceFmt['32_ARGB']
    this.narrow = mask || format === SurfaceFmt['16_555'] || format === SurfaceFmt['16_565']
    this.keep = mask ? OPAQUE : -1
    this.force = this.alpha ? 0 : OPAQUE
    this.data = new Uint32Array(width * height)
    if (!this.alpha) this.data.fill(OPAQUE)
  }
}
