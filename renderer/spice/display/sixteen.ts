// Why: on surfaces with alpha it matters whether an image had 16 bits a pixel: widening them sets their alpha, while the
// server copies opaque pixels of 24 and 32 bits with the zero that is in their unused byte. A picture no longer says so.
import { LzType, lzHeader } from '../image/lz.ts'
import { QuicType, quicHeader } from '../image/quic/decode.ts'
import type { ImageRef } from '../image/types.ts'
import { BitmapFmt, ImageType } from '../wire/enums.ts'

/** GLZ's header: magic and version, then a byte with the type in its low half. */
const GLZ_TYPE_AT = 8
/** LZ4's: row order, then the bitmap format. */
const LZ4_FORMAT_AT = 1

/** Of an image that decodes; one inside zlib is taken for one of more bits, as is one of the cache. */
export function isSixteenBit(ref: ImageRef): boolean {
  switch (ref.type) {
    case ImageType.BITMAP:
      return ref.format === BitmapFmt['16BIT']
    case ImageType.QUIC:
      return quicHeader(ref.data).type === QuicType.RGB16
    case ImageType.LZ_RGB:
      return lzHeader(ref.data).type === LzType.RGB16
    case ImageType.GLZ_RGB:
      return ((ref.data[GLZ_TYPE_AT] ?? 0) & 15) === LzType.RGB16
    case ImageType.LZ4:
      return ref.data[LZ4_FORMAT_AT] === BitmapFmt['16BIT']
    default:
      return false
  }
}
