// Why: all 256 ternary operations by one kernel: the code's eight bits become eight words, and two levels of bitwise
// selection look every bit of pattern, source and destination up at once.
import type { Picture } from '../pixels.ts'
import { enter, tileRow } from './blit.ts'
import { surfaceColor } from './surface.ts'
import type { Surface } from './surface.ts'
import type { Brush } from './types.ts'

/** The operation's unary function of the destination for each pattern (bit 1) and source (bit 0): d & and ^ xor. */
export function rop3Words(code: number): Int32Array {
  const words = new Int32Array(8)
  for (let ps = 0; ps < 4; ps++) {
    const at0 = (code >> (ps * 2)) & 1 ? -1 : 0
    const at1 = (code >> (ps * 2 + 1)) & 1 ? -1 : 0
    words[ps * 2] = at0 ^ at1
    words[ps * 2 + 1] = at0
  }
  return words
}

/** dst[d…] ← rop3(pattern p[0…], source s[0…], dst[d…]) & keep | force. */
export function rop3Row(words: Int32Array, dst: Uint32Array, d: number, p: Uint32Array, s: Uint32Array, n: number, keep: number, force: number): void {
  const [a0, x0, a1, x1, a2, x2, a3, x3] = words as unknown as [number, number, number, number, number, number, number, number]
  for (let i = 0; i < n; i++, d++) {
    const v = dst[d]!
    const sv = s[i]!
    const lo0 = (v & a0) ^ x0
    const lo = lo0 ^ ((lo0 ^ (v & a1) ^ x1) & sv)
    const hi0 = (v & a2) ^ x2
    const hi = hi0 ^ ((hi0 ^ (v & a3) ^ x3) & sv)
    dst[d] = ((lo ^ ((lo ^ hi) & p[i]!)) & keep) | force
  }
}

/** The rectangles ← rop3(brush, picture at (dx, dy), surface); where the picture does not reach, nothing. */
export function paintRop3(surface: Surface, quads: Int32Array, count: number, pic: Picture, dx: number, dy: number, brush: Brush, code: number): void {
  const words = rop3Words(code)
  const pattern = new Uint32Array(surface.width)
  const source = new Uint32Array(surface.width)
  if (brush.type === 'solid') pattern.fill(surfaceColor(surface.format, brush.color))
  for (let i = 0; i < count * 4; i += 4) {
    const l = Math.max(quads[i] as number, dx)
    const r = Math.min(quads[i + 2] as number, dx + pic.width)
    const b = Math.min(quads[i + 3] as number, dy + pic.height)
    const n = r - l
    if (n <= 0) continue
    for (let y = Math.max(quads[i + 1] as number, dy); y < b; y++) {
      const at = (y - dy) * pic.stride + l - dx
      for (let x = 0; x < n; x++) source[x] = enter(surface, pic.alpha, pic.data[at + x]!)
      if (brush.type === 'pattern') tileRow(surface, brush.picture, brush.origin.x, brush.origin.y, l, y, n, pattern)
      rop3Row(words, surface.data, y * surface.stride + l, pattern, source, n, surface.keep, surface.force)
    }
  }
}
