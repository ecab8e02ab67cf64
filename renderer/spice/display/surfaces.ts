// Why: the surfaces of one display channel by id, and how much memory they may take together: a server that makes
// surfaces without end loses messages, not the page.
import { Surface } from '../canvas/surface.ts'
import { SurfaceFlags } from '../wire/enums.ts'
import { WireError } from '../wire/reader.ts'
import type { SurfaceCreate } from './parse.ts'

/** Pixels of all surfaces of a session: eight screens of 4K and their off-screen copies, half a gigabyte. */
export const MAX_SURFACE_PIXELS = 128 * 1024 * 1024
/** The real server's own limit is 10,000. */
const MAX_SURFACES = 16_384

export class Surfaces {
  readonly #surfaces = new Map<number, Surface>()
  #primary: number | undefined
  #pixels = 0
  readonly #session: { pixels: number }

  /** @param session what all displays of the session have taken, this one included */
  constructor(session = { pixels: 0 }) {
    this.#session = session
  }

  /** Of all of them. */
  get pixels(): number {
    return this.#pixels
  }
  get size(): number {
    return this.#surfaces.size
  }
  /** The one that is shown. */
  get primary(): Surface | undefined {
    return this.#primary === undefined ? undefined : this.#surfaces.get(this.#primary)
  }
  get primaryId(): number | undefined {
    return this.#primary
  }

  find(id: number): Surface | undefined {
    return this.#surfaces.get(id)
  }

  get(id: number): Surface {
    const surface = this.#surfaces.get(id)
    if (surface === undefined) throw new WireError(`no surface ${id}`)
    return surface
  }

  /** One of an id that is taken replaces it. @returns true if it is the primary one */
  create(c: SurfaceCreate): boolean {
    this.destroy(c.id)
    const area = c.width * c.height
    if (this.#session.pixels + area > MAX_SURFACE_PIXELS || this.#surfaces.size >= MAX_SURFACES) throw new WireError(`no room for a surface of ${c.width}×${c.height}`)
    let surface: Surface
    try {
      surface = new Surface(c.width, c.height, c.format)
    } catch (e) {
      throw new WireError(String(e))
    }
    this.#surfaces.set(c.id, surface)
    this.#pixels += area
    this.#session.pixels += area
    const primary = (c.flags & SurfaceFlags.PRIMARY) !== 0
    if (primary) this.#primary = c.id
    return primary
  }

  /** @returns true if it was the primary one */
  destroy(id: number): boolean {
    const surface = this.#surfaces.get(id)
    if (surface === undefined) return false
    this.#surfaces.delete(id)
    this.#pixels -= surface.width * surface.height
    this.#session.pixels -= surface.width * surface.height
    if (this.#primary !== id) return false
    this.#primary = undefined
    return true
  }

  clear(): void {
    this.#surfaces.clear()
    this.#primary = undefined
    this.#session.pixels -= this.#pixels
    this.#pixels = 0
  }
}
