import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Picture, Rect } from '../pixels.ts'
import { SurfaceFmt } from '../wire/enums.ts'
import { drawAlphaBlend, drawTransparent } from './alpha.ts'
import { drawComposite } from './composite.ts'
import { drawBlackness, drawCopy, drawCopyBits, drawFill, drawInvers, drawOpaque, drawRop3, drawWhiteness } from './draws.ts'
import { Dice, FORMATS } from './golden/cases.ts'
import { fromRaw } from './golden/script.ts'
import { at, brushAt, eachPixel, table, word } from './naive.testkit.ts'
import { INPUT, ropOf } from './ropd.ts'
import type { Surface } from './surface.ts'
import { drawStroke } from './stroke.ts'
import { drawText } from './text.ts'
import type { Brush, Clip } from './types.ts'

const W = 37
const H = 23
const RUNS = { numRuns: 150 }

/** A rectangle of any kind: inside, across the edges, outside, inverted, absurd. */
const anyRect = (d: Dice): Rect => {
  const edge = (size: number): number => d.one([d.int(0, size), d.int(-9, size + 9), d.int(-9, size + 9), d.one([-0x80000000, 0x7fffffff, -70_000, 70_000])])
  return d.odds(3) ? d.rect(W, H) : { left: edge(W), top: edge(H), right: edge(W), bottom: edge(H) }
}
const anyClip = (d: Dice): Clip => (d.odds(2) ? null : Array.from({ length: d.one([0, 1, 3, 9, 90]) }, () => anyRect(d)))
const solid = (d: Dice): Brush => (d.odds(6) ? { type: 'none' } : d.brush())

/** Draws both ways on equal surfaces; they stay equal, and what changed is dirty. */
function compare(seed: number, draw: (d: Dice, s: Surface) => (naive: Surface) => void): void {
  const d = new Dice(seed)
  const raw = d.raw(d.one(FORMATS), W, H)
  const s = fromRaw(raw)
  const naive = fromRaw(raw)
  draw(d, s)(naive)
  expect(s.data).toEqual(naive.data)
  const dirty = s.dirty.take()
  const before = fromRaw(raw)
  for (let i = 0; i < s.data.length; i++) {
    const [x, y] = [i % W, Math.floor(i / W)]
    if (s.data[i] !== before.data[i]) expect(dirty.some((r) => x >= r.left && x < r.right && y >= r.top && y < r.bottom)).toBe(true)
  }
}
const property = (draw: (d: Dice, s: Surface) => (naive: Surface) => void): void => fc.assert(fc.property(fc.nat(), (seed) => compare(seed, draw)), RUNS)

describe('against one pixel at a time, with any geometry', () => {
  it('fill', () => {
    property((d, s) => {
      const f = { box: anyRect(d), clip: anyClip(d), brush: solid(d), ropDescriptor: d.u32() & 0x7ff, mask: d.mask(W, H) }
      drawFill(s, f)
      return (n) => eachPixel(n, f.box, f.clip, f.mask, (x, y) => {
        const b = brushAt(n, f.brush, x, y)
        return b === null ? null : table(ropOf(f.ropDescriptor, INPUT.BRUSH, INPUT.DEST), 0, b, at(n, x, y) as number)
      })
    })
  })
  it('copy, source area of the box’s size', () => {
    property((d, s) => {
      const box = anyRect(d)
      const src: Picture = d.odds(4) ? s : d.bitmap(d.int(1, W), d.int(1, H), d.odds(2))
      const o = d.point(9)
      const c = { box, clip: anyClip(d), src, srcArea: { left: o.x, top: o.y, right: o.x + box.right - box.left, bottom: o.y + box.bottom - box.top }, ropDescriptor: d.u32() & 0x7ff, scaleMode: 0, mask: d.mask(W, H) }
      drawCopy(s, c)
      return (n) => eachPixel(n, box, c.clip, c.mask, (x, y) => {
        const from = src === s ? n : src
        const v = at(from, x - box.left + o.x, y - box.top + o.y)
        return v === null ? null : table(ropOf(c.ropDescriptor, INPUT.SRC, INPUT.DEST), 0, word(n, from, v), at(n, x, y) as number)
      })
    })
  })
  it('rop3', () => {
    property((d, s) => {
      const box = anyRect(d)
      const src = d.bitmap(d.int(1, W), d.int(1, H))
      const r = { box, clip: anyClip(d), src, srcArea: { left: 0, top: 0, right: box.right - box.left, bottom: box.bottom - box.top }, brush: d.brush(), rop3: d.int(0, 255), scaleMode: 0, mask: d.mask(W, H) }
      drawRop3(s, r)
      return (n) => eachPixel(n, box, r.clip, r.mask, (x, y) => {
        const v = at(src, x - box.left, y - box.top)
        return v === null ? null : table(r.rop3, brushAt(n, r.brush, x, y) as number, word(n, src, v), at(n, x, y) as number)
      })
    })
  })
  it('copy bits, overlapping or not', () => {
    property((d, s) => {
      const c = { box: anyRect(d), clip: anyClip(d), srcPos: d.point(30) }
      drawCopyBits(s, c)
      return (n) => eachPixel(n, c.box, c.clip, null, (x, y) => at(n, x - c.box.left + c.srcPos.x, y - c.box.top + c.srcPos.y))
    })
  })
  it('blackness, whiteness, invers', () => {
    property((d, s) => {
      const p = { box: anyRect(d), clip: anyClip(d), mask: d.mask(W, H) }
      const i = d.int(0, 2)
      ;[drawBlackness, drawWhiteness, drawInvers][i]?.(s, p)
      return (n) => eachPixel(n, p.box, p.clip, p.mask, (x, y) => (i === 2 ? ~(at(n, x, y) as number) : (brushAt(n, { type: 'solid', color: i === 1 ? 0xffffffff : 0 }, x, y) as number)))
    })
  })
})

describe('hostile geometry', () => {
  const any = (d: Dice): number => d.one([d.int(-50, 50), d.u32() | 0, -0x80000000, 0x7fffffff, 0])
  const wild = (d: Dice): Rect => ({ left: any(d), top: any(d), right: any(d), bottom: any(d) })
  it('never throws and never reads or writes outside', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const d = new Dice(seed)
        const s = fromRaw(d.raw(d.one(FORMATS), W, H))
        const base = { box: d.odds(2) ? { left: -5, top: -5, right: W + 5, bottom: H + 5 } : wild(d), clip: d.odds(2) ? null : [wild(d), wild(d)] }
        const src = d.odds(4) ? s : d.bitmap(d.int(1, 9), d.int(1, 9), d.odds(2))
        const image = { ...base, src, srcArea: wild(d), scaleMode: d.int(0, 3), mask: d.mask(W, H), ropDescriptor: d.u32() & 0xffff }
        const mode = d.u32() & 0xffff
        const point = { x: any(d), y: any(d) }
        const bits = d.one([1, 4, 8] as const)
        const matrix = { t00: any(d), t01: any(d), t02: any(d), t10: any(d), t11: any(d), t12: any(d) }
        drawFill(s, { ...image, brush: { type: 'pattern', picture: src, origin: point } })
        drawCopy(s, image)
        drawOpaque(s, { ...image, brush: d.brush() })
        drawRop3(s, { ...image, brush: d.brush(), rop3: mode & 255 })
        drawCopyBits(s, { ...base, srcPos: point })
        drawTransparent(s, { ...image, srcColor: 0, trueColor: mode })
        drawAlphaBlend(s, { ...image, alphaFlags: 3, alpha: mode & 255, srcIsSurface: false })
        drawComposite(s, { ...base, flags: d.u32(), src, srcTransform: d.odds(2) ? null : matrix, mask: d.odds(2) ? null : src, maskTransform: matrix, srcOrigin: point, maskOrigin: point })
        drawText(s, { ...base, bits, glyphs: [d.glyph(bits, point), { ...d.glyph(bits, { x: 2, y: 2 }), origin: point }], backArea: wild(d), foreBrush: d.brush(), backBrush: d.brush(), foreMode: mode, backMode: mode })
        drawStroke(s, { ...base, path: [{ flags: mode & 31, points: Int32Array.from({ length: 9 }, () => any(d)) }], attr: { flags: mode & 12, style: Int32Array.from([any(d), any(d), any(d)]) }, brush: d.brush(), foreMode: mode, backMode: 0 })
        for (const w of s.data) if ((w & s.force) >>> 0 !== s.force >>> 0) throw new Error('a word that the format cannot hold')
      }),
      { numRuns: 200 },
    )
  })
  it('an opaque surface stays opaque', () => {
    const s = fromRaw(new Dice(1).raw(SurfaceFmt['32_xRGB'], 4, 4))
    drawInvers(s, { box: { left: 0, top: 0, right: 4, bottom: 4 }, clip: null, mask: null })
    expect([...s.data].every((w) => w >>> 24 === 255)).toBe(true)
  })
})
