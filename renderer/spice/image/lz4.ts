// Why: LZ4 images are raw rows in blocks that may refer to the rows of earlier blocks, which no block decoder from a
// registry takes; the block format is public (lz4_Block_format.md) and thirty lines long. In front: a byte for row order
// and one for the bitmap format; each block has its size in big-endian before it.
import { BitmapFmt } from '../wire/enums.ts'
import { WireError } from '../wire/reader.ts'
import type { Picture } from '../pixels.ts'
import { decodeRaw } from './bitmap.ts'
import { checkedArea } from './limits.ts'
import { copyLong } from './lz.ts'
import { bitsPerPixel } from './parse.ts'
import { fresh, type Allocate } from './pool.ts'

/** A byte of an LZ4 length stands for 255 bytes at most. */
const MAX_GAIN = 255
/** Up to here a loop beats the call of a block copy. */
const SHORT_COPY = 32

/** Same shape for the TypeScript and the WebAssembly decoder. The size is the descriptor's: LZ4 images have none. */
export type Lz4Decode = (src: Uint8Array, width: number, height: number, allocate?: Allocate) => Picture

export interface Lz4Header {
  readonly topDown: boolean
  /** BitmapFmt of 16 bits or more, or 8BIT_A. */
  readonly format: number
  readonly bits: number
  /** Bytes a row. */
  readonly stride: number
}

export function lz4Header(src: Uint8Array, width: number, height: number): Lz4Header {
  checkedArea(width, height)
  if (src.length < 2) throw new WireError('LZ4 image without header')
  const topDown = src[0] !== 0
  const format = src[1]!
  const bits = bitsPerPixel(format)
  if (bits < 16 && format !== BitmapFmt['8BIT_A']) throw new WireError(`LZ4 image of format ${format}`)
  const stride = (width * bits) / 8
  if (stride * height > src.length * MAX_GAIN) throw new WireError(`LZ4 image of ${stride * height} bytes in ${src.length}`)
  return { topDown, format, bits, stride }
}

export function decodeLz4(src: Uint8Array, width: number, height: number, allocate: Allocate = fresh): Picture {
  const { topDown, format, stride } = lz4Header(src, width, height)
  const size = stride * height
  const rows = new Uint8Array(size)
  let ip = 2
  let op = 0
  while (ip < src.length && op < size) {
    if (ip + 4 > src.length) throw new WireError('LZ4 block size cut short')
    const block = ((src[ip]! << 24) | (src[ip + 1]! << 16) | (src[ip + 2]! << 8) | src[ip + 3]!) >>> 0
    ip += 4
    if (ip + block > src.length) throw new WireError(`LZ4 block of ${block} bytes cut short`)
    op = lz4Block(src, ip, ip + block, rows, op)
    ip += block
  }
  if (op < size) throw new WireError(`LZ4 image of ${size} bytes ends at ${op}`)
  return decodeRaw({ format, width, height, stride, topDown, data: rows }, allocate)
}

/** One block into `out` at `op`; what is before `op` is its dictionary. Returns where it ended. */
export function lz4Block(src: Uint8Array, start: number, last: number, out: Uint8Array, op: number): number {
  let ip = start
  while (ip < last) {
    const token = src[ip++]!
    let n = token >> 4
    if (n === 15) {
      let more
      do {
        more = ip < last ? src[ip]! : 0
        ip++
        n += more
      } while (more === 255)
    }
    if (ip + n > last || op + n > out.length) throw new WireError('LZ4 literals too long')
    if (n > 16) {
      out.set(src.subarray(ip, ip + n), op)
      ip += n
      op += n
    } else for (const end = ip + n; ip < end; ) out[op++] = src[ip++]!
    // The last sequence of a block has no match.
    if (ip >= last) break
    if (ip + 2 > last) throw new WireError('LZ4 block cut short')
    const distance = src[ip]! | (src[ip + 1]! << 8)
    ip += 2
    n = (token & 15) + 4
    if (n === 19) {
      let more
      do {
        more = ip < last ? src[ip]! : 0
        ip++
        n += more
      } while (more === 255)
    }
    if (distance === 0 || distance > op || op + n > out.length) throw new WireError(`LZ4 match of ${n} at ${op} from ${distance} back`)
    if (n > SHORT_COPY) {
      copyLong(out, op, distance, n)
      op += n
    } else for (let from = op - distance, end = op + n; op < end; ) out[op++] = out[from++]!
  }
  return op
}
