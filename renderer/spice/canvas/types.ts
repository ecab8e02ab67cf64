// Why: the drawing commands as data, between the message parser (display/) and the pixels. Field for field what the wire
// and spice/qxl_dev.h carry, with images decoded, rectangles as Rect, and the fixed-point path points still 28.4.
import type { Coverage, Picture, Point, Rect } from '../pixels.ts'

/** The clip of a draw: none, or a list of rectangles that may be in any order, overlap, or lie anywhere. */
export type Clip = readonly Rect[] | null

/** `color` is the wire's word, 0x00RRGGBB for 32-bit surfaces (all 32 bits count on an ARGB one). */
export interface SolidBrush {
  readonly type: 'solid'
  readonly color: number
}
/** Tiled, with its top-left pixel at `origin` (surface coordinates). */
export interface PatternBrush {
  readonly type: 'pattern'
  readonly picture: Picture
  readonly origin: Point
}
export type Brush = { readonly type: 'none' } | SolidBrush | PatternBrush

/**
 * QMask: what is not set isn't drawn. `pos` is the pixel of the mask that falls on the box's top-left corner. `inverted`
 * is MASK_FLAGS_INVERS, still to be applied: a decoder that applied it passes false. Outside its bitmap nothing is drawn.
 */
export interface Mask {
  readonly coverage: Coverage
  readonly pos: Point
  readonly inverted: boolean
}

/** What every draw has (DisplayBase without the surface's id). */
export interface DrawBase {
  readonly box: Rect
  readonly clip: Clip
}

/** ropDescriptor: flags of `Ropd`, enums.ts. */
export interface Fill extends DrawBase {
  readonly brush: Brush
  readonly ropDescriptor: number
  readonly mask: Mask | null
}
/** scaleMode: `ImageScaleMode`. srcArea: in pixels of src; a size other than the box's scales. */
export interface Copy extends DrawBase {
  readonly src: Picture
  readonly srcArea: Rect
  readonly ropDescriptor: number
  readonly scaleMode: number
  readonly mask: Mask | null
}
export type Blend = Copy
export interface Opaque extends Copy {
  readonly brush: Brush
}
/** Blackness, Whiteness, Invers. */
export interface Plain extends DrawBase {
  readonly mask: Mask | null
}
/** rop3: the Windows code, 0 … 255, bits indexed by pattern·4 + source·2 + destination. */
export interface Rop3 extends DrawBase {
  readonly src: Picture
  readonly srcArea: Rect
  readonly brush: Brush
  readonly rop3: number
  readonly scaleMode: number
  readonly mask: Mask | null
}
/** Pixels of src that equal trueColor (0x00RRGGBB) are not drawn; srcColor says the same in the source's own format. */
export interface Transparent extends DrawBase {
  readonly src: Picture
  readonly srcArea: Rect
  readonly srcColor: number
  readonly trueColor: number
}
/** alphaFlags: `AlphaFlags`, which the server's canvas and this one leave to the formats; alpha: 0 … 255 over all. */
export interface AlphaBlend extends DrawBase {
  readonly alphaFlags: number
  readonly alpha: number
  readonly src: Picture
  readonly srcIsSurface: boolean
  readonly srcArea: Rect
}
export interface CopyBits extends DrawBase {
  readonly srcPos: Point
}

/** Points are 28.4 fixed, x and y in turn. flags: `PathFlags`. */
export interface PathSegment {
  readonly flags: number
  readonly points: Int32Array
}
/** flags: `LineFlags`; style: lengths of dash, gap, dash … 28.4 fixed; empty unless STYLED. */
export interface LineAttr {
  readonly flags: number
  readonly style: Int32Array
}
export interface Stroke extends DrawBase {
  readonly path: readonly PathSegment[]
  readonly attr: LineAttr
  readonly brush: Brush
  readonly foreMode: number
  readonly backMode: number
}

/**
 * A glyph: its coverage (0 … 255; 4-bit values as the wire has them times 17, one-bit ones as 0 or 255), rows top-down
 * (the wire's are bottom-up; the server's canvas does not look at TOP_DOWN).
 * Its top-left pixel is renderPos + origin.
 */
export interface Glyph {
  readonly renderPos: Point
  readonly origin: Point
  readonly coverage: Coverage
}
/** bits: 1, 4 or 8, from `StringFlags`. */
export interface Text extends DrawBase {
  readonly bits: 1 | 4 | 8
  readonly glyphs: readonly Glyph[]
  readonly backArea: Rect
  readonly foreBrush: Brush
  readonly backBrush: Brush
  readonly foreMode: number
  readonly backMode: number
}

/** Affine, 16.16 fixed: x' = t00·x + t01·y + t02, y' = t10·x + t11·y + t12. */
export interface Transform {
  readonly t00: number
  readonly t01: number
  readonly t02: number
  readonly t10: number
  readonly t11: number
  readonly t12: number
}
/** flags: operator, filters, repeats and the bits of `CompositeFlags`. */
export interface Composite extends DrawBase {
  readonly flags: number
  readonly src: Picture
  readonly srcTransform: Transform | null
  readonly mask: Picture | null
  readonly maskTransform: Transform | null
  readonly srcOrigin: Point
  readonly maskOrigin: Point
}
