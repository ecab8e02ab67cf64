// Why: the proof on the real server: every scene under every compression, recorded live and replayed at once through the
// engine's display model in random pieces, compared with the server's own pictures. The corpus is a sample of this.
import { decode as decodeJpeg } from 'jpeg-js'
import { record } from './record.ts'
import type { RecordOptions } from './record.ts'
import { COMPRESSIONS } from './server.ts'
import { channelChunks, oraclePixels } from './spcap.ts'
import type { OracleRecord, Spcap, SpcapRecord } from './spcap.ts'

export interface Case {
  readonly scene: string
  readonly options: RecordOptions
}

/** Greatest mean absolute error of a colour channel where JPEG was on; everything else is exact. */
export const LOSSY_LIMIT = 3

const SIZE = { width: 480, height: 320 } as const

/** Scenes with images worth compressing in every way; `copy-large` has the sizes that only video and photos reach. */
const IMAGE_SCENES = ['copy', 'copy-sizes', 'copy-large', 'copy-scale', 'opaque', 'rop3', 'alpha-surfaces', 'composite-masks', 'cache', 'cache-full', 'palettes', 'glz-window', 'surfaces', 'primary']
const OTHER_SCENES = [
  'copy-rop', 'copy-scale-rop', 'copy-mask', 'copy-edges', 'fill-rop', 'fill-pattern', 'fill-mask', 'mask-le', 'blend', 'plain', 'transparent', 'alpha-blend',
  'stroke', 'text', 'composite-operators', 'composite-alpha', 'composite-geometry', 'clip', 'copy-bits', 'scroll', 'destroy-all', 'monitors',
]

/** All cases, or about a tenth of them. */
export function goldenCases(short: boolean): Case[] {
  const cases: Case[] = []
  const add = (scene: string, options: RecordOptions): void => void cases.push({ scene, options: { ...SIZE, ...options } })
  for (const scene of IMAGE_SCENES) {
    for (const compression of COMPRESSIONS) add(scene, { compression, ...(scene === 'cache-full' ? { pixmapCache: 30_000 } : {}) })
    add(scene, { compression: 'glz', zlib: 'always' })
    add(scene, { compression: 'auto_glz', zlib: 'always' })
    // With 16-bit surfaces the server aborts where it wants to repeat lossy pixels.
    if (scene !== 'surfaces' && scene !== 'primary') add(scene, { compression: 'auto_lz', jpeg: 'always' })
  }
  for (const scene of OTHER_SCENES) for (const compression of ['off', 'auto_glz', 'lz4'] as const) add(scene, { compression })
  add('cache-lossy', { compression: 'auto_lz', jpeg: 'always' })
  add('cache-lossy', { compression: 'auto_glz', jpeg: 'always', zlib: 'always' })
  add('glz-window', { compression: 'glz', glzWindow: 65_536 })
  return short ? cases.filter((_, i) => i % 11 === 4) : cases
}

export interface Verdict {
  readonly oracles: number
  /** Pixels that differ, of all oracles together. */
  readonly differ: number
  /** The worst oracle's mean absolute error of a colour channel. */
  readonly error: number
  /** Messages that the engine gave up. */
  readonly lost: readonly string[]
  /** Box around the first oracle's differing pixels. */
  readonly where: string
}

/** @param got words 0xAABBGGRR, row by row. Alpha counts where the surface has it. */
export function compare(oracle: OracleRecord, got: Uint32Array, stride = oracle.width): { differ: number; error: number; where: string } {
  const want = oraclePixels(oracle)
  const mask = oracle.format === 96 || oracle.format === 8 ? 0xffffffff : 0x00ffffff
  let [differ, sum, left, top, right, bottom] = [0, 0, Infinity, Infinity, -1, -1]
  for (let y = 0; y < oracle.height; y++) {
    for (let x = 0; x < oracle.width; x++) {
      const a = got[y * stride + x] ?? 0
      const b = want[y * oracle.width + x] ?? 0
      if (((a ^ b) & mask) === 0) continue
      differ++
      left = Math.min(left, x)
      top = Math.min(top, y)
      right = Math.max(right, x)
      bottom = Math.max(bottom, y)
      for (let shift = 0; shift < 24; shift += 8) sum += Math.abs(((a >>> shift) & 255) - ((b >>> shift) & 255))
    }
  }
  const where = differ === 0 ? '' : `${oracle.label} surface ${oracle.surface}: ${differ} pixels in ${left},${top} to ${right},${bottom}`
  return { differ, error: sum / (oracle.width * oracle.height * 3), where }
}

/** What is used of renderer/spice/display/replay.testkit.ts, which another compiler project owns. */
interface ReplayKit {
  seeded(seed: number): () => number
  replay(cap: Spcap, options: {
    chunks(records: readonly SpcapRecord[], type: number, id: number): Iterable<Uint8Array>
    jpeg(bytes: Uint8Array): unknown
    onLost(type: number, error: unknown): void
    onOracle(oracle: OracleRecord, surface: { readonly data: Uint32Array; readonly stride: number; readonly width: number; readonly height: number } | undefined): void
  }, id: number): Promise<unknown>
}

/** Replays a recording's first display through the engine. */
export async function verify(cap: Spcap, seed: number): Promise<Verdict> {
  const kit = (await import(new URL('../../renderer/spice/display/replay.testkit.ts', import.meta.url).href)) as ReplayKit
  const random = kit.seeded(seed)
  const lost: string[] = []
  let [oracles, differ, error, where] = [0, 0, 0, '']
  await kit.replay(cap, {
    chunks: (records, type, id) => channelChunks(records, type, id, random, true),
    jpeg: (bytes) => {
      const { width, height, data } = decodeJpeg(bytes, { useTArray: true })
      return Promise.resolve({ width, height, stride: width, alpha: false, data: new Uint32Array(data.buffer, data.byteOffset, width * height) })
    },
    onLost: (type, e) => void lost.push(`${type}: ${String(e)}`),
    onOracle: (oracle, surface) => {
      oracles++
      if (surface === undefined || surface.width !== oracle.width || surface.height !== oracle.height) {
        lost.push(`surface ${oracle.surface} of ${oracle.label} is not there or of another size`)
        return
      }
      const result = compare(oracle, surface.data, surface.stride)
      differ += result.differ
      error = Math.max(error, result.error)
      if (where === '') where = result.where
    },
  }, 0)
  return { oracles, differ, error, lost, where }
}

const aborted = (e: unknown): Verdict => ({ oracles: 0, differ: 0, error: 0, lost: [String(e)], where: '' })

/** Is the picture what was promised? */
export function passes(test: Case, v: Verdict): boolean {
  const right = test.options.jpeg === 'always' ? v.error < LOSSY_LIMIT : v.differ === 0
  return right && v.lost.length === 0 && v.oracles > 0
}

/** Runs the cases one after another, prints one line each; resolves to the number of failures. */
export async function runGolden(short: boolean, print: (line: string) => void, only?: string): Promise<number> {
  let failures = 0
  for (const [i, test] of goldenCases(short).entries()) {
    if (only !== undefined && only !== test.scene) continue
    const verdict = await record(test.scene, test.options).then((cap) => verify(cap, i), aborted)
    const ok = passes(test, verdict)
    if (!ok) failures++
    const { compression, jpeg, zlib } = test.options
    const how = [compression, jpeg === undefined ? '' : 'jpeg', zlib === undefined ? '' : 'zlib'].filter((s) => s !== '').join('+')
    print(`${ok ? 'ok  ' : 'FAIL'} ${test.scene} ${how}: ${verdict.oracles} pictures, ${verdict.differ} pixels differ${verdict.error > 0 ? `, error ${verdict.error.toFixed(3)}` : ''}${ok ? '' : `; ${verdict.where}; ${verdict.lost.slice(0, 3).join('; ')}`}`)
  }
  return failures
}
