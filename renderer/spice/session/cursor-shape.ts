// Why: seven ways to describe a pointer, one picture out of each: straight (not premultiplied) RGBA, as CSS cursors and
// ImageData have it. Layout: SpiceCursorHeader (u64 id, u8 type, u16 width, height, hot x, hot y), then data: the
// XOR image rows top-down; for COLOR4 and COLOR8 a palette of u32 0x00RRGGBB; for all but ALPHA the AND mask, one bit a
// pixel, highest first (MONO: AND mask first, then XOR mask). Rows are padded to whole bytes.
import type { Pixels } from '../pixels.ts'
import { CursorType } from '../wire/enums.ts'
import { Reader, WireError } from '../wire/reader.ts'

export interface CursorShape {
  /** Straight alpha, stride = width, words 0xAABBGGRR: its bytes are ImageData's. */
  readonly pixels: Pixels
  readonly hotX: number
  readonly hotY: number
}

export interface CursorHeader {
  readonly key: bigint
  /** `CursorType` */
  readonly type: number
  readonly width: number
  readonly height: number
  readonly hotX: number
  readonly hotY: number
}

/** Larger pointers are no pointers; drivers stop at 64 or 128, Windows at 256. */
export const MAX_CURSOR_SIDE = 1024

const BLACK = 0xff000000
const WHITE = 0xffffffff
const RGB = 0xffffff

export function readCursorHeader(r: Reader): CursorHeader {
  const key = r.u64()
  const type = r.u8()
  const [width, height, hotX, hotY] = [r.u16(), r.u16(), r.u16(), r.u16()]
  if (width > MAX_CURSOR_SIDE || height > MAX_CURSOR_SIDE) throw new WireError(`a cursor of ${width} × ${height}`)
  return { key, type, width, height, hotX: Math.min(hotX, Math.max(0, width - 1)), hotY: Math.min(hotY, Math.max(0, height - 1)) }
}

/** @param data what follows the header. Throws WireError if it is too short for its size and type. */
export function decodeCursor(head: CursorHeader, data: Uint8Array): CursorShape {
  const { width, height } = head
  const r = new Reader(data)
  const out = new Uint32Array(width * height)
  if (head.type === CursorType.ALPHA) alpha(r, out)
  else if (head.type === CursorType.MONO) mono(r, out, width, height)
  else masked(head.type, r, out, width, height)
  return { pixels: { width, height, stride: width, data: out }, hotX: head.hotX, hotY: head.hotY }
}

/** 0x..RRGGBB → 0x..BBGGRR */
const swap = (c: number): number => ((c & 0xff) << 16) | (c & 0xff00) | ((c >>> 16) & 0xff)

/**
 * Words 0xAARRGGBB, premultiplied as the window systems have them. A driver that sends straight colours gives itself
 * away by one that is larger than its alpha; then they are taken as they are.
 */
function alpha(r: Reader, out: Uint32Array): void {
  let straight = false
  for (let i = 0; i < out.length; i++) {
    const c = r.u32()
    const a = c >>> 24
    if ((c & 0xff) > a || ((c >>> 8) & 0xff) > a || ((c >>> 16) & 0xff) > a) straight = true
    out[i] = ((c & 0xff000000) | swap(c)) >>> 0
  }
  if (straight) return
  for (let i = 0; i < out.length; i++) {
    const c = out[i] ?? 0
    const a = c >>> 24
    if (a === 0) out[i] = 0
    else if (a < 255) {
      const up = (v: number): number => Math.round((v * 255) / a)
      out[i] = ((a << 24) | (up((c >>> 16) & 0xff) << 16) | (up((c >>> 8) & 0xff) << 8) | up(c & 0xff)) >>> 0
    }
  }
}

/** Bits of a mask to a byte a pixel. */
function bits(r: Reader, width: number, height: number): Uint8Array {
  const out = new Uint8Array(width * height)
  const stride = (width + 7) >>> 3
  const bytes = r.take(stride * height)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) out[y * width + x] = ((bytes[y * stride + (x >>> 3)] ?? 0) >>> (7 - (x & 7))) & 1
  }
  return out
}

function mono(r: Reader, out: Uint32Array, width: number, height: number): void {
  const and = bits(r, width, height)
  const xor = bits(r, width, height)
  const inverts = new Uint8Array(out.length)
  for (let i = 0; i < out.length; i++) {
    if (and[i] === 0) out[i] = xor[i] === 0 ? BLACK : WHITE
    else if (xor[i] === 1) inverts[i] = 1
  }
  showInverts(out, inverts, width, height)
}

function masked(type: number, r: Reader, out: Uint32Array, width: number, height: number): void {
  const colors = colorImage(type, r, width, height)
  const mask = bits(r, width, height)
  const inverts = new Uint8Array(out.length)
  for (let i = 0; i < out.length; i++) {
    const c = colors[i] ?? 0
    if (mask[i] === 0) out[i] = (BLACK | swap(c)) >>> 0
    // Black under the mask leaves the screen as it is, white turns it round; other colours cannot be shown by a pointer.
    else if (c === RGB) inverts[i] = 1
  }
  showInverts(out, inverts, width, height)
}

/** The XOR image as 0x00RRGGBB. */
function colorImage(type: number, r: Reader, width: number, height: number): Uint32Array {
  const out = new Uint32Array(width * height)
  switch (type) {
    case CursorType.COLOR4: {
      const stride = (width + 1) >>> 1
      const indices = r.take(stride * height)
      const palette = readPalette(r, 16)
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          const pair = indices[y * stride + (x >>> 1)] ?? 0
          out[y * width + x] = palette[(x & 1) === 0 ? pair >>> 4 : pair & 15] ?? 0
        }
      }
      return out
    }
    case CursorType.COLOR8: {
      const indices = r.take(width * height)
      const palette = readPalette(r, 256)
      for (let i = 0; i < out.length; i++) out[i] = palette[indices[i] ?? 0] ?? 0
      return out
    }
    case CursorType.COLOR16:
      for (let i = 0; i < out.length; i++) {
        const c = r.u16()
        out[i] = (wide((c >>> 10) & 31) << 16) | (wide((c >>> 5) & 31) << 8) | wide(c & 31)
      }
      return out
    case CursorType.COLOR24:
      for (let i = 0; i < out.length; i++) out[i] = r.u8() | (r.u8() << 8) | (r.u8() << 16)
      return out
    case CursorType.COLOR32:
      for (let i = 0; i < out.length; i++) out[i] = r.u32() & RGB
      return out
    default:
      throw new WireError(`cursor type ${type}`)
  }
}

/** Five bits to eight, so that 31 is 255. */
const wide = (v: number): number => (v << 3) | (v >>> 2)

function readPalette(r: Reader, size: number): Uint32Array {
  return Uint32Array.from({ length: size }, () => r.u32() & RGB)
}

/**
 * Pixels that invert what is under them cannot be had in a CSS cursor. They become black with a white edge where
 * nothing else is drawn, which is seen on every ground; the text beam of Windows is made of them.
 */
function showInverts(out: Uint32Array, inverts: Uint8Array, width: number, height: number): void {
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x
      if (inverts[i] === 1) out[i] = BLACK
      else if (out[i] === 0 && touches(inverts, x, y, width, height)) out[i] = WHITE
    }
  }
}

function touches(inverts: Uint8Array, x: number, y: number, width: number, height: number): boolean {
  for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v++) {
    for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u++) if (inverts[v * width + u] === 1) return true
  }
  return false
}
