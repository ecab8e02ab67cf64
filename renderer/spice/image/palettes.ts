// Why: a server sends a palette once and names it afterwards; and indexed pixels, of bitmaps and of LZ alike, are
// widened to colour words here, in one place.
import { WireError } from '../wire/reader.ts'
import { MAX_AREA } from '../pixels.ts'
import type { Palette, PaletteSource } from './types.ts'

/** Palettes that one channel remembers. The real server's own limit is 128; more than this is somebody else's doing. */
const MAX_PALETTES = 1024

/** One for each display channel: a server counts per channel what its client remembers. */
export class PaletteCache {
  readonly #palettes = new Map<string, Palette>()

  get size(): number {
    return this.#palettes.size
  }

  put(palette: Palette): void {
    const key = `${palette.idHi}:${palette.idLo}`
    this.#palettes.delete(key)
    this.#palettes.set(key, palette)
    if (this.#palettes.size <= MAX_PALETTES) return
    const [oldest] = this.#palettes.keys()
    if (oldest !== undefined) this.#palettes.delete(oldest)
  }

  /** The palette that an image means, remembered if the image says so. WireError if there is none. */
  resolve(source: PaletteSource): Palette {
    if (source.kind === 'none') throw new WireError('indexed image without palette')
    if (source.kind === 'inline') {
      if (source.cache) this.put(source.palette)
      return source.palette
    }
    const found = this.#palettes.get(`${source.idHi}:${source.idLo}`)
    if (found === undefined) throw new WireError(`palette ${source.idHi}:${source.idLo} not in the cache`)
    return found
  }

  invalidate(idHi: number, idLo: number): void {
    this.#palettes.delete(`${idHi}:${idLo}`)
  }

  clear(): void {
    this.#palettes.clear()
  }
}

/** Where the bits of an index are in their byte: most significant first (BE) or last (LE). */
export interface IndexLayout {
  readonly bits: 1 | 4 | 8
  readonly msbFirst: boolean
}

/**
 * Colour words of all rows, top row first. `out` has width × height words. An index beyond the palette is black.
 * `is555`: the palette's words are 16-bit colours, as on surfaces of 16 bits.
 */
export function expandIndexed(out: Uint32Array, src: Uint8Array, width: number, height: number, stride: number, topDown: boolean, layout: IndexLayout, palette: Palette, is555: boolean): void {
  if (out.length > MAX_AREA || src.length < (height - 1) * stride + Math.ceil((width * layout.bits) / 8)) throw new WireError('indexed image shorter than its rows')
  const { bits, msbFirst } = layout
  const table = new Uint32Array(1 << bits).fill(0xff000000)
  table.set(palette.colors.subarray(0, table.length))
  if (is555) for (let i = 0; i < table.length; i++) table[i] = widen555(packed(table[i]!))
  for (let y = 0; y < height; y++) {
    const row = (topDown ? y : height - 1 - y) * stride
    let at = y * width
    if (bits === 8) {
      for (let x = 0; x < width; x++) out[at++] = table[src[row + x]!]!
    } else if (bits === 4) {
      const first = msbFirst ? 4 : 0
      for (let x = 0; x < width; x++) out[at++] = table[(src[row + (x >> 1)]! >> ((x & 1) === 0 ? first : 4 - first)) & 15]!
    } else {
      const turn = msbFirst ? 7 : 0
      for (let x = 0; x < width; x++) out[at++] = table[(src[row + (x >> 3)]! >> ((x & 7) ^ turn)) & 1]!
    }
  }
}

/** Our colour word back to the protocol's 0x00RRGGBB, whose low half is the 16-bit colour. */
function packed(word: number): number {
  return ((word & 0xff) << 16) | (word & 0xff00) | ((word >>> 16) & 0xff)
}

/** x1r5g5b5 → our word; five bits are widened by repeating the top ones. */
export function widen555(p: number): number {
  const r = (p >> 10) & 31
  const g = (p >> 5) & 31
  const b = p & 31
  return (0xff000000 | (((b << 3) | (b >> 2)) << 16) | (((g << 3) | (g >> 2)) << 8) | (r << 3) | (r >> 2)) >>> 0
}
