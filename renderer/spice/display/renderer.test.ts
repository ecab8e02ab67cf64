import { describe, expect, test } from 'vitest'
import { SharedImages } from '../image/decoder.ts'
import type { Picture } from '../pixels.ts'
import { turns } from '../session/testkit.ts'
import { SurfaceFmt } from '../wire/enums.ts'
import { DisplayMsg } from '../wire/messages.ts'
import { Reader, WireError } from '../wire/reader.ts'
import { Writer } from '../wire/writer.ts'
import { copy, fill, reader, rect, surfaceCreate } from './messages.testkit.ts'
import { DisplayModel, type DisplayEnvironment } from './renderer.ts'

const plain = (width: number, height: number, word: number): Picture => ({ width, height, stride: width, alpha: false, data: new Uint32Array(width * height).fill(word) })

function model(env: Partial<DisplayEnvironment> = {}): DisplayModel {
  return new DisplayModel({ shared: new SharedImages(1 << 20, 1 << 20), jpeg: () => plain(1, 1, 0), now: () => 0, ...env })
}

const at = (m: DisplayModel, x: number, y: number): number => m.surfaces.primary!.data[y * m.surfaces.primary!.stride + x]! & 0xffffff

describe('surfaces', () => {
  test('the primary one is told when it is made, replaced and destroyed', () => {
    const told: (string | undefined)[] = []
    const m = model({ events: { primary: (s) => told.push(s && `${s.width}x${s.height}`) } })
    void m.message(DisplayMsg.SURFACE_CREATE, surfaceCreate(0, 8, 6))
    void m.message(DisplayMsg.SURFACE_CREATE, surfaceCreate(3, 5, 5, 0))
    void m.message(DisplayMsg.SURFACE_CREATE, surfaceCreate(0, 9, 6))
    void m.message(DisplayMsg.SURFACE_DESTROY, reader(new Writer().u32(3)))
    void m.message(DisplayMsg.SURFACE_DESTROY, reader(new Writer().u32(0)))
    expect(told).toEqual(['8x6', '9x6', undefined])
    expect(m.surfaces.size).toBe(0)
  })

  test('one that is out of reason, or of an unknown format, is a lost message', () => {
    const m = model()
    expect(() => m.message(DisplayMsg.SURFACE_CREATE, surfaceCreate(0, 0, 5))).toThrow(WireError)
    expect(() => m.message(DisplayMsg.SURFACE_CREATE, surfaceCreate(0, 100_000, 100_000))).toThrow(WireError)
    expect(() => m.message(DisplayMsg.SURFACE_CREATE, surfaceCreate(0, 5, 5, 1, 33))).toThrow(WireError)
    expect(m.surfaces.size).toBe(0)
  })

  test('all of them together have a bound', () => {
    const m = model()
    // 32 million pixels each.
    const make = (id: number): void => void m.surfaces.create({ id, width: 8192, height: 4096, format: SurfaceFmt['8_A'], flags: 0 })
    for (let id = 0; id < 4; id++) make(id)
    expect(() => { make(4) }).toThrow(WireError)
    m.surfaces.destroy(0)
    make(4)
    expect(m.surfaces.size).toBe(4)
  })

  test('MODE, MARK and RESET', () => {
    let marks = 0
    const m = model({ events: { mark: () => marks++ } })
    void m.message(DisplayMsg.MODE, reader(new Writer().u32(4).u32(2).u32(32)))
    void m.message(DisplayMsg.DRAW_FILL, fill(0, rect(0, 0, 4, 2), 0x123456))
    void m.message(DisplayMsg.MARK, reader(new Writer()))
    expect([marks, m.marked, at(m, 3, 1)]).toEqual([1, true, 0x563412])
    m.surfaces.primary!.dirty.take()
    void m.message(DisplayMsg.RESET, reader(new Writer()))
    expect([at(m, 3, 1), m.surfaces.primary!.dirty.take()]).toEqual([0, [rect(0, 0, 4, 2)]])
  })
})

describe('order', () => {
  test('a draw whose image takes its time is a promise, and done when that is', async () => {
    const jpeg = Promise.withResolvers<Picture>()
    const m = model({ jpeg: () => jpeg.promise })
    void m.message(DisplayMsg.SURFACE_CREATE, surfaceCreate(0, 4, 4))
    const pending = m.message(DisplayMsg.DRAW_COPY, copy(0, rect(0, 0, 4, 4), { width: 4, height: 4, jpeg: new Uint8Array(3) }))
    expect(pending).toBeInstanceOf(Promise)
    await turns()
    expect(at(m, 0, 0)).toBe(0)
    jpeg.resolve(plain(4, 4, 0xff0000aa))
    await pending
    expect(at(m, 0, 0)).toBe(0xaa)
    expect(m.counts).toMatchObject({ draws: 1, pixels: 16, images: { JPEG: 1 } })
  })

  test('what needs no waiting makes no promise', () => {
    const m = model()
    void m.message(DisplayMsg.SURFACE_CREATE, surfaceCreate(0, 4, 4))
    expect(m.message(DisplayMsg.DRAW_COPY, copy(0, rect(1, 1, 3, 3), { width: 2, height: 2, color: 0x010203 }))).toBeUndefined()
    expect([at(m, 0, 0), at(m, 1, 1), at(m, 2, 2), at(m, 3, 3)]).toEqual([0, 0x030201, 0x030201, 0])
  })

  test('an image that cannot be decoded rejects, and the next draw is drawn', async () => {
    const m = model({ jpeg: () => Promise.reject(new WireError('no JPEG')) })
    void m.message(DisplayMsg.SURFACE_CREATE, surfaceCreate(0, 4, 4))
    await expect(m.message(DisplayMsg.DRAW_COPY, copy(0, rect(0, 0, 4, 4), { width: 4, height: 4, jpeg: new Uint8Array(3) }))).rejects.toThrow('no JPEG')
    void m.message(DisplayMsg.DRAW_FILL, fill(0, rect(0, 0, 1, 1), 0xff))
    expect(at(m, 0, 0)).toBe(0xff0000)
  })

  test('a draw on a surface that is not there still fills the cache', () => {
    const shared = new SharedImages(1 << 20, 1 << 20)
    const m = model({ shared })
    expect(() => m.message(DisplayMsg.DRAW_COPY, copy(7, rect(0, 0, 2, 2), { width: 2, height: 2, flags: 1, id: 5 }))).toThrow('no surface 7')
    expect(shared.pixmaps.size).toBe(1)
    void m.message(DisplayMsg.INVAL_LIST, reader(new Writer().u16(1).u8(1).u32(5).u32(0)))
    expect(shared.pixmaps.size).toBe(0)
  })

  test('INVAL_ALL_PIXMAPS waits for the channels that it names', async () => {
    const gate = Promise.withResolvers<void>()
    const shared = new SharedImages(1 << 20, 1 << 20)
    const m = model({ shared, waits: () => gate.promise })
    void m.message(DisplayMsg.SURFACE_CREATE, surfaceCreate(0, 4, 4))
    void m.message(DisplayMsg.DRAW_COPY, copy(0, rect(0, 0, 2, 2), { width: 2, height: 2, flags: 1, id: 5 }))
    const pending = m.message(DisplayMsg.INVAL_ALL_PIXMAPS, reader(new Writer().u8(0)))
    await turns()
    expect(shared.pixmaps.size).toBe(1)
    gate.resolve()
    await pending
    expect(shared.pixmaps.size).toBe(0)
  })
})

describe('the rest', () => {
  test('monitors', () => {
    const m = model()
    const w = new Writer().u16(2).u16(4)
    for (const [id, x] of [[0, 0], [1, 1024]] as const) w.u32(id).u32(0).u32(1024).u32(768).u32(x).u32(0).u32(0)
    void m.message(DisplayMsg.MONITORS_CONFIG, reader(w))
    expect(m.heads).toEqual([{ id: 0, surface: 0, width: 1024, height: 768, x: 0, y: 0 }, { id: 1, surface: 0, width: 1024, height: 768, x: 1024, y: 0 }])
  })

  test('only draws on the shown surface call for a frame', () => {
    let changed = 0
    const m = model({ events: { changed: () => changed++ } })
    void m.message(DisplayMsg.SURFACE_CREATE, surfaceCreate(0, 4, 4))
    void m.message(DisplayMsg.SURFACE_CREATE, surfaceCreate(1, 4, 4, 0))
    void m.message(DisplayMsg.DRAW_FILL, fill(1, rect(0, 0, 1, 1), 1))
    expect(changed).toBe(0)
    void m.message(DisplayMsg.DRAW_FILL, fill(0, rect(0, 0, 1, 1), 1))
    expect(changed).toBe(1)
  })

  test.each([DisplayMsg.STREAM_CREATE, DisplayMsg.GL_DRAW, 999])('message %i is refused where nobody handles it', (type) => {
    expect(() => model().message(type, new Reader(new Uint8Array(64)))).toThrow(WireError)
  })
})
