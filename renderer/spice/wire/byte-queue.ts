// Why: bytes arrive in pieces that have nothing to do with messages. This hands out exactly the next n bytes, without
// a copy when one piece holds them, and with one copy otherwise, however many pieces there are.

const EMPTY = new Uint8Array(0)

export class ByteQueue {
  #pieces: Uint8Array[] = []
  #first = 0
  /** Bytes of the first piece that are gone already. */
  #offset = 0
  #length = 0

  get length(): number {
    return this.#length
  }

  /** Keeps the piece itself: its owner must not write to it any more. */
  push(piece: Uint8Array): void {
    if (piece.length === 0) return
    this.#pieces.push(piece)
    this.#length += piece.length
  }

  /** The next n bytes, or undefined (and nothing taken) while there are fewer. The result may share a piece's buffer. */
  take(n: number): Uint8Array | undefined {
    if (n > this.#length) return undefined
    if (n === 0) return EMPTY
    const head = this.#pieces[this.#first]
    if (head !== undefined && head.length - this.#offset >= n) {
      const out = head.subarray(this.#offset, this.#offset + n)
      this.#advance(n, head)
      return out
    }
    const out = new Uint8Array(n)
    let at = 0
    while (at < n) {
      const piece = this.#pieces[this.#first]
      if (piece === undefined) return undefined
      const part = piece.subarray(this.#offset, Math.min(piece.length, this.#offset + n - at))
      out.set(part, at)
      at += part.length
      this.#advance(part.length, piece)
    }
    return out
  }

  clear(): void {
    this.#pieces = []
    this.#first = 0
    this.#offset = 0
    this.#length = 0
  }

  #advance(n: number, piece: Uint8Array): void {
    this.#length -= n
    this.#offset += n
    if (this.#offset < piece.length) return
    this.#offset = 0
    this.#first++
    // Dropping pieces one by one from the front would be quadratic in their number.
    if (this.#first >= 64 || this.#first === this.#pieces.length) {
      this.#pieces.splice(0, this.#first)
      this.#first = 0
    }
  }
}
