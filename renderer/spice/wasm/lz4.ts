// Why: the compiled decoders of LZ4 and of rows of pixels behind the same functions as the TypeScript ones; quic.ts says what a page's policy has to
// allow for that.
import { BitmapFmt } from '../wire/enums.ts'
import { WireError } from '../wire/reader.ts'
import type { Picture } from '../pixels.ts'
import { bitsOf, decodeRaw, type RawDecode, type RawRows } from '../image/bitmap.ts'
import { checkedArea } from '../image/limits.ts'
import { bitsPerPixel } from '../image/parse.ts'
import { decodeLz4, lz4Header, type Lz4Decode } from '../image/lz4.ts'
import { fresh, type Allocate } from '../image/pool.ts'
import { LZ4_WASM } from './lz4-bytes.ts'
import { instances, type DecoderExports } from './load.ts'

interface Exports extends DecoderExports {
  readonly reserve: (bytes: number, width: number, height: number, stride: number) => number
  readonly decode: (bytes: number, bits: number, opaque: number, topDown: number) => number
  readonly rows: () => number
  readonly convert: (bits: number, opaque: number, topDown: number, stride: number) => void
}

/** Below, the calls cost more than they save. */
const LEAST_PIXELS = 1024
/** What the compiled code knows. */
const WIDE: ReadonlySet<number> = new Set([BitmapFmt['16BIT'], BitmapFmt['24BIT'], BitmapFmt['32BIT'], BitmapFmt.RGBA])

/** Compiles; rejects (CompileError, or the policy's refusal) where that is not allowed. */
export async function loadRowsWasm(): Promise<{ readonly lz4: Lz4Decode; readonly raw: RawDecode }> {
  const use = await instances<Exports>(LZ4_WASM, ['reserve', 'output', 'decode', 'rows', 'convert'])
  return {
    lz4: (src, width, height, allocate = fresh) => (WIDE.has(lz4Header(src, width, height).format) ? use((e) => decodeWith(e, src, width, height, allocate)) : decodeLz4(src, width, height, allocate)),
    raw: (rows, allocate = fresh) => (rows.width * rows.height < LEAST_PIXELS || !WIDE.has(rows.format) ? decodeRaw(rows, allocate) : use((e) => rawWith(e, rows, allocate))),
  }
}

function decodeWith(e: Exports, src: Uint8Array, width: number, height: number, allocate: Allocate): Picture {
  const { format, bits, stride, topDown } = lz4Header(src, width, height)
  const coded = src.subarray(2)
  const at = e.reserve(coded.length, width, height, stride)
  if (at === 0) throw new WireError(`no memory for an LZ4 image of ${width}×${height}`)
  new Uint8Array(e.memory.buffer).set(coded, at)
  const alpha = format === BitmapFmt.RGBA
  if (e.decode(coded.length, bits, alpha ? 0 : 0xff000000, topDown ? 1 : 0) === 0) throw new WireError('LZ4 image damaged')
  return result(e, width, height, format, allocate)
}

function rawWith(e: Exports, rows: RawRows, allocate: Allocate): Picture {
  const { width, height, stride, topDown } = rows
  checkedArea(width, height)
  const bits = bitsPerPixel(rows.format)
  // The last row's padding may be missing; nothing else.
  const size = (height - 1) * stride + Math.ceil((width * bits) / 8)
  if (stride * 8 < width * bits || rows.data.length < size) throw new WireError('bitmap shorter than its rows')
  if (e.reserve(0, width, height, stride) === 0) throw new WireError(`no memory for a bitmap of ${width}×${height}`)
  new Uint8Array(e.memory.buffer).set(rows.data.subarray(0, size), e.rows())
  const alpha = rows.format === BitmapFmt.RGBA
  e.convert(bits, alpha ? 0 : 0xff000000, topDown ? 1 : 0, stride)
  return result(e, width, height, rows.format, allocate)
}

function result(e: Exports, width: number, height: number, format: number, allocate: Allocate): Picture {
  const data = allocate(width * height)
  data.set(new Uint32Array(e.memory.buffer, e.output(), width * height))
  return { width, height, stride: width, data, alpha: format === BitmapFmt.RGBA, ...bitsOf(format) }
}
