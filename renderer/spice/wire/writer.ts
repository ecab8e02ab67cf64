// Why: the other half of Reader: what the client says is put together little-endian in one growing buffer, so that a
// message is built without an intermediate object per field.

export class Writer {
  #bytes: Uint8Array
  #view: DataView
  #length = 0

  constructor(capacity = 64) {
    this.#bytes = new Uint8Array(Math.max(capacity, 16))
    this.#view = new DataView(this.#bytes.buffer)
  }

  get length(): number {
    return this.#length
  }

  #step(n: number): number {
    const at = this.#length
    const end = at + n
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(end, this.#bytes.length * 2))
      grown.set(this.#bytes.subarray(0, at))
      this.#bytes = grown
      this.#view = new DataView(grown.buffer)
    }
    this.#length = end
    return at
  }

  u8(v: number): this {
    const at = this.#step(1)
    this.#view.setUint8(at, v)
    return this
  }
  u16(v: number): this {
    const at = this.#step(2)
    this.#view.setUint16(at, v, true)
    return this
  }
  u32(v: number): this {
    const at = this.#step(4)
    this.#view.setUint32(at, v, true)
    return this
  }
  i32(v: number): this {
    const at = this.#step(4)
    this.#view.setInt32(at, v, true)
    return this
  }
  u64(v: bigint): this {
    const at = this.#step(8)
    this.#view.setBigUint64(at, v, true)
    return this
  }
  raw(bytes: Uint8Array): this {
    const at = this.#step(bytes.length)
    this.#bytes.set(bytes, at)
    return this
  }
  zeros(n: number): this {
    const at = this.#step(n)
    this.#bytes.fill(0, at, at + n)
    return this
  }

  /** What was written, as a view of this writer's buffer: no more writing after it. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }
}
