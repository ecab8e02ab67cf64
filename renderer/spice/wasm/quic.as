// Why: QUIC is arithmetic from bit to bit; compiled ahead it runs two to three times as fast as the TypeScript decoder,
// which is the reference (image/quic/decode.ts: format and names are explained there). AssemblyScript; built by
// build/wasm.ts. The stream's words are put in reverse order first, so that 64 bits from any byte on are one load, and a
// register is refilled without a branch; the three buckets of a pixel lie in one word. One image at a time: reserve(), copy the source to where it says, decode(), copy the pixels from output().

const COUNTERS: i32 = 8
/** Values that an escape word can spell, of which the highest are out of range and only in damaged streams. */
const SPELLABLE: i32 = 512
/** Room below the reversed stream: a damaged row reads on for 16384 × 3 samples of 26 bits at most, and a word. */
const SLACK: usize = 16384 * 10 + 64

const lengths = memory.data(512 * 8)
const gapTable = memory.data(256)
const halveAt = memory.data(8 * 2)
const runBits = memory.data(32)
/**
 * Four channels (red, green, blue, alpha or gray), 8 buckets each, a word: the parameter l in its low byte, zeros that
 * mean an escape in the next, bits of the escape word above. A word with z zeros is (z - 1) << l more than its bits say;
 * an escape, whose zeros count for nothing, is (those zeros) << l more. So neither takes a branch.
 */
const best = memory.data(32 * 4)
const packed = memory.data(8 * 4)
const counters = memory.data(4 * 8 * 8 * 4)
/** Two paces (colours, plane): wait, stage, left, gap position, run state. */
const paces = memory.data(2 * 32)
const WAIT: usize = 0
const STAGE: usize = 4
const LEFT: usize = 8
const GAP: usize = 12
const RUN: usize = 16

const STAGES: i32 = 6
const STAGE_PIXELS: i32 = 2048

let source: usize = 0
let sourceWords: i32 = 0
let stream: usize = 0
let colors: usize = 0
let plane: usize = 0
let buckets: usize = 0
let planeBuckets: usize = 0
let width: i32 = 0
let height: i32 = 0
let bits: i32 = 8
let lastBucket: i32 = 7

/** Next bits, the first one on top; at least `avail` of them. */
let acc: u64 = 0
let avail: i32 = 0
/** The byte at ip + 7 is the next one after those. */
let ip: usize = 0

/** Where the caller writes the 256 gaps (bytes), 7 thresholds (16 bits each) and 32 run widths (bytes), once. */
export function gapsAt(): usize {
  return gapTable
}
export function halveAtAt(): usize {
  return halveAt
}
export function runBitsAt(): usize {
  return runBits
}

/** Room for an image: the address for its `bytes` of source, a multiple of four; 0 if there is no memory. */
export function reserve(bytes: i32, w: i32, h: i32): usize {
  const area = <usize>w * <usize>h
  const words = (<usize>bytes + 3) & ~3
  source = (__heap_base + 15) & ~15
  sourceWords = bytes >> 2
  stream = source + words + SLACK
  buckets = stream + words
  planeBuckets = buckets + <usize>w * 4
  colors = (planeBuckets + <usize>w + 15) & ~15
  plane = colors + area * 4
  const pages = <i32>((plane + area + 0xffff) >> 16)
  const have = memory.size()
  if (pages > have && memory.grow(pages - have) < 0) return 0
  width = w
  height = h
  return source
}

/** width × height words 0xAABBGGRR, top row first. */
export function output(): usize {
  return colors
}

function prepare(sampleBits: i32): void {
  bits = sampleBits
  lastBucket = sampleBits - 1
  for (let l = 0; l < bits; l++) {
    const zeros = min(26 - bits, (1 << (bits - l)) - 1)
    const escape = zeros + 32 - clz<i32>((1 << bits) - (zeros << l) - 1)
    store<u32>(packed + (<usize>l << 2), l | (zeros << 8) | (escape << 16))
  }
  for (let v = 0; v < SPELLABLE; v++)
    for (let l = 0; l < bits; l++) {
      const word = load<u32>(packed + (<usize>l << 2))
      store<u8>(lengths + v * COUNTERS + l, v < <i32>((word >> 8) & 255) << l ? <u8>((v >> l) + 1 + l) : <u8>(word >> 16))
    }
  for (let i = 0; i < 32; i++) store<u32>(best + (<usize>i << 2), load<u32>(packed + (<usize>(bits - 1) << 2)))
  memory.fill(counters, 0, 4 * 8 * 8 * 4)
  memory.fill(paces, 0, 64)
  for (let p: usize = paces; p < paces + 64; p += 32) {
    store<i32>(p, STAGE_PIXELS, LEFT)
    store<i32>(p, 255, GAP)
  }
}

/** As learn(), all eight parameters at once. The mask's highest lane is the choice, as the loop's first one from above is. */
function learnWide(channel: i32, bucket: i32, value: i32, limit: u32): void {
  const from = counters + <usize>(((channel << 3) + bucket) << 5)
  const costs = i16x8.extend_low_i8x16_u(v128.load64_zero(lengths + <usize>(value << 3)))
  const low = i32x4.add(v128.load(from), i32x4.extend_low_i16x8_u(costs))
  const high = i32x4.add(v128.load(from, 16), i32x4.extend_high_i16x8_u(costs))
  let least = i32x4.min_u(low, high)
  least = i32x4.min_u(least, i32x4.shuffle(least, least, 2, 3, 0, 1))
  least = i32x4.min_u(least, i32x4.shuffle(least, least, 1, 0, 3, 2))
  const mask = i32x4.bitmask(i32x4.eq(low, least)) | (i32x4.bitmask(i32x4.eq(high, least)) << 4)
  store<u32>(best + (<usize>((channel << 3) + bucket) << 2), load<u32>(packed + (<usize>(31 - clz<i32>(mask)) << 2)))
  const halved = <i32>(<u32>i32x4.extract_lane(least, 0) > limit)
  v128.store(from, i32x4.shr_u(low, halved))
  v128.store(from, i32x4.shr_u(high, halved), 16)
}

function learn(channel: i32, bucket: i32, value: i32, limit: u32): void {
  const from = counters + <usize>(((channel << 3) + bucket) << 5)
  const costs = lengths + <usize>(value << 3)
  let choice = bits - 1
  let least: u32 = 0xffffffff
  for (let l = bits - 1; l >= 0; l--) {
    const cost = load<u32>(from + (<usize>l << 2)) + <u32>load<u8>(costs + <usize>l)
    store<u32>(from + (<usize>l << 2), cost)
    if (cost < least) {
      least = cost
      choice = l
    }
  }
  store<u32>(best + (<usize>((channel << 3) + bucket) << 2), load<u32>(packed + (<usize>choice << 2)))
  if (least > limit) for (let l = 0; l < bits; l++) store<u32>(from + (<usize>l << 2), load<u32>(from + (<usize>l << 2)) >> 1)
}

// @ts-ignore: decorator
@inline
function gap(pace: usize): i32 {
  const at = (load<i32>(pace, GAP) + 1) & 255
  store<i32>(pace, at, GAP)
  return <i32>load<u8>(gapTable + <usize>at) & ((1 << load<i32>(pace, STAGE)) - 1)
}

/** Pixels of a run, from the bits in acc; -1 if it leaves its row. */
function run(pace: usize, most: i32): i32 {
  let state = load<i32>(pace, RUN)
  let n = 0
  for (;;) {
    if (avail < 32) refill()
    if (<i64>acc >= 0) break
    acc <<= 1
    avail--
    n += 1 << load<u8>(runBits + <usize>state)
    if (state < 31) state++
    if (n > most) return -1
  }
  acc <<= 1
  avail--
  if (avail < 32) refill()
  const w = <i32>load<u8>(runBits + <usize>state)
  if (w > 0) {
    n += <i32>(acc >> (64 - w))
    acc <<= w
    avail -= w
  }
  store<i32>(pace, state > 0 ? state - 1 : 0, RUN)
  return n > most ? -1 : n
}

// @ts-ignore: decorator
@inline
function refill(): void {
  acc |= load<u64>(ip) >> avail
  ip -= (63 - avail) >> 3
  avail |= 56
}

/** Pixels [from, to) of row y, three channels; false if the stream is damaged. */
function colorSegment(y: i32, from: i32, to: i32): bool {
  const pace = paces
  const odd: u32 = bits === 8 ? 0xff00ff : 0x1f001f
  const even: u32 = bits === 8 ? 0xff00 : 0x1f00
  const opaque: u32 = bits === 8 ? 0xff000000 : 0
  const limit = <u32>load<u16>(halveAt + (<usize>load<i32>(pace, STAGE) << 1))
  const wide = bits === COUNTERS
  const top = lastBucket
  const row = colors + (<usize>(y * width) << 2)
  const above = row - (<usize>width << 2)
  let wait = load<i32>(pace, WAIT)
  let ranAt = 0
  let x = from
  // Of the pixel before: its word, that above it, its buckets.
  let left: u32 = x > 0 ? load<u32>(row + (<usize>(x - 1) << 2)) : 0
  let corner: u32 = x > 0 && y > 0 ? load<u32>(above + (<usize>(x - 1) << 2)) : 0
  let context: u32 = x > 0 ? load<u32>(buckets + (<usize>(x - 1) << 2)) : y > 0 ? load<u32>(buckets) : 0
  let same = x > 1 && load<u32>(row + (<usize>(x - 2) << 2)) === left
  let a = acc
  let n = avail
  let p = ip
  while (x < to) {
    const up: u32 = y > 0 ? load<u32>(above + (<usize>x << 2)) : left
    if (same && up === corner && y > 0 && x > 2 && ranAt !== x) {
      acc = a
      avail = n
      ip = p
      const length = run(pace, to - x)
      a = acc
      n = avail
      p = ip
      if (length < 0) return false
      ranAt = x
      const end = x + length
      for (; x < end; x++) store<u32>(row + (<usize>x << 2), left)
      corner = load<u32>(above + (<usize>(x - 1) << 2))
      context = load<u32>(buckets + (<usize>(x - 1) << 2))
      continue
    }
    const rb = <i32>(context & 255)
    const gb = <i32>((context >> 8) & 255)
    const bb = <i32>(context >> 16)

    let word: u32, l: i32, stop: i32, zeros: i32, used: i32
    // 56 bits: enough for most pixels; a sample takes 26 at most.
    a |= load<u64>(p) >> n
    p -= (63 - n) >> 3
    n |= 56
    word = load<u32>(best + (<usize>rb << 2))
    l = <i32>(word & 255)
    stop = <i32>((word >> 8) & 255)
    zeros = <i32>clz<u64>(a)
    used = select<i32>(zeros + 1 + l, <i32>(word >> 16), zeros < stop)
    const r = <i32>(a >> (64 - used)) + (select<i32>(zeros - 1, stop, zeros < stop) << l)
    a <<= used
    n -= used

    if (n < 26) {
      a |= load<u64>(p) >> n
      p -= (63 - n) >> 3
      n |= 56
    }
    word = load<u32>(best + 32 + (<usize>gb << 2))
    l = <i32>(word & 255)
    stop = <i32>((word >> 8) & 255)
    zeros = <i32>clz<u64>(a)
    used = select<i32>(zeros + 1 + l, <i32>(word >> 16), zeros < stop)
    const g = <i32>(a >> (64 - used)) + (select<i32>(zeros - 1, stop, zeros < stop) << l)
    a <<= used
    n -= used

    if (n < 26) {
      a |= load<u64>(p) >> n
      p -= (63 - n) >> 3
      n |= 56
    }
    word = load<u32>(best + 64 + (<usize>bb << 2))
    l = <i32>(word & 255)
    stop = <i32>((word >> 8) & 255)
    zeros = <i32>clz<u64>(a)
    used = select<i32>(zeros + 1 + l, <i32>(word >> 16), zeros < stop)
    const b = <i32>(a >> (64 - used)) + (select<i32>(zeros - 1, stop, zeros < stop) << l)
    a <<= used
    n -= used

    context = <u32>min(top, 31 - clz<i32>(r + 1)) | (<u32>min(top, 31 - clz<i32>(g + 1)) << 8) | (<u32>min(top, 31 - clz<i32>(b + 1)) << 16)
    store<u32>(buckets + (<usize>x << 2), context)
    const guess: u32 = x === 0 ? up : (left & up) + (((left ^ up) & 0xfefefefe) >> 1)
    const error = <u32>(((r >> 1) ^ -(r & 1)) & 255) | (<u32>(((g >> 1) ^ -(g & 1)) & 255) << 8) | (<u32>(((b >> 1) ^ -(b & 1)) & 255) << 16)
    const pixel: u32 = opaque | (((guess & odd) + (error & odd)) & odd) | (((guess & even) + (error & even)) & even)
    store<u32>(row + (<usize>x << 2), pixel)
    same = pixel === left && x > 0
    left = pixel
    corner = up
    x++
    if (wait > 0) wait--
    else {
      wait = gap(pace)
      if (wide) {
        learnWide(0, rb, r, limit)
        learnWide(1, gb, g, limit)
        learnWide(2, bb, b, limit)
      } else {
        learn(0, rb, r, limit)
        learn(1, gb, g, limit)
        learn(2, bb, b, limit)
      }
    }
  }
  acc = a
  avail = n
  ip = p
  store<i32>(pace, wait, WAIT)
  return true
}

/** As colorSegment, for one channel of bytes: alpha, or gray. */
function planeSegment(y: i32, from: i32, to: i32): bool {
  const pace = paces + 32
  const limit = <u32>load<u16>(halveAt + (<usize>load<i32>(pace, STAGE) << 1))
  const top = lastBucket
  const row = plane + <usize>(y * width)
  const above = row - <usize>width
  let wait = load<i32>(pace, WAIT)
  let ranAt = 0
  let x = from
  let left = x > 0 ? <i32>load<u8>(row + <usize>(x - 1)) : 0
  let corner = x > 0 && y > 0 ? <i32>load<u8>(above + <usize>(x - 1)) : 0
  let before = x > 0 ? <i32>load<u8>(planeBuckets + <usize>(x - 1)) : y > 0 ? <i32>load<u8>(planeBuckets) : 0
  let same = x > 1 && <i32>load<u8>(row + <usize>(x - 2)) === left
  let a = acc
  let n = avail
  let p = ip
  while (x < to) {
    const up = y > 0 ? <i32>load<u8>(above + <usize>x) : left
    if (same && up === corner && y > 0 && x > 2 && ranAt !== x) {
      acc = a
      avail = n
      ip = p
      const length = run(pace, to - x)
      a = acc
      n = avail
      p = ip
      if (length < 0) return false
      ranAt = x
      memory.fill(row + <usize>x, <u8>left, <usize>length)
      x += length
      corner = <i32>load<u8>(above + <usize>(x - 1))
      before = <i32>load<u8>(planeBuckets + <usize>(x - 1))
      continue
    }
    if (n < 26) {
      a |= load<u64>(p) >> n
      p -= (63 - n) >> 3
      n |= 56
    }
    const word = load<u32>(best + 96 + (<usize>before << 2))
    const l = <i32>(word & 255)
    const stop = <i32>((word >> 8) & 255)
    const zeros = <i32>clz<u64>(a)
    const used = select<i32>(zeros + 1 + l, <i32>(word >> 16), zeros < stop)
    const v = <i32>(a >> (64 - used)) + (select<i32>(zeros - 1, stop, zeros < stop) << l)
    a <<= used
    n -= used
    const guess = x === 0 ? up : (left + up) >> 1
    const sample = (guess + ((v >> 1) ^ -(v & 1))) & 255
    store<u8>(row + <usize>x, <u8>sample)
    const bucket = before
    before = min(top, 31 - clz<i32>(v + 1))
    store<u8>(planeBuckets + <usize>x, <u8>before)
    same = sample === left && x > 0
    left = sample
    corner = up
    x++
    if (wait > 0) wait--
    else {
      wait = gap(pace)
      learn(3, bucket, v, limit)
    }
  }
  acc = a
  avail = n
  ip = p
  store<i32>(pace, wait, WAIT)
  return true
}

function row(pace: usize, y: i32, ofPlane: bool): bool {
  let at = 0
  while (load<i32>(pace, STAGE) < STAGES && load<i32>(pace, LEFT) <= width - at) {
    const to = at + load<i32>(pace, LEFT)
    if (to > at && !(ofPlane ? planeSegment(y, at, to) : colorSegment(y, at, to))) return false
    at = to
    store<i32>(pace, load<i32>(pace, STAGE) + 1, STAGE)
    store<i32>(pace, STAGE_PIXELS, LEFT)
  }
  if (at === width) return true
  if (!(ofPlane ? planeSegment(y, at, width) : colorSegment(y, at, width))) return false
  if (load<i32>(pace, STAGE) < STAGES) store<i32>(pace, load<i32>(pace, LEFT) - (width - at), LEFT)
  return true
}

/** The image at source(), of a QUIC type (1 gray, 2 RGB16, 3 RGB24, 4 RGB32, 5 RGBA), after its header of 20 bytes. */
export function decode(type: i32): bool {
  prepare(type === 2 ? 5 : 8)
  acc = 0
  avail = 0
  // The header's five words stay behind.
  const words = sourceWords - 5
  for (let i = 0; i < words; i++) store<u32>(stream + (<usize>(words - 1 - i) << 2), load<u32>(source + 20 + (<usize>i << 2)))
  const start = stream + (<usize>words << 2) - 8
  ip = start
  const withColors = type !== 1
  const withPlane = type === 1 || type === 5
  for (let y = 0; y < height; y++) {
    if (withColors && !row(paces, y, false)) return false
    if (withPlane && !row(paces + 32, y, true)) return false
    if ((<i32>(start - ip) << 3) - avail > words << 5) return false
  }
  const area = width * height
  if (type === 1) for (let i = 0; i < area; i++) store<u32>(colors + (<usize>i << 2), 0xff000000 | (<u32>load<u8>(plane + <usize>i) * 0x10101))
  else if (type === 5) for (let i = 0; i < area; i++) store<u8>(colors + (<usize>i << 2) + 3, load<u8>(plane + <usize>i))
  else if (type === 2)
    for (let i = 0; i < area; i++) {
      const at = colors + (<usize>i << 2)
      const c = load<u32>(at)
      store<u32>(at, 0xff000000 | ((c << 3) & 0xf8f8f8) | ((c >> 2) & 0x070707))
    }
  return true
}
