// Why: the guest's bytes are hostile. Lines are cut here, with a hard bound on memory: a line of 1 MiB or more is
// dropped up to its newline and the stream goes on (what oVirt's own host side does), however the bytes arrive.

/** Longest line kept, bytes (vdsm `guestagent.py` drops messages of 1 MiB or more). */
export const MAX_LINE = 1024 * 1024

export class LineFramer {
  readonly #max: number
  #held = Buffer.alloc(0)
  #length = 0
  #dropping = false
  #dropped = 0

  constructor(max: number = MAX_LINE) {
    this.#max = max
  }

  /** Lines dropped for their length so far. */
  get dropped(): number {
    return this.#dropped
  }

  /** Bytes held for an unfinished line. */
  get pending(): number {
    return this.#length
  }

  /** Takes a piece, returns the complete lines in it (without newline), decoded as UTF-8 with U+FFFD for what is not. */
  push(piece: Buffer): string[] {
    const lines: string[] = []
    let at = 0
    for (;;) {
      const end = piece.indexOf(0x0a, at)
      const rest = piece.subarray(at, end === -1 ? undefined : end)
      if (!this.#dropping && this.#length + rest.length >= this.#max) {
        this.#dropping = true
        this.#dropped++
        this.#clear()
      }
      if (end === -1) {
        if (!this.#dropping) this.#hold(rest)
        return lines
      }
      if (!this.#dropping) {
        if (this.#length === 0) lines.push(rest.toString('utf8'))
        else {
          this.#hold(rest)
          lines.push(this.#held.toString('utf8', 0, this.#length))
        }
      }
      this.#dropping = false
      this.#clear()
      at = end + 1
    }
  }

  /** Into one buffer that doubles: a list of pieces would cost a hundred times their size if they come byte by byte. */
  #hold(rest: Buffer): void {
    const need = this.#length + rest.length
    if (need > this.#held.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(need, this.#held.length * 2, 4096))
      this.#held.copy(larger, 0, 0, this.#length)
      this.#held = larger
    }
    rest.copy(this.#held, this.#length)
    this.#length = need
  }

  #clear(): void {
    this.#length = 0
    // What a long line needed is not kept for short ones.
    if (this.#held.length > 65536) this.#held = Buffer.alloc(0)
  }
}
