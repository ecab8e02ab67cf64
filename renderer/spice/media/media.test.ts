import { encode } from 'jpeg-js'
import { describe, expect, test } from 'vitest'
import { turns } from '../session/testkit.ts'
import { VideoCodecType } from '../wire/enums.ts'
import { WireError } from '../wire/reader.ts'
import { framePicture, type FrameLike } from './frame-pixels.ts'
import { jpegSize, MjpegDecoder } from './jpeg.ts'
import { isKeyFrame, supportedCodecs, WebCodecsDecoder, type MakeDecoder } from './video-decoder.ts'

const { VP8, VP9, H264, MJPEG } = VideoCodecType

class Frame implements FrameLike {
  closed = 0
  readonly visibleRect: { readonly width: number; readonly height: number }
  readonly timestamp: number
  constructor(timestamp = 0, width = 2, height = 1) {
    this.timestamp = timestamp
    this.visibleRect = { width, height }
  }
  copyTo(to: Uint8Array, options: VideoFrameCopyToOptions): Promise<unknown> {
    expect(options).toMatchObject({ format: 'RGBA', layout: [{ offset: 0, stride: this.visibleRect.width * 4 }] })
    to.set([1, 2, 3, 255, this.timestamp, 5, 6, 255])
    return Promise.resolve([])
  }
  close(): void {
    this.closed++
  }
}

test('a frame becomes a picture, and is closed', async () => {
  const frame = new Frame(9)
  await expect(framePicture(frame)).resolves.toEqual({ width: 2, height: 1, stride: 2, alpha: false, data: Uint32Array.of(0xff030201, 0xff060509) })
  const huge = new Frame(0, 30_000, 1)
  await expect(framePicture(huge)).rejects.toThrow(WireError)
  expect([frame.closed, huge.closed]).toEqual([1, 1])
})

describe('jpegSize', () => {
  const { data } = encode({ width: 37, height: 21, data: new Uint8Array(37 * 21 * 4) }, 80)
  test('of an encoder’s file', () => {
    expect(jpegSize(data)).toEqual({ width: 37, height: 21 })
  })
  test.each([[[]], [[0xff, 0xd8]], [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]], [[0xff, 0xd8, 0xff, 0xd9, 0, 0, 0, 0, 0, 0, 0, 0, 0]]])('not of %j', (bytes) => {
    expect(() => jpegSize(Uint8Array.from(bytes))).toThrow(WireError)
  })
  test('of none of its beginnings without the header', () => {
    const found = Array.from({ length: data.length }, (_, n) => n).find((n) => {
      try {
        return jpegSize(data.subarray(0, n)).width > 0
      } catch {
        return false
      }
    })
    expect(found).toBeGreaterThan(9)
  })
})

test('MJPEG: what the decoder says, sync or not', async () => {
  const picture = { width: 1, height: 1, stride: 1, alpha: false, data: new Uint32Array(1) }
  await expect(new MjpegDecoder(() => picture).decode(new Uint8Array(1))).resolves.toBe(picture)
  await expect(new MjpegDecoder(() => Promise.reject(new WireError('x'))).decode(new Uint8Array(1))).rejects.toThrow('x')
  await expect(new MjpegDecoder(() => { throw new WireError('y') }).decode(new Uint8Array(1))).rejects.toThrow('y')
})

test.each([
  [VP8, [0x10], true],
  [VP8, [0x11], false],
  [VP9, [0x82], true], // marker 10, profile 0, shown, key frame
  [VP9, [0x86], false],
  [VP9, [0x88], false], // shows an earlier frame
  [VP9, [0x02], false],
  [VP9, [0xb1], true], // profile 3 and its reserved bit
  [H264, [0, 0, 0, 1, 0x67, 1, 0, 0, 1, 0x65, 1], true],
  [H264, [0, 0, 0, 1, 0x41, 1], false],
  [MJPEG, [0], false],
  [VP8, [], false],
])('isKeyFrame: codec %i %j', (codec, data, key) => {
  expect(isKeyFrame(codec, Uint8Array.from(data))).toBe(key)
})

test('only what the browser says it can is offered', async () => {
  const asked: string[] = []
  const codecs = await supportedCodecs((c) => {
    asked.push(c.codec)
    return c.codec === 'vp8' ? Promise.resolve({ supported: true }) : c.codec.startsWith('vp09') ? Promise.reject(new TypeError('what?')) : Promise.resolve({ supported: false })
  })
  expect(codecs).toEqual([VP8])
  expect(asked).toHaveLength(3)
})

describe('WebCodecsDecoder', () => {
  const KEY = Uint8Array.of(0x10)
  const DELTA = Uint8Array.of(0x11)

  function setUp(height = 480) {
    const made: { init: Parameters<MakeDecoder>[0]; state: string; chunks: string[] }[] = []
    const decoder = new WebCodecsDecoder(VP8, height, (init) => {
      const d = { init, state: 'configured', chunks: [] as string[] }
      made.push(d)
      return {
        get state() { return d.state },
        configure: (c) => { expect(c).toMatchObject({ codec: 'vp8', optimizeForLatency: true, colorSpace: { matrix: height > 576 ? 'bt709' : 'smpte170m', fullRange: false } }) },
        decode: (c) => { d.chunks.push(`${c.type}${c.timestamp}`) },
        close: () => { d.state = 'closed' },
      }
    })
    return { decoder, made }
  }
  const settle = (p: Promise<unknown>): { value?: unknown; error?: unknown } => {
    const result: { value?: unknown; error?: unknown } = {}
    p.then((value) => { result.value = value }, (error: unknown) => { result.error = error })
    return result
  }

  test('each frame its picture; a frame that shows nothing is none', async () => {
    const { decoder, made } = setUp()
    const results = [KEY, DELTA, DELTA].map((d) => settle(decoder.decode(d)))
    expect(made[0]?.chunks).toEqual(['key1', 'delta2', 'delta3'])
    made[0]?.init.output(new Frame(1))
    made[0]?.init.output(new Frame(3))
    await turns()
    expect(results.map((r) => r.value !== undefined)).toEqual([true, false, true])
    expect(results[1]?.error).toBeInstanceOf(WireError)
  })

  test('nothing before a key frame, and a new decoder at the one after an error', async () => {
    const { decoder, made } = setUp()
    const early = settle(decoder.decode(DELTA))
    const first = settle(decoder.decode(KEY))
    made[0]!.init.error(new Error('broken'))
    made[0]!.state = 'closed'
    const between = settle(decoder.decode(DELTA))
    void settle(decoder.decode(KEY))
    await turns()
    expect([early.error, first.error, between.error].map(String)).toEqual(['WireError: no key frame yet', 'Error: broken', 'WireError: no key frame yet'])
    expect(made.map((d) => d.chunks)).toEqual([['key1'], ['key2']])
  })

  test('colours of larger pictures are of the other standard', () => {
    const { decoder, made } = setUp(1080)
    void settle(decoder.decode(KEY))
    expect(made[0]?.chunks).toEqual(['key1'])
  })

  test('a decoder that gives nothing back is replaced at the next key frame', async () => {
    const { decoder, made } = setUp()
    const results = [KEY, ...Array.from({ length: 63 }, () => DELTA)].map((d) => settle(decoder.decode(d)))
    await turns()
    expect(results.some((r) => r.error !== undefined)).toBe(false)
    const last = settle(decoder.decode(DELTA))
    await turns()
    expect([...results, last].every((r) => r.error instanceof WireError)).toBe(true)
    expect(made[0]?.state).toBe('closed')
    void settle(decoder.decode(KEY))
    expect(made).toHaveLength(2)
  })

  test('a configuration that is refused after all costs frames and throws nothing', async () => {
    const decoder = new WebCodecsDecoder(VP8, 480, () => ({ state: 'unconfigured', configure: () => { throw new TypeError('no') }, decode: () => undefined, close: () => undefined }))
    const got = settle(decoder.decode(KEY))
    await turns()
    expect(String(got.error)).toBe('TypeError: no')
  })

  test('close ends what is under way, and late frames are closed', async () => {
    const { decoder, made } = setUp()
    const pending = settle(decoder.decode(KEY))
    decoder.close()
    const late = new Frame(1)
    made[0]?.init.output(late)
    await turns()
    expect(made[0]?.state).toBe('closed')
    expect([pending.error, late.closed]).toEqual([new WireError('the stream is over'), 1])
    await expect(decoder.decode(KEY)).rejects.toThrow('over')
  })
})
