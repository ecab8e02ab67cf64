// Why: the guest decides how its bytes arrive; what is kept of them is decided here.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LineFramer } from './line-framer.ts'

function push(framer: LineFramer, bytes: Buffer, sizes: readonly number[]): string[] {
  const lines: string[] = []
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const n = sizes[i % sizes.length] ?? 1
    lines.push(...framer.push(bytes.subarray(at, at + n)))
    at += n
  }
  return lines
}

describe('LineFramer', () => {
  it('cuts the same lines however the bytes arrive', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 12 }).filter((s) => !s.includes('\n'))), fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }), (texts, sizes) => {
        const kept = texts.map((t) => Buffer.from(t, 'utf8').toString('utf8'))
        const framer = new LineFramer()
        expect(push(framer, Buffer.from(texts.map((t) => `${t}\n`).join(''), 'utf8'), sizes)).toEqual(kept)
        expect(framer.pending).toBe(0)
      }),
    )
  })
  it('drops a line that is too long up to its newline and goes on, at exactly the limit', () => {
    for (const sizes of [[1], [3], [100]]) {
      const framer = new LineFramer(10)
      expect(push(framer, Buffer.from('123456789\n1234567890\nafter\n'), sizes)).toEqual(['123456789', 'after'])
      expect(framer.dropped).toBe(1)
    }
  })
  it('holds no more than the limit while a line has no end', () => {
    const framer = new LineFramer(1000)
    for (let i = 0; i < 5000; i++) {
      framer.push(Buffer.from('x'))
      expect(framer.pending).toBeLessThan(1000)
    }
    expect(framer.push(Buffer.from('\nok\n'))).toEqual(['ok'])
  })
  it('does not show the rest of a longer line in a shorter one', () => {
    const framer = new LineFramer()
    framer.push(Buffer.from('a long line '))
    expect(framer.push(Buffer.from('here\nshort'))).toEqual(['a long line here'])
    expect(framer.push(Buffer.from('er\n'))).toEqual(['shorter'])
  })
})
