// Why: QUIC images of any kind and size for tests and the benchmark, gray ones among them, which the real server never
// sends. It mirrors the decoder, whose agreement with the real encoder the recorded images prove.
import { COUNTERS, HALVE_AT, RUN_BITS, STAGES, STAGE_PIXELS, codeTables, gaps, type CodeTables } from './tables.ts'
import { QuicType } from './decode.ts'

class BitSink {
  readonly #words: number[] = []
  #word = 0
  #free = 32
  put(value: number, n: number): void {
    if (n === 0) return
    if (n > this.#free) {
      const later = n - this.#free
      this.put(Math.floor(value / 2 ** later), this.#free)
      this.put(value % 2 ** later, later)
      return
    }
    this.#free -= n
    this.#word |= value << this.#free
    if (this.#free > 0) return
    this.#words.push(this.#word)
    this.#word = 0
    this.#free = 32
  }
  bytes(): Uint8Array {
    if (this.#free < 32) this.#words.push(this.#word)
    return new Uint8Array(Int32Array.from(this.#words).buffer)
  }
}

/** One pace with its channels; a plane of samples each. */
class Coder {
  readonly #t: CodeTables
  readonly #gaps = gaps()
  readonly #planes: readonly Uint8Array[]
  readonly #width: number
  readonly #rows: Uint8Array[]
  readonly #best: Uint8Array[]
  readonly #counters: Uint32Array[]
  readonly #first: number[]
  #gapAt = 255
  #wait = 0
  #stage = 0
  #left = STAGE_PIXELS
  #run = 0

  constructor(t: CodeTables, planes: readonly Uint8Array[], width: number) {
    this.#t = t
    this.#planes = planes
    this.#width = width
    this.#rows = planes.map(() => new Uint8Array(width))
    this.#best = planes.map(() => new Uint8Array(t.buckets).fill(t.bits - 1))
    this.#counters = planes.map(() => new Uint32Array(t.buckets * COUNTERS))
    this.#first = planes.map(() => 0)
  }

  row(out: BitSink, y: number): void {
    for (let c = 0; c < this.#planes.length; c++) this.#first[c] = y === 0 ? 0 : (this.#rows[c]?.[0] ?? 0)
    let at = 0
    while (this.#stage < STAGES && this.#left <= this.#width - at) {
      this.#segment(out, y, at, at + this.#left)
      at += this.#left
      this.#stage++
      this.#left = STAGE_PIXELS
    }
    this.#segment(out, y, at, this.#width)
    if (this.#stage < STAGES) this.#left -= this.#width - at
  }

  #same(a: number, b: number): boolean {
    return this.#planes.every((p) => p[a] === p[b])
  }

  #segment(out: BitSink, y: number, from: number, to: number): void {
    const base = y * this.#width
    let ranAt = 0
    for (let x = from; x < to; x++) {
      const at = base + x
      if (y > 0 && x > 2 && ranAt !== x && this.#same(at - this.#width - 1, at - this.#width) && this.#same(at - 1, at - 2)) {
        ranAt = x
        let n = 0
        while (x + n < to && this.#same(at + n, at - 1)) n++
        this.#runLength(out, n)
        x += n - 1
        continue
      }
      const learns = this.#wait === 0
      if (learns) {
        this.#gapAt = (this.#gapAt + 1) & 255
        this.#wait = (this.#gaps[this.#gapAt] ?? 0) & ((1 << this.#stage) - 1)
      } else this.#wait--
      for (let c = 0; c < this.#planes.length; c++) this.#sample(out, c, x, y, learns)
    }
  }

  #runLength(out: BitSink, length: number): void {
    let n = length
    while (n >= 1 << (RUN_BITS[this.#run] ?? 0)) {
      n -= 1 << (RUN_BITS[this.#run] ?? 0)
      out.put(1, 1)
      if (this.#run < RUN_BITS.length - 1) this.#run++
    }
    out.put(0, 1)
    out.put(n, RUN_BITS[this.#run] ?? 0)
    if (this.#run > 0) this.#run--
  }

  #sample(out: BitSink, c: number, x: number, y: number, learns: boolean): void {
    const t = this.#t
    const plane = this.#planes[c] ?? new Uint8Array()
    const row = this.#rows[c] ?? new Uint8Array()
    const at = y * this.#width + x
    const levels = 1 << t.bits
    const left = plane[at - 1] ?? 0
    const up = plane[at - this.#width] ?? 0
    const guess = x === 0 ? (y === 0 ? 0 : up) : y === 0 ? left : (left + up) >> 1
    const error = ((plane[at] ?? 0) - guess) & (levels - 1)
    const value = error < levels / 2 ? error * 2 : (levels - error) * 2 - 1
    const bucket = x === 0 ? (this.#first[c] ?? 0) : (row[x - 1] ?? 0)
    const best = this.#best[c] ?? new Uint8Array()
    const l = best[bucket] ?? 0
    const length = t.length[value * COUNTERS + l] ?? 0
    const escape = t.escapeBase[l] ?? 0
    if (value < escape) out.put((1 << l) | (value & ((1 << l) - 1)), length)
    else out.put(value - escape, length)
    row[x] = t.bucket[value] ?? 0
    if (!learns) return
    const counters = (this.#counters[c] ?? new Uint32Array()).subarray(bucket * COUNTERS, (bucket + 1) * COUNTERS)
    let choice = t.bits - 1
    for (let i = t.bits - 1; i >= 0; i--) {
      counters[i] = (counters[i] ?? 0) + (t.length[value * COUNTERS + i] ?? 0)
      if ((counters[i] ?? 0) < (counters[choice] ?? 0)) choice = i
    }
    best[bucket] = choice
    if ((counters[choice] ?? 0) > (HALVE_AT[this.#stage] ?? 0)) for (let i = 0; i < t.bits; i++) counters[i] = (counters[i] ?? 0) >>> 1
  }
}

/** Words 0xAABBGGRR, top row first. RGB16 keeps the top five bits of each sample; gray is the red one. */
export function encodeQuic(type: number, pixels: Uint32Array, width: number, height: number): Uint8Array {
  const t = codeTables(type === QuicType.RGB16 ? 5 : 8)
  const lane = (shift: number): Uint8Array => Uint8Array.from(pixels, (p) => ((p >>> shift) & 255) >> (8 - t.bits))
  const coders: Coder[] = []
  if (type !== QuicType.GRAY) coders.push(new Coder(t, [lane(0), lane(8), lane(16)], width))
  if (type === QuicType.GRAY) coders.push(new Coder(t, [lane(0)], width))
  if (type === QuicType.RGBA) coders.push(new Coder(t, [lane(24)], width))
  const out = new BitSink()
  // The header's words are read as numbers, so they go in as such.
  for (const word of [0x43495551, 0, type, width, height]) out.put(word, 32)
  for (let y = 0; y < height; y++) for (const coder of coders) coder.row(out, y)
  return out.bytes()
}
