// Why: the only loops that raster operations need: n words of one row, the operation chosen outside of the loop.
import type { Rop } from './ropd.ts'

/** Below this a loop beats the two calls of subarray and set. */
const SHORT = 24

/** dst[d…] ← src[s…]. */
export function copyRow(dst: Uint32Array, d: number, src: Uint32Array, s: number, n: number): void {
  if (n > SHORT) {
    dst.set(src.subarray(s, s + n), d)
    return
  }
  for (let i = 0; i < n; i++) dst[d + i] = src[s + i]!
}

/** dst[d…] ← (src op dst) & keep | force. */
export function ropRow(rop: Rop, dst: Uint32Array, d: number, src: Uint32Array, s: number, n: number, keep: number, force: number): void {
  const end = d + n
  switch (rop) {
    case 0:
      dst.fill(force, d, end)
      return
    case 1:
      for (; d < end; d++, s++) dst[d] = (~(src[s]! | dst[d]!) & keep) | force
      return
    case 2:
      for (; d < end; d++, s++) dst[d] = (~src[s]! & dst[d]! & keep) | force
      return
    case 3:
      for (; d < end; d++, s++) dst[d] = (~src[s]! & keep) | force
      return
    case 4:
      for (; d < end; d++, s++) dst[d] = (src[s]! & ~dst[d]! & keep) | force
      return
    case 5:
      for (; d < end; d++) dst[d] = (~dst[d]! & keep) | force
      return
    case 6:
      for (; d < end; d++, s++) dst[d] = ((src[s]! ^ dst[d]!) & keep) | force
      return
    case 7:
      for (; d < end; d++, s++) dst[d] = (~(src[s]! & dst[d]!) & keep) | force
      return
    case 8:
      for (; d < end; d++, s++) dst[d] = (src[s]! & dst[d]! & keep) | force
      return
    case 9:
      for (; d < end; d++, s++) dst[d] = (~(src[s]! ^ dst[d]!) & keep) | force
      return
    case 10:
      return
    case 11:
      for (; d < end; d++, s++) dst[d] = ((~src[s]! | dst[d]!) & keep) | force
      return
    case 12:
      for (; d < end; d++, s++) dst[d] = (src[s]! & keep) | force
      return
    case 13:
      for (; d < end; d++, s++) dst[d] = ((src[s]! | ~dst[d]!) & keep) | force
      return
    case 14:
      for (; d < end; d++, s++) dst[d] = ((src[s]! | dst[d]!) & keep) | force
      return
    default:
      dst.fill(keep | force, d, end)
  }
}

/** The two constants of an operation whose source is one colour: dst ← dst & and ^ xor. */
export function solidRop(rop: Rop, color: number): { and: number; xor: number } {
  const at0 = ((rop & 4 ? color : 0) | (rop & 1 ? ~color : 0)) | 0
  const at1 = ((rop & 8 ? color : 0) | (rop & 2 ? ~color : 0)) | 0
  return { and: at0 ^ at1, xor: at0 }
}

/** dst[d…] ← (colour op dst) & keep | force, the colour already in `and` and `xor`. */
export function solidRow(and: number, xor: number, dst: Uint32Array, d: number, n: number, keep: number, force: number): void {
  if ((and & keep & ~force) === 0) {
    dst.fill(((xor & keep) | force) >>> 0, d, d + n)
    return
  }
  for (const end = d + n; d < end; d++) dst[d] = (((dst[d]! & and) ^ xor) & keep) | force
}

