// Why: everything a server sends is read through this: little-endian, bounds-checked, with positions from the start of
// the message, because SPICE's pointers are offsets into it. What does not fit is a WireError and costs one message.

export class WireError extends Error {
  override readonly name = 'WireError'
}

export class Reader {
  readonly bytes: Uint8Array
  readonly #view: DataView
  /** Offset from the start of the message. */
  pos: number

  constructor(bytes: Uint8Array, pos = 0) {
    this.bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.pos = pos
  }

  get length(): number {
    return this.bytes.length
  }
  get left(): number {
    return this.bytes.length - this.pos
  }

  /** A second reader on the same message, at an offset that the message named. */
  at(offset: number): Reader {
    if (!Number.isInteger(offset) || offset < 0 || offset > this.bytes.length) throw new WireError(`offset ${offset} outside a message of ${this.bytes.length}`)
    return new Reader(this.bytes, offset)
  }

  #step(n: number): number {
    const at = this.pos
    if (n < 0 || at + n > this.bytes.length) throw new WireError(`${n} bytes at ${at} outside a message of ${this.bytes.length}`)
    this.pos = at + n
    return at
  }

  u8(): number {
    return this.#view.getUint8(this.#step(1))
  }
  u16(): number {
    return this.#view.getUint16(this.#step(2), true)
  }
  i16(): number {
    return this.#view.getInt16(this.#step(2), true)
  }
  u32(): number {
    return this.#view.getUint32(this.#step(4), true)
  }
  i32(): number {
    return this.#view.getInt32(this.#step(4), true)
  }
  u64(): bigint {
    return this.#view.getBigUint64(this.#step(8), true)
  }
  skip(n: number): void {
    this.#step(n)
  }
  /** A view, not a copy. */
  take(n: number): Uint8Array {
    const at = this.#step(n)
    return this.bytes.subarray(at, at + n)
  }
  /** A count that announces `size` bytes each: refused if they cannot be in the message. */
  count(n: number, size: number): number {
    if (n * size > this.left) throw new WireError(`${n} items of ${size} bytes in ${this.left}`)
    return n
  }
}
