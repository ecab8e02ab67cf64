// Why: the server decides what its client remembers and counts it in pixels; this forgets nothing of its own accord until
// that is far more than was announced. Ids have 64 bits and stay two numbers. A lossy picture can be replaced by the lossless one later, and a draw
// that must not be lossy waits for that.
import type { Coverage, Picture } from '../pixels.ts'
import { Arrivals } from './arrivals.ts'

/** A bitmap of one bit that was cached as a mask keeps its coverage: as a picture it has no colours of its own. */
export type CachedImage = { readonly kind: 'picture'; readonly picture: Picture; readonly lossy: boolean } | { readonly kind: 'mask'; readonly mask: Coverage; readonly lossy: false }

/** The real server, with two displays at once, holds more than was announced before it says what to forget. */
const SLACK = 2
/** Images that are kept, whatever their size: the announced size in icons of ten by ten pixels. */
const MAX_IMAGES = 1 << 18
const MAX_LOST = 4096

/**
 * Shared by the display channels of a session. The server frees ids before it uses their room again, so the least
 * recently used go only if it does neither: memory stays within twice the size that was announced.
 */
export class PixmapCache {
  /** Pixels. */
  readonly #most: number
  readonly #arrivals: Arrivals
  /** In order of use, oldest first. */
  readonly #images = new Map<string, CachedImage>()
  /** Ids that came damaged, or did not come while somebody waited. */
  readonly #lost = new Set<string>()
  #pixels = 0

  /** `limit`: pixels, as announced in the display channel's INIT. */
  constructor(limit: number, arrivals: Arrivals = new Arrivals()) {
    this.#most = limit * SLACK
    this.#arrivals = arrivals
  }

  get pixels(): number {
    return this.#pixels
  }
  get size(): number {
    return this.#images.size
  }

  get(idHi: number, idLo: number): CachedImage | undefined {
    const key = `${idHi}:${idLo}`
    const found = this.#images.get(key)
    if (found === undefined) return undefined
    this.#images.delete(key)
    this.#images.set(key, found)
    return found
  }

  put(idHi: number, idLo: number, image: CachedImage): void {
    const key = `${idHi}:${idLo}`
    this.#drop(key)
    this.#lost.delete(key)
    this.#images.set(key, image)
    this.#pixels += areaOf(image)
    for (const oldest of this.#images.keys()) {
      if (this.#pixels <= this.#most && this.#images.size <= MAX_IMAGES) break
      this.#drop(oldest)
    }
    this.#arrivals.arrived()
  }

  /** An image that need not be waited for, until it comes all the same. */
  lose(idHi: number, idLo: number): void {
    this.#lost.add(`${idHi}:${idLo}`)
    if (this.#lost.size > MAX_LOST) for (const oldest of this.#lost) {
      this.#lost.delete(oldest)
      break
    }
    this.#arrivals.arrived()
  }
  isLost(idHi: number, idLo: number): boolean {
    return this.#lost.has(`${idHi}:${idLo}`)
  }

  invalidate(idHi: number, idLo: number): void {
    this.#drop(`${idHi}:${idLo}`)
  }

  clear(): void {
    this.#images.clear()
    this.#lost.clear()
    this.#pixels = 0
  }

  #drop(key: string): void {
    const found = this.#images.get(key)
    if (found === undefined) return
    this.#images.delete(key)
    this.#pixels -= areaOf(found)
  }
}

function areaOf(image: CachedImage): number {
  const p = image.kind === 'picture' ? image.picture : image.mask
  return p.width * p.height
}
