import { describe, expect, it } from 'vitest'
import { BitmapFmt, ImageFlags, ImageType } from '../wire/enums.ts'
import { SharedImages } from './decoder.ts'
import { PixelPool } from './pool.ts'
import { freshDecoder } from './image.testkit.ts'
import type { BitmapRef } from './types.ts'

describe('pixel memory', () => {
  it('is used again for what fits, bounded, and small ones are left alone', () => {
    const pool = new PixelPool()
    const a = pool.take(5000)
    expect(a.length).toBe(5000)
    pool.give(a)
    expect(pool.keptWords).toBe(8192)
    expect(pool.take(8193).buffer).not.toBe(a.buffer)
    const b = pool.take(8000)
    expect(b.buffer).toBe(a.buffer)
    expect(b.length).toBe(8000)
    expect(pool.take(8000).buffer).not.toBe(a.buffer)
    pool.give(new Uint32Array(5000))
    pool.give(new Uint32Array(16))
    expect(pool.keptWords).toBe(0)
    for (let i = 0; i < 40; i++) pool.give(new Uint32Array(1 << 20))
    expect(pool.keptWords).toBe(1 << 24)
  })

  it('goes back from pictures that one draw saw, once, and never from cached ones', () => {
    const shared = new SharedImages(1e6, 1e6)
    const decoder = freshDecoder(shared)
    const ref = (flags: number): BitmapRef => ({ type: ImageType.BITMAP, idHi: 0, idLo: 1, flags, width: 100, height: 100, format: BitmapFmt['32BIT'], topDown: true, stride: 400, palette: { kind: 'none' }, data: new Uint8Array(40_000) })
    const loose = decoder.decode(ref(0))
    const cached = decoder.decode(ref(ImageFlags.CACHE_ME))
    if (loose instanceof Promise || cached instanceof Promise) throw new Error('a promise')
    decoder.release(cached)
    expect(shared.pool.keptWords).toBe(0)
    decoder.release(loose)
    decoder.release(loose)
    expect(shared.pool.keptWords).toBe(16_384)
  })
})
