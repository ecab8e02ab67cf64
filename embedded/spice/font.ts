// Why: turns the pen strokes of glyphs.ts into soft-edged masks once per letter and size, and measures text with them.
import { glyphs, marks } from './glyphs.ts'

/** Coverage 0..255 per pixel. `x`, `y`: where the mask's corner lies from the pen position on the baseline. */
export interface Mask {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  readonly coverage: Uint8Array
}
export interface Shape {
  readonly mask: Mask
  readonly advance: number
}
export interface TypeStyle {
  /** Height of capitals, pixels. */
  readonly cap: number
  readonly bold?: boolean
}

interface Segment {
  readonly x1: number
  readonly y1: number
  readonly x2: number
  readonly y2: number
}

/** Space between letters and the pen's width, in glyph units. */
const SPACING = 2.25
const PEN = 1.25
const PEN_BOLD = 1.9
const MISSING = '6|M0 0L6 0L6 10L0 10L0 0'
const CACHE_LIMIT = 4000

const cache = new Map<string, Shape>()

/** The shape of one grapheme's letter with its marks; an unknown letter is an empty box. */
export function shapeOf(grapheme: string, style: TypeStyle): Shape {
  const key = `${style.cap}${style.bold === true ? 'b' : 'r'}${grapheme}`
  const known = cache.get(key)
  if (known) return known
  const made = build(grapheme, style)
  if (cache.size >= CACHE_LIMIT) cache.clear()
  cache.set(key, made)
  return made
}

/** Letters with their combining marks, one entry each. */
export function graphemes(text: string): string[] {
  const out: string[] = []
  for (const char of text.normalize('NFC')) {
    if (/\p{M}/u.test(char) && out.length > 0) out[out.length - 1] += char
    else out.push(char)
  }
  return out
}

export function textWidth(text: string, style: TypeStyle): number {
  return graphemes(text).reduce((sum, g) => sum + shapeOf(g, style).advance, 0)
}

function build(grapheme: string, style: TypeStyle): Shape {
  const unit = style.cap / 10
  const pen = (style.bold === true ? PEN_BOLD : PEN) * unit
  const [width, segments] = outline(grapheme)
  const scaled = segments.map((s) => ({ x1: s.x1 * unit, y1: (s.y1 - 10) * unit, x2: s.x2 * unit, y2: (s.y2 - 10) * unit }))
  return { mask: stroke(scaled, Math.max(pen, 1.05)), advance: (width + SPACING + (style.bold === true ? 0.5 : 0)) * unit }
}

function outline(grapheme: string): [number, Segment[]] {
  const direct = glyphs[grapheme]
  if (direct !== undefined) return parse(direct)
  const [letter = '', ...combining] = grapheme.normalize('NFD')
  const known = combining.map((c) => marks[c])
  const base = glyphs[letter === 'i' && known.some((m) => m?.below !== true) ? '\u0131' : letter]
  if (base === undefined || known.includes(undefined)) return parse(MISSING)
  const [width, segments] = parse(base)
  const top = letter === letter.toLowerCase() && !'bdfhklt'.includes(letter) ? 3 : 0
  for (const mark of known) {
    if (!mark) continue
    const dy = mark.below === true ? 10 : top
    segments.push(...flatten(mark.path).map((s) => ({ x1: s.x1 + width / 2, y1: s.y1 + dy, x2: s.x2 + width / 2, y2: s.y2 + dy })))
  }
  return [width, segments]
}

function parse(glyph: string): [number, Segment[]] {
  const bar = glyph.indexOf('|')
  return [Number(glyph.slice(0, bar)), flatten(glyph.slice(bar + 1))]
}

function flatten(path: string): Segment[] {
  const out: Segment[] = []
  let x = 0
  let y = 0
  const line = (nx: number, ny: number) => {
    out.push({ x1: x, y1: y, x2: nx, y2: ny })
    x = nx
    y = ny
  }
  for (const [, command = '', rest = ''] of path.matchAll(/([MLQDE])([^MLQDE]*)/g)) {
    const [a = 0, b = 0, c = 0, d = 0, from = 0, to = 0] = rest.trim().split(/\s+/).map(Number)
    if (command === 'M' || command === 'D') [x, y] = [a, b]
    if (command === 'D') line(a, b)
    else if (command === 'L') line(a, b)
    else if (command === 'Q') {
      const [x0, y0] = [x, y]
      for (let i = 1; i <= 8; i++) {
        const t = i / 8
        const u = 1 - t
        line(u * u * x0 + 2 * u * t * a + t * t * c, u * u * y0 + 2 * u * t * b + t * t * d)
      }
    } else if (command === 'E') {
      const steps = Math.max(4, Math.ceil(Math.abs(to - from) / 12))
      const at = (i: number): [number, number] => {
        const angle = ((from + ((to - from) * i) / steps) * Math.PI) / 180
        return [a + c * Math.cos(angle), b + d * Math.sin(angle)]
      }
      ;[x, y] = at(0)
      for (let i = 1; i <= steps; i++) line(...at(i))
    }
  }
  return out
}

/** Round-ended lines of width `pen`; each pixel is covered by how near its centre is to the nearest line. */
function stroke(segments: readonly Segment[], pen: number): Mask {
  if (segments.length === 0) return { x: 0, y: 0, width: 0, height: 0, coverage: new Uint8Array(0) }
  const reach = pen / 2 + 1
  const xs = segments.flatMap((s) => [s.x1, s.x2])
  const ys = segments.flatMap((s) => [s.y1, s.y2])
  const x = Math.floor(Math.min(...xs) - reach)
  const y = Math.floor(Math.min(...ys) - reach)
  const width = Math.ceil(Math.max(...xs) + reach) - x
  const height = Math.ceil(Math.max(...ys) + reach) - y
  const coverage = new Uint8Array(width * height)
  for (const s of segments) {
    const left = Math.max(0, Math.floor(Math.min(s.x1, s.x2) - reach) - x)
    const right = Math.min(width, Math.ceil(Math.max(s.x1, s.x2) + reach) - x)
    const top = Math.max(0, Math.floor(Math.min(s.y1, s.y2) - reach) - y)
    const bottom = Math.min(height, Math.ceil(Math.max(s.y1, s.y2) + reach) - y)
    for (let py = top; py < bottom; py++) {
      for (let px = left; px < right; px++) {
        const d = distance(s, x + px + 0.5, y + py + 0.5)
        const value = Math.round(255 * Math.min(1, Math.max(0, pen / 2 + 0.5 - d)))
        const i = py * width + px
        if (value > (coverage[i] ?? 0)) coverage[i] = value
      }
    }
  }
  return { x, y, width, height, coverage }
}

function distance(s: Segment, px: number, py: number): number {
  const dx = s.x2 - s.x1
  const dy = s.y2 - s.y1
  const length = dx * dx + dy * dy
  const t = length === 0 ? 0 : Math.min(1, Math.max(0, ((px - s.x1) * dx + (py - s.y1) * dy) / length))
  return Math.sqrt((px - s.x1 - t * dx) ** 2 + (py - s.y1 - t * dy) ** 2)
}
