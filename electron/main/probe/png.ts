// Why: the picture of a probe is compared pixel by pixel, so it is written without any loss or colour management: as much
// of PNG as that needs (PNG specification, third edition: 8-bit RGB, filter 1 "Sub", not interlaced). Node deflates.
import { crc32, deflateSync } from 'node:zlib'
import type { Picture } from './result.ts'

const SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')
const DEPTH = 8
const TRUECOLOUR = 2
const SUB = 1

/** The fourth byte of a pixel is left out. */
export function encodePng({ width, height, rgba }: Picture): Buffer {
  if (rgba.length !== width * height * 4) throw new RangeError(`${rgba.length} bytes for ${width} × ${height} pixels`)
  const raw = Buffer.allocUnsafe(height * (1 + width * 3))
  let at = 0
  for (let y = 0, from = 0; y < height; y++) {
    raw[at++] = SUB
    let [r, g, b] = [0, 0, 0]
    for (let x = 0; x < width; x++, from += 4) {
      const [nr, ng, nb] = [rgba[from]!, rgba[from + 1]!, rgba[from + 2]!]
      raw[at++] = nr - r
      raw[at++] = ng - g
      raw[at++] = nb - b
      r = nr
      g = ng
      b = nb
    }
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([DEPTH, TRUECOLOUR], 8)
  return Buffer.concat([SIGNATURE, chunk('IHDR', header), chunk('IDAT', deflateSync(raw)), chunk('IEND', Buffer.alloc(0))])
}

/** Length, type, body, CRC of type and body. */
function chunk(type: string, body: Uint8Array): Buffer {
  const out = Buffer.alloc(12 + body.length)
  out.writeUInt32BE(body.length, 0)
  out.write(type, 4, 'latin1')
  out.set(body, 8)
  out.writeUInt32BE(crc32(out.subarray(4, 8 + body.length)), 8 + body.length)
  return out
}
