import { decode as decodeJpeg } from 'jpeg-js'
import { describe, expect, test } from 'vitest'
import type { Picture } from '../pixels.ts'
import { replay, seeded, type ReplayCapture, type ReplayOptions, type ReplayOracle } from './replay.testkit.ts'

/** What the bundler makes of import.meta.glob; the recordings belong to another project of the compiler. */
interface Glob {
  <T>(pattern: string, options?: object): Record<string, () => Promise<T>>
}
interface Spcap {
  parseSpcap(file: Uint8Array): ReplayCapture
  oraclePixels(oracle: ReplayOracle): Uint32Array
  channelChunks(records: unknown, type: number, id: number, random: () => number, withLink: boolean): Iterable<Uint8Array>
}
const files = (import.meta as unknown as { glob: Glob }).glob<string>('../../../e2e/spice-server/corpus/*.spcap.gz', { query: '?url&inline', import: 'default' })
const [spcap] = Object.values((import.meta as unknown as { glob: Glob }).glob<Spcap>('../../../e2e/spice-server/spcap.ts'))

async function load(url: string): Promise<Uint8Array> {
  const { body } = await fetch(url)
  return new Uint8Array(await new Response(body!.pipeThrough(new DecompressionStream('gzip'))).arrayBuffer())
}

function jpeg(bytes: Uint8Array): Picture {
  const { width, height, data } = decodeJpeg(bytes, { useTArray: true, maxMemoryUsageInMB: 512 })
  return { width, height, stride: width, alpha: false, data: new Uint32Array(data.buffer, data.byteOffset, width * height) }
}

const ARGB = 96
const A8 = 8

/** Pixels that differ, and the mean absolute error of a colour channel. */
function compare(got: Uint32Array, want: Uint32Array, format: number): { differ: number; error: number } {
  const mask = format === ARGB || format === A8 ? 0xffffffff : 0xffffff
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

// Video is compared by its own test: what a stream showed at some moment depends on time.
const names = Object.keys(files).filter((f) => !f.includes('stream') && !f.includes('video')).sort()

describe('recordings of the real server, against its own pictures', () => {
  test.each(names)('%s', async (file) => {
    const { parseSpcap, oraclePixels, channelChunks } = await spcap!()
    const cap = parseSpcap(await load(await files[file]!()))
    const random = seeded(file.length)
    const lossy = file.includes('jpeg')
    const lost: string[] = []
    let oracles = 0
    const options: ReplayOptions = {
      chunks: (records, type, id) => channelChunks(records, type, id, random, true),
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
    }
    const displays = new Set(cap.records.filter((r) => r.channelType === 2).map((r) => r.channelId))
    for (const id of displays) await replay(cap, options, id)
    expect(lost).toEqual([])
    expect(oracles).toBeGreaterThan(0)
  })

  test('there are recordings', () => {
    expect(names.length).toBeGreaterThanOrEqual(10)
  })
})
