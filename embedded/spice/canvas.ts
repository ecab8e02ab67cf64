// Why: the simulated guest's graphics card: a framebuffer with the few drawing operations its screens need, that finds out
// by itself what changed since the last look, so that screens may simply repaint everything.
import { graphemes, shapeOf, textWidth, type Mask, type TypeStyle } from './font.ts'
import { rect, type Rect } from './region.ts'

/** 0xRRGGBB. */
export type Colour = number

const TILE = 32

export class Canvas {
  readonly width: number
  readonly height: number
  /** One 0x00RRGGBB word per pixel, top row first. */
  readonly pixels: Uint32Array
  readonly #shown: Uint32Array

  constructor(width: number, height: number) {
    this.width = width
    this.height = height
    this.pixels = new Uint32Array(width * height)
    this.#shown = new Uint32Array(width * height)
  }

  /** Rectangles (multiples of tiles) that differ from the last call's picture. */
  takeDamage(): Rect[] {
    const open = new Map<string, Rect>()
    const done: Rect[] = []
    for (let top = 0; top < this.height; top += TILE) {
      const bottom = Math.min(this.height, top + TILE)
      const spans = this.#dirtySpans(top, bottom)
      for (const [key, r] of open) {
        if (!spans.has(key)) {
          done.push(r)
          open.delete(key)
        }
      }
      for (const [key, [left, right]] of spans) {
        const above = open.get(key)
        open.set(key, above ? { ...above, bottom } : { left, top, right, bottom })
      }
    }
    done.push(...open.values())
    this.#shown.set(this.pixels)
    return done
  }

  #dirtySpans(top: number, bottom: number): Map<string, [number, number]> {
    const spans: [number, number][] = []
    for (let left = 0; left < this.width; left += TILE) {
      const right = Math.min(this.width, left + TILE)
      if (!this.#differs(left, top, right, bottom)) continue
      const last = spans.at(-1)
      if (last && last[1] === left) last[1] = right
      else spans.push([left, right])
    }
    return new Map(spans.map((s) => [s.join(), s]))
  }

  #differs(left: number, top: number, right: number, bottom: number): boolean {
    for (let y = top; y < bottom; y++) {
      const row = y * this.width
      for (let i = row + left; i < row + right; i++) if (this.pixels[i] !== this.#shown[i]) return true
    }
    return false
  }

  /** The words of `area`, row after row. */
  read(area: Rect): Uint32Array {
    const width = area.right - area.left
    const out = new Uint32Array(width * (area.bottom - area.top))
    for (let y = area.top; y < area.bottom; y++) {
      const from = y * this.width + area.left
      out.set(this.pixels.subarray(from, from + width), (y - area.top) * width)
    }
    return out
  }

  /** The picture as R, G, B, A bytes, for writing it to a file. */
  rgba(): Uint8Array {
    const out = new Uint8Array(this.pixels.length * 4)
    this.pixels.forEach((p, i) => out.set([p >> 16, (p >> 8) & 255, p & 255, 255], i * 4))
    return out
  }

  /** Puts a ready picture of the same size under everything. */
  backdrop(picture: Uint32Array): void {
    this.pixels.set(picture)
  }

  blend(x: number, y: number, colour: Colour, alpha: number): void {
    if (x < 0 || y < 0 || x >= this.width || y >= this.height || alpha <= 0) return
    const i = y * this.width + x
    this.pixels[i] = alpha >= 1 ? colour : mix(this.pixels[i] ?? 0, colour, alpha)
  }

  fill(r: Rect, colour: Colour, alpha = 1): void {
    const left = Math.max(0, Math.round(r.left))
    const right = Math.min(this.width, Math.round(r.right))
    for (let y = Math.max(0, Math.round(r.top)); y < Math.min(this.height, Math.round(r.bottom)); y++) {
      if (alpha >= 1) this.pixels.fill(colour, y * this.width + left, y * this.width + Math.max(left, right))
      else for (let x = left; x < right; x++) this.blend(x, y, colour, alpha)
    }
  }

  /** A rectangle with soft round corners. */
  panel(r: Rect, radius: number, colour: Colour, alpha = 1): void {
    this.fill({ ...r, top: r.top + radius, bottom: r.bottom - radius }, colour, alpha)
    for (let dy = 0; dy < radius; dy++) {
      for (const y of [r.top + dy, r.bottom - 1 - dy]) {
        this.fill({ left: r.left + radius, right: r.right - radius, top: y, bottom: y + 1 }, colour, alpha)
        for (let dx = 0; dx < radius; dx++) {
          const inside = radius - Math.hypot(radius - dx - 0.5, radius - dy - 0.5)
          const cover = Math.min(1, Math.max(0, inside + 0.5)) * alpha
          this.blend(r.left + dx, y, colour, cover)
          this.blend(r.right - 1 - dx, y, colour, cover)
        }
      }
    }
  }

  /** A panel with a thin edge and a soft shadow below it. */
  card(r: Rect, radius: number, colour: Colour, edge: Colour): void {
    for (let i = 12; i >= 2; i -= 2) {
      this.panel({ left: r.left - i, right: r.right + i, top: r.top - i + 5, bottom: r.bottom + i + 5 }, radius + i, 0x000000, 0.036)
    }
    this.panel(r, radius, edge)
    this.panel({ left: r.left + 1, right: r.right - 1, top: r.top + 1, bottom: r.bottom - 1 }, radius - 1, colour)
  }

  disc(cx: number, cy: number, radius: number, colour: Colour, alpha = 1): void {
    this.ring(cx, cy, 0, radius, colour, alpha)
  }

  ring(cx: number, cy: number, inner: number, outer: number, colour: Colour, alpha = 1): void {
    const last = (centre: number, size: number) => Math.min(size - 1, centre + outer + 1)
    for (let y = Math.max(0, Math.floor(cy - outer - 1)); y <= last(cy, this.height); y++) {
      for (let x = Math.max(0, Math.floor(cx - outer - 1)); x <= last(cx, this.width); x++) {
        const d = Math.sqrt((x + 0.5 - cx) ** 2 + (y + 0.5 - cy) ** 2)
        const cover = Math.min(1, Math.max(0, outer + 0.5 - d)) * (inner > 0 ? Math.min(1, Math.max(0, d - inner + 0.5)) : 1)
        this.blend(x, y, colour, cover * alpha)
      }
    }
  }

  /** Writes with the baseline at `y`; returns where the pen ends. `align`: what `x` is of the text. */
  text(x: number, y: number, text: string, style: TypeStyle, colour: Colour, align: 'left' | 'centre' | 'right' = 'left'): number {
    let pen = align === 'left' ? x : x - textWidth(text, style) / (align === 'centre' ? 2 : 1)
    for (const g of graphemes(text)) {
      const { mask, advance } = shapeOf(g, style)
      this.#stamp(Math.round(pen), Math.round(y), mask, colour)
      pen += advance
    }
    return pen
  }

  #stamp(x: number, y: number, mask: Mask, colour: Colour): void {
    for (let my = 0; my < mask.height; my++) {
      for (let mx = 0; mx < mask.width; mx++) {
        const cover = mask.coverage[my * mask.width + mx] ?? 0
        if (cover > 0) this.blend(x + mask.x + mx, y + mask.y + my, colour, cover / 255)
      }
    }
  }
}

/** `a` towards `b` by `t` (0..1), each channel by itself. */
export function mix(a: Colour, b: Colour, t: number): Colour {
  // Red and blue share one multiplication: eight bits of `t` leave them apart.
  const w = Math.round(t * 256)
  const redBlue = ((a & 0xff00ff) * (256 - w) + (b & 0xff00ff) * w + 0x800080) >>> 8
  const green = ((a & 0x00ff00) * (256 - w) + (b & 0x00ff00) * w + 0x008000) >>> 8
  return (redBlue & 0xff00ff) | (green & 0x00ff00)
}

/** Draws once into a fresh picture, to be put under a screen at every repaint. */
export function makeBackdrop(width: number, height: number, draw: (canvas: Canvas) => void): Uint32Array {
  const canvas = new Canvas(width, height)
  draw(canvas)
  return canvas.pixels
}

export const wholeOf = (c: { readonly width: number; readonly height: number }): Rect => rect(0, 0, c.width, c.height)
