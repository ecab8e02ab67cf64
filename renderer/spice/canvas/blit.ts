// Why: pictures and colours onto a surface, rectangle by rectangle: the paths that most of a session's pixels take.
import type { Picture, Rect } from '../pixels.ts'
import type { Rop } from './ropd.ts'
import { ROP } from './ropd.ts'
import { copyRow, ropRow, solidRop, solidRow } from './rows.ts'
import type { Surface } from './surface.ts'
import { quantise } from './surface.ts'

/**
 * How a word of a picture enters a surface. On a surface with alpha a picture without one leaves 0 there, not 255: the
 * server copies such pixels as words, and their unused byte is 0.
 */
export function enter(surface: Surface, alpha: boolean, v: number): number {
  return surface.narrow ? quantise(surface.format, v) : alpha ? v : v & 0xffffff
}

/** True if pictures enter as they are, but for what the surface forces. */
export function asIs(surface: Surface, alpha: boolean): boolean {
  return !surface.narrow && (alpha || !surface.alpha)
}

/** n words of src as they enter the surface. */
function enterRow(surface: Surface, alpha: boolean, src: Uint32Array, s: number, n: number, out: Uint32Array): void {
  for (let i = 0; i < n; i++) out[i] = enter(surface, alpha, src[s + i]!)
}

/**
 * Pixel (x, y) of the surface ← picture (x − dx, y − dy) op surface, in `count` rectangles; where the picture does not
 * reach, nothing. A picture that is the surface itself must not overlap its target (see `detached`).
 */
export function blit(surface: Surface, quads: Int32Array, count: number, pic: Picture, dx: number, dy: number, rop: Rop): void {
  if (rop === ROP.NOOP) return
  const { data, stride, keep, force } = surface
  const direct = asIs(surface, pic.alpha)
  const plain = rop === ROP.COPY && direct && surface.alpha === pic.alpha
  const scratch = !direct ? new Uint32Array(Math.min(surface.width, pic.width)) : null
  for (let i = 0; i < count * 4; i += 4) {
    const l = Math.max(quads[i] as number, dx)
    const t = Math.max(quads[i + 1] as number, dy)
    const r = Math.min(quads[i + 2] as number, dx + pic.width)
    const b = Math.min(quads[i + 3] as number, dy + pic.height)
    const n = r - l
    if (n <= 0 || b <= t) continue
    let s = (t - dy) * pic.stride + l - dx
    let d = t * stride + l
    if (plain && n === stride && n === pic.stride) {
      data.set(pic.data.subarray(s, s + n * (b - t)), d)
      continue
    }
    for (let y = t; y < b; y++, s += pic.stride, d += stride) {
      if (plain) copyRow(data, d, pic.data, s, n)
      else if (scratch === null) ropRow(rop, data, d, pic.data, s, n, keep, force)
      else {
        enterRow(surface, pic.alpha, pic.data, s, n, scratch)
        ropRow(rop, data, d, scratch, 0, n, keep, force)
      }
    }
  }
}

/** The rectangles ← color op surface; color is a surface word. */
export function fillSolid(surface: Surface, quads: Int32Array, count: number, color: number, rop: Rop): void {
  if (rop === ROP.NOOP) return
  const { data, stride, keep, force } = surface
  const { and, xor } = solidRop(rop, color)
  for (let i = 0; i < count * 4; i += 4) {
    const l = quads[i] as number
    const t = quads[i + 1] as number
    const b = quads[i + 3] as number
    const n = (quads[i + 2] as number) - l
    let d = t * stride + l
    if (n === stride) solidRow(and, xor, data, d, n * (b - t), keep, force)
    else for (let y = t; y < b; y++, d += stride) solidRow(and, xor, data, d, n, keep, force)
  }
}

/** Repeats the first `period` words of row through its first n. */
function spread(row: Uint32Array, period: number, n: number): void {
  for (let have = period; have < n; have *= 2) row.copyWithin(have, 0, Math.min(have, n - have))
}

/** a mod m, never negative. */
export function wrap(a: number, m: number): number {
  const r = a % m
  return r < 0 ? r + m : r
}

/** One row of a tiled picture: word x is tile (left + x − ox, y − oy), as the surface stores it. */
export function tileRow(surface: Surface, tile: Picture, ox: number, oy: number, left: number, y: number, n: number, out: Uint32Array): void {
  const base = wrap(y - oy, tile.height) * tile.stride
  const phase = wrap(left - ox, tile.width)
  const period = Math.min(n, tile.width)
  for (let i = 0, x = phase; i < period; i++) {
    out[i] = enter(surface, tile.alpha, tile.data[base + x]!)
    if (++x === tile.width) x = 0
  }
  spread(out, tile.width, n)
}

/** The rectangles ← tiled picture op surface. */
export function fillTiled(surface: Surface, quads: Int32Array, count: number, tile: Picture, ox: number, oy: number, rop: Rop): void {
  if (rop === ROP.NOOP || tile.width <= 0 || tile.height <= 0) return
  const scratch = new Uint32Array(surface.width)
  for (let i = 0; i < count * 4; i += 4) {
    const l = quads[i] as number
    const b = quads[i + 3] as number
    const n = (quads[i + 2] as number) - l
    for (let y = quads[i + 1] as number; y < b; y++) {
      tileRow(surface, tile, ox, oy, l, y, n, scratch)
      ropRow(rop, surface.data, y * surface.stride + l, scratch, 0, n, surface.keep, surface.force)
    }
  }
}

/** The picture in the surface's own precision: on narrow surfaces it is converted before anything else happens to it. */
export function narrowed(surface: Surface, pic: Picture): Picture {
  if (!surface.narrow || surface.alpha) return pic
  return { width: pic.width, height: pic.height, stride: pic.stride, alpha: pic.alpha, data: pic.data.map((v) => (quantise(surface.format, v) & 0xffffff) | (v & 0xff000000)) }
}

/**
 * The picture as a draw reads it: a copy if it shares its words with the surface, since drawing may read what it drew.
 * On a surface with alpha, one of 16 bits has an alpha of 255: the server widens it, and copies wider ones as they are.
 */
export function detached(surface: Surface, pic: Picture): Picture {
  if (pic.data.buffer !== surface.data.buffer) return pic.bits === 16 && surface.alpha && !pic.alpha ? { ...pic, alpha: true } : pic
  return { width: pic.width, height: pic.height, stride: pic.stride, alpha: pic.alpha, data: pic.data.slice() }
}

/**
 * Moves pixels within the surface by (dx, dy); the rectangles are targets. One rectangle moves row by row in the order
 * that never reads a written word; several are read from a copy of what they need.
 */
export function moveBits(surface: Surface, quads: Int32Array, count: number, dx: number, dy: number): void {
  const { data, stride, width, height } = surface
  const whole: Rect = { left: Math.max(0, dx), top: Math.max(0, dy), right: Math.min(width, width + dx), bottom: Math.min(height, height + dy) }
  if (count === 1) {
    const l = Math.max(quads[0] as number, whole.left)
    const t = Math.max(quads[1] as number, whole.top)
    const n = Math.min(quads[2] as number, whole.right) - l
    const b = Math.min(quads[3] as number, whole.bottom)
    if (n <= 0 || b <= t) return
    const shift = dy * stride + dx
    if (n === stride) data.copyWithin(t * stride, t * stride - shift, b * stride - shift)
    else if (dy > 0) for (let y = b - 1, d = y * stride + l; y >= t; y--, d -= stride) data.copyWithin(d, d - shift, d - shift + n)
    else for (let y = t, d = y * stride + l; y < b; y++, d += stride) data.copyWithin(d, d - shift, d - shift + n)
    return
  }
  let top = Infinity
  let bottom = -Infinity
  for (let i = 0; i < count * 4; i += 4) {
    top = Math.min(top, quads[i + 1] as number)
    bottom = Math.max(bottom, quads[i + 3] as number)
  }
  top = Math.max(top, whole.top)
  bottom = Math.min(bottom, whole.bottom)
  if (bottom <= top) return
  const from = top - dy
  const copy: Picture = { width, height: bottom - top, stride, alpha: surface.alpha, data: data.slice(from * stride, (from + bottom - top) * stride) }
  blit(surface, quads, count, copy, dx, top, ROP.COPY)
}
