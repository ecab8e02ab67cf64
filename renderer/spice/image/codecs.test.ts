import { describe, expect, it } from 'vitest'
import { ImageType } from '../wire/enums.ts'
import type { Picture } from '../pixels.ts'
import { loadLzWasm } from '../wasm/lz.ts'
import { loadRowsWasm } from '../wasm/lz4.ts'
import { loadQuicWasm } from '../wasm/quic.ts'
import { decodeRaw } from './bitmap.ts'
import { decodeLzRgb } from './lz.ts'
import { decodeLz4 } from './lz4.ts'
import { decodeQuic } from './quic/decode.ts'
import { difference, freshDecoder, outcome, random, recorded } from './image.testkit.ts'
import glz from './fixtures/glz.ts'
import jpeg from './fixtures/jpeg.ts'
import lz from './fixtures/lz.ts'
import lz4 from './fixtures/lz4.ts'
import off from './fixtures/off.ts'
import quic from './fixtures/quic.ts'
import zlibGlz from './fixtures/zlib-glz.ts'

async function expected(): Promise<Map<number, Picture>> {
  const decoder = freshDecoder()
  const out = new Map<number, Picture>()
  for (const { index, ref } of recorded(off)) out.set(index, await decoder.decode(ref))
  return out
}

const LOSSY: readonly number[] = [ImageType.JPEG, ImageType.JPEG_ALPHA]
const CACHED: readonly number[] = [ImageType.FROM_CACHE, ImageType.FROM_CACHE_LOSSLESS]

describe.each([
  ['quic', quic, [ImageType.QUIC]],
  ['lz', lz, [ImageType.LZ_RGB, ImageType.LZ_PLT]],
  ['glz', glz, [ImageType.GLZ_RGB, ImageType.LZ_PLT]],
  ['zlib-glz', zlibGlz, [ImageType.ZLIB_GLZ_RGB, ImageType.GLZ_RGB]],
  ['lz4', lz4, [ImageType.LZ4]],
  ['jpeg', jpeg, [ImageType.JPEG, ImageType.JPEG_ALPHA, ImageType.ZLIB_GLZ_RGB]],
] as const)('images of the real server: %s', (name, module, types) => {
  it('are what the same server sends uncompressed', async () => {
    const want = await expected()
    const decoder = freshDecoder()
    const seen = new Map<number, number>()
    for (const { index, ref } of recorded(module)) {
      const got = await decoder.decode(ref)
      const exact = want.get(index)
      if (exact === undefined) throw new Error(`draw ${index} has no uncompressed twin`)
      seen.set(ref.type, (seen.get(ref.type) ?? 0) + 1)
      if (LOSSY.includes(ref.type) || (name === 'jpeg' && CACHED.includes(ref.type))) expect(meanError(got, exact), `draw ${index}`).toBeLessThan(6.5)
      else expect(difference(got, exact), `${name} draw ${index}`).toBeUndefined()
    }
    for (const type of types) expect(seen.get(type) ?? 0, `type ${type}`).toBeGreaterThan(1)
    expect(seen.get(ImageType.FROM_CACHE)).toBe(2)
  })
})

it('QUIC in WebAssembly gives the same picture as the reference', async () => {
  const wasm = await loadQuicWasm()
  let n = 0
  for (const { ref } of recorded(quic)) {
    if (ref.type !== ImageType.QUIC) continue
    n++
    expect(difference(wasm(ref.data), decodeQuic(ref.data))).toBeUndefined()
  }
  expect(n).toBeGreaterThan(30)
})

it('LZ4 in WebAssembly gives the same picture as the reference, or the same refusal', async () => {
  const { lz4: wasm } = await loadRowsWasm()
  let n = 0
  let refused = 0
  const next = random(99)
  for (const { ref } of recorded(lz4)) {
    if (ref.type !== ImageType.LZ4) continue
    n++
    const { width, height } = ref
    expect(difference(wasm(ref.data, width, height), decodeLz4(ref.data, width, height))).toBeUndefined()
    for (let i = 0; i < 60; i++) {
      const data = ref.data.slice(0, i % 5 === 0 ? next() % ref.data.length : ref.data.length)
      for (let k = next() % 4; k > 0 && data.length > 0; k--) data[next() % Math.min(data.length, 1 + (next() % 40))] = next()
      const a = outcome(() => decodeLz4(data, width, height))
      const b = outcome(() => wasm(data, width, height))
      if (typeof a === 'string' || typeof b === 'string') {
        refused++
        expect(b).toBe(a)
      } else expect(difference(b, a)).toBeUndefined()
    }
  }
  expect(n).toBeGreaterThan(15)
  expect(refused).toBeGreaterThan(40)
})

it('LZ in WebAssembly gives the same picture as the reference, or the same refusal', async () => {
  const wasm = await loadLzWasm()
  let n = 0
  let refused = 0
  const next = random(77)
  for (const { ref } of recorded(lz)) {
    if (ref.type !== ImageType.LZ_RGB || ref.width * ref.height < 1024) continue
    n++
    expect(difference(wasm(ref.data), decodeLzRgb(ref.data))).toBeUndefined()
    for (let i = 0; i < 60; i++) {
      const data = ref.data.slice(0, i % 5 === 0 ? 28 + (next() % (ref.data.length - 28)) : ref.data.length)
      for (let k = next() % 5; k > 0 && data.length > 28; k--) data[28 + (next() % (data.length - 28))] = next() % 3 === 0 ? 255 : next()
      const a = outcome(() => decodeLzRgb(data))
      const b = outcome(() => wasm(data))
      if (typeof a === 'string' || typeof b === 'string') {
        refused++
        expect(b).toBe(a)
      } else expect(difference(b, a)).toBeUndefined()
    }
  }
  expect(n).toBeGreaterThan(5)
  expect(refused).toBeGreaterThan(40)
})

it('bitmaps in WebAssembly are the same as in TypeScript', async () => {
  const { raw } = await loadRowsWasm()
  let n = 0
  for (const { ref } of recorded(off)) {
    if (ref.type !== ImageType.BITMAP || ![6, 7, 8, 9].includes(ref.format)) continue
    n++
    expect(difference(raw(ref), decodeRaw(ref))).toBeUndefined()
    const taller = { ...ref, height: ref.height + 1 }
    expect(() => raw(taller)).toThrow(expect.objectContaining({ name: 'WireError' }))
  }
  expect(n).toBeGreaterThan(20)
})

it('images cut short at any byte are a WireError', async () => {
  const wasm = await loadQuicWasm()
  for (const module of [quic, lz, glz, lz4]) {
    const decoder = freshDecoder()
    for (const { ref } of recorded(module)) {
      if (ref.type !== ImageType.QUIC && ref.type !== ImageType.LZ_RGB && ref.type !== ImageType.LZ4) continue
      for (const keep of [0, 1, 19, 27, 40, ref.data.length >> 1, ref.data.length - 5]) {
        const cut = { ...ref, data: ref.data.subarray(0, Math.max(0, Math.min(keep, ref.data.length - 5))) }
        expect(() => decoder.decode(cut)).toThrow(expect.objectContaining({ name: 'WireError' }))
        if (ref.type === ImageType.QUIC) expect(() => wasm(cut.data)).toThrow(expect.objectContaining({ name: 'WireError' }))
      }
    }
  }
})

/** Per channel. Where alpha is sent it is lossless, so it counts as a channel like the others. */
function meanError(a: Picture, b: Picture): number {
  if (a.width !== b.width || a.height !== b.height || a.alpha !== b.alpha) return Infinity
  const p = new Uint8Array(a.data.buffer, a.data.byteOffset, a.data.byteLength)
  const q = new Uint8Array(b.data.buffer, b.data.byteOffset, b.data.byteLength)
  return p.reduce((sum, v, i) => sum + Math.abs(v - (q[i] ?? 0)), 0) / p.length
}
