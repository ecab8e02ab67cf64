// Why: what a display has done, for `latchkey probe`, the benchmark and a person who asks why it is slow.
import { ImageType } from '../wire/enums.ts'

export interface DisplayCounts {
  readonly messages: number
  readonly draws: number
  /** Of the boxes of draws, inside their surfaces. */
  readonly pixels: number
  /** Images by the name of their type, ImageType of enums.ts. */
  readonly images: Readonly<Record<string, number>>
  /** Time in decoders, ms; of those that finish later, until they did. */
  readonly decodeMs: number
  readonly streamFrames: number
  readonly streamDrops: number
}

const NAMES: ReadonlyMap<number, string> = new Map(Object.entries(ImageType).map(([name, type]) => [type, name]))

export class Counter {
  messages = 0
  draws = 0
  pixels = 0
  decodeMs = 0
  streamFrames = 0
  streamDrops = 0
  readonly #images = new Map<number, number>()

  image(type: number): void {
    this.#images.set(type, (this.#images.get(type) ?? 0) + 1)
  }

  get(): DisplayCounts {
    const { messages, draws, pixels, decodeMs, streamFrames, streamDrops } = this
    const images: Record<string, number> = {}
    for (const [type, n] of this.#images) images[NAMES.get(type) ?? String(type)] = n
    return { messages, draws, pixels, images, decodeMs, streamFrames, streamDrops }
  }
}

/** Of several displays together. */
export function addCounts(all: readonly DisplayCounts[]): DisplayCounts {
  const sum = { messages: 0, draws: 0, pixels: 0, decodeMs: 0, streamFrames: 0, streamDrops: 0 }
  const images: Record<string, number> = {}
  for (const c of all) {
    for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += c[key]
    for (const [name, n] of Object.entries(c.images)) images[name] = (images[name] ?? 0) + n
  }
  return { ...sum, images }
}
