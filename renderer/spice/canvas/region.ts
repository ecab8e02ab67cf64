// Why: where a draw may touch: box ∩ surface ∩ clip ∩ mask, as disjoint rectangles of plain numbers. Whatever the wire
// says, the answer lies inside the surface and the work is bounded by its area plus the length of the message.
import type { Rect } from '../pixels.ts'
import type { Clip, Mask } from './types.ts'
import type { Surface } from './surface.ts'

/** Rectangles as left, top, right, bottom in turn; `count` of them are valid. */
export type Paint = (quads: Int32Array, count: number) => void

interface Size {
  readonly width: number
  readonly height: number
}

const STRIP_CELLS = 1 << 18
const PAIRWISE = 64
const BATCH = 4096

/** Packs the rectangles that lie in part in the box and the surface. */
function clipped(size: Size, box: Rect, clip: Clip): { quads: Int32Array; count: number } {
  const left = Math.max(0, box.left)
  const top = Math.max(0, box.top)
  const right = Math.min(size.width, box.right)
  const bottom = Math.min(size.height, box.bottom)
  const quads = new Int32Array(4 * (clip === null ? 1 : clip.length))
  let n = 0
  if (left >= right || top >= bottom) return { quads, count: 0 }
  if (clip === null) {
    quads.set([left, top, right, bottom])
    return { quads, count: 1 }
  }
  for (const c of clip) {
    const l = Math.max(left, c.left)
    const t = Math.max(top, c.top)
    const r = Math.min(right, c.right)
    const b = Math.min(bottom, c.bottom)
    if (l >= r || t >= b) continue
    quads[n++] = l
    quads[n++] = t
    quads[n++] = r
    quads[n++] = b
  }
  return { quads, count: n >> 2 }
}

/** Sorted in bands from top to bottom (what X and the server send), or few and found disjoint one by one. */
function disjoint(q: Int32Array, count: number): boolean {
  let banded = true
  for (let i = 4; i < count * 4 && banded; i += 4) {
    const same = q[i + 1] === q[i - 3] && q[i + 3] === q[i - 1] && (q[i] as number) >= (q[i - 2] as number)
    banded = same || (q[i + 1] as number) >= (q[i - 1] as number)
  }
  if (banded) return true
  if (count > PAIRWISE) return false
  for (let i = 0; i < count * 4; i += 4) {
    for (let j = 0; j < i; j += 4) {
      if ((q[i] as number) < (q[j + 2] as number) && (q[j] as number) < (q[i + 2] as number) && (q[i + 1] as number) < (q[j + 3] as number) && (q[j + 1] as number) < (q[i + 3] as number)) return false
    }
  }
  return true
}

/** Calls `paint` with as few batches as their buffer allows. */
class Batch {
  readonly #quads = new Int32Array(4 * BATCH)
  readonly #paint: Paint
  #n = 0
  constructor(paint: Paint) {
    this.#paint = paint
  }
  add(l: number, t: number, r: number, b: number): void {
    const q = this.#quads
    let n = this.#n
    q[n++] = l
    q[n++] = t
    q[n++] = r
    q[n++] = b
    this.#n = n
    if (n === q.length) this.flush()
  }
  flush(): void {
    if (this.#n > 0) this.#paint(this.#quads, this.#n >> 2)
    this.#n = 0
  }
}

/**
 * The union of overlapping rectangles, by a table of differences: each adds four marks to a strip of rows, and the sums
 * over the strip say which pixels are covered. Linear in rectangles and area, whatever their order.
 */
function union(q: Int32Array, count: number, paint: Paint): void {
  const e = extents(q, count)
  const w = e.right - e.left
  const rows = Math.max(1, Math.min(e.bottom - e.top, Math.floor(STRIP_CELLS / (w + 1))))
  const cells = new Int32Array((w + 1) * (rows + 1))
  const batch = new Batch(paint)
  for (let top = e.top; top < e.bottom; top += rows) {
    const h = Math.min(rows, e.bottom - top)
    cells.fill(0)
    for (let i = 0; i < count * 4; i += 4) {
      const t = Math.max(0, (q[i + 1] as number) - top)
      const b = Math.min(h, (q[i + 3] as number) - top)
      if (t >= b) continue
      const l = (q[i] as number) - e.left
      const r = (q[i + 2] as number) - e.left
      cells[t * (w + 1) + l]!++
      cells[t * (w + 1) + r]!--
      cells[b * (w + 1) + l]!--
      cells[b * (w + 1) + r]!++
    }
    for (let y = 0; y < h; y++) {
      const at = y * (w + 1)
      let sum = 0
      let start = -1
      for (let x = 0; x <= w; x++) {
        const column = (cells[at + x] as number) + (y > 0 ? (cells[at - w - 1 + x] as number) : 0)
        cells[at + x] = column
        sum += column
        if (sum > 0 && x < w) {
          if (start < 0) start = x
        } else if (start >= 0) {
          batch.add(e.left + start, top + y, e.left + x, top + y + 1)
          start = -1
        }
      }
    }
  }
  batch.flush()
}

export function extents(q: Int32Array, count: number): Rect {
  let left = Infinity
  let top = Infinity
  let right = -Infinity
  let bottom = -Infinity
  for (let i = 0; i < count * 4; i += 4) {
    left = Math.min(left, q[i] as number)
    top = Math.min(top, q[i + 1] as number)
    right = Math.max(right, q[i + 2] as number)
    bottom = Math.max(bottom, q[i + 3] as number)
  }
  return { left, top, right, bottom }
}

/** Cuts the rectangles to the runs that the mask sets. */
function masked(q: Int32Array, count: number, box: Rect, mask: Mask, paint: Paint): void {
  const { data, width, height } = mask.coverage
  const dx = box.left - mask.pos.x
  const dy = box.top - mask.pos.y
  const batch = new Batch(paint)
  const on = mask.inverted ? 0 : 128
  for (let i = 0; i < count * 4; i += 4) {
    const l = Math.max(q[i] as number, dx)
    const r = Math.min(q[i + 2] as number, dx + width)
    const b = Math.min(q[i + 3] as number, dy + height)
    for (let y = Math.max(q[i + 1] as number, dy); y < b; y++) {
      const at = (y - dy) * width - dx
      let start = -1
      for (let x = l; x < r; x++) {
        if (((data[at + x] as number) & 128) === on) {
          if (start < 0) start = x
        } else if (start >= 0) {
          batch.add(start, y, x, y + 1)
          start = -1
        }
      }
      if (start >= 0) batch.add(start, y, r, y + 1)
    }
  }
  batch.flush()
}

/** The clip's disjoint rectangles within box and size. */
export function eachClipped(size: Size, box: Rect, clip: Clip, paint: Paint): void {
  const { quads, count } = clipped(size, box, clip)
  if (count === 0) return
  if (clip === null || disjoint(quads, count)) paint(quads, count)
  else union(quads, count, paint)
}

/** The same within the mask; marks the surface dirty where it will be painted. */
export function paintRegion(surface: Surface, box: Rect, clip: Clip, mask: Mask | null, paint: Paint): void {
  eachClipped(surface, box, clip, (quads, count) => {
    if (count <= 16) for (let i = 0; i < count * 4; i += 4) surface.dirty.add(quads[i] as number, quads[i + 1] as number, quads[i + 2] as number, quads[i + 3] as number)
    else {
      const e = extents(quads, count)
      surface.dirty.add(e.left, e.top, e.right, e.bottom)
    }
    if (mask === null) paint(quads, count)
    else masked(quads, count, box, mask, paint)
  })
}
