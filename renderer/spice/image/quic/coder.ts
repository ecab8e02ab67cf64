// Why: the moving parts of a QUIC stream: its bits, the model that each channel learns, and the pace of that learning.
import { WireError } from '../../wire/reader.ts'
import { COUNTERS, HALVE_AT, RUN_BITS, STAGES, STAGE_PIXELS, type CodeTables } from './tables.ts'

/** Little-endian words of 32 bits, each read from its top bit. */
export class Bits {
  readonly #words: Int32Array
  readonly #end: number
  /** In bits. */
  pos = 0

  constructor(bytes: Uint8Array) {
    this.#words = new Int32Array((bytes.length >> 2) + 4)
    new Uint8Array(this.#words.buffer).set(bytes)
    this.#end = (bytes.length & ~3) * 8
  }

  get bits(): number {
    return this.#end
  }

  /** The next 32 bits; zeros after the end. */
  peek(): number {
    const at = this.pos >>> 5
    const by = this.pos & 31
    return (this.#words[at]! << by) | ((this.#words[at + 1]! >>> 1) >>> (31 - by))
  }

  u32(): number {
    const w = this.peek() >>> 0
    this.pos += 32
    return w
  }

  /** Called once a row: what is read beyond the end is zeros, and one row at most. */
  check(): void {
    if (this.pos > this.#end) throw new WireError('QUIC image cut short')
  }
}

/** What one colour channel learns: for each bucket the code lengths so far, and the best parameter. */
export class Model {
  readonly #t: CodeTables
  readonly #counters: Uint32Array
  /** By bucket. */
  readonly best: Uint8Array
  /** Buckets of the row above, overwritten from left to right; a run leaves what was there. */
  readonly row: Uint8Array
  /** Bucket in effect for the first pixel of a row: that of the first pixel above. */
  first = 0

  constructor(tables: CodeTables, width: number) {
    this.#t = tables
    this.#counters = new Uint32Array(tables.buckets * COUNTERS)
    this.best = new Uint8Array(tables.buckets).fill(tables.bits - 1)
    this.row = new Uint8Array(width)
  }

  /** Reads one value with the parameter of `bucket`. */
  read(bits: Bits, bucket: number): number {
    const t = this.#t
    const l = this.best[bucket]!
    const w = bits.peek()
    const zeros = Math.clz32(w)
    if (zeros < t.prefix[l]!) {
      const n = zeros + 1 + l
      bits.pos += n
      return (zeros << l) | ((w >>> (32 - n)) & ((1 << l) - 1))
    }
    const n = t.escapeLength[l]!
    bits.pos += n
    return t.escapeBase[l]! + ((w >>> (32 - n)) & ((1 << t.escapeBits[l]!) - 1))
  }

  /** Adds what `value` would have cost under every parameter. Of equals the larger parameter stays. */
  learn(bucket: number, value: number, halveAt: number): void {
    const counters = this.#counters
    const from = bucket * COUNTERS
    const costs = value * COUNTERS
    let best = this.#t.bits - 1
    let least = (counters[from + best]! += this.#t.length[costs + best]!)
    for (let l = best - 1; l >= 0; l--) {
      const cost = (counters[from + l]! += this.#t.length[costs + l]!)
      if (cost < least) {
        best = l
        least = cost
      }
    }
    this.best[bucket] = best
    if (least > halveAt) for (let l = 0; l < this.#t.bits; l++) counters[from + l]! >>>= 1
  }
}

/** When a model is updated, and how runs are written. Colours share one, alpha has its own. */
export class Pace {
  readonly #gaps: Uint8Array
  #at = 255
  /** Pixels to go by before the next update. */
  wait = 0
  stage = 0
  /** Pixels left in this stage. */
  left = STAGE_PIXELS
  halveAt = HALVE_AT[0]!
  #run = 0

  constructor(gapTable: Uint8Array) {
    this.#gaps = gapTable
  }

  gap(): number {
    this.#at = (this.#at + 1) & 255
    return this.#gaps[this.#at]! & ((1 << this.stage) - 1)
  }

  nextStage(): void {
    this.stage++
    this.halveAt = HALVE_AT[this.stage]!
    this.left = STAGE_PIXELS
  }

  get last(): boolean {
    return this.stage >= STAGES
  }

  /** Pixels of a run: full units as ones, a zero, the rest in binary. `most` stops a damaged stream. */
  run(bits: Bits, most: number): number {
    let n = 0
    while (bits.peek() < 0) {
      bits.pos++
      n += 1 << RUN_BITS[this.#run]!
      if (this.#run < RUN_BITS.length - 1) this.#run++
      if (n > most) throw new WireError('QUIC run beyond its row')
    }
    bits.pos++
    const width = RUN_BITS[this.#run]!
    if (width > 0) {
      n += bits.peek() >>> (32 - width)
      bits.pos += width
    }
    if (this.#run > 0) this.#run--
    if (n > most) throw new WireError('QUIC run beyond its row')
    return n
  }
}
