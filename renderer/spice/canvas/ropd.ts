// Why: SPICE describes a raster operation by flags (invert inputs, one operator, invert the result); there are only 16
// binary operations behind them, and the kernels in rows.ts take their number.
import { Ropd } from '../wire/enums.ts'

/**
 * A binary raster operation as its truth table: bit (source·2 + destination) is the result. SOURCE and DEST as such are
 * 0b1100 and 0b1010, so evaluating an expression on them gives its number.
 */
export type Rop = number

export const ROP = { CLEAR: 0, COPY: 12, NOOP: 10, INVERT: 5, SET: 15 } as const

const SOURCE = 0b1100
const DEST = 0b1010
const ALL = 0b1111

/** Which flag inverts an input: the draw decides what is source and what destination. */
export const INPUT = { SRC: Ropd.INVERS_SRC, BRUSH: Ropd.INVERS_BRUSH, DEST: Ropd.INVERS_DEST } as const

/** Of several operators the first of PUT, OR, AND, XOR, BLACKNESS, WHITENESS, INVERS counts; of none, PUT. */
export function ropOf(descriptor: number, source: number, dest: number): Rop {
  const s = descriptor & source ? SOURCE ^ ALL : SOURCE
  const d = descriptor & dest ? DEST ^ ALL : DEST
  const flip = descriptor & Ropd.INVERS_RES ? ALL : 0
  if (descriptor & Ropd.OP_PUT) return s ^ flip
  if (descriptor & Ropd.OP_OR) return (s | d) ^ flip
  if (descriptor & Ropd.OP_AND) return (s & d) ^ flip
  if (descriptor & Ropd.OP_XOR) return s ^ d ^ flip
  if (descriptor & Ropd.OP_BLACKNESS) return ROP.CLEAR
  if (descriptor & Ropd.OP_WHITENESS) return ROP.SET
  if (descriptor & Ropd.OP_INVERS) return ROP.INVERT
  return ROP.COPY
}
