import { describe, expect, it } from 'vitest'
import { Ropd } from '../wire/enums.ts'
import { table } from './naive.testkit.ts'
import { INPUT, ropOf } from './ropd.ts'
import { rop3Row, rop3Words } from './rop3.ts'
import { ropRow, solidRop, solidRow } from './rows.ts'

const OPS = [Ropd.OP_PUT, Ropd.OP_OR, Ropd.OP_AND, Ropd.OP_XOR, Ropd.OP_BLACKNESS, Ropd.OP_WHITENESS, Ropd.OP_INVERS]
const S = 0xf0caf0ca
const D = 0x8f35aa99

/** What the words of the descriptor say, on whole words. */
function meaning(d: number): number {
  const s = d & Ropd.INVERS_SRC ? ~S : S
  const t = d & Ropd.INVERS_DEST ? ~D : D
  const op = OPS.find((o) => d & o)
  if (op === Ropd.OP_BLACKNESS) return 0
  if (op === Ropd.OP_WHITENESS) return -1
  if (op === Ropd.OP_INVERS) return ~D
  const v = op === Ropd.OP_OR ? s | t : op === Ropd.OP_AND ? s & t : op === Ropd.OP_XOR ? s ^ t : op === Ropd.OP_PUT ? s : S
  return op !== undefined && d & Ropd.INVERS_RES ? ~v : v
}

describe('raster operations', () => {
  it('every descriptor means what its words say', () => {
    for (let d = 0; d < 2048; d++) expect(table(ropOf(d, INPUT.SRC, INPUT.DEST), 0, S, D)).toBe(meaning(d) | 0)
  })
  it('the inputs are the draw’s: a brush over a source', () => {
    expect(ropOf(Ropd.OP_AND | Ropd.INVERS_SRC, INPUT.BRUSH, INPUT.SRC)).toBe(0b1100 & 0b0101)
    expect(ropOf(Ropd.OP_PUT | Ropd.INVERS_SRC, INPUT.BRUSH, INPUT.DEST)).toBe(0b1100)
  })
  it('rows and solid rows of all sixteen agree with the table', () => {
    for (let rop = 0; rop < 16; rop++) {
      const want = (table(rop, 0, S, D) & 0x00ffffff) | 0xff000000
      const row = Uint32Array.of(1, D, D, 2)
      ropRow(rop, row, 1, Uint32Array.of(S, S), 0, 2, -1, 0xff000000)
      expect([...row]).toEqual([1, rop === 10 ? D : want >>> 0, rop === 10 ? D : want >>> 0, 2])
      const { and, xor } = solidRop(rop, S)
      const solid = Uint32Array.of(1, D, D, 2)
      solidRow(and, xor, solid, 1, 2, -1, 0xff000000)
      expect([...solid]).toEqual([1, want >>> 0, want >>> 0, 2])
    }
  })
  it('all 256 ternary codes agree with the table', () => {
    const P = 0x13579bdf
    for (let code = 0; code < 256; code++) {
      const row = Uint32Array.of(D)
      rop3Row(rop3Words(code), row, 0, Uint32Array.of(P), Uint32Array.of(S), 1, -1, 0)
      expect(row[0]).toBe(table(code, P, S, D) >>> 0)
    }
  })
})
