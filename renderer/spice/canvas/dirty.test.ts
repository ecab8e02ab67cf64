import { describe, expect, it } from 'vitest'
import { DirtyRects } from './dirty.ts'

describe('dirty rectangles', () => {
  it('keeps far ones apart and drops what is inside another', () => {
    const d = new DirtyRects()
    d.add(0, 0, 10, 10)
    d.add(2, 2, 5, 5)
    d.add(500, 500, 510, 510)
    expect(d.take()).toEqual([{ left: 0, top: 0, right: 10, bottom: 10 }, { left: 500, top: 500, right: 510, bottom: 510 }])
    expect(d.empty).toBe(true)
  })
  it('joins neighbours of a row into one', () => {
    const d = new DirtyRects()
    for (let x = 0; x < 640; x += 8) d.add(x, 0, x + 8, 16)
    expect(d.take()).toEqual([{ left: 0, top: 0, right: 640, bottom: 16 }])
  })
  it('never grows beyond sixteen, and covers all', () => {
    const d = new DirtyRects()
    for (let i = 0; i < 200; i++) d.add((i * 97) % 900, (i * 57) % 700, ((i * 97) % 900) + 3, ((i * 57) % 700) + 3)
    const rects = d.take()
    expect(rects.length).toBeLessThanOrEqual(16)
    for (let i = 0; i < 200; i++) expect(rects.some((r) => (i * 97) % 900 >= r.left && ((i * 97) % 900) + 3 <= r.right && (i * 57) % 700 >= r.top && ((i * 57) % 700) + 3 <= r.bottom)).toBe(true)
  })
})
