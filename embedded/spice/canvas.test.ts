import { describe, expect, test } from 'vitest'
import { Canvas, mix } from './canvas.ts'
import { graphemes, shapeOf, textWidth } from './font.ts'
import { glyphs } from './glyphs.ts'
import { rect, Region, type Rect } from './region.ts'

describe('canvas', () => {
  test('damage covers every changed pixel, is cut to tiles, and is told once', () => {
    const canvas = new Canvas(200, 150)
    expect(canvas.takeDamage()).toEqual([])
    canvas.fill(rect(40, 40, 10, 60), 0xff0000)
    canvas.blend(199, 149, 0xffffff, 1)
    expect(canvas.takeDamage()).toEqual([rect(32, 32, 32, 96), { left: 192, top: 128, right: 200, bottom: 150 }])
    expect(canvas.takeDamage()).toEqual([])
    // Painting the same again is no change.
    canvas.fill(rect(40, 40, 10, 60), 0xff0000)
    expect(canvas.takeDamage()).toEqual([])
  })

  test('drawing outside is cut off at the edges', () => {
    const canvas = new Canvas(20, 20)
    canvas.fill(rect(-5, -5, 10, 10), 0x00ff00)
    canvas.disc(19, 19, 8, 0x0000ff)
    canvas.text(-3, 5, 'Wide text', { cap: 10 }, 0xffffff)
    canvas.card(rect(-4, 10, 40, 30), 4, 0x111111, 0x222222)
    expect(canvas.pixels.length).toBe(400)
    expect(canvas.pixels.every((p) => p <= 0xffffff)).toBe(true)
  })

  test('mixes channels apart and ends where it should', () => {
    expect(mix(0x102030, 0xf0e0d0, 0)).toBe(0x102030)
    expect(mix(0x102030, 0xf0e0d0, 1)).toBe(0xf0e0d0)
    expect(mix(0x0000ff, 0xff0000, 0.5)).toBe(0x800080)
  })

  test('read gives the words of an area', () => {
    const canvas = new Canvas(4, 3)
    canvas.pixels.set([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
    expect([...canvas.read(rect(1, 1, 2, 2))]).toEqual([5, 6, 9, 10])
  })
})

describe('type', () => {
  test('every printable ASCII character has its own glyph', () => {
    const shapes = new Set<string>()
    for (let c = 0x21; c < 0x7f; c++) {
      const char = String.fromCharCode(c)
      expect(glyphs[char], char).toBeDefined()
      const { mask } = shapeOf(char, { cap: 20 })
      shapes.add(`${mask.width}x${mask.height}:${Buffer.from(mask.coverage).toString('base64')}:${mask.y}`)
    }
    expect(shapes.size).toBe(94)
  })

  test('letters of Western and Central European names are composed, others are a box', () => {
    const box = shapeOf('\u4e2d', { cap: 14 }).mask
    expect(box.coverage.some((v) => v > 0)).toBe(true)
    for (const char of 'ÀÉîõüÿçÅåÑšČžőűąęØøßæłİ') {
      const { mask } = shapeOf(char, { cap: 14 })
      expect(Buffer.compare(Buffer.from(mask.coverage), Buffer.from(box.coverage)), char).not.toBe(0)
    }
  })

  test('an accent adds ink above its letter and does not change its width', () => {
    const style = { cap: 20 }
    expect(shapeOf('é', style).advance).toBe(shapeOf('e', style).advance)
    expect(shapeOf('é', style).mask.y).toBeLessThan(shapeOf('e', style).mask.y)
  })

  test('decomposed text measures as composed text', () => {
    expect(graphemes('e\u0301x\u0323')).toEqual(['é', 'x\u0323'])
    expect(textWidth('e\u0301', { cap: 11 })).toBe(textWidth('é', { cap: 11 }))
  })
})

describe('region', () => {
  const area = (r: Rect) => (r.right - r.left) * (r.bottom - r.top)

  test('takes what was added, in bands, each pixel once', () => {
    const region = new Region()
    region.add(rect(0, 0, 100, 95))
    const bands: Rect[] = []
    for (let r = region.take(3_000); r; r = region.take(3_000)) bands.push(r)
    expect(bands.map((b) => b.bottom - b.top)).toEqual([30, 30, 30, 5])
    expect(bands.reduce((sum, b) => sum + area(b), 0)).toBe(9_500)
    expect(region.empty).toBe(true)
  })

  test('one row is the least, even when it is wider than the limit', () => {
    const region = new Region()
    region.add(rect(0, 0, 5_000, 2))
    expect(region.take(100)).toEqual(rect(0, 0, 5_000, 1))
  })

  test('swallows what is covered, and stays bounded', () => {
    const region = new Region()
    region.add(rect(10, 10, 5, 5))
    region.add(rect(0, 0, 50, 50))
    region.add(rect(20, 20, 5, 5))
    expect(region.count).toBe(1)
    region.clear()
    for (let i = 0; i < 500; i++) region.add(rect(i * 3, i * 2, 2, 2))
    expect(region.count).toBeLessThanOrEqual(48)
  })
})
