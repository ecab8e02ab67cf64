// Why: a screenshot is what the person sees, and comparing it with the guest's picture needs its pixels. Node inflates;
// the rest of the few features that Chromium's PNGs use is here (PNG specification, 8 bits, RGB or RGBA, not interlaced).
import { inflateSync } from 'node:zlib'

/** @returns 0x00RRGGBB words, top row first. Throws on a PNG of another kind. */
export function decodePng(png: Buffer): { readonly width: number; readonly height: number; readonly pixels: Uint32Array } {
  const data: Buffer[] = []
  let header: Buffer | undefined
  for (let at = 8; at + 8 <= png.length; ) {
    const length = png.readUInt32BE(at)
    const type = png.toString('latin1', at + 4, at + 8)
    const body = png.subarray(at + 8, at + 8 + length)
    if (type === 'IHDR') header = body
    if (type === 'IDAT') data.push(body)
    at += 12 + length
  }
  if (!header) throw new Error('not a PNG')
  const [width, height, depth, colour, interlace] = [header.readUInt32BE(0), header.readUInt32BE(4), header[8], header[9], header[12]]
  if (depth !== 8 || (colour !== 2 && colour !== 6) || interlace !== 0) throw new Error(`PNG of ${depth} bits, colour type ${colour}, interlace ${interlace}`)
  const channels = colour === 6 ? 4 : 3
  const stride = width * channels
  const raw = inflateSync(Buffer.concat(data))
  const pixels = new Uint32Array(width * height)
  let above: Uint8Array = new Uint8Array(stride)
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (stride + 1)] ?? 0
    const row = Uint8Array.from(raw.subarray(y * (stride + 1) + 1, (y + 1) * (stride + 1)))
    for (let i = 0; i < stride; i++) {
      const a = i >= channels ? (row[i - channels] ?? 0) : 0
      const b = above[i] ?? 0
      const c = i >= channels ? (above[i - channels] ?? 0) : 0
      row[i] = (row[i] ?? 0) + [0, a, b, (a + b) >> 1, paeth(a, b, c)][filter]!
    }
    for (let x = 0; x < width; x++) pixels[y * width + x] = ((row[x * channels] ?? 0) << 16) | ((row[x * channels + 1] ?? 0) << 8) | (row[x * channels + 2] ?? 0)
    above = row
  }
  return { width, height, pixels }
}

function paeth(a: number, b: number, c: number): number {
  const p = a + b - c
  const [pa, pb, pc] = [Math.abs(p - a), Math.abs(p - b), Math.abs(p - c)]
  return pa <= pb && pa <= pc ? a : pb <= pc ? b : c
}
