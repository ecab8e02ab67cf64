// Why: the two draws that leave parts of their picture out pixel by pixel: by alpha, and by a key colour.
import type { Picture } from '../pixels.ts'
import { ImageScaleMode } from '../wire/enums.ts'
import { detached, enter } from './blit.ts'
import { over8, scale8 } from './pixman.ts'
import { extents, paintRegion } from './region.ts'
import { scaled } from './scale.ts'
import { OPAQUE, quantise, surfaceColor } from './surface.ts'
import type { Surface } from './surface.ts'
import type { AlphaBlend, Transparent } from './types.ts'

const sameSize = (d: AlphaBlend | Transparent): boolean =>
  d.srcArea.right - d.srcArea.left === d.box.right - d.box.left && d.srcArea.bottom - d.srcArea.top === d.box.bottom - d.box.top

function blendQuads(surface: Surface, quads: Int32Array, count: number, pic: Picture, dx: number, dy: number, all: number): void {
  const { data, stride, format, force } = surface
  const set = pic.alpha ? 0 : 0xff000000
  for (let i = 0; i < count * 4; i += 4) {
    const l = Math.max(quads[i] as number, dx)
    const r = Math.min(quads[i + 2] as number, dx + pic.width)
    const b = Math.min(quads[i + 3] as number, dy + pic.height)
    for (let y = Math.max(quads[i + 1] as number, dy); y < b; y++) {
      const end = y * stride + r
      let s = (y - dy) * pic.stride + l - dx
      for (let d = y * stride + l; d < end; d++, s++) {
        const v = (pic.data[s]! | set) >>> 0
        if (v === 0) continue
        const out = all !== 255 ? over8(scale8(v, all), data[d]!) : v >= OPAQUE ? v : over8(v, data[d]!)
        data[d] = surface.narrow ? quantise(format, out) : out | force
      }
    }
  }
}

/**
 * DRAW_ALPHA_BLEND: premultiplied source over the surface, all of it times alpha/255. What has an alpha, the formats
 * say; the server's canvas does not look at the draw's alphaFlags, so neither does this.
 */
export function drawAlphaBlend(surface: Surface, d: AlphaBlend): void {
  const src = detached(surface, d.src)
  const all = Math.max(0, Math.min(255, d.alpha))
  paintRegion(surface, d.box, d.clip, null, (quads, count) => {
    if (sameSize(d)) {
      blendQuads(surface, quads, count, src, d.box.left - d.srcArea.left, d.box.top - d.srcArea.top, all)
      return
    }
    const area = extents(quads, count)
    const pic = scaled(src, d.srcArea, d.box, area, { mode: ImageScaleMode.NEAREST, opaque: !src.alpha, alpha: true, snapped: false })
    blendQuads(surface, quads, count, pic, area.left, area.top, all)
  })
}

/** DRAW_TRANSPARENT: source pixels of the key colour are left out. */
export function drawTransparent(surface: Surface, d: Transparent): void {
  const src = detached(surface, d.src)
  const key = surfaceColor(surface.format, d.trueColor) & 0xffffff
  paintRegion(surface, d.box, d.clip, null, (quads, count) => {
    let pic = src
    let dx = d.box.left - d.srcArea.left
    let dy = d.box.top - d.srcArea.top
    if (!sameSize(d)) {
      const area = extents(quads, count)
      pic = scaled(src, d.srcArea, d.box, area, { mode: ImageScaleMode.NEAREST, opaque: !src.alpha, alpha: src.alpha, snapped: false })
      dx = area.left
      dy = area.top
    }
    const { data, stride, force } = surface
    for (let i = 0; i < count * 4; i += 4) {
      const l = Math.max(quads[i] as number, dx)
      const r = Math.min(quads[i + 2] as number, dx + pic.width)
      const b = Math.min(quads[i + 3] as number, dy + pic.height)
      for (let y = Math.max(quads[i + 1] as number, dy); y < b; y++) {
        let s = (y - dy) * pic.stride + l - dx
        for (let at = y * stride + l, end = y * stride + r; at < end; at++, s++) {
          const v = enter(surface, pic.alpha, pic.data[s]!)
          if ((v & 0xffffff) !== key) data[at] = v | force
        }
      }
    }
  })
}
