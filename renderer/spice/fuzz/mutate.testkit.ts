// Why: a recorded message made into one that is almost right. Blind changes die at the first check, so most of these know
// where a message keeps its counts, offsets, boxes and sizes, and put in what a careless reader would believe.
import { ImageType } from '../wire/enums.ts'
import { DisplayMsg, Msg } from '../wire/messages.ts'

/** One message as the server frames it. */
export interface Message {
  readonly type: number
  readonly body: Uint8Array
}

export interface Dice {
  /** 0 ≤ x < below, whole. */
  (below: number): number
  pick<T>(list: readonly T[]): T
  chance(probability: number): boolean
}

/** mulberry32: the same dice for the same seed. */
export function dice(seed: number): Dice {
  let s = seed >>> 0
  const next = (): number => {
    s = (s + 0x6d2b79f5) >>> 0
    let t = Math.imul(s ^ (s >>> 15), s | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  return Object.assign((below: number) => Math.floor(next() * below), {
    pick: <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)]!,
    chance: (p: number) => next() < p,
  })
}

const HOSTILE = [0, 1, 2, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0x80000001, 0xfffffffe, 0xffffffff, 16_384, 16_385, 4096, 256]
const COORDINATES = [-0x80000000, -0x7fffffff, -65_536, -1, 0, 1, 7, 639, 640, 65_536, 0x7ffffffe, 0x7fffffff]
const FIRST_DRAW = DisplayMsg.DRAW_FILL
/** DisplayBase: u32 surface, box, then the clip's type. */
const BOX = 4
const CLIP = 20
const IMAGE_TYPES = [...Object.values(ImageType), 110, 255]
/** Where draws that have one keep their image's pointer, behind a base without clip. */
const POINTERS: ReadonlyMap<number, number> = new Map([
  [DisplayMsg.DRAW_OPAQUE, 21],
  [DisplayMsg.DRAW_COPY, 21],
  [DisplayMsg.DRAW_BLEND, 21],
  [DisplayMsg.DRAW_ROP3, 21],
  [DisplayMsg.DRAW_TRANSPARENT, 21],
  [DisplayMsg.DRAW_ALPHA_BLEND, 23],
  [DisplayMsg.DRAW_COMPOSITE, 25],
])

const view = (b: Uint8Array): DataView => new DataView(b.buffer, b.byteOffset, b.byteLength)
const put32 = (b: Uint8Array, at: number, v: number): void => { if (at >= 0 && at + 4 <= b.length) view(b).setInt32(at, v | 0, true) }
const get32 = (b: Uint8Array, at: number): number => (at >= 0 && at + 4 <= b.length ? view(b).getUint32(at, true) : 0)

/** The image descriptor's offset, if the message has one that can be found; else −1. */
function descriptor(m: Message): number {
  const at = POINTERS.get(m.type)
  if (at === undefined) return -1
  const clip = m.body[CLIP] === 1 ? 4 + 16 * get32(m.body, CLIP + 1) : 0
  const image = get32(m.body, at + clip)
  return image > 0 && image + 18 <= m.body.length ? image : -1
}

/** Offset of an LZ or GLZ header: its magic, big-endian "  ZL". */
function lzHeader(b: Uint8Array): number {
  for (let i = 0; i + 33 < b.length && i < 4096; i++) if (b[i] === 0x20 && b[i + 1] === 0x20 && b[i + 2] === 0x5a && b[i + 3] === 0x4c) return i
  return -1
}

type Change = (m: Message, b: Uint8Array, d: Dice, other: Message) => Message

const same = (m: Message, body: Uint8Array): Message => ({ type: m.type, body })
/** Near the front, where the numbers are, twice as often as anywhere. */
const place = (b: Uint8Array, d: Dice): number => d(d.chance(0.66) ? Math.min(b.length, 96) : b.length)

const flipBits: Change = (m, b, d) => {
  for (let n = 1 + d(6); n > 0 && b.length > 0; n--) b[place(b, d)]! ^= 1 << d(8)
  return same(m, b)
}
const setBytes: Change = (m, b, d) => {
  for (let n = 1 + d(4); n > 0 && b.length > 0; n--) b[place(b, d)] = d.pick([0, 1, 127, 128, 255, d(256)])
  return same(m, b)
}
const setWord: Change = (m, b, d) => {
  put32(b, place(b, d), d.pick([...HOSTILE, b.length, b.length - 1, b.length + 1, d(b.length + 1)]))
  return same(m, b)
}
const truncate: Change = (m, b, d) => same(m, b.slice(0, d(b.length + 1)))
const extend: Change = (m, b, d) => {
  const out = new Uint8Array(b.length + 1 + d(64)).fill(d.pick([0, 255]))
  out.set(b)
  return same(m, out)
}
/** The front of one message, the rest of another. */
const splice: Change = (m, b, d, other) => {
  const cut = d(b.length + 1)
  const from = d.chance(0.5) ? Math.min(cut, other.body.length) : d(other.body.length + 1)
  const out = new Uint8Array(cut + other.body.length - from)
  out.set(b.subarray(0, cut))
  out.set(other.body.subarray(from), cut)
  return same(m, out)
}
const retype: Change = (_, b, d, other) => ({ type: d.chance(0.5) ? other.type : d.pick([...Object.values(DisplayMsg), ...Object.values(Msg), d(400)]), body: b })
const noise: Change = (m, _, d) => same(m, Uint8Array.from({ length: d(200) }, () => d(256)))

const boxes: Change = (m, b, d) => {
  const at = m.type >= FIRST_DRAW ? BOX : d(Math.max(1, b.length - 16))
  for (let i = 0; i < 4; i++) if (d.chance(0.6)) put32(b, at + 4 * i, d.pick(COORDINATES))
  return same(m, b)
}
/** A clip of rectangles in place of none, right or wrong, or a count that lies. */
const clips: Change = (m, b, d) => {
  if (m.type < FIRST_DRAW || b.length < CLIP + 1) return setWord(m, b, d, m)
  if (b[CLIP] === 1) {
    if (d.chance(0.5)) put32(b, CLIP + 1, d.pick(HOSTILE))
    else for (let i = d(8); i >= 0; i--) put32(b, CLIP + 5 + 4 * d(32), d.pick(COORDINATES))
    return same(m, b)
  }
  const n = d(40)
  const out = new Uint8Array(b.length + 4 + 16 * n)
  out.set(b.subarray(0, CLIP))
  out[CLIP] = 1
  put32(out, CLIP + 1, n)
  for (let i = 0; i < 4 * n; i++) put32(out, CLIP + 5 + 4 * i, d.chance(0.2) ? d.pick(COORDINATES) : d(480))
  out.set(b.subarray(CLIP + 1), CLIP + 5 + 16 * n)
  const pointer = POINTERS.get(m.type)
  // The image has moved with the rest.
  if (pointer !== undefined) put32(out, pointer + 4 + 16 * n, get32(b, pointer) + 4 + 16 * n)
  return same(m, out)
}
/** Type, flags, size or id of the image; its bitmap's format, stride and palette. */
const images: Change = (m, b, d) => {
  const at = descriptor(m)
  if (at < 0) return setWord(m, b, d, m)
  for (let n = 1 + d(2); n > 0; n--) {
    const what = d(7)
    if (what === 0) b[at + 8] = d.pick(IMAGE_TYPES)
    else if (what === 1) b[at + 9] = d(8)
    else if (what === 2) put32(b, at + 10 + 4 * d(2), d.pick(HOSTILE))
    else if (what === 3) put32(b, at, d(6))
    else if (what === 4) b[at + 18 + d(2)] = d(16)
    else put32(b, at + 18 + d(24), d.pick([...HOSTILE, b.length]))
  }
  return same(m, b)
}
/** An LZ or GLZ header's size and type; a GLZ image's id and reach; the commands, where references are. */
const coded: Change = (m, b, d) => {
  const at = lzHeader(b)
  if (at < 0) return flipBits(m, b, d, m)
  const v = view(b)
  const what = d(6)
  if (what === 0) b[at + 8] = d(32)
  else if (what === 1) v.setUint32(at + 9 + 4 * d(3), d.pick(HOSTILE))
  else if (what === 2) v.setUint32(at + 25, (v.getUint32(at + 25) + d.pick([-2, -1, 1, 2, 3, 50, 1000])) >>> 0)
  else if (what === 3) v.setUint32(at + d.pick([21, 29]), d.pick(HOSTILE))
  else for (let n = 1 + d(8); n > 0; n--) b[at + 33 + d(b.length - at - 33)] = d.pick([0xff, 0xe0, 0x20, 0x3f, 0xc0, d(256)])
  return same(m, b)
}

const CHANGES: readonly Change[] = [flipBits, setBytes, setWord, setWord, truncate, extend, splice, retype, noise, boxes, boxes, clips, images, images, coded, coded]

/** One to three changes. `other` is another message of the same channel. The given one stays as it is. */
export function mutate(m: Message, other: Message, d: Dice): Message {
  let out: Message = { type: m.type, body: m.body.slice() }
  for (let n = d.pick([1, 1, 1, 2, 3]); n > 0; n--) out = d.pick(CHANGES)(out, out.body, d, other)
  return out
}
