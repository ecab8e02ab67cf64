import { decode as decodeJpeg } from 'jpeg-js'
import { describe, expect, test } from 'vitest'
import { MjpegDecoder } from '../media/jpeg.ts'
import type { Picture } from '../pixels.ts'
import { join, ManualClock } from '../session/testkit.ts'
import { openCorpus } from './corpus.testkit.ts'
import { replay, seeded, type ReplayOptions } from './replay.testkit.ts'
import { Streams } from './streams.ts'

const { corpusNames, readCorpus, oraclePixels, channelChunks } = await openCorpus()

function jpeg(bytes: Uint8Array): Picture {
  const { width, height, data } = decodeJpeg(bytes, { useTArray: true, maxMemoryUsageInMB: 512 })
  return { width, height, stride: width, alpha: false, data: new Uint32Array(data.buffer, data.byteOffset, width * height) }
}

const ARGB = 96
const A8 = 8
const COLOR = 0xffffff

interface Difference {
  /** Pixels that are not the same. */
  readonly differ: number
  /** Mean absolute error of a colour channel. */
  readonly error: number
}

function compare(got: Uint32Array, want: Uint32Array, format: number): Difference {
  const mask = format === ARGB || format === A8 ? 0xffffffff : COLOR
  let differ = 0
  let sum = 0
  for (let i = 0; i < want.length; i++) {
    const a = got[i]!
    const b = want[i]!
    if (((a ^ b) & mask) === 0) continue
    differ++
    for (let shift = 0; shift < 24; shift += 8) sum += Math.abs(((a >> shift) & 255) - ((b >> shift) & 255))
  }
  return { differ, error: sum / want.length / 3 }
}

const names = corpusNames().filter((name) => !name.startsWith('playback'))

describe('recordings of the real server, against its own pictures', () => {
  const picturesOf = async (name: string, chunks: ReplayOptions['chunks']): Promise<void> => {
    const cap = readCorpus(name)
    const lossy = /jpeg|lossy/.test(name)
    const lost: string[] = []
    const clock = new ManualClock()
    let oracles = 0
    const options: ReplayOptions = {
      chunks,
      // A browser's decoder takes its time, and draws that follow must not overtake it.
      jpeg: (bytes) => Promise.resolve().then(() => jpeg(bytes)),
      onLost: (type, error) => lost.push(`${String(type)}: ${String(error)}`),
      onOracle: (oracle, surface) => {
        oracles++
        expect(surface, oracle.label).toMatchObject({ width: oracle.width, height: oracle.height, format: oracle.format })
        const { differ, error } = compare(surface!.data, oraclePixels(oracle), oracle.format)
        if (lossy) expect(error, oracle.label).toBeLessThan(3)
        else expect(differ, oracle.label).toBe(0)
      },
      env: {
        streams: (m) => new Streams({
          clock,
          counter: m.counter,
          decoder: () => new MjpegDecoder(jpeg),
          surface: (id) => m.surfaces.find(id),
          drawn: (s) => { m.touched(s) },
          send: () => undefined,
          mmTime: () => undefined,
          audioDelay: () => undefined,
        }),
      },
    }
    await replay(cap, options)
    expect(lost).toEqual([])
    expect(oracles).toBeGreaterThan(0)
  }

  test.each(names)('%s', async (name) => {
    const random = seeded(name.length)
    await picturesOf(name, (records, type, id) => channelChunks(records, type, id, random, true))
  })

  // Decoders get their bytes at other places of other buffers then; corpus-framing.test.ts cuts every recording every way.
  test.each(['copy-glz', 'copy-quic', 'copy-lz4', 'copy-jpeg', 'two-displays'])('%s in pieces of one byte, and in one', async (name) => {
    await picturesOf(name, function* (records) {
      for (const { bytes } of records) for (let i = 0; i < bytes.length; i++) yield bytes.slice(i, i + 1)
    })
    await picturesOf(name, (records) => [join(...records.map((r) => r.bytes))])
  })

  test('there are recordings', () => {
    expect(names.length).toBeGreaterThanOrEqual(30)
  })
})
