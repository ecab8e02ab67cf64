// Why: images sit in a message at the offsets that its pointers name; this reads one descriptor and its payload, and
// checks every length against the message before anything is decoded. Layout: SPICE protocol 2.x, struct Image.
import { BitmapFlags, BitmapFmt, ImageType, JpegAlphaFlags } from '../wire/enums.ts'
import { WireError, type Reader } from '../wire/reader.ts'
import { fromColor } from '../pixels.ts'
import { checkedArea } from './limits.ts'
import type { BitmapRef, ImageRef, Palette, PaletteSource } from './types.ts'

/** A palette indexes with a byte at most. */
const MAX_COLORS = 256

interface Head {
  readonly idHi: number
  readonly idLo: number
  readonly flags: number
  readonly width: number
  readonly height: number
}

/** Reads the image at the reader's position. Views into the message, no copies. */
export function parseImage(r: Reader): ImageRef {
  const idLo = r.u32()
  const idHi = r.u32()
  const type = r.u8()
  const flags = r.u8()
  const width = r.u32()
  const height = r.u32()
  const head: Head = { idHi, idLo, flags, width, height }
  switch (type) {
    case ImageType.BITMAP:
      return bitmap(r, head)
    case ImageType.QUIC:
    case ImageType.LZ_RGB:
    case ImageType.GLZ_RGB:
    case ImageType.LZ4:
    case ImageType.JPEG:
      return { ...head, type, data: r.take(r.u32()) }
    case ImageType.LZ_PLT: {
      const paletteFlags = r.u8()
      const size = r.u32()
      const palette = paletteSource(r, paletteFlags)
      return { ...head, type, palette, data: r.take(size) }
    }
    case ImageType.ZLIB_GLZ_RGB: {
      const inflatedSize = r.u32()
      return { ...head, type, inflatedSize, data: r.take(r.u32()) }
    }
    case ImageType.JPEG_ALPHA: {
      const topDown = (r.u8() & JpegAlphaFlags.JPEG_ALPHA_FLAGS_TOP_DOWN) !== 0
      const jpegSize = r.u32()
      const both = r.take(r.u32())
      if (jpegSize > both.length) throw new WireError(`JPEG of ${jpegSize} in ${both.length} bytes`)
      return { ...head, type, topDown, jpeg: both.subarray(0, jpegSize), alpha: both.subarray(jpegSize) }
    }
    case ImageType.FROM_CACHE:
    case ImageType.FROM_CACHE_LOSSLESS:
      return { ...head, type }
    case ImageType.SURFACE:
      return { ...head, type, surfaceId: r.u32() }
    default:
      throw new WireError(`image type ${type}`)
  }
}

function bitmap(r: Reader, head: Head): BitmapRef {
  const format = r.u8()
  const flags = r.u8()
  const width = r.u32()
  const height = r.u32()
  const stride = r.u32()
  checkedArea(width, height)
  const palette = paletteSource(r, flags)
  if (stride * 8 < width * bitsPerPixel(format)) throw new WireError(`bitmap rows of ${width} pixels in ${stride} bytes`)
  const data = r.take(r.count(height, stride) * stride)
  // The bitmap's own size is what its bytes have; the descriptor's is not used for anything.
  return { ...head, width, height, type: ImageType.BITMAP, format, topDown: (flags & BitmapFlags.TOP_DOWN) !== 0, stride, palette, data }
}

export function bitsPerPixel(format: number): number {
  switch (format) {
    case BitmapFmt['1BIT_LE']:
    case BitmapFmt['1BIT_BE']:
      return 1
    case BitmapFmt['4BIT_LE']:
    case BitmapFmt['4BIT_BE']:
      return 4
    case BitmapFmt['8BIT']:
    case BitmapFmt['8BIT_A']:
      return 8
    case BitmapFmt['16BIT']:
      return 16
    case BitmapFmt['24BIT']:
      return 24
    case BitmapFmt['32BIT']:
    case BitmapFmt.RGBA:
      return 32
    default:
      throw new WireError(`bitmap format ${format}`)
  }
}

function paletteSource(r: Reader, flags: number): PaletteSource {
  if ((flags & BitmapFlags.PAL_FROM_CACHE) !== 0) {
    const idLo = r.u32()
    return { kind: 'cached', idLo, idHi: r.u32() }
  }
  const offset = r.u32()
  if (offset === 0) return { kind: 'none' }
  return { kind: 'inline', palette: parsePalette(r.at(offset)), cache: (flags & BitmapFlags.PAL_CACHE_ME) !== 0 }
}

/** id, count of 16 bits, colours 0x00RRGGBB of 32 bits each. */
export function parsePalette(r: Reader): Palette {
  const idLo = r.u32()
  const idHi = r.u32()
  const n = r.count(r.u16(), 4)
  if (n > MAX_COLORS) throw new WireError(`palette of ${n} colours`)
  const colors = new Uint32Array(n)
  for (let i = 0; i < n; i++) colors[i] = fromColor(r.u32())
  return { idHi, idLo, colors }
}
