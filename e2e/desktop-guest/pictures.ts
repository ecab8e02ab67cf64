// Why: something to look at that is the same on every machine: a tile for the wallpaper and a "photo" with smooth colours and
// fine grain, so that wrong colours, shifted rows and lost detail show. PNG is written here, by the specification's simplest way.
import { crc32, deflateSync } from 'node:zlib'

/** @param pixel red, green and blue of a place, 0 to 255 */
export function encodePng(width: number, height: number, pixel: (x: number, y: number) => readonly [number, number, number]): Buffer {
  const rows = Buffer.alloc(height * (1 + width * 3))
  for (let y = 0, at = 0; y < height; y++) {
    at++ // filter type 0
    for (let x = 0; x < width; x++) for (const v of pixel(x, y)) rows[at++] = v
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 2, 0, 0, 0], 8)
  return Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), chunk('IHDR', header), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))])
}

function chunk(type: string, body: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), body])
  const out = Buffer.alloc(named.length + 8)
  out.writeUInt32BE(body.length, 0)
  named.copy(out, 4)
  out.writeUInt32BE(crc32(named), named.length + 4)
  return out
}

const wave = (v: number): number => Math.round(127.5 + 127.5 * Math.sin(v))

export const wallpaper = (): Buffer =>
  encodePng(128, 128, (x, y) => {
    const soft = wave((x / 128) * 2 * Math.PI) + wave((y / 128) * 2 * Math.PI)
    return [40 + (soft >> 4), 80 + (soft >> 3), 120 + (soft >> 3)]
  })

/** 480 by 320; grain from a linear congruential sequence (numbers of Numerical Recipes). */
export function photo(): Buffer {
  let seed = 1
  const grain = (): number => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
    return (seed >>> 28) - 8
  }
  const clamp = (v: number): number => Math.max(0, Math.min(255, v))
  return encodePng(480, 320, (x, y) => [clamp(wave(x / 60) + grain()), clamp(wave(y / 45 + x / 200) + grain()), clamp(wave((x + y) / 90) + grain())])
}
