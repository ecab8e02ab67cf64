// Why: a brush is a colour, a tiled picture or nothing, and every draw that takes one paints it the same way.
import { detached, fillSolid, fillTiled } from './blit.ts'
import type { Rop } from './ropd.ts'
import { surfaceColor } from './surface.ts'
import type { Surface } from './surface.ts'
import type { Brush } from './types.ts'

/** The brush with its picture safe to read while the surface is written. */
export function steady(surface: Surface, brush: Brush): Brush {
  return brush.type === 'pattern' ? { ...brush, picture: detached(surface, brush.picture) } : brush
}

/** The rectangles ← brush op surface. */
export function paintBrush(surface: Surface, quads: Int32Array, count: number, brush: Brush, rop: Rop): void {
  if (brush.type === 'solid') fillSolid(surface, quads, count, surfaceColor(surface.format, brush.color), rop)
  else if (brush.type === 'pattern') fillTiled(surface, quads, count, brush.picture, brush.origin.x, brush.origin.y, rop)
}
