import { describe, expect, it } from 'vitest'
import { BitmapFmt, ImageFlags, ImageType } from '../wire/enums.ts'
import { Reader } from '../wire/reader.ts'
import type { Picture } from '../pixels.ts'
import { ManualClock, turns } from '../session/testkit.ts'
import { ARRIVAL_LIMIT_MS, Arrivals } from './arrivals.ts'
import { SharedImages } from './decoder.ts'
import { decodeGlz } from './glz.ts'
import { GlzWindow } from './glz-window.ts'
import { PixmapCache } from './pixmaps.ts'
import { PaletteCache } from './palettes.ts'
import { freshDecoder } from './image.testkit.ts'
import type { BitmapRef, CachedRef } from './types.ts'

const wireError = expect.objectContaining({ name: 'WireError' })

function picture(width: number, height: number, word: number): Picture {
  return { width, height, stride: width, alpha: false, data: new Uint32Array(width * height).fill(word) }
}

function bitmap(idHi: number, idLo: number, word: number, flags: number): BitmapRef {
  return { type: ImageType.BITMAP, idHi, idLo, flags, width: 1, height: 1, format: BitmapFmt['32BIT'], topDown: true, stride: 4, palette: { kind: 'none' }, data: new Uint8Array(Uint32Array.of(word).buffer) }
}

function cached(type: CachedRef['type'], idHi: number, idLo: number): CachedRef {
  return { type, idHi, idLo, flags: 0, width: 1, height: 1 }
}

async function word(p: Picture | Promise<Picture>): Promise<number> {
  return (await p).data[0] ?? -1
}

describe('picture cache', () => {
  it('keeps ids of 64 bits apart', () => {
    const decoder = freshDecoder()
    void decoder.decode(bitmap(5, 2, 0x000001, ImageFlags.CACHE_ME))
    void decoder.decode(bitmap(7, 2, 0x000002, ImageFlags.CACHE_ME))
    const got = decoder.decode(cached(ImageType.FROM_CACHE, 5, 2))
    expect(got).toMatchObject({ data: Uint32Array.of(0xff010000) })
    expect(() => decoder.decode(cached(ImageType.FROM_CACHE, 0, 2))).toThrow(wireError)
  })

  it('keeps what an image was sent with: sixteen bits, or alpha alone', () => {
    const decoder = freshDecoder()
    void decoder.decode({ ...bitmap(0, 1, 0x7fff, ImageFlags.CACHE_ME), format: BitmapFmt['16BIT'] })
    void decoder.decode({ ...bitmap(0, 2, 0x80, ImageFlags.CACHE_ME), format: BitmapFmt['8BIT_A'] })
    void decoder.decode(bitmap(0, 3, 0x80, ImageFlags.CACHE_ME))
    const bits = (id: number): unknown => (decoder.decode(cached(ImageType.FROM_CACHE, 0, id)) as Picture).bits
    expect([bits(1), bits(2), bits(3)]).toEqual([16, 8, undefined])
  })

  it('forgets on INVAL_LIST and INVAL_ALL, and unknown ids do no harm', () => {
    const decoder = freshDecoder()
    for (const id of [1, 2, 3]) void decoder.decode(bitmap(0, id, id, ImageFlags.CACHE_ME))
    decoder.invalidateList(new Reader(Uint8Array.from([2, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 1, 9, 0, 0, 0, 0, 0, 0, 0])))
    expect(() => decoder.decode(cached(ImageType.FROM_CACHE, 0, 2))).toThrow(wireError)
    void decoder.decode(cached(ImageType.FROM_CACHE, 0, 1))
    decoder.invalidateAll()
    expect(() => decoder.decode(cached(ImageType.FROM_CACHE, 0, 1))).toThrow(wireError)
    expect(() => decoder.invalidateList(new Reader(Uint8Array.from([255, 255, 1])))).toThrow(wireError)
  })

  it('holds more than was announced: a server with two displays counts on it', () => {
    const cache = new PixmapCache(100)
    for (let id = 0; id < 5; id++) cache.put(0, id, { kind: 'picture', picture: picture(10, 4, id), lossy: false })
    expect([0, 1, 2, 3, 4].map((id) => cache.get(0, id) !== undefined)).toEqual([true, true, true, true, true])
    cache.put(0, 5, { kind: 'picture', picture: picture(1, 1, 5), lossy: false })
    expect(cache.get(0, 0)).toBeUndefined()
  })

  it('stays within twice of what was announced, the least recently used goes first', () => {
    const cache = new PixmapCache(50)
    const put = (id: number): void => cache.put(0, id, { kind: 'picture', picture: picture(10, 4, id), lossy: false })
    put(1)
    put(2)
    cache.get(0, 1)
    put(3)
    expect([1, 2, 3].map((id) => cache.get(0, id) !== undefined)).toEqual([true, false, true])
    expect(cache.pixels).toBe(80)
    put(3)
    expect(cache.pixels).toBe(80)
    cache.put(0, 9, { kind: 'picture', picture: picture(20, 20, 9), lossy: false })
    expect(cache.pixels).toBe(0)
    expect(cache.size).toBe(0)
  })

  it('a draw that must be lossless waits for the picture that replaces the lossy one', async () => {
    const shared = new SharedImages(100, 100)
    const [one, other] = [freshDecoder(shared), freshDecoder(shared)]
    shared.pixmaps.put(0, 4, { kind: 'picture', picture: picture(1, 1, 0xff00000f), lossy: true })
    expect(await word(one.decode(cached(ImageType.FROM_CACHE, 0, 4)))).toBe(0xff00000f)
    const waiting = one.decode(cached(ImageType.FROM_CACHE_LOSSLESS, 0, 4))
    expect(waiting).toBeInstanceOf(Promise)
    void other.decode(bitmap(0, 4, 0x0000ff, ImageFlags.CACHE_REPLACE_ME))
    expect(await word(waiting)).toBe(0xffff0000)
    expect(await word(other.decode(cached(ImageType.FROM_CACHE, 0, 4)))).toBe(0xffff0000)
    expect(other.decode(cached(ImageType.FROM_CACHE_LOSSLESS, 0, 4))).not.toBeInstanceOf(Promise)
  })

  it('fails instead of waiting when no channel is left to bring it', async () => {
    const shared = new SharedImages(100, 100)
    const [one, other] = [freshDecoder(shared), freshDecoder(shared)]
    const waiting = Promise.resolve(one.decode(cached(ImageType.FROM_CACHE_LOSSLESS, 0, 4)))
    await expect(other.decode(cached(ImageType.FROM_CACHE_LOSSLESS, 0, 4))).rejects.toThrow(wireError)
    other.close()
    await expect(waiting).rejects.toThrow(wireError)
  })

  it('masks: inverted or not, fresh or cached, without a palette', async () => {
    const decoder = freshDecoder()
    const mask: BitmapRef = { ...bitmap(0, 8, 0, ImageFlags.CACHE_ME), width: 3, format: BitmapFmt['1BIT_BE'], data: Uint8Array.of(0b10100000, 0, 0, 0) }
    expect([...(await decoder.decodeMask(mask, true)).data]).toEqual([0, 255, 0])
    expect([...(await decoder.decodeMask(cached(ImageType.FROM_CACHE, 0, 8), false)).data]).toEqual([255, 0, 255])
    const le = decoder.decodeMask({ ...mask, flags: 0, format: BitmapFmt['1BIT_LE'], data: Uint8Array.of(0b110, 0, 0, 0) }, false)
    expect([...(await le).data]).toEqual([0, 255, 255])
    expect(() => decoder.decodeMask(bitmap(0, 1, 1, 0), false)).toThrow(wireError)
  })

  it('a picture that another channel has yet to bring is waited for, as picture and as mask', async () => {
    const shared = new SharedImages(100, 100)
    const [one, other] = [freshDecoder(shared), freshDecoder(shared)]
    freshDecoder(shared)
    const waiting = Promise.resolve(one.decode(cached(ImageType.FROM_CACHE, 0, 4)))
    void other.decode(bitmap(0, 4, 9, ImageFlags.CACHE_ME))
    expect((await waiting).data[0]! >>> 24).toBe(255)
    const mask = one.decodeMask(cached(ImageType.FROM_CACHE, 0, 5), true)
    void other.decodeMask({ ...bitmap(0, 5, 0, ImageFlags.CACHE_ME), width: 3, format: BitmapFmt['1BIT_BE'], data: Uint8Array.of(0b10100000, 0, 0, 0) }, false)
    expect([...(await mask).data]).toEqual([0, 255, 0])
  })

  it('but not for ever, and not if it came damaged; then nobody waits for it again', async () => {
    const clock = new ManualClock()
    const shared = new SharedImages(100, 100, clock)
    const [one, other] = [freshDecoder(shared), freshDecoder(shared)]
    freshDecoder(shared)
    const damaged = Promise.resolve(one.decode(cached(ImageType.FROM_CACHE, 0, 4)))
    expect(() => other.decode({ ...bitmap(0, 4, 9, ImageFlags.CACHE_ME), data: Uint8Array.of(1) })).toThrow(wireError)
    await expect(damaged).rejects.toThrow(wireError)
    const late = Promise.resolve(one.decode(cached(ImageType.FROM_CACHE, 0, 5)))
    late.catch(() => undefined)
    clock.advance(ARRIVAL_LIMIT_MS - 1)
    // Other arrivals do not begin its time anew.
    void other.decode(bitmap(0, 6, 9, ImageFlags.CACHE_ME))
    await turns()
    clock.advance(1)
    await expect(late).rejects.toThrow('in time')
    await expect(one.decode(cached(ImageType.FROM_CACHE, 0, 5))).rejects.toThrow('lost')
    void other.decode(bitmap(0, 5, 9, ImageFlags.CACHE_ME))
    expect(one.decode(cached(ImageType.FROM_CACHE, 0, 5))).toMatchObject({ width: 1 })
    expect(clock.pending).toBe(0)
  })
})

describe('palettes', () => {
  it('are remembered when asked to, per id, until invalidated', () => {
    const cache = new PaletteCache()
    const palette = { idHi: 1, idLo: 2, colors: Uint32Array.of(7) }
    cache.resolve({ kind: 'inline', palette, cache: false })
    expect(() => cache.resolve({ kind: 'cached', idHi: 1, idLo: 2 })).toThrow(wireError)
    cache.resolve({ kind: 'inline', palette, cache: true })
    expect(cache.resolve({ kind: 'cached', idHi: 1, idLo: 2 })).toBe(palette)
    expect(() => cache.resolve({ kind: 'cached', idHi: 0, idLo: 2 })).toThrow(wireError)
    cache.invalidate(1, 2)
    expect(() => cache.resolve({ kind: 'cached', idHi: 1, idLo: 2 })).toThrow(wireError)
    expect(() => cache.resolve({ kind: 'none' })).toThrow(wireError)
    for (let i = 0; i < 5000; i++) cache.put({ idHi: 0, idLo: i, colors: Uint32Array.of(0) })
    expect(cache.size).toBe(1024)
  })
})

/** RGB32 of one row; `commands` after the header. */
function glz(id: number, reach: number, width: number, commands: readonly number[]): Uint8Array {
  const out = new Uint8Array(33 + commands.length)
  const v = new DataView(out.buffer)
  v.setUint32(0, 0x20205a4c)
  v.setUint32(4, 0x10001)
  v.setUint8(8, 0x18)
  v.setUint32(9, width)
  v.setUint32(13, 1)
  v.setUint32(17, width * 4)
  v.setUint32(25, id)
  v.setUint32(29, reach)
  out.set(commands, 33)
  return out
}
const LITERAL = [0, 1, 2, 3]
/** One pixel from position 0 of the image before. */
const back = (images: number): number[] => [0x20, 0, images]

describe('GLZ window', () => {
  it('resolves a reference when the other channel has brought its image', async () => {
    const shared = new SharedImages(100, 100)
    shared.arrivals.join()
    shared.arrivals.join()
    const waiting = decodeGlz(glz(1, 1, 1, back(1)), shared.glz)
    expect(waiting).toBeInstanceOf(Promise)
    void decodeGlz(glz(0, 0, 1, LITERAL), shared.glz)
    expect(await word(waiting)).toBe(0xff010203)
    expect(shared.glz.size).toBe(2)
  })

  it('an image that could not be decoded fails those that need it, and only those', async () => {
    const shared = new SharedImages(100, 100)
    shared.arrivals.join()
    shared.arrivals.join()
    const waiting = Promise.resolve(decodeGlz(glz(1, 1, 1, back(1)), shared.glz))
    expect(() => decodeGlz(glz(0, 0, 1, [0, 1]), shared.glz)).toThrow(wireError)
    await expect(waiting).rejects.toThrow(wireError)
    expect(await word(decodeGlz(glz(2, 2, 1, LITERAL), shared.glz))).toBe(0xff010203)
    expect(() => decodeGlz(glz(3, 3, 1, back(2)), shared.glz)).toThrow(wireError)
  })

  it('an image waits for its time at most, all its waits together, and nobody waits for the same one again', async () => {
    const clock = new ManualClock()
    const shared = new SharedImages(100, 100, clock)
    for (let i = 0; i < 3; i++) shared.arrivals.join()
    const waiting = Promise.resolve(decodeGlz(glz(9, 9, 1, back(2)), shared.glz))
    waiting.catch(() => undefined)
    clock.advance(ARRIVAL_LIMIT_MS / 2)
    void decodeGlz(glz(3, 3, 1, LITERAL), shared.glz)
    await turns()
    expect(shared.arrivals.waiting).toBe(1)
    clock.advance(ARRIVAL_LIMIT_MS / 2)
    await expect(waiting).rejects.toThrow('in time')
    expect(clock.pending).toBe(0)
    expect(() => decodeGlz(glz(10, 10, 1, back(3)), shared.glz)).toThrow(wireError)
    expect(() => decodeGlz(glz(11, 11, 1, back(2)), shared.glz)).toThrow(wireError)
  })

  it('a reference beyond the window that the image itself names is not waited for', () => {
    const shared = new SharedImages(100, 100)
    shared.arrivals.join()
    shared.arrivals.join()
    expect(() => decodeGlz(glz(9, 2, 1, back(3)), shared.glz)).toThrow(wireError)
  })

  it('an image that was there and had to go is not waited for either', () => {
    const shared = new SharedImages(100, 2)
    shared.arrivals.join()
    shared.arrivals.join()
    for (const id of [0, 1, 2]) void decodeGlz(glz(id, id, 1, LITERAL), shared.glz)
    expect(() => decodeGlz(glz(3, 3, 1, back(3)), shared.glz)).toThrow(wireError)
  })

  it('an id that comes twice does not keep the old ones', () => {
    const window = new GlzWindow(100)
    for (let id = 0; id < 3; id++) window.add({ id, reach: 9, alpha: false, pixels: new Uint32Array(30) })
    window.add({ id: 0, reach: 9, alpha: false, pixels: new Uint32Array(90) })
    expect([window.pixels, window.size]).toEqual([90, 1])
  })

  it('with one channel a missing image is an error at once', async () => {
    const shared = new SharedImages(100, 100)
    shared.arrivals.join()
    await expect(decodeGlz(glz(1, 1, 1, back(1)), shared.glz)).rejects.toThrow(wireError)
  })

  it('lets go of what the server says is behind, but not while a channel lags', () => {
    const window = new GlzWindow(1000, new Arrivals())
    const add = (id: number, reach: number): void => window.add({ id, reach, alpha: false, pixels: new Uint32Array(10) })
    add(0, 0)
    add(1, 1)
    add(3, 1)
    expect(window.size).toBe(3)
    expect(window.get(0)).toBeDefined()
    add(2, 1)
    expect(window.size).toBe(2)
    expect(() => window.get(1)).toThrow(wireError)
    expect(window.get(4)).toBeUndefined()
    add(4, 0)
    expect(window.size).toBe(1)
    expect(window.pixels).toBe(10)
  })

  it('is bounded whatever the server says', () => {
    const window = new GlzWindow(100)
    for (let id = 0; id < 50; id++) window.add({ id, reach: 1e9, alpha: false, pixels: new Uint32Array(30) })
    expect(window.pixels).toBeLessThanOrEqual(100)
    window.add({ id: 2 ** 50, reach: 0, alpha: false, pixels: new Uint32Array(30) })
    for (let i = 0; i < 10_000; i++) window.lose(i * 1000)
    expect(window.pixels).toBeLessThanOrEqual(100)
    window.clear()
    expect(window.pixels).toBe(0)
  })

  it('refuses references outside of an image, and before the first one', () => {
    const window = new GlzWindow(100)
    void decodeGlz(glz(0, 0, 1, LITERAL), window)
    expect(() => decodeGlz(glz(1, 1, 2, [0x40, 0, 1]), window)).toThrow(wireError)
    expect(() => decodeGlz(glz(2, 1, 1, [0x21, 0, 1]), window)).toThrow(wireError)
    expect(() => decodeGlz(glz(3, 1, 1, back(9)), window)).toThrow(wireError)
    expect(() => decodeGlz(glz(4, 1, 1, [0x20, 0, 0]), window)).toThrow(wireError)
  })
})
