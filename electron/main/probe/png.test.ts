import { inflateSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { encodePng } from './png.ts'

/** The chunks of a PNG by type. */
function chunks(png: Buffer): Map<string, Buffer> {
  const out = new Map<string, Buffer>()
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at)
    out.set(png.toString('latin1', at + 4, at + 8), png.subarray(at + 8, at + 8 + length))
    at += 12 + length
  }
  return out
}

it('keeps every pixel, whatever the fourth byte says', () => {
  const [width, height] = [13, 7]
  const rgba = Uint8Array.from({ length: width * height * 4 }, (_, i) => (i * 89 + (i >> 3) * 31) & 255)
  const png = encodePng({ width, height, rgba })
  expect(png.subarray(0, 8).toString('latin1')).toBe('\x89PNG\r\n\x1a\n')
  const parts = chunks(png)
  expect([...parts.keys()]).toEqual(['IHDR', 'IDAT', 'IEND'])
  const header = parts.get('IHDR')!
  expect([header.readUInt32BE(0), header.readUInt32BE(4), ...header.subarray(8)]).toEqual([width, height, 8, 2, 0, 0, 0])
  const raw = inflateSync(parts.get('IDAT')!)
  const got: number[] = []
  for (let y = 0; y < height; y++) {
    const row = raw.subarray(y * (1 + width * 3), (y + 1) * (1 + width * 3))
    expect(row[0]).toBe(1)
    for (let i = 1; i < row.length; i++) got.push(((row[i] ?? 0) + (i > 3 ? (got.at(-3) ?? 0) : 0)) & 255)
  }
  expect(got).toEqual([...rgba].filter((_, i) => i % 4 !== 3))
})

it('takes no picture of another size than its bytes', () => {
  expect(() => encodePng({ width: 2, height: 2, rgba: new Uint8Array(15) })).toThrow(RangeError)
})
