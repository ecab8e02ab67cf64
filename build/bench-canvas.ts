// Why: the canvas is most of what a decoded session costs, so its hot paths have numbers: megapixels a second on a
// 1920 × 1080 surface, and nanoseconds for a draw too small for its pixels to matter. Prints JSON. Never a test.
//   node build/bench-canvas.ts [milliseconds per case]
import type { Picture, Rect } from '../renderer/spice/pixels.ts'
import { drawAlphaBlend, drawTransparent } from '../renderer/spice/canvas/alpha.ts'
import { drawComposite } from '../renderer/spice/canvas/composite.ts'
import { drawCopy, drawCopyBits, drawFill, drawRop3 } from '../renderer/spice/canvas/draws.ts'
import { drawStroke } from '../renderer/spice/canvas/stroke.ts'
import { Surface } from '../renderer/spice/canvas/surface.ts'
import { drawText } from '../renderer/spice/canvas/text.ts'
import { Ropd, SurfaceFmt } from '../renderer/spice/wire/enums.ts'

const W = 1920
const H = 1080
const rect = (left: number, top: number, width: number, height: number): Rect => ({ left, top, right: left + width, bottom: top + height })
const WHOLE = rect(0, 0, W, H)

function picture(width: number, height: number, alpha = false): Picture {
  let s = 12345
  const data = Uint32Array.from({ length: width * height }, () => {
    s = (Math.imul(s, 1664525) + 1013904223) | 0
    return alpha ? s & 0x7f7f7f7f : s | 0xff000000
  })
  return { width, height, stride: width, alpha, data }
}

interface Result {
  readonly name: string
  readonly mpixPerSecond: number
  readonly nsPerDraw: number
}

function measure(name: string, pixels: number, ms: number, draw: () => void): Result {
  const until = (end: number): number => {
    let n = 0
    while (performance.now() < end) {
      for (let i = 0; i < 4; i++) draw()
      n += 4
    }
    return n
  }
  until(performance.now() + ms / 4)
  const start = performance.now()
  const n = until(start + ms)
  const seconds = (performance.now() - start) / 1000
  return { name, mpixPerSecond: Math.round((n * pixels) / seconds / 1e5) / 10, nsPerDraw: Math.round((seconds / n) * 1e9) }
}

function main(): void {
  const ms = Number(process.argv[2] ?? 400)
  const s = new Surface(W, H, SurfaceFmt['32_xRGB'])
  const full = picture(W, H)
  const half = picture(W / 2, H / 2)
  const small = picture(64, 64)
  const glassy = picture(512, 512, true)
  const plain = { clip: null, mask: null }
  const copy = (src: Picture, box: Rect, rop: number, mode = 1) => ({ box, ...plain, src, srcArea: rect(0, 0, src.width, src.height), ropDescriptor: rop, scaleMode: mode })
  const glyph = { renderPos: { x: 0, y: 0 }, origin: { x: 4, y: 4 }, coverage: { width: 8, height: 12, data: Uint8Array.from({ length: 96 }, (_, i) => (i * 37) & 255) } }
  const glyphs = Array.from({ length: 80 }, (_, i) => ({ ...glyph, renderPos: { x: i * 9, y: 0 } }))
  const banded = Array.from({ length: 64 }, (_, i) => rect((i & 7) * 64, (i >> 3) * 64, 60, 60))
  const pixels512 = 512 * 512
  const cases: [string, number, () => void][] = [
    ['copy 1920×1080 opaque', W * H, () => drawCopy(s, copy(full, WHOLE, Ropd.OP_PUT))],
    ['copy 64×64 opaque', 4096, () => drawCopy(s, copy(small, rect(100, 100, 64, 64), Ropd.OP_PUT))],
    ['copy 64 clip rectangles', 64 * 3600, () => drawCopy(s, { ...copy(full, WHOLE, Ropd.OP_PUT), clip: banded })],
    ['copy xor 1920×1080', W * H, () => drawCopy(s, copy(full, WHOLE, Ropd.OP_XOR))],
    ['copy scaled ×2 nearest', W * H, () => drawCopy(s, copy(half, WHOLE, Ropd.OP_PUT, 1))],
    ['copy scaled ×2 interpolated', W * H, () => drawCopy(s, copy(half, WHOLE, Ropd.OP_PUT, 0))],
    ['fill 1920×1080 solid', W * H, () => drawFill(s, { box: WHOLE, ...plain, brush: { type: 'solid', color: 0x336699 }, ropDescriptor: Ropd.OP_PUT })],
    ['fill 64×64 solid', 4096, () => drawFill(s, { box: rect(70, 70, 64, 64), ...plain, brush: { type: 'solid', color: 0x336699 }, ropDescriptor: Ropd.OP_PUT })],
    ['fill 1920×1080 pattern', W * H, () => drawFill(s, { box: WHOLE, ...plain, brush: { type: 'pattern', picture: picture8, origin: { x: 3, y: 5 } }, ropDescriptor: Ropd.OP_PUT })],
    ['copy bits, scroll by 16', W * (H - 16), () => drawCopyBits(s, { box: rect(0, 0, W, H - 16), clip: null, srcPos: { x: 0, y: 16 } })],
    ['copy bits, window right by 8', 800 * 600, () => drawCopyBits(s, { box: rect(108, 100, 800, 600), clip: null, srcPos: { x: 100, y: 100 } })],
    ['rop3 512×512', pixels512, () => drawRop3(s, { ...copy(full, rect(0, 0, 512, 512), 0), srcArea: rect(0, 0, 512, 512), brush: { type: 'solid', color: 0xff }, rop3: 0xca })],
    ['alpha blend 512×512', pixels512, () => drawAlphaBlend(s, { box: rect(0, 0, 512, 512), clip: null, src: glassy, srcArea: rect(0, 0, 512, 512), srcIsSurface: false, alphaFlags: 0, alpha: 255 })],
    ['transparent 512×512', pixels512, () => drawTransparent(s, { box: rect(0, 0, 512, 512), clip: null, src: full, srcArea: rect(0, 0, 512, 512), srcColor: 0, trueColor: 0 })],
    ['composite over 512×512', pixels512, () => drawComposite(s, { box: rect(0, 0, 512, 512), clip: null, flags: 3, src: glassy, srcTransform: null, mask: null, maskTransform: null, srcOrigin: { x: 0, y: 0 }, maskOrigin: { x: 0, y: 0 } })],
    ['text, 80 glyphs 8-bit', 80 * 96, () => drawText(s, { box: rect(0, 0, 800, 20), clip: null, bits: 8, glyphs, backArea: rect(0, 0, 0, 0), foreBrush: { type: 'solid', color: 0 }, backBrush: { type: 'none' }, foreMode: 8, backMode: 8 })],
    ['stroke 1000 px line', 1000, () => drawStroke(s, { box: WHOLE, clip: null, path: [{ flags: 3, points: Int32Array.of(0, 0, 16_000, 8000) }], attr: { flags: 0, style: new Int32Array(0) }, brush: { type: 'solid', color: 0 }, foreMode: 8, backMode: 8 })],
  ]
  const results = cases.map(([name, pixels, draw]) => {
    s.dirty.take()
    return measure(name, pixels, ms, draw)
  })
  console.log(JSON.stringify({ node: process.version, surface: `${W}×${H}`, results }, null, 2))
}

const picture8 = picture(8, 8)
main()
