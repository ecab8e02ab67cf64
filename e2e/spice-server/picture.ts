// Why: an oracle to look at: PNG, as little of it as is needed (8-bit RGB, no filter).
import { crc32, deflateSync } from 'node:zlib'

/** `pixels`: words 0xAABBGGRR, row by row; alpha is left out. */
export function encodePng(width: number, height: number, pixels: Uint32Array): Uint8Array {
  const raw = new Uint8Array(height * (1 + width * 3))
  for (let y = 0, at = 0; y < height; y++) {
    at++ // filter 0
    for (let x = 0; x < width; x++) {
      const p = pixels[y * width + x] ?? 0
      raw[at++] = p & 255
      raw[at++] = (p >> 8) & 255
      raw[at++] = (p >> 16) & 255
    }
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 2, 0, 0, 0], 8)
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', header), chunk('IDAT', deflateSync(raw)), chunk('IEND', Buffer.alloc(0))])
}

function chunk(type: string, body: Uint8Array): Buffer {
  const out = Buffer.alloc(12 + body.length)
  out.writeUInt32BE(body.length, 0)
  out.write(type, 4, 'latin1')
  out.set(body, 8)
  out.writeUInt32BE(crc32(out.subarray(4, 8 + body.length)), 8 + body.length)
  return out
}
