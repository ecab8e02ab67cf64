// Why: what a display message says, before any image in it is decoded: the canvas's structs with references in the
// places of pictures. The parser fills these, the model decodes and draws them.
import type { AlphaBlend, Composite, Copy, CopyBits, DrawBase, Fill, Opaque, Plain, Rop3, SolidBrush, Stroke, Text, Transparent } from '../canvas/types.ts'
import type { ImageRef } from '../image/types.ts'
import type { Point } from '../pixels.ts'
import type { DisplayMsg } from '../wire/messages.ts'

export type WireBrush = { readonly type: 'none' } | SolidBrush | { readonly type: 'pattern'; readonly ref: ImageRef; readonly origin: Point }

export interface WireMask {
  readonly ref: ImageRef
  readonly pos: Point
  /** MASK_FLAGS_INVERS, for the decoder to apply. */
  readonly invert: boolean
}

type With<T, R> = Omit<T, keyof R> & R
type WithMask<T> = With<T, { readonly mask: WireMask | null }>
type WithSource<T> = With<T, { readonly src: ImageRef }>
type WithBrush<T> = With<T, { readonly brush: WireBrush }>

export type WireFill = WithMask<WithBrush<Fill>>
export type WireCopy = WithMask<WithSource<Copy>>
export type WireOpaque = WithMask<WithBrush<WithSource<Opaque>>>
export type WirePlain = WithMask<Plain>
export type WireRop3 = WithMask<WithBrush<WithSource<Rop3>>>
export type WireStroke = WithBrush<Stroke>
export type WireText = With<Text, { readonly foreBrush: WireBrush; readonly backBrush: WireBrush }>
export type WireTransparent = WithSource<Transparent>
export type WireAlphaBlend = WithSource<Omit<AlphaBlend, 'srcIsSurface'>>
export type WireComposite = WithSource<With<Composite, { readonly mask: ImageRef | null }>>

type Draw<T extends number, D extends DrawBase> = { readonly type: T; readonly surface: number; readonly draw: D }
type M = typeof DisplayMsg

export type DrawCommand =
  | Draw<M['COPY_BITS'], CopyBits>
  | Draw<M['DRAW_FILL'], WireFill>
  | Draw<M['DRAW_OPAQUE'], WireOpaque>
  | Draw<M['DRAW_COPY'] | M['DRAW_BLEND'], WireCopy>
  | Draw<M['DRAW_BLACKNESS'] | M['DRAW_WHITENESS'] | M['DRAW_INVERS'], WirePlain>
  | Draw<M['DRAW_ROP3'], WireRop3>
  | Draw<M['DRAW_STROKE'], WireStroke>
  | Draw<M['DRAW_TEXT'], WireText>
  | Draw<M['DRAW_TRANSPARENT'], WireTransparent>
  | Draw<M['DRAW_ALPHA_BLEND'], WireAlphaBlend>
  | Draw<M['DRAW_COMPOSITE'], WireComposite>
