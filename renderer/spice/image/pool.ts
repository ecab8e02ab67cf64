// Why: a full-screen picture is 8 MB; taken fresh from the system for every draw, its page faults and its collection
// cost as much as the decoding. Pictures that only one draw ever saw are handed back and written over.

/** `words` long, contents undefined: who asks writes all of it. */
export type Allocate = (words: number) => Uint32Array

export const fresh: Allocate = (words) => new Uint32Array(words)

/** Smaller ones are cheap to make. */
const LEAST_WORDS = 4096
/** Kept for later at most: a handful of full screens. */
const KEPT_WORDS = 16 * 1024 * 1024

export class PixelPool {
  /** By the power of two that they hold. */
  readonly #free: ArrayBuffer[][] = []
  #kept = 0

  get keptWords(): number {
    return this.#kept
  }

  readonly take: Allocate = (words) => {
    if (words < LEAST_WORDS) return new Uint32Array(words)
    const size = 32 - Math.clz32(words - 1)
    const buffer = this.#free[size]?.pop()
    if (buffer === undefined) return new Uint32Array(new ArrayBuffer(4 * 2 ** size), 0, words)
    this.#kept -= 2 ** size
    return new Uint32Array(buffer, 0, words)
  }

  /** Of take(), and nobody's any more. */
  give(data: Uint32Array): void {
    const { buffer } = data
    const words = buffer.byteLength / 4
    if (!(buffer instanceof ArrayBuffer) || words < LEAST_WORDS || (words & (words - 1)) !== 0 || this.#kept + words > KEPT_WORDS) return
    const size = 31 - Math.clz32(words)
    const list = (this.#free[size] ??= [])
    list.push(buffer)
    this.#kept += words
  }

  clear(): void {
    this.#free.length = 0
    this.#kept = 0
  }
}
