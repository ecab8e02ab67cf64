// Why: dashed lines. The server has no dashed line of no width: it draws each dash as a rectangle one pixel wide along the
// line and fills the pixels whose centres lie in it. So a dash is measured along the line, not in steps.
import type { Rect } from '../pixels.ts'
import { LineFlags } from '../wire/enums.ts'
import type { Pen } from './pen.ts'

/** Lengths of dash and gap in turn, pixels, from `offset` on. Of an odd list the last dash meets the first. */
export interface Dashes {
  readonly lengths: readonly number[]
  readonly total: number
  readonly offset: number
}

/**
 * Null: a solid line. style: 28.4 fixed. Starting with a gap, the list is turned by one and entered at its second length,
 * which is how the server reads that flag (so a list of one is always ink).
 */
export function dashesOf(flags: number, style: Int32Array): Dashes | null {
  if ((flags & LineFlags.STYLED) === 0 || style.length === 0) return null
  const lengths = Array.from(style, (v) => Math.max(0, v / 16))
  const total = lengths.reduce((a, b) => a + b, 0)
  if (total <= 0) return null
  if ((flags & LineFlags.START_WITH_GAP) === 0) return { lengths, total, offset: 0 }
  const turned = [...lengths.slice(1), lengths[0]!]
  return { lengths: turned, total, offset: turned[0]! }
}

/** The number of the dash or gap at this distance from the path's start (not negative); negative numbers are gaps. */
export function dashNumber(dashes: Dashes, distance: number): number {
  const n = dashes.lengths.length
  const from = distance + dashes.offset
  let at = from % dashes.total
  let i = 0
  for (; i < n - 1 && at >= dashes.lengths[i]!; i++) at -= dashes.lengths[i]!
  const number = Math.floor(from / dashes.total) * n + i
  return (i & 1) === 0 ? number : -1 - number
}

/** How far a centre on a rectangle's edge counts as moved right and down, which gives it to one of two neighbours. */
const RIGHT = 1e-7
const DOWN = 1e-9

/** One line within the limits; it starts `phase` pixels into the dashes. Gives the pixels visited. */
export function dashedLine(pen: Pen, x1: number, y1: number, x2: number, y2: number, limits: Rect, dashes: Dashes, phase: number): number {
  const length = Math.hypot(x2 - x1, y2 - y1)
  if (length === 0) return 0
  const ux = (x2 - x1) / length
  const uy = (y2 - y1) / length
  const steep = Math.abs(uy) > Math.abs(ux)
  const lo = Math.max(steep ? limits.top : limits.left, Math.min(steep ? y1 : x1, steep ? y2 : x2) - 1)
  const hi = Math.min(steep ? limits.bottom : limits.right, Math.max(steep ? y1 : x1, steep ? y2 : x2) + 2)
  for (let k = lo; k < hi; k++) {
    const middle = Math.round(steep ? x1 + ((k - y1) * ux) / uy : y1 + ((k - x1) * uy) / ux)
    for (let j = middle - 1; j <= middle + 1; j++) {
      const x = steep ? j : k
      const y = steep ? k : j
      if (x < limits.left || x >= limits.right || y < limits.top || y >= limits.bottom) continue
      const dx = x - x1 + RIGHT
      const dy = y - y1 + DOWN
      const along = dx * ux + dy * uy
      if (Math.abs(dx * uy - dy * ux) < 0.5 && along >= 0 && along < length && dashNumber(dashes, phase + along) >= 0) pen.dot(x, y)
    }
  }
  return Math.max(0, 3 * (hi - lo))
}
