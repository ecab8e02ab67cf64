// Why: QUIC pictures in TypeScript: the reference that the WebAssembly decoder is compared with, and what runs where a
// page may not compile WebAssembly. Samples of a pixel lie in the byte lanes of one word, so prediction is done for all
// of them at once.
import { WireError } from '../../wire/reader.ts'
import type { Picture } from '../../pixels.ts'
import { checkedArea } from '../limits.ts'
import { mergeAlpha } from '../lz.ts'
import { fresh, type Allocate } from '../pool.ts'
import { Bits, Model, Pace } from './coder.ts'
import { codeTables, gaps, type CodeTables } from './tables.ts'

export const QuicType = { GRAY: 1, RGB16: 2, RGB24: 3, RGB32: 4, RGBA: 5 } as const

/** "QUIC" as a little-endian word. */
const QUIC_MAGIC = 0x43495551
/** Major 0, minor 0. */
const QUIC_VERSION = 0
/** Five words. */
export const QUIC_HEADER = 20

export interface QuicHeader {
  readonly type: number
  readonly width: number
  readonly height: number
}

/** Same shape for the TypeScript and the WebAssembly decoder. */
export type QuicDecode = (src: Uint8Array, allocate?: Allocate) => Picture

export function quicHeader(src: Uint8Array): QuicHeader {
  if (src.length < QUIC_HEADER) throw new WireError(`QUIC image of ${src.length} bytes`)
  const v = new DataView(src.buffer, src.byteOffset, QUIC_HEADER)
  if (v.getUint32(0, true) !== QUIC_MAGIC || v.getUint32(4, true) !== QUIC_VERSION) throw new WireError('not a QUIC image')
  const header = { type: v.getUint32(8, true), width: v.getUint32(12, true), height: v.getUint32(16, true) }
  checkedArea(header.width, header.height)
  if (header.type < QuicType.GRAY || header.type > QuicType.RGBA) throw new WireError(`QUIC image of type ${header.type}`)
  // The first row has no runs and a sample takes a bit at least; the others have up to three pixels before a run, and a
  // bit for that. So much memory only for so many bytes.
  const samples = header.type === QuicType.GRAY ? 1 : header.type === QuicType.RGBA ? 4 : 3
  const least = samples * header.width + (header.height - 1) * (header.width > 3 ? 3 * samples + 1 : header.width * samples)
  if (least > (src.length - QUIC_HEADER) * 8) throw new WireError(`QUIC image of ${header.width}×${header.height} in ${src.length} bytes`)
  return header
}

/** All types; gray becomes a picture of grays. Rows are always top-down. */
export function decodeQuic(src: Uint8Array, allocate: Allocate = fresh): Picture {
  const { type, width, height } = quicHeader(src)
  const bits = new Bits(src)
  bits.pos = QUIC_HEADER * 8
  const tables = codeTables(type === QuicType.RGB16 ? 5 : 8)
  const gapTable = gaps()
  const out = allocate(width * height)
  const plane = type === QuicType.GRAY || type === QuicType.RGBA ? new PlaneRows(tables, gapTable, width, height) : undefined
  const colors = type === QuicType.GRAY ? undefined : new ColorRows(tables, gapTable, width, out)
  for (let y = 0; y < height; y++) {
    colors?.row(bits, y)
    plane?.row(bits, y)
    bits.check()
  }
  if (type === QuicType.GRAY && plane !== undefined) for (let i = 0; i < out.length; i++) out[i] = 0xff000000 | (plane.data[i]! * 0x10101)
  else if (type === QuicType.RGBA && plane !== undefined) mergeAlpha(out, plane.data)
  else if (type === QuicType.RGB16) for (let i = 0; i < out.length; i++) out[i] = 0xff000000 | ((out[i]! << 3) & 0xf8f8f8) | ((out[i]! >>> 2) & 0x070707)
  return { width, height, stride: width, data: out, alpha: type === QuicType.RGBA, ...(type === QuicType.RGB16 ? { bits: 16 } : {}) }
}

/** Cuts a row where the pace of learning changes. */
function segments(pace: Pace, width: number, segment: (from: number, to: number) => void): void {
  let at = 0
  while (!pace.last && pace.left <= width - at) {
    if (pace.left > 0) segment(at, at + pace.left)
    at += pace.left
    pace.nextStage()
  }
  if (at === width) return
  segment(at, width)
  if (!pace.last) pace.left -= width - at
}

/** Three samples a pixel, in the low lanes of a word: red lowest. */
class ColorRows {
  readonly #t: CodeTables
  readonly #models: readonly [Model, Model, Model]
  readonly #pace: Pace
  readonly #width: number
  readonly #out: Uint32Array
  readonly #opaque: number
  readonly #lanes: number

  constructor(tables: CodeTables, gapTable: Uint8Array, width: number, out: Uint32Array) {
    this.#t = tables
    this.#models = [new Model(tables, width), new Model(tables, width), new Model(tables, width)]
    this.#pace = new Pace(gapTable)
    this.#width = width
    this.#out = out
    this.#lanes = ((1 << tables.bits) - 1) * 0x10101
    this.#opaque = tables.bits === 8 ? 0xff000000 : 0
  }

  row(bits: Bits, y: number): void {
    for (const m of this.#models) m.first = y === 0 ? 0 : m.row[0]!
    segments(this.#pace, this.#width, (from, to) => this.#segment(bits, y, from, to))
  }

  #segment(bits: Bits, y: number, from: number, to: number): void {
    const [red, green, blue] = this.#models
    const { unfold, bucket } = this.#t
    const pace = this.#pace
    const out = this.#out
    const opaque = this.#opaque
    const odd = this.#lanes & 0xff00ff
    const even = this.#lanes & 0xff00
    const base = y * this.#width
    const above = base - this.#width
    let wait = pace.wait
    let ranAt = 0
    for (let x = from; x < to; x++) {
      if (y > 0 && x > 2 && ranAt !== x && out[above + x - 1] === out[above + x] && out[base + x - 1] === out[base + x - 2]) {
        ranAt = x
        const end = x + pace.run(bits, to - x)
        out.fill(out[base + x - 1]!, base + x, base + end)
        // The pixel after a run is looked at again: it may start another one, of length zero, but not twice.
        x = end - 1
        continue
      }
      const rb = x === 0 ? red.first : red.row[x - 1]!
      const gb = x === 0 ? green.first : green.row[x - 1]!
      const bb = x === 0 ? blue.first : blue.row[x - 1]!
      const r = red.read(bits, rb)
      const g = green.read(bits, gb)
      const b = blue.read(bits, bb)
      red.row[x] = bucket[r]!
      green.row[x] = bucket[g]!
      blue.row[x] = bucket[b]!
      const left = x === 0 ? 0 : out[base + x - 1]!
      const up = y === 0 ? left : out[above + x]!
      const guess = x === 0 ? up : (left & up) + (((left ^ up) & 0xfefefefe) >>> 1)
      const error = unfold[r]! | (unfold[g]! << 8) | (unfold[b]! << 16)
      out[base + x] = opaque | (((guess & odd) + (error & odd)) & odd) | (((guess & even) + (error & even)) & even)
      if (wait > 0) wait--
      else {
        wait = pace.gap()
        red.learn(rb, r, pace.halveAt)
        green.learn(gb, g, pace.halveAt)
        blue.learn(bb, b, pace.halveAt)
      }
    }
    pace.wait = wait
  }
}

/** One sample a pixel: gray, or alpha. */
class PlaneRows {
  readonly #t: CodeTables
  readonly #model: Model
  readonly #pace: Pace
  readonly #width: number
  readonly data: Uint8Array

  constructor(tables: CodeTables, gapTable: Uint8Array, width: number, height: number) {
    this.#t = tables
    this.#model = new Model(tables, width)
    this.#pace = new Pace(gapTable)
    this.#width = width
    this.data = new Uint8Array(width * height)
  }

  row(bits: Bits, y: number): void {
    this.#model.first = y === 0 ? 0 : this.#model.row[0]!
    segments(this.#pace, this.#width, (from, to) => this.#segment(bits, y, from, to))
  }

  #segment(bits: Bits, y: number, from: number, to: number): void {
    const model = this.#model
    const { unfold, bucket } = this.#t
    const pace = this.#pace
    const out = this.data
    const base = y * this.#width
    const above = base - this.#width
    let wait = pace.wait
    let ranAt = 0
    for (let x = from; x < to; x++) {
      if (y > 0 && x > 2 && ranAt !== x && out[above + x - 1] === out[above + x] && out[base + x - 1] === out[base + x - 2]) {
        ranAt = x
        const end = x + pace.run(bits, to - x)
        out.fill(out[base + x - 1]!, base + x, base + end)
        // The pixel after a run is looked at again: it may start another one, of length zero, but not twice.
        x = end - 1
        continue
      }
      const before = x === 0 ? model.first : model.row[x - 1]!
      const v = model.read(bits, before)
      model.row[x] = bucket[v]!
      const left = x === 0 ? 0 : out[base + x - 1]!
      const up = y === 0 ? left : out[above + x]!
      const guess = x === 0 ? up : (left + up) >> 1
      out[base + x] = guess + unfold[v]!
      if (wait > 0) wait--
      else {
        wait = pace.gap()
        model.learn(before, v, pace.halveAt)
      }
    }
    pace.wait = wait
  }
}
