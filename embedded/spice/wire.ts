// Why: every byte that comes from a client is hostile, so all of it is read through one reader that can only fail
// loudly; and every message is written by one writer, so that sizes and offsets are counted by nobody by hand.

/** A message that does not hold what its own fields promise. Ends the channel it came on, nothing else. */
export class WireError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'WireError'
  }
}

/** Little-endian, bounds-checked view of one whole message. */
export class Reader {
  readonly #bytes: Buffer
  #at = 0
  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }
  get remaining(): number {
    return this.#bytes.length - this.#at
  }
  #take(n: number): number {
    if (n > this.remaining) throw new WireError(`wanted ${n} bytes, ${this.remaining} left`)
    const at = this.#at
    this.#at += n
    return at
  }
  u8(): number {
    return this.#bytes.readUInt8(this.#take(1))
  }
  u16(): number {
    return this.#bytes.readUInt16LE(this.#take(2))
  }
  u32(): number {
    return this.#bytes.readUInt32LE(this.#take(4))
  }
  i32(): number {
    return this.#bytes.readInt32LE(this.#take(4))
  }
  u64(): bigint {
    return this.#bytes.readBigUInt64LE(this.#take(8))
  }
  bytes(n: number): Buffer {
    const at = this.#take(n)
    return this.#bytes.subarray(at, at + n)
  }
  seek(offset: number): void {
    if (offset > this.#bytes.length) throw new WireError(`offset ${offset} is outside the message`)
    this.#at = offset
  }
}

/** Little-endian message builder. */
export class Writer {
  #bytes: Buffer
  #length = 0
  constructor(capacity = 64) {
    this.#bytes = Buffer.alloc(capacity)
  }
  get length(): number {
    return this.#length
  }
  #room(n: number): number {
    const at = this.#length
    if (at + n > this.#bytes.length) {
      const grown = Buffer.alloc(Math.max(this.#bytes.length * 2, at + n))
      this.#bytes.copy(grown, 0, 0, at)
      this.#bytes = grown
    }
    this.#length = at + n
    return at
  }
  u8(v: number): this {
    const at = this.#room(1)
    this.#bytes[at] = v
    return this
  }
  u16(v: number): this {
    const at = this.#room(2)
    this.#bytes.writeUInt16LE(v & 0xffff, at)
    return this
  }
  u32(v: number): this {
    const at = this.#room(4)
    this.#bytes.writeUInt32LE(v >>> 0, at)
    return this
  }
  u32be(v: number): this {
    const at = this.#room(4)
    this.#bytes.writeUInt32BE(v >>> 0, at)
    return this
  }
  u64(v: bigint): this {
    const at = this.#room(8)
    this.#bytes.writeBigUInt64LE(v, at)
    return this
  }
  raw(bytes: Uint8Array): this {
    const at = this.#room(bytes.length)
    this.#bytes.set(bytes, at)
    return this
  }
  /** Overwrites a 32-bit field written before, for offsets known only later. */
  patchU32(at: number, v: number): this {
    this.#bytes.writeUInt32LE(v >>> 0, at)
    return this
  }
  finish(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }
}

/** Incoming bytes in arrival order; `take` gives exactly n of them or nothing. Copies only across chunk borders. */
export class ByteQueue {
  #chunks: Buffer[] = []
  #length = 0
  get length(): number {
    return this.#length
  }
  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return
    this.#chunks.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))
    this.#length += chunk.length
  }
  take(n: number): Buffer | undefined {
    if (n > this.#length) return undefined
    this.#length -= n
    const first = this.#chunks[0]
    if (n === 0 || !first) return Buffer.alloc(0)
    if (first.length > n) {
      this.#chunks[0] = first.subarray(n)
      return first.subarray(0, n)
    }
    const parts: Buffer[] = []
    let missing = n
    while (missing > 0) {
      const chunk = this.#chunks[0]
      if (!chunk) break
      if (chunk.length > missing) {
        this.#chunks[0] = chunk.subarray(missing)
        parts.push(chunk.subarray(0, missing))
        missing = 0
      } else {
        this.#chunks.shift()
        parts.push(chunk)
        missing -= chunk.length
      }
    }
    return parts.length === 1 ? (parts[0] ?? Buffer.alloc(0)) : Buffer.concat(parts, n)
  }
}
