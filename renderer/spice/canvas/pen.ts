// Why: lines meet a surface one pixel at a time; what a brush and a raster operation make of one is settled here once.
import { tileRow } from './blit.ts'
import { ropRow, solidRop } from './rows.ts'
import { surfaceColor } from './surface.ts'
import type { Surface } from './surface.ts'
import type { Brush } from './types.ts'

/** What draws one pixel; a class, so that the loop below calls one known method. */
export class Pen {
  readonly surface: Surface
  readonly #and: number
  readonly #xor: number
  readonly #rop: number
  readonly #brush: Brush
  #seen: Uint32Array | null = null
  #turn = 0
  readonly #word = new Uint32Array(1)
  constructor(surface: Surface, brush: Brush, rop: number) {
    const solid = solidRop(rop, brush.type === 'solid' ? surfaceColor(surface.format, brush.color) : 0)
    this.surface = surface
    this.#and = solid.and
    this.#xor = solid.xor
    this.#rop = rop
    this.#brush = brush
  }
  /** From here on every pixel is drawn once at most, until the next call: a dashed line is inked as one shape. */
  once(): void {
    this.#seen ??= new Uint32Array(this.surface.data.length)
    this.#turn++
  }
  dot(x: number, y: number): void {
    const s = this.surface
    const at = y * s.stride + x
    if (this.#seen !== null) {
      if (this.#seen[at] === this.#turn) return
      this.#seen[at] = this.#turn
    }
    const brush = this.#brush
    if (brush.type === 'solid') s.data[at] = (((s.data[at]! & this.#and) ^ this.#xor) & s.keep) | s.force
    else if (brush.type === 'pattern') {
      tileRow(s, brush.picture, brush.origin.x, brush.origin.y, x, y, 1, this.#word)
      ropRow(this.#rop, s.data, at, this.#word, 0, 1, s.keep, s.force)
    }
  }
}
