// Why: screens of flat colour and text are hundreds of times smaller in SPICE's LZ_RGB than as bitmaps, and every client
// can read it. Format facts: spice-common's lz.c and the decoders of its clients. An image is a 28-byte big-endian header
// and a stream of commands over whole pixels: 0..31 = that many literals plus one (B, G, R each); else a match:
// 3 bits of length, 13 bits of distance, with escapes for longer and farther ones.
import { LZ_RGB32 } from './protocol.ts'
import { Writer } from './wire.ts'

/** "LZ  " as a big-endian number of its bytes in reverse, then version 1.1. */
const LZ_MAGIC = 0x20205a4c
const LZ_VERSION = 0x00010001
export const LZ_HEADER_BYTES = 28

const MAX_LITERALS = 32
const NEAR = 31 << 8 | 255
const FAR = NEAR + 0xffff
const HASH_BITS = 13
/** A match of one or two pixels costs about what its literals do, so it starts at three. */
const MIN_MATCH = 3

/** Header and commands for `width`·`height` pixels (0x00RRGGBB each, top row first). */
export function lzRgb32(pixels: Uint32Array, width: number, height: number): Buffer {
  const out = new Commands(pixels.length)
  const seen = new Int32Array(1 << HASH_BITS).fill(-1)
  let literalsFrom = 0
  let at = 0
  while (at < pixels.length) {
    const slot = hash(pixels, at)
    const candidate = seen[slot] ?? -1
    seen[slot] = at
    // The pixel just before is tried first: runs are what a desktop is made of.
    const run = matchLength(pixels, at - 1, at)
    const far = candidate >= 0 && at - candidate <= FAR ? matchLength(pixels, candidate, at) : 0
    const length = Math.max(run, far)
    if (length < MIN_MATCH) {
      at++
      continue
    }
    out.literals(pixels, literalsFrom, at)
    out.match(length, run >= far ? 1 : at - candidate)
    at += length
    literalsFrom = at
  }
  out.literals(pixels, literalsFrom, pixels.length)
  const header = new Writer(LZ_HEADER_BYTES).u32be(LZ_MAGIC).u32be(LZ_VERSION).u32be(LZ_RGB32)
  header.u32be(width).u32be(height).u32be(width * 4).u32be(1)
  return Buffer.concat([header.finish(), out.bytes()])
}

function hash(pixels: Uint32Array, at: number): number {
  const a = (pixels[at] ?? 0) & 0xffffff
  const b = (pixels[at + 1] ?? 0) & 0xffffff
  const c = (pixels[at + 2] ?? 0) & 0xffffff
  return (Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b) ^ Math.imul(c, 0xc2b2ae35)) >>> (32 - HASH_BITS)
}

function matchLength(pixels: Uint32Array, from: number, at: number): number {
  if (from < 0) return 0
  let n = 0
  while (at + n < pixels.length && (((pixels[from + n] ?? 0) ^ (pixels[at + n] ?? 0)) & 0xffffff) === 0) n++
  return n
}

class Commands {
  readonly #out: Buffer
  #at = 0
  constructor(pixels: number) {
    // The worst case is literals only: three bytes a pixel and a command for each 32.
    this.#out = Buffer.allocUnsafe(pixels * 3 + Math.ceil(pixels / MAX_LITERALS) + pixels + 16)
  }
  bytes(): Buffer {
    return this.#out.subarray(0, this.#at)
  }
  literals(pixels: Uint32Array, from: number, to: number): void {
    for (let start = from; start < to; start += MAX_LITERALS) {
      const end = Math.min(to, start + MAX_LITERALS)
      this.#out[this.#at++] = end - start - 1
      for (let i = start; i < end; i++) {
        const p = pixels[i] ?? 0
        this.#out[this.#at++] = p & 255
        this.#out[this.#at++] = (p >> 8) & 255
        this.#out[this.#at++] = (p >> 16) & 255
      }
    }
  }
  /** `length` ≥ 1 pixels from `distance` ≥ 1 pixels back. */
  match(length: number, distance: number): void {
    const offset = distance - 1
    const near = offset < NEAR
    const high = near ? offset >> 8 : 31
    this.#out[this.#at++] = (Math.min(length, 7) << 5) | high
    if (length >= 7) {
      let rest = length - 7
      for (; rest >= 255; rest -= 255) this.#out[this.#at++] = 255
      this.#out[this.#at++] = rest
    }
    if (near) {
      this.#out[this.#at++] = offset & 255
      return
    }
    const beyond = offset - NEAR
    this.#out[this.#at++] = 255
    this.#out[this.#at++] = beyond >> 8
    this.#out[this.#at++] = beyond & 255
  }
}
