// Why: eight-bit arithmetic with pixman's rounding, on two channels of a word at a time. Wherever alpha meets pixels the
// server calls pixman, so equal pixels need equal rounding: x·a/255 is ((t = x·a + 128) + (t >> 8)) >> 8.

/** x·a/255, both 0 … 255. */
export function mul8(x: number, a: number): number {
  const t = x * a + 128
  return (t + (t >>> 8)) >>> 8
}

/** Every channel of the word times a/255. */
export function scale8(v: number, a: number): number {
  let rb = Math.imul(v & 0xff00ff, a) + 0x800080
  rb = ((rb + ((rb >>> 8) & 0xff00ff)) >>> 8) & 0xff00ff
  let ag = Math.imul((v >>> 8) & 0xff00ff, a) + 0x800080
  ag = (ag + ((ag >>> 8) & 0xff00ff)) & 0xff00ff00
  return rb | ag
}

/** Channel by channel a + b, at most 255. */
export function add8(a: number, b: number): number {
  let rb = (a & 0xff00ff) + (b & 0xff00ff)
  rb = (rb | (0x1000100 - ((rb >>> 8) & 0xff00ff))) & 0xff00ff
  let ag = ((a >>> 8) & 0xff00ff) + ((b >>> 8) & 0xff00ff)
  ag = (ag | (0x1000100 - ((ag >>> 8) & 0xff00ff))) & 0xff00ff
  return rb | (ag << 8)
}

/** Every channel of v times the same channel of m, /255. */
export function scale8x4(v: number, m: number): number {
  return mul8(v & 255, m & 255) | (mul8((v >>> 8) & 255, (m >>> 8) & 255) << 8) | (mul8((v >>> 16) & 255, (m >>> 16) & 255) << 16) | (mul8(v >>> 24, m >>> 24) << 24)
}

/** Premultiplied s over d. */
export function over8(s: number, d: number): number {
  return add8(s, scale8(d, 255 - (s >>> 24)))
}
