// Why: from an image as described to a picture to draw with, whatever its codec, and the caches that this keeps. A
// picture is never changed once it was returned: caches, the GLZ window and draws share it.
import { unzlibSync } from 'fflate'
import type { Clock } from '../session/clock.ts'
import { ImageFlags, ImageType } from '../wire/enums.ts'
import { WireError, type Reader } from '../wire/reader.ts'
import type { Coverage, Picture, Pixels } from '../pixels.ts'
import { Arrivals } from './arrivals.ts'
import { decodeBitmap, decodeMaskBitmap, decodeRaw, type RawDecode } from './bitmap.ts'
import { decodeGlz } from './glz.ts'
import { GlzWindow } from './glz-window.ts'
import { checkSameSize, checkedArea } from './limits.ts'
import { decodeLz4, type Lz4Decode } from './lz4.ts'
import { decodeLzAlpha, decodeLzPalette, decodeLzRgb, type LzDecode } from './lz.ts'
import { PaletteCache } from './palettes.ts'
import { PixelPool } from './pool.ts'
import { PixmapCache, type CachedImage } from './pixmaps.ts'
import { decodeQuic, type QuicDecode } from './quic/decode.ts'
import type { CachedRef, ImageRef, JpegAlphaRef } from './types.ts'

/** What the display channels of one session have in common. */
export class SharedImages {
  readonly arrivals: Arrivals
  readonly pixmaps: PixmapCache
  readonly glz: GlzWindow
  readonly pool = new PixelPool()
  /** Pixels of all surfaces of the session: its displays share one limit. */
  readonly surfaces = { pixels: 0 }

  /** Pixels, as announced in INIT: of the picture cache, and of the GLZ window. `clock`: for the limit of Arrivals. */
  constructor(cachePixels: number, glzPixels: number, clock?: Clock) {
    this.arrivals = new Arrivals(clock)
    this.pixmaps = new PixmapCache(cachePixels, this.arrivals)
    this.glz = new GlzWindow(glzPixels, this.arrivals)
  }

  clear(): void {
    this.pixmaps.clear()
    this.glz.clear()
    this.pool.clear()
  }
}

export interface ImageEnvironment {
  readonly shared: SharedImages
  /** A surface's pixels as they are now; undefined: no such surface. */
  readonly surface: (id: number) => (Pixels & { readonly alpha?: boolean }) | undefined
  /** An opaque picture, top row first. */
  readonly jpeg: (bytes: Uint8Array) => Picture | Promise<Picture>
  /** Default: the TypeScript decoders. */
  readonly quic?: QuicDecode
  readonly lz?: LzDecode
  readonly lz4?: Lz4Decode
  readonly raw?: RawDecode
}

/** Largest GLZ image that is inflated, bytes: what MAX_AREA pixels of four bytes could be, were they all literals. */
const MAX_INFLATED = 272 * 1024 * 1024
/** zlib's best, about: a byte that stands for this many. */
const MAX_ZLIB_GAIN = 1032
/** What is decoded into a buffer of its own. */
const LOOSE: ReadonlySet<number> = new Set([ImageType.BITMAP, ImageType.QUIC, ImageType.LZ_RGB, ImageType.LZ_PLT, ImageType.LZ4])
/** PIXMAP, the only kind of resource there is. */
const RESOURCE_PIXMAP = 1

/** One for each display channel. Decode in the order of the messages, and await what is a promise before the next. */
export class ImageDecoder {
  readonly palettes = new PaletteCache()
  readonly #env: ImageEnvironment
  readonly #quic: QuicDecode
  readonly #lz: LzDecode
  readonly #lz4: Lz4Decode
  readonly #raw: RawDecode
  readonly #leave: () => void
  /** Pictures that nothing here holds on to. */
  readonly #loose = new WeakSet<Picture>()

  constructor(env: ImageEnvironment) {
    this.#env = env
    this.#quic = env.quic ?? decodeQuic
    this.#lz = env.lz ?? decodeLzRgb
    this.#lz4 = env.lz4 ?? decodeLz4
    this.#raw = env.raw ?? decodeRaw
    this.#leave = env.shared.arrivals.join()
  }

  /** The channel is gone: nobody need wait for it. */
  close(): void {
    this.palettes.clear()
    this.#leave()
  }

  /**
   * `is555`: the draw is for a 16-bit surface, so palettes hold 16-bit colours. WireError if the image is damaged,
   * or is of a cache that does not have it. A surface's pixels are the live ones, not a copy.
   */
  decode(ref: ImageRef, is555 = false): Picture | Promise<Picture> {
    if ((ref.flags & (ImageFlags.CACHE_ME | ImageFlags.CACHE_REPLACE_ME)) === 0) {
      const picture = this.#decode(ref, is555)
      if (LOOSE.has(ref.type) && !(picture instanceof Promise)) this.#loose.add(picture)
      return picture
    }
    // Nobody should wait for what did come and was damaged.
    const lost = (error: unknown): never => {
      this.#env.shared.pixmaps.lose(ref.idHi, ref.idLo)
      throw error
    }
    try {
      const picture = this.#decode(ref, is555)
      return picture instanceof Promise ? picture.then((p) => this.#remember(ref, p), lost) : this.#remember(ref, picture)
    } catch (error) {
      return lost(error)
    }
  }

  /**
   * The draw is done and nothing refers to the picture any more: its memory serves the next one. Needs not be called,
   * and does nothing for pictures that a cache, the GLZ window or a surface has.
   */
  release(picture: Picture): void {
    if (this.#loose.delete(picture)) this.#env.shared.pool.give(picture.data)
  }

  /** A brush's or draw's mask: bits as 0 and 255. `invert` as MaskFlags says. Masks are bitmaps or cached ones. */
  decodeMask(ref: ImageRef, invert: boolean): Coverage | Promise<Coverage> {
    if (ref.type === ImageType.BITMAP) {
      const caches = (ref.flags & (ImageFlags.CACHE_ME | ImageFlags.CACHE_REPLACE_ME)) !== 0
      const mask = decodeMaskBitmap(ref, invert && !caches)
      if (!caches) return mask
      this.#env.shared.pixmaps.put(ref.idHi, ref.idLo, { kind: 'mask', mask, lossy: false })
      return invert ? inverted(mask) : mask
    }
    if (ref.type !== ImageType.FROM_CACHE && ref.type !== ImageType.FROM_CACHE_LOSSLESS) throw new WireError(`mask of image type ${ref.type}`)
    const asMask = (found: CachedImage): Coverage => {
      const mask = found.kind === 'mask' ? found.mask : maskOf(found.picture)
      return invert ? inverted(mask) : mask
    }
    const found = this.#cached(ref)
    return found instanceof Promise ? found.then(asMask) : asMask(found)
  }

  /** INVAL_LIST: a count of 16 bits, then type and id each. */
  invalidateList(r: Reader): void {
    for (let n = r.count(r.u16(), 9); n > 0; n--) {
      const type = r.u8()
      const idLo = r.u32()
      const idHi = r.u32()
      if (type === RESOURCE_PIXMAP) this.#env.shared.pixmaps.invalidate(idHi, idLo)
    }
  }
  /** INVAL_ALL_PIXMAPS; what it asks to wait for first is the caller's to wait for. */
  invalidateAll(): void {
    this.#env.shared.pixmaps.clear()
  }
  invalidatePalette(idHi: number, idLo: number): void {
    this.palettes.invalidate(idHi, idLo)
  }
  invalidateAllPalettes(): void {
    this.palettes.clear()
  }

  #decode(ref: ImageRef, is555: boolean): Picture | Promise<Picture> {
    switch (ref.type) {
      case ImageType.BITMAP:
        return decodeBitmap(ref, this.palettes, is555, this.#env.shared.pool.take, this.#raw)
      case ImageType.QUIC:
        return sized(this.#quic(ref.data, this.#env.shared.pool.take), ref)
      case ImageType.LZ_RGB:
        return sized(this.#lz(ref.data, this.#env.shared.pool.take), ref)
      case ImageType.LZ_PLT:
        return sized(decodeLzPalette(ref.data, this.palettes.resolve(ref.palette), is555, this.#env.shared.pool.take), ref)
      case ImageType.GLZ_RGB:
        return then(decodeGlz(ref.data, this.#env.shared.glz), (p) => sized(p, ref))
      case ImageType.ZLIB_GLZ_RGB:
        return then(decodeGlz(inflate(ref.data, ref.inflatedSize), this.#env.shared.glz), (p) => sized(p, ref))
      case ImageType.LZ4:
        return this.#lz4(ref.data, ref.width, ref.height, this.#env.shared.pool.take)
      case ImageType.JPEG:
        checkedArea(ref.width, ref.height)
        return then(this.#env.jpeg(ref.data), (p) => sized(p, ref))
      case ImageType.JPEG_ALPHA:
        return this.#jpegAlpha(ref)
      case ImageType.FROM_CACHE:
      case ImageType.FROM_CACHE_LOSSLESS: {
        const found = this.#cached(ref)
        return found instanceof Promise ? found.then(asPicture) : asPicture(found)
      }
      case ImageType.SURFACE: {
        const surface = this.#env.surface(ref.surfaceId)
        if (surface === undefined) throw new WireError(`image is surface ${ref.surfaceId}, which is not there`)
        return { width: surface.width, height: surface.height, stride: surface.stride, data: surface.data, alpha: surface.alpha ?? false }
      }
    }
  }

  #jpegAlpha(ref: JpegAlphaRef): Picture | Promise<Picture> {
    checkedArea(ref.width, ref.height)
    const plane = decodeLzAlpha(ref.alpha)
    checkSameSize(plane, ref)
    return then(this.#env.jpeg(ref.jpeg), (p) => {
      const { width, height } = sized(p, ref)
      const data = new Uint32Array(width * height)
      for (let y = 0; y < height; y++)
        for (let x = 0, from = y * p.stride, at = y * width; x < width; x++, from++, at++) data[at] = (p.data[from]! & 0xffffff) | (plane.data[at]! << 24)
      return { width, height, stride: width, data, alpha: true }
    })
  }

  /** A promise if another channel has to bring it first: the server does not say that a picture came on another one. */
  #cached(ref: CachedRef): CachedImage | Promise<CachedImage> {
    const found = this.#good(ref)
    if (found !== undefined) return found
    if (ref.type === ImageType.FROM_CACHE && this.#env.shared.arrivals.alone) throw new WireError(`image ${ref.idHi}:${ref.idLo} not in the cache`)
    return this.#awaited(ref)
  }

  #good(ref: CachedRef): CachedImage | undefined {
    const found = this.#env.shared.pixmaps.get(ref.idHi, ref.idLo)
    return found !== undefined && (ref.type === ImageType.FROM_CACHE || !found.lossy) ? found : undefined
  }

  async #awaited(ref: CachedRef): Promise<CachedImage> {
    const { pixmaps, arrivals } = this.#env.shared
    const until = arrivals.deadline()
    try {
      for (;;) {
        const found = this.#good(ref)
        if (found !== undefined) return found
        const what = `${ref.type === ImageType.FROM_CACHE ? 'image' : 'lossless image'} ${ref.idHi}:${ref.idLo}`
        if (pixmaps.isLost(ref.idHi, ref.idLo)) throw new WireError(`${what} is lost`)
        await arrivals.next(what, until)
      }
    } catch (error) {
      // Nobody else should wait as long for the same one.
      pixmaps.lose(ref.idHi, ref.idLo)
      throw error
    }
  }

  /** CACHE_REPLACE_ME is a lossless one that takes the place of a lossy one; a put does just that. */
  #remember(ref: ImageRef, picture: Picture): Picture {
    const own = ref.type === ImageType.SURFACE ? { ...picture, data: picture.data.slice() } : picture
    this.#env.shared.pixmaps.put(ref.idHi, ref.idLo, { kind: 'picture', picture: own, lossy: ref.type === ImageType.JPEG || ref.type === ImageType.JPEG_ALPHA })
    return picture
  }
}

/** No promise where none is needed: a tick per image would cost more than many an image. */
function then(p: Picture | Promise<Picture>, f: (p: Picture) => Picture): Picture | Promise<Picture> {
  return p instanceof Promise ? p.then(f) : f(p)
}

function sized(p: Picture, ref: ImageRef): Picture {
  checkSameSize(p, ref)
  return p
}

function inflate(data: Uint8Array, size: number): Uint8Array {
  if (size > MAX_INFLATED || size > data.length * MAX_ZLIB_GAIN) throw new WireError(`${size} bytes inflated from ${data.length}`)
  let out: Uint8Array
  try {
    out = unzlibSync(data, { out: new Uint8Array(size) })
  } catch (error) {
    throw new WireError(`zlib: ${error instanceof Error ? error.message : 'unknown error'}`)
  }
  if (out.length !== size) throw new WireError(`${out.length} bytes inflated, ${size} announced`)
  return out
}

function asPicture(image: CachedImage): Picture {
  if (image.kind === 'picture') return image.picture
  const { width, height, data } = image.mask
  return { width, height, stride: width, data: Uint32Array.from(data, (v) => 0xff000000 | (v * 0x10101)), alpha: false }
}

/** Any colour but black is set. */
function maskOf(p: Picture): Coverage {
  const data = new Uint8Array(p.width * p.height)
  for (let y = 0; y < p.height; y++) for (let x = 0; x < p.width; x++) data[y * p.width + x] = (p.data[y * p.stride + x]! & 0xffffff) === 0 ? 0 : 255
  return { width: p.width, height: p.height, data }
}

function inverted(mask: Coverage): Coverage {
  return { ...mask, data: mask.data.map((v) => v ^ 255) }
}
