// Why: paths arrive as segments of fixed-point lines and curves; what is drawn are polylines of whole pixels.
import { PathFlags } from '../wire/enums.ts'
import type { PathSegment } from './types.ts'

/** 28.4 → the nearest pixel, halves down. */
export function pixel(v: number): number {
  return Math.floor((v + 7) / 16)
}

/** The path's polylines: x and y in turn. */
export function flatten(path: readonly PathSegment[]): number[][] {
  const lines: number[][] = []
  let now: number[] = []
  for (const s of path) {
    if (s.flags & PathFlags.BEGIN) {
      if (now.length > 2) lines.push(now)
      now = []
    }
    for (let i = 0; i + 1 < s.points.length; i += 2) now.push(pixel(s.points[i]!), pixel(s.points[i + 1]!))
    if (s.flags & PathFlags.END) {
      if (s.flags & PathFlags.CLOSE && now.length >= 2) now.push(now[0]!, now[1]!)
      if (now.length > 2) lines.push(now)
      now = []
    }
  }
  if (now.length > 2) lines.push(now)
  return lines
}
