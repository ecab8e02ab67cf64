// Why: the guest's bytes are hostile. Lines are cut here, with a hard bound on memory: a line of 1 MiB or more is
// dropped up to its newline and the stream goes on (what oVirt's own host side does), however the bytes arrive.

/** Longest line kept, bytes (vdsm `guestagent.py` drops messages of 1 MiB or more). */
export const MAX_LINE = 1024 * 1024

export class LineFramer {
  readonly #max: number
  #parts: Buffer[] = []
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
        this.#parts = []
        this.#length = 0
      }
      if (!this.#dropping && rest.length > 0) {
        // A copy: the piece belongs to the stream's pool and may be far larger than what is kept of it.
        this.#parts.push(end === -1 ? Buffer.from(rest) : rest)
        this.#length += rest.length
      }
      if (end === -1) return lines
      if (!this.#dropping) lines.push(Buffer.concat(this.#parts, this.#length).toString('utf8'))
      this.#dropping = false
      this.#parts = []
      this.#length = 0
      at = end + 1
    }
  }
}
