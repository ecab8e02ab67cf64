// Why: strings of glyphs. The server joins a string's glyphs into one coverage map first and inks that once, so where
// glyphs overlap it matters to do the same.
import type { Coverage, Rect } from '../pixels.ts'
import { tileRow } from './blit.ts'
import { paintBrush, steady } from './brush.ts'
import { over8, scale8 } from './pixman.ts'
import { SurfaceFmt } from '../wire/enums.ts'
import { eachClipped, extents, paintRegion } from './region.ts'
import { ROP } from './ropd.ts'
import { quantise, surfaceColor } from './surface.ts'
import type { Surface } from './surface.ts'
import type { Brush, Text } from './types.ts'

/** The union of the glyphs' boxes. */
function bounds(text: Text): Rect {
  let left = Infinity
  let top = Infinity
  let right = -Infinity
  let bottom = -Infinity
  for (const g of text.glyphs) {
    const x = g.renderPos.x + g.origin.x
    const y = g.renderPos.y + g.origin.y
    left = Math.min(left, x)
    top = Math.min(top, y)
    right = Math.max(right, x + g.coverage.width)
    bottom = Math.max(bottom, y + g.coverage.height)
  }
  return { left, top, right, bottom }
}

function meet(a: Rect, b: Rect): Rect | null {
  const left = Math.max(a.left, b.left)
  const top = Math.max(a.top, b.top)
  const right = Math.min(a.right, b.right)
  const bottom = Math.min(a.bottom, b.bottom)
  return left < right && top < bottom ? { left, top, right, bottom } : null
}

/**
 * The glyphs' coverage within `area`. Where they overlap the larger one counts; but a 4-bit glyph's odd column is compared
 * together with the even one before it, so it replaces what was there if that one isn't empty. And 4-bit coverage n
 * stands for 16·n, not 17·n. This is the server's arithmetic, and every client's that shares its code.
 */
function joined(text: Text, area: Rect): Coverage {
  const width = area.right - area.left
  const height = area.bottom - area.top
  const data = new Uint8Array(width * height)
  const bits = text.bits === 4 ? 0xf0 : 0xff
  const pairs = text.bits === 4
  for (const g of text.glyphs) {
    const gx = g.renderPos.x + g.origin.x - area.left
    const gy = g.renderPos.y + g.origin.y - area.top
    const c = g.coverage
    const x1 = Math.min(width, gx + c.width)
    const y1 = Math.min(height, gy + c.height)
    for (let y = Math.max(0, gy); y < y1; y++) {
      for (let x = Math.max(0, gx); x < x1; x++) {
        const at = (y - gy) * c.width + x - gx
        const v = c.data[at]! & bits
        if (v > data[y * width + x]! || (pairs && ((x - gx) & 1) === 1 && c.data[at - 1]! >= 16)) data[y * width + x] = v
      }
    }
  }
  return { width, height, data }
}

/** The rectangles ← brush over surface, as much as the coverage says; a pattern's origin counts from (ox, oy). */
function ink(surface: Surface, quads: Int32Array, count: number, map: Coverage, area: Rect, brush: Brush, ox: number, oy: number): void {
  const row = new Uint32Array(surface.width)
  const opaque = brush.type === 'pattern' && brush.picture.alpha ? 0 : 0xff000000
  // Inking, the server reads a 16-bit colour as 5-5-5 on both 16-bit formats.
  if (brush.type === 'solid') row.fill(surfaceColor(surface.format === SurfaceFmt['16_565'] ? SurfaceFmt['16_555'] : surface.format, brush.color))
  for (let i = 0; i < count * 4; i += 4) {
    const l = Math.max(quads[i] as number, area.left)
    const r = Math.min(quads[i + 2] as number, area.right)
    const b = Math.min(quads[i + 3] as number, area.bottom)
    if (l >= r) continue
    for (let y = Math.max(quads[i + 1] as number, area.top); y < b; y++) {
      if (brush.type === 'pattern') tileRow(surface, brush.picture, ox + brush.origin.x, oy + brush.origin.y, l, y, r - l, row)
      let m = (y - area.top) * map.width + l - area.left
      for (let at = y * surface.stride + l, x = 0; x < r - l; x++, at++, m++) {
        const cover = map.data[m]!
        if (cover === 0) continue
        const v = over8(scale8(row[x]! | opaque, cover), surface.data[at]!)
        surface.data[at] = surface.narrow ? quantise(surface.format, v) : v | surface.force
      }
    }
  }
}

/**
 * DRAW_TEXT: the back area first, if there is one, then the glyphs over it. Both replace whatever the modes say: the
 * server accepts no fore mode but PUT and does not look at the back mode.
 */
export function drawText(surface: Surface, d: Text): void {
  const fore = steady(surface, d.foreBrush)
  const back = steady(surface, d.backBrush)
  const string = bounds(d)
  paintRegion(surface, d.box, d.clip, null, (quads, count) => {
    if (d.backArea.right > d.backArea.left && d.backArea.bottom > d.backArea.top) {
      const parts: Rect[] = []
      for (let i = 0; i < count * 4; i += 4) parts.push({ left: quads[i] as number, top: quads[i + 1] as number, right: quads[i + 2] as number, bottom: quads[i + 3] as number })
      eachClipped(surface, d.backArea, parts, (q, n) => paintBrush(surface, q, n, back, ROP.COPY))
    }
    const area = meet(string, extents(quads, count))
    if (area === null || fore.type === 'none') return
    ink(surface, quads, count, joined(d, area), area, fore, string.left, string.top)
  })
}
