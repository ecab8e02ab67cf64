import fc from 'fast-check'
import { expect, it } from 'vitest'
import { lzRgb32 } from '../embedded/spice/lz.ts'
import { difference, madeUp, type Kind } from '../renderer/spice/image/image.testkit.ts'
import { decodeLzRgb } from '../renderer/spice/image/lz.ts'
import { loadLzWasm } from '../renderer/spice/wasm/lz.ts'

it('the engine reads what the embedded hypervisor encodes with LZ, in TypeScript and in WebAssembly', async () => {
  const wasm = await loadLzWasm()
  fc.assert(
    fc.property(fc.constantFrom<Kind>('noise', 'flat', 'photo', 'text'), fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 120 }), fc.integer({ min: 1, max: 1e6 }), (kind, width, height, seed) => {
      const pixels = madeUp(kind, width, height, seed)
      const rgb = pixels.map((p) => ((p & 255) << 16) | (p & 0xff00) | ((p >>> 16) & 255))
      const want = { width, height, stride: width, alpha: false, data: pixels.map((p) => 0xff000000 | p) }
      const coded = lzRgb32(rgb, width, height)
      expect(difference(decodeLzRgb(coded), want)).toBeUndefined()
      expect(difference(wasm(coded), want)).toBeUndefined()
    }),
    { numRuns: 60, seed: 3 },
  )
})
