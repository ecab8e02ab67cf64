// Why: what changed since the last frame, as a few rectangles: exact enough that a blinking cursor does not repaint the
// screen, few enough that a thousand glyphs cost one copy.
import type { Rect } from '../pixels.ts'

const LIMIT = 16

/** Area that putting a and b into one rectangle would add beyond their own. */
function waste(l: number, t: number, r: number, b: number, o: Rect): number {
  const union = (Math.max(r, o.right) - Math.min(l, o.left)) * (Math.max(b, o.bottom) - Math.min(t, o.top))
  return union - (r - l) * (b - t) - (o.right - o.left) * (o.bottom - o.top)
}

export class DirtyRects {
  #rects: Rect[] = []

  get empty(): boolean {
    return this.#rects.length === 0
  }

  /** Half-open, already inside the surface; an empty rectangle adds nothing. */
  add(left: number, top: number, right: number, bottom: number): void {
    if (right <= left || bottom <= top) return
    let best = -1
    let least = Infinity
    for (let i = 0; i < this.#rects.length; i++) {
      const o = this.#rects[i] as Rect
      if (left >= o.left && top >= o.top && right <= o.right && bottom <= o.bottom) return
      const w = waste(left, top, right, bottom, o)
      if (w < least) {
        least = w
        best = i
      }
    }
    const o = best < 0 ? undefined : this.#rects[best]
    if (o === undefined || (least > 0 && this.#rects.length < LIMIT)) {
      this.#rects.push({ left, top, right, bottom })
      return
    }
    this.#rects.splice(best, 1)
    this.add(Math.min(left, o.left), Math.min(top, o.top), Math.max(right, o.right), Math.max(bottom, o.bottom))
  }

  /** The rectangles, at most 16 (they may overlap); none after. */
  take(): readonly Rect[] {
    const rects = this.#rects
    this.#rects = []
    return rects
  }
}
