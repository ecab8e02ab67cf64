import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadQuicWasm } from '../../wasm/quic.ts'
import { difference, madeUp, outcome, type Kind } from '../image.testkit.ts'
import type { Picture } from '../../pixels.ts'
import { QuicType, decodeQuic, quicHeader } from './decode.ts'
import { encodeQuic } from './encode.testkit.ts'

const TYPES = Object.values(QuicType)
const KINDS: readonly Kind[] = ['noise', 'flat', 'photo', 'text']

/** What a QUIC image of `type` keeps of these pixels. */
function kept(type: number, pixels: Uint32Array, width: number, height: number): Picture {
  const five = (c: number): number => (c & 0xf8f8f8) | ((c >>> 5) & 0x070707)
  const data = pixels.map((p) => {
    if (type === QuicType.GRAY) return 0xff000000 | ((p & 255) * 0x10101)
    if (type === QuicType.RGB16) return 0xff000000 | five(p)
    return type === QuicType.RGBA ? p : 0xff000000 | p
  })
  return { width, height, stride: width, data, alpha: type === QuicType.RGBA, ...(type === QuicType.RGB16 ? { bits: 16 } : {}) }
}

describe('QUIC', () => {
  it('gives back what was encoded: every type, any content, TypeScript and WebAssembly', async () => {
    const wasm = await loadQuicWasm()
    fc.assert(
      fc.property(fc.constantFrom(...TYPES), fc.constantFrom(...KINDS), fc.integer({ min: 1, max: 90 }), fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 1e6 }), (type, kind, width, height, seed) => {
        const pixels = madeUp(kind, width, height, seed)
        const coded = encodeQuic(type, pixels, width, height)
        const want = kept(type, pixels, width, height)
        expect(difference(decodeQuic(coded), want)).toBeUndefined()
        expect(difference(wasm(coded), want)).toBeUndefined()
      }),
      { numRuns: 80, seed: 4 },
    )
  })

  it.each(TYPES)('type %i over all stages of learning, and rows that cross them', async (type) => {
    const wasm = await loadQuicWasm()
    for (const [kind, width, height] of [['photo', 300, 70], ['flat', 4500, 6], ['text', 2048, 9], ['noise', 5000, 3]] as const) {
      const pixels = madeUp(kind, width, height, 9)
      const coded = encodeQuic(type, pixels, width, height)
      const want = kept(type, pixels, width, height)
      expect(difference(decodeQuic(coded), want), kind).toBeUndefined()
      expect(difference(wasm(coded), want), kind).toBeUndefined()
    }
  })

  it('refuses damage with a WireError or draws something of the right size, in both decoders alike', async () => {
    const wasm = await loadQuicWasm()
    fc.assert(
      fc.property(fc.constantFrom(...TYPES), fc.constantFrom(...KINDS), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 8 }), (type, kind, changes) => {
        const coded = encodeQuic(type, madeUp(kind, 40, 20, 5), 40, 20)
        // The header stays: sizes are tried below.
        for (const [at, value] of changes) coded[20 + (at % (coded.length - 20))] = value
        const a = outcome(() => decodeQuic(coded))
        const b = outcome(() => wasm(coded))
        if (typeof a === 'string' || typeof b === 'string') expect(b).toBe(a)
        else expect(difference(b, a)).toBeUndefined()
      }),
      { numRuns: 120, seed: 5 },
    )
  })

  it('believes no size that its bytes could not fill, and takes no memory for it', () => {
    const coded = encodeQuic(QuicType.RGB32, madeUp('flat', 8, 8, 1), 8, 8)
    const view = new DataView(coded.buffer)
    for (const [width, height] of [[0, 8], [8, 0], [16_385, 1], [1, 16_385], [16_384, 16_384], [8, 16_000], [0xffffffff, 0xffffffff]] as const) {
      view.setUint32(12, width, true)
      view.setUint32(16, height, true)
      expect(() => quicHeader(coded)).toThrow(expect.objectContaining({ name: 'WireError' }))
    }
  })
})
