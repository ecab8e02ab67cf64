// Why: GLZ images copy from earlier ones, of any display channel of the session, so decoded images stay until the server
// says that they are behind its window. Ids count up by one over all channels; images arrive in that order per channel.
import { WireError } from '../wire/reader.ts'
import { Arrivals } from './arrivals.ts'

export interface GlzImage {
  readonly id: number
  /** How many images back the server's window began when it made this one. */
  readonly reach: number
  readonly alpha: boolean
  /** Colour words in the order that they were sent, which is bottom-up for some. Never changed once here. */
  readonly pixels: Uint32Array
}

/** Images that are kept, whatever their size: a thousand small ones a screen, a hundred screens. */
const MAX_IMAGES = 1 << 17

export class GlzWindow {
  readonly #limit: number
  readonly #arrivals: Arrivals
  readonly #images = new Map<number, GlzImage>()
  /** Ids that came and could not be decoded. */
  readonly #lost = new Set<number>()
  /** The first image that came; others may bring earlier ones yet. */
  #first = 0
  /** Everything from the first one up to here was seen; undefined until then. */
  #next: number | undefined
  /** Everything before is out of the window. */
  #tail = 0
  #reach = 0
  #pixels = 0

  /** `limit`: pixels, as announced in the display channel's INIT. */
  constructor(limit: number, arrivals: Arrivals = new Arrivals()) {
    this.#limit = limit
    this.#arrivals = arrivals
  }

  get pixels(): number {
    return this.#pixels
  }
  get size(): number {
    return this.#images.size
  }

  /** undefined: not here yet. WireError: it was and is not any more, or never will be. */
  get(id: number): GlzImage | undefined {
    const found = this.#images.get(id)
    if (found !== undefined) return found
    const gone = id < this.#tail || this.#lost.has(id) || (this.#next !== undefined && id >= this.#first && id < this.#next)
    if (gone) throw new WireError(`GLZ image ${id} is out of the window`)
    return undefined
  }

  add(image: GlzImage): void {
    const before = this.#images.get(image.id)
    if (before !== undefined) this.#drop(image.id)
    this.#images.set(image.id, image)
    this.#pixels += image.pixels.length
    if (this.#next === undefined) {
      this.#first = this.#next = image.id
      this.#tail = Math.max(0, image.id - image.reach)
    }
    this.#advance()
    // A server that keeps to its window never gets here; the newest image is kept in any case.
    for (const id of this.#images.keys()) {
      if ((this.#pixels <= this.#limit && this.#images.size <= MAX_IMAGES) || id === image.id) break
      this.#drop(id)
    }
    this.#arrivals.arrived()
  }

  /** An image that will never be here: draws that wait for it fail. */
  lose(id: number): void {
    if (this.#images.has(id)) return
    this.#lost.add(id)
    if (this.#lost.size > 4096) for (const oldest of this.#lost) {
      this.#lost.delete(oldest)
      break
    }
    this.#advance()
    this.#arrivals.arrived()
  }

  clear(): void {
    this.#images.clear()
    this.#lost.clear()
    this.#next = undefined
    this.#tail = 0
    this.#reach = 0
    this.#pixels = 0
  }

  /** When an image that begins to wait now has waited long enough; for changed(). */
  deadline(): number {
    return this.#arrivals.deadline()
  }

  /** Resolves when the window has changed; rejects when no channel can bring the image, and at `until`. */
  changed(id: number, until = Infinity): Promise<void> {
    return this.#arrivals.next(`GLZ image ${id}`, until)
  }

  /** Only images that no gap precedes may move the tail: a channel that lags still needs what they let go. */
  #advance(): void {
    if (this.#next === undefined) return
    let next = this.#next
    for (;;) {
      const image = this.#images.get(next)
      if (image !== undefined) this.#reach = image.reach
      else if (!this.#lost.has(next)) break
      next++
    }
    if (next === this.#next) return
    this.#next = next
    const tail = next - 1 - this.#reach
    if (tail <= this.#tail) return
    if (tail - this.#tail > this.#images.size + this.#lost.size) {
      for (const id of this.#images.keys()) if (id < tail) this.#drop(id)
      for (const id of this.#lost) if (id < tail) this.#lost.delete(id)
    } else
      for (let id = this.#tail; id < tail; id++) {
        this.#drop(id)
        this.#lost.delete(id)
      }
    this.#tail = tail
  }

  #drop(id: number): void {
    const image = this.#images.get(id)
    if (image === undefined) return
    this.#images.delete(id)
    this.#pixels -= image.pixels.length
  }
}
