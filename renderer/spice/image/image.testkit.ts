// Why: what the tests of this folder share: recorded draws of the real server, decoders with fresh caches, and pictures
// made up from a seed.
import { unzlibSync } from 'fflate'
import jpeg from 'jpeg-js'
import { Reader } from '../wire/reader.ts'
import type { Picture } from '../pixels.ts'
import { ImageDecoder, SharedImages } from './decoder.ts'
import { parseImage } from './parse.ts'
import type { ImageRef } from './types.ts'

export interface RecordedDraw {
  /** The same number is the same image under every setting. */
  readonly index: number
  readonly ref: ImageRef
}

export interface RawDraw {
  readonly index: number
  readonly message: Uint8Array
  /** Offset of the image. */
  readonly at: number
}

/** The messages of a fixture module, fixtures/README.md. */
export function rawDraws(base64: string): RawDraw[] {
  const bytes = unzlibSync(bytesOf(base64))
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const draws: RawDraw[] = []
  for (let at = 0; at < bytes.length; ) {
    const length = view.getUint32(at + 6, true)
    draws.push({ index: view.getUint16(at, true), at: view.getUint32(at + 2, true), message: bytes.slice(at + 10, at + 10 + length) })
    at += 10 + length
  }
  return draws
}

export function recorded(base64: string): RecordedDraw[] {
  return rawDraws(base64).map(({ index, message, at }) => ({ index, ref: parseImage(new Reader(message, at)) }))
}

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))
}

export function decodeJpeg(bytes: Uint8Array): Picture {
  const { width, height, data } = jpeg.decode(bytes, { useTArray: true, maxMemoryUsageInMB: 64 })
  return { width, height, stride: width, alpha: false, data: new Uint32Array(data.slice().buffer) }
}

export function freshDecoder(shared = new SharedImages(20e6, 16e6)): ImageDecoder {
  return new ImageDecoder({ shared, surface: () => undefined, jpeg: decodeJpeg })
}

/** xorshift32: the same numbers everywhere. */
export function random(seed: number): () => number {
  let s = seed | 1
  return () => {
    s ^= s << 13
    s ^= s >>> 17
    s ^= s << 5
    return s >>> 0
  }
}

export type Kind = 'noise' | 'flat' | 'photo' | 'text'

/** Colour words with any alpha. */
export function madeUp(kind: Kind, width: number, height: number, seed: number): Uint32Array {
  const next = random(seed)
  const out = new Uint32Array(width * height)
  const ink = next()
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      let p = 0
      if (kind === 'noise') p = next()
      else if (kind === 'flat') p = (((x / 9) | 0) * 0x1f3007 + ((y / 5) | 0) * 0x52011013 + ink) >>> 0
      else if (kind === 'text') p = x % 8 < 5 && y % 14 < 9 && ((ink * (1 + ((x / 8) | 0) + ((y / 14) | 0))) >>> ((x + 5 * y) % 31)) & 1 ? 0xff202020 : 0xfff8ffff
      else p = ((((x + y) >> 1) & 255) << 24) | (((x * 2 + (next() & 3)) & 255) << 16) | (((y + (next() & 7)) & 255) << 8) | (((x * y) >> 6) & 255)
      out[y * width + x] = p
    }
  return out
}

/** First difference, or undefined: vitest would print both pictures. */
export function difference(a: Picture, b: Picture): string | undefined {
  const [p, q] = [a, b].map(({ width, height, alpha, bits }) => `${width}×${height} ${alpha} ${bits}`)
  if (p !== q) return `${p} and ${q}`
  for (let y = 0; y < a.height; y++)
    for (let x = 0; x < a.width; x++) {
      const p = a.data[y * a.stride + x] ?? -1
      const q = b.data[y * b.stride + x] ?? -2
      if (p !== q) return `${p.toString(16)} and ${q.toString(16)} at ${x},${y}`
    }
  return undefined
}

/** The picture, or the name of the error. */
export function outcome(f: () => Picture): Picture | string {
  try {
    return f()
  } catch (error) {
    return error instanceof Error ? error.name : 'thrown'
  }
}
