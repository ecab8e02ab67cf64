// Why: what has changed on the screen and not been sent yet must stay small however slow a client is: a bounded list of
// rectangles, of which the pixels are read only when they are sent. Half-open rectangles: right and bottom are outside.

export interface Rect {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

export const rect = (left: number, top: number, width: number, height: number): Rect => ({ left, top, right: left + width, bottom: top + height })
export const contains = (r: Rect, x: number, y: number): boolean => x >= r.left && x < r.right && y >= r.top && y < r.bottom
const covers = (a: Rect, b: Rect): boolean => a.left <= b.left && a.top <= b.top && a.right >= b.right && a.bottom >= b.bottom
const union = (a: Rect, b: Rect): Rect => ({
  left: Math.min(a.left, b.left),
  top: Math.min(a.top, b.top),
  right: Math.max(a.right, b.right),
  bottom: Math.max(a.bottom, b.bottom),
})

const MAX_RECTS = 48

export class Region {
  #rects: Rect[] = []
  get empty(): boolean {
    return this.#rects.length === 0
  }
  get count(): number {
    return this.#rects.length
  }
  /** Adds; beyond MAX_RECTS everything becomes its bounding rectangle. */
  add(r: Rect): void {
    if (this.#rects.some((old) => covers(old, r))) return
    this.#rects = this.#rects.filter((old) => !covers(r, old))
    this.#rects.push(r)
    if (this.#rects.length > MAX_RECTS) this.#rects = [this.#rects.reduce(union)]
  }
  /** Takes the oldest rectangle, or its upper part of at most `maxPixels` (at least one row). */
  take(maxPixels: number): Rect | undefined {
    const first = this.#rects.shift()
    if (!first) return undefined
    const rows = Math.max(1, Math.floor(maxPixels / (first.right - first.left)))
    if (first.bottom - first.top <= rows) return first
    const cut = first.top + rows
    this.#rects.unshift({ ...first, top: cut })
    return { ...first, bottom: cut }
  }
  clear(): void {
    this.#rects = []
  }
}
