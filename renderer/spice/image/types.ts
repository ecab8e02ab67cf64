// Why: an image as a message describes it, before anything is decoded: the parser fills these, the decoder reads them.
// Bytes are views into the message, so a reference lives no longer than its message does.
import type { ImageType } from '../wire/enums.ts'

/** A colour table, our colour words (pixels.ts). `id` 0:0 is a palette that no cache knows. */
export interface Palette {
  readonly idHi: number
  readonly idLo: number
  readonly colors: Uint32Array
}

/** How an indexed image says its colours: in the message, by the id of an earlier palette, or not at all. */
export type PaletteSource =
  | { readonly kind: 'none' }
  | { readonly kind: 'inline'; readonly palette: Palette; readonly cache: boolean }
  | { readonly kind: 'cached'; readonly idHi: number; readonly idLo: number }

interface Descriptor {
  /** The 64-bit id as two 32-bit numbers: names a picture in the cache, nothing else. */
  readonly idHi: number
  readonly idLo: number
  /** ImageFlags. */
  readonly flags: number
  /** Pixels, of the descriptor; a codec's own header has to agree. */
  readonly width: number
  readonly height: number
}

export interface BitmapRef extends Descriptor {
  readonly type: typeof ImageType.BITMAP
  /** BitmapFmt. */
  readonly format: number
  readonly topDown: boolean
  /** Bytes from one row to the next. */
  readonly stride: number
  readonly palette: PaletteSource
  /** stride × height bytes. */
  readonly data: Uint8Array
}

/** One run of a codec's own bytes. */
export interface CodedRef extends Descriptor {
  readonly type: typeof ImageType.QUIC | typeof ImageType.LZ_RGB | typeof ImageType.GLZ_RGB | typeof ImageType.LZ4 | typeof ImageType.JPEG
  readonly data: Uint8Array
}

export interface LzPaletteRef extends Descriptor {
  readonly type: typeof ImageType.LZ_PLT
  readonly palette: PaletteSource
  readonly data: Uint8Array
}

export interface ZlibGlzRef extends Descriptor {
  readonly type: typeof ImageType.ZLIB_GLZ_RGB
  /** Bytes of the GLZ image once inflated. */
  readonly inflatedSize: number
  readonly data: Uint8Array
}

export interface JpegAlphaRef extends Descriptor {
  readonly type: typeof ImageType.JPEG_ALPHA
  readonly topDown: boolean
  readonly jpeg: Uint8Array
  /** LZ, type XXXA: coverage only. */
  readonly alpha: Uint8Array
}

export interface CachedRef extends Descriptor {
  readonly type: typeof ImageType.FROM_CACHE | typeof ImageType.FROM_CACHE_LOSSLESS
}

export interface SurfaceRef extends Descriptor {
  readonly type: typeof ImageType.SURFACE
  readonly surfaceId: number
}

export type ImageRef = BitmapRef | CodedRef | LzPaletteRef | ZlibGlzRef | JpegAlphaRef | CachedRef | SurfaceRef
