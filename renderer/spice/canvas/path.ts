// Why: paths arrive as segments of fixed-point lines and curves; what is drawn are polylines of whole pixels.
import { PathFlags } from '../wire/enums.ts'
import type { PathSegment } from './types.ts'

/** Points that one path may come to; what is beyond them is not drawn. */
const MAX_POINTS = 1 << 18
/** A curve is halved until its control points are this close to its chord, 28.4 squared: half a pixel's square. */
const FLAT = 128
const MAX_DEPTH = 10

/** 28.4 → the nearest pixel, halves down. */
export function pixel(v: number): number {
  return Math.floor((v + 7) / 16)
}

/** Adds the polyline of a Bézier curve, without its first point, to `out` (28.4, x and y in turn). */
function curve(x0: number, y0: number, x1: number, y1: number, x2: number, y2: number, x3: number, y3: number, depth: number, out: number[]): void {
  const dx = x3 - x0
  const dy = y3 - y0
  const length = dx * dx + dy * dy || 1
  const a = (x1 - x0) * dy - (y1 - y0) * dx
  const b = (x2 - x0) * dy - (y2 - y0) * dx
  // Of a closed loop the chord has no direction: then the control points' own distance counts.
  const far = dx === 0 && dy === 0 ? Math.max((x1 - x0) ** 2 + (y1 - y0) ** 2, (x2 - x0) ** 2 + (y2 - y0) ** 2) : Math.max(a * a, b * b) / length
  if (far <= FLAT || depth >= MAX_DEPTH || out.length >= 2 * MAX_POINTS) {
    out.push(x3, y3)
    return
  }
  const half = (p: number, q: number): number => Math.floor((p + q) / 2)
  const [ax, ay, bx, by, cx, cy] = [half(x0, x1), half(y0, y1), half(x1, x2), half(y1, y2), half(x2, x3), half(y2, y3)]
  const [dx2, dy2, ex, ey] = [half(ax, bx), half(ay, by), half(bx, cx), half(by, cy)]
  const [fx, fy] = [half(dx2, ex), half(dy2, ey)]
  curve(x0, y0, ax, ay, dx2, dy2, fx, fy, depth + 1, out)
  curve(fx, fy, ex, ey, cx, cy, x3, y3, depth + 1, out)
}

/** The segment's points as line ends, 28.4; a curve goes on from (x, y) if there is a point already. */
function points(s: PathSegment, last: readonly [number, number] | null): ArrayLike<number> {
  if ((s.flags & PathFlags.BEZIER) === 0) return s.points
  const p = s.points
  const out: number[] = []
  let i = 0
  let from = last
  if (from === null && p.length >= 2) {
    from = [p[0]!, p[1]!]
    out.push(...from)
    i = 2
  }
  if (from === null) return out
  for (let [x, y] = from; i + 5 < p.length && out.length < 2 * MAX_POINTS; i += 6) {
    // What is left of the point before is its pixel.
    curve(pixel(x) * 16, pixel(y) * 16, p[i]!, p[i + 1]!, p[i + 2]!, p[i + 3]!, p[i + 4]!, p[i + 5]!, 0, out)
    x = p[i + 4]!
    y = p[i + 5]!
  }
  return out
}

/** The path's polylines: x and y in turn, pixels. A closed one ends where it began. */
export function flatten(path: readonly PathSegment[]): number[][] {
  const lines: number[][] = []
  let now: number[] = []
  let last: [number, number] | null = null
  let total = 0
  const finish = (): void => {
    if (now.length > 2) lines.push(now)
    now = []
    last = null
  }
  for (const s of path) {
    if (s.flags & PathFlags.BEGIN) finish()
    const p = points(s, last)
    for (let i = 0; i + 1 < p.length && total < MAX_POINTS; i += 2, total++) {
      now.push(pixel(p[i]!), pixel(p[i + 1]!))
      last = [p[i]!, p[i + 1]!]
    }
    if (s.flags & PathFlags.END) {
      if (s.flags & PathFlags.CLOSE && now.length >= 2) now.push(now[0]!, now[1]!)
      finish()
    }
  }
  finish()
  return lines
}
