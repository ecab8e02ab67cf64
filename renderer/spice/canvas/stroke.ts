// Why: lines one pixel wide, drawn as the server draws them: X's zero-width Bresenham, the last pixel of a line left out,
// dashes that run on through the corners. Lines that leave the surface are entered where they come in, so a hostile
// coordinate costs nothing.
import type { Rect } from '../pixels.ts'
import { steady } from './brush.ts'
import { dashedLine, dashNumber, dashesOf } from './dash.ts'
import { flatten } from './path.ts'
import { Pen } from './pen.ts'
import { paintRegion } from './region.ts'
import { INPUT, ropOf } from './ropd.ts'
import type { Surface } from './surface.ts'
import type { Stroke } from './types.ts'

/** Pixels that one draw may visit; a screen's worth of hatching stays far below. */
const BUDGET = 1 << 25
/** Distance before a corner at which its first line is asked for ink, pixels. */
const NEAR = 0.001
/** By octant (4: leftwards, 2: upwards, 1: steep), whether a pixel halfway between two goes to the nearer to the start. */
const BIAS = 0xd8

/** First and one past the last of n steps for which lo ≤ from + sign·step < hi. */
function window(from: number, sign: number, lo: number, hi: number, n: number): [number, number] {
  return sign > 0 ? [Math.max(0, lo - from), Math.min(n, hi - from)] : [Math.max(0, from - hi + 1), Math.min(n, from - lo + 1)]
}

/** One line without its last pixel, within the limits. Gives the pixels visited. */
function line(pen: Pen, x1: number, y1: number, x2: number, y2: number, limits: Rect): number {
  const adx = Math.abs(x2 - x1)
  const ady = Math.abs(y2 - y1)
  const sx = x2 < x1 ? -1 : 1
  const sy = y2 < y1 ? -1 : 1
  const steep = ady > adx
  const n = steep ? ady : adx
  const minor = steep ? adx : ady
  const octant = (sx < 0 ? 4 : 0) | (sy < 0 ? 2 : 0) | (steep ? 1 : 0)
  const tie = (BIAS >> octant) & 1
  const [start, end] = steep ? window(y1, sy, limits.top, limits.bottom, n) : window(x1, sx, limits.left, limits.right, n)
  if (start >= end) return 0
  // At step k the minor axis has moved m = ⌊(2·minor·k + n − tie) / 2n⌋; e counts on from there.
  let m = Math.floor((2 * minor * start + n - tie) / (2 * n))
  let e = 2 * minor * start + n - tie - 2 * n * m
  for (let k = start; k < end; k++) {
    const x = steep ? x1 + sx * m : x1 + sx * k
    const y = steep ? y1 + sy * k : y1 + sy * m
    if (x >= limits.left && x < limits.right && y >= limits.top && y < limits.bottom) pen.dot(x, y)
    e += 2 * minor
    if (e >= 2 * n) {
      e -= 2 * n
      m++
    }
  }
  return end - start
}

/** The points without those that repeat the one before. */
function distinct(p: readonly number[]): readonly number[] {
  const out: number[] = []
  for (let i = 0; i < p.length; i += 2) if (i === 0 || p[i] !== p[i - 2] || p[i + 1] !== p[i - 1]) out.push(p[i]!, p[i + 1]!)
  return out
}

const closed = (p: readonly number[]): boolean => p[0] === p[p.length - 2] && p[1] === p[p.length - 1]

/** Where two inked lines meet, the corner between their rectangles is filled. */
function corner(pen: Pen, x: number, y: number, limits: Rect): void {
  if (x >= limits.left && x < limits.right && y >= limits.top && y < limits.bottom) pen.dot(x, y)
}

/** DRAW_STROKE. The server's lines have no width and no back mode: the gaps between dashes stay. */
export function drawStroke(surface: Surface, d: Stroke): void {
  const pen = new Pen(surface, steady(surface, d.brush), ropOf(d.foreMode, INPUT.BRUSH, INPUT.DEST))
  const dashes = dashesOf(d.attr.flags, d.attr.style)
  const lines = flatten(d.path)
  let budget = BUDGET
  paintRegion(surface, d.box, d.clip, null, (quads, count) => {
    for (let i = 0; i < count * 4 && budget > 0; i += 4) {
      const limits: Rect = { left: quads[i] as number, top: quads[i + 1] as number, right: quads[i + 2] as number, bottom: quads[i + 3] as number }
      for (const path of lines) {
        const p = dashes === null ? path : distinct(path)
        let phase = 0
        if (dashes !== null) pen.once()
        for (let j = 2; j < p.length && budget > 0; j += 2) {
          const [x1, y1, x2, y2] = [p[j - 2]!, p[j - 1]!, p[j]!, p[j + 1]!]
          if (dashes === null) budget -= 1 + line(pen, x1, y1, x2, y2, limits)
          else {
            budget -= 1 + dashedLine(pen, x1, y1, x2, y2, limits, dashes, phase) * (1 + (dashes.lengths.length >> 2))
            const exact = phase + Math.hypot(x2 - x1, y2 - y1)
            phase = Math.ceil(exact)
            const last = j + 2 >= p.length
            const [x3, y3] = last ? [p[2]!, p[3]!] : [p[j + 2]!, p[j + 3]!]
            const turns = (x2 - x1) * (y3 - y2) !== (y2 - y1) * (x3 - x2)
            const before = dashNumber(dashes, exact - NEAR)
            const meet = last ? closed(p) && dashNumber(dashes, 0) >= 0 : dashNumber(dashes, phase) === before
            if (turns && before >= 0 && meet) corner(pen, x2, y2, limits)
          }
        }
      }
    }
  })
}
