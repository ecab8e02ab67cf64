// Why: the draws that are raster operations, from their structs: everything but text, lines and alpha.
import type { Picture } from '../pixels.ts'
import { blit, detached, fillSolid, moveBits, narrowed } from './blit.ts'
import { paintBrush, steady } from './brush.ts'
import { extents, paintRegion } from './region.ts'
import type { Rop } from './ropd.ts'
import { INPUT, ROP, ropOf } from './ropd.ts'
import { paintRop3 } from './rop3.ts'
import { scaled } from './scale.ts'
import { surfaceColor } from './surface.ts'
import type { Surface } from './surface.ts'
import type { Blend, Copy, CopyBits, Fill, Opaque, Plain, Rop3 } from './types.ts'

/**
 * Calls paint with the picture (scaled if the box asks for it) and where its pixel (0, 0) lies on the surface. The server
 * scales a plain copy by compositing, which gives opaque pixels an alpha of 255; for the other operations it doesn't.
 * rop null: a ternary one, whose source it scales apart.
 */
function withSource(surface: Surface, draw: Pick<Copy, 'src' | 'srcArea' | 'box' | 'scaleMode'>, rop: Rop | null, quads: Int32Array, count: number, paint: (pic: Picture, dx: number, dy: number) => void): void {
  const { src, srcArea, box } = draw
  if (srcArea.right - srcArea.left === box.right - box.left && srcArea.bottom - srcArea.top === box.bottom - box.top) {
    paint(src, box.left - srcArea.left, box.top - srcArea.top)
    return
  }
  const area = extents(quads, count)
  paint(scaled(narrowed(surface, src), srcArea, box, area, { mode: draw.scaleMode, opaque: !src.alpha, alpha: rop === ROP.COPY || src.alpha, snapped: rop === null }), area.left, area.top)
}

/** DRAW_FILL. */
export function drawFill(surface: Surface, d: Fill): void {
  const rop = ropOf(d.ropDescriptor, INPUT.BRUSH, INPUT.DEST)
  const brush = steady(surface, d.brush)
  paintRegion(surface, d.box, d.clip, d.mask, (quads, count) => paintBrush(surface, quads, count, brush, rop))
}

/** DRAW_COPY. */
export function drawCopy(surface: Surface, d: Copy): void {
  const rop = ropOf(d.ropDescriptor, INPUT.SRC, INPUT.DEST)
  const draw = { ...d, src: detached(surface, d.src) }
  paintRegion(surface, d.box, d.clip, d.mask, (quads, count) =>
    withSource(surface, draw, rop, quads, count, (pic, dx, dy) => blit(surface, quads, count, pic, dx, dy, rop)),
  )
}

/** DRAW_BLEND: a copy by another name. */
export function drawBlend(surface: Surface, d: Blend): void {
  drawCopy(surface, d)
}

/** DRAW_OPAQUE: the source, then the brush over it, for which the source is the destination. */
export function drawOpaque(surface: Surface, d: Opaque): void {
  const rop = ropOf(d.ropDescriptor, INPUT.BRUSH, INPUT.SRC)
  const brush = steady(surface, d.brush)
  const draw = { ...d, src: detached(surface, d.src) }
  paintRegion(surface, d.box, d.clip, d.mask, (quads, count) => {
    withSource(surface, draw, ROP.COPY, quads, count, (pic, dx, dy) => blit(surface, quads, count, pic, dx, dy, ROP.COPY))
    paintBrush(surface, quads, count, brush, rop)
  })
}

/** DRAW_BLACKNESS. */
export function drawBlackness(surface: Surface, d: Plain): void {
  paintRegion(surface, d.box, d.clip, d.mask, (quads, count) => fillSolid(surface, quads, count, surfaceColor(surface.format, 0), ROP.COPY))
}

/** DRAW_WHITENESS. */
export function drawWhiteness(surface: Surface, d: Plain): void {
  paintRegion(surface, d.box, d.clip, d.mask, (quads, count) => fillSolid(surface, quads, count, surfaceColor(surface.format, 0xffffffff), ROP.COPY))
}

/** DRAW_INVERS. */
export function drawInvers(surface: Surface, d: Plain): void {
  paintRegion(surface, d.box, d.clip, d.mask, (quads, count) => fillSolid(surface, quads, count, 0, ROP.INVERT))
}

/** DRAW_ROP3. */
export function drawRop3(surface: Surface, d: Rop3): void {
  const brush = steady(surface, d.brush)
  const draw = { ...d, src: detached(surface, d.src) }
  paintRegion(surface, d.box, d.clip, d.mask, (quads, count) =>
    withSource(surface, draw, null, quads, count, (pic, dx, dy) => paintRop3(surface, quads, count, pic, dx, dy, brush, d.rop3)),
  )
}

/** COPY_BITS: the rectangle at srcPos moves to the box. */
export function drawCopyBits(surface: Surface, d: CopyBits): void {
  paintRegion(surface, d.box, d.clip, null, (quads, count) => moveBits(surface, quads, count, d.box.left - d.srcPos.x, d.box.top - d.srcPos.y))
}
