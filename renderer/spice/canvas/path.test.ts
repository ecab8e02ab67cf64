import { describe, expect, it } from 'vitest'
import { flatten, pixel } from './path.ts'

const px = (...v: number[]): Int32Array => Int32Array.from(v, (n) => n * 16)

describe('paths', () => {
  it('rounds halves down', () => {
    expect([23, 24, 25, -8, -9].map(pixel)).toEqual([1, 1, 2, -1, -1])
  })
  it('goes on over segments until one begins or ends', () => {
    expect(flatten([{ flags: 1, points: px(1, 1, 5, 1) }, { flags: 0, points: px(5, 5) }, { flags: 3, points: px(9, 9, 8, 8) }])).toEqual([[1, 1, 5, 1, 5, 5], [9, 9, 8, 8]])
  })
  it('closes where it began', () => {
    expect(flatten([{ flags: 11, points: px(1, 1, 5, 1, 5, 5) }])).toEqual([[1, 1, 5, 1, 5, 5, 1, 1]])
  })
  it('keeps a flattened curve within a pixel of the curve, starting at the point before it', () => {
    const [line] = flatten([{ flags: 1, points: px(10, 10) }, { flags: 2 | 16, points: px(60, 300, 200, -80, 260, 90) }])
    expect(line?.slice(0, 2)).toEqual([10, 10])
    expect(line?.slice(-2)).toEqual([260, 90])
    const b = (t: number, p: number[]): number => (1 - t) ** 3 * p[0]! + 3 * (1 - t) ** 2 * t * p[1]! + 3 * (1 - t) * t * t * p[2]! + t ** 3 * p[3]!
    for (let t = 0; t <= 1; t += 0.01) {
      const [x, y] = [b(t, [10, 60, 200, 260]), b(t, [10, 300, -80, 90])]
      let near = Infinity
      for (let i = 2; i < line!.length; i += 2) {
        const [x1, y1, dx, dy] = [line![i - 2]!, line![i - 1]!, line![i]! - line![i - 2]!, line![i + 1]! - line![i - 1]!]
        const k = Math.max(0, Math.min(1, ((x - x1) * dx + (y - y1) * dy) / (dx * dx + dy * dy || 1)))
        near = Math.min(near, Math.hypot(x - x1 - k * dx, y - y1 - k * dy))
      }
      expect(near).toBeLessThan(1)
    }
  })
  it('bounds a path of absurd curves', () => {
    const wild = Int32Array.from({ length: 6 * 4000 }, (_, i) => (i % 2 ? 0x7fffffff : -0x80000000) / ((i % 5) + 1))
    const lines = flatten([{ flags: 19, points: wild }])
    expect(lines[0]!.length).toBeLessThanOrEqual(2 << 18)
  })
})
