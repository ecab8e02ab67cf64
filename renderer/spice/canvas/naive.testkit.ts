// Why: the canvas again, one pixel at a time and without any cleverness, for property tests to compare with.
import type { Picture, Rect } from '../pixels.ts'
import { wrap } from './blit.ts'
import type { Surface } from './surface.ts'
import { quantise, surfaceColor } from './surface.ts'
import type { Brush, Clip, Mask } from './types.ts'

const within = (x: number, y: number, r: Rect): boolean => x >= r.left && x < r.right && y >= r.top && y < r.bottom

/** Calls pixel for every pixel that a draw may touch. */
export function eachPixel(s: Surface, box: Rect, clip: Clip, mask: Mask | null, pixel: (x: number, y: number) => number | null): void {
  const out = s.data.slice()
  for (let y = 0; y < s.height; y++) {
    for (let x = 0; x < s.width; x++) {
      if (!within(x, y, box) || (clip !== null && !clip.some((c) => within(x, y, c)))) continue
      if (mask !== null) {
        const mx = x - box.left + mask.pos.x
        const my = y - box.top + mask.pos.y
        if (mx < 0 || my < 0 || mx >= mask.coverage.width || my >= mask.coverage.height) continue
        if ((mask.coverage.data[my * mask.coverage.width + mx] === 255) === mask.inverted) continue
      }
      const v = pixel(x, y)
      if (v !== null) out[y * s.stride + x] = (v & s.keep) | s.force
    }
  }
  s.data.set(out)
}

export const at = (p: Picture, x: number, y: number): number | null => (x >= 0 && y >= 0 && x < p.width && y < p.height ? (p.data[y * p.stride + x] as number) : null)

/** A picture's word as it enters the surface. */
export const word = (s: Surface, p: Picture, v: number): number => (s.narrow ? quantise(s.format, v) : p.alpha ? v : v & 0xffffff)

export function brushAt(s: Surface, b: Brush, x: number, y: number): number | null {
  if (b.type === 'solid') return surfaceColor(s.format, b.color)
  if (b.type === 'pattern') return word(s, b.picture, at(b.picture, wrap(x - b.origin.x, b.picture.width), wrap(y - b.origin.y, b.picture.height)) as number)
  return null
}

/** Evaluates a truth table bit by bit: index = pattern·4 + source·2 + dest. */
export function table(code: number, p: number, s: number, d: number): number {
  let out = 0
  for (let bit = 0; bit < 32; bit++) {
    const index = (((p >>> bit) & 1) << 2) | (((s >>> bit) & 1) << 1) | ((d >>> bit) & 1)
    out |= ((code >> index) & 1) << bit
  }
  return out
}
