// Why: which recordings the repository keeps, and how to make each of them again. Draws are recorded without compression,
// so that a test of drawing does not need the decoders; codecs have recordings of their own.
import type { RecordOptions } from './record.ts'
import { COMPRESSIONS } from './server.ts'

export interface CorpusEntry {
  readonly name: string
  readonly scene: string
  readonly options: RecordOptions
}

const size = { width: 480, height: 320 } as const

const entry = (name: string, options: RecordOptions = {}, scene = name): CorpusEntry => ({ name, scene, options: { ...size, compression: 'off', ...options } })

const DRAWS = [
  'copy-rop', 'copy-scale', 'copy-scale-rop', 'copy-mask', 'copy-edges', 'fill-rop', 'fill-pattern', 'fill-mask', 'mask-le', 'opaque', 'blend', 'plain',
  'transparent', 'alpha-blend', 'alpha-surfaces', 'rop3', 'stroke', 'text', 'composite-operators', 'composite-alpha', 'composite-geometry',
  'composite-masks', 'clip', 'copy-bits', 'scroll', 'surfaces', 'primary', 'destroy-all', 'monitors', 'cache', 'palettes', 'cursor',
]

export const CORPUS_ENTRIES: readonly CorpusEntry[] = [
  ...COMPRESSIONS.map((compression) => entry(`copy-${compression}`, { compression }, 'copy')),
  entry('copy-jpeg', { compression: 'auto_lz', jpeg: 'always' }, 'copy'),
  entry('copy-zlib', { compression: 'glz', zlib: 'always' }, 'copy'),
  ...(['quic', 'lz', 'glz', 'lz4'] as const).map((compression) => entry(`copy-sizes-${compression}`, { compression }, 'copy-sizes')),
  ...DRAWS.map((scene) => entry(scene)),
  entry('composite-masks-lz', { compression: 'lz' }, 'composite-masks'),
  // 16-bit pictures on surfaces with alpha.
  entry('primary-quic', { compression: 'quic' }, 'primary'),
  entry('glz-window', { compression: 'glz' }),
  // A window so small that the server drops images from it.
  entry('glz-window-small', { compression: 'glz', glzWindow: 65_536 }, 'glz-window'),
  entry('zlib-window', { compression: 'glz', zlib: 'always' }, 'glz-window'),
  entry('cache-full', { pixmapCache: 30_000 }),
  entry('cache-lossy', { compression: 'auto_lz', jpeg: 'always' }),
  entry('two-displays', { compression: 'glz', displays: 2 }),
  entry('stream', { compression: 'quic', video: 'all', codecs: 'spice:mjpeg', frames: 42 }),
  entry('playback', { frames: 30 }),
  entry('playback-raw', { frames: 12 }),
]
