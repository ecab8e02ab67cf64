// Why: which recordings the repository keeps, and how to make each of them again.
import type { RecordOptions } from './record.ts'
import { COMPRESSIONS } from './server.ts'

export interface CorpusEntry {
  readonly name: string
  readonly scene: string
  readonly options: RecordOptions
}

const small = { width: 480, height: 320 }

export const CORPUS_ENTRIES: readonly CorpusEntry[] = [
  ...COMPRESSIONS.map((compression) => ({ name: `copy-${compression}`, scene: 'copy', options: { ...small, compression } })),
  { name: 'copy-jpeg', scene: 'copy', options: { ...small, compression: 'auto_lz', jpeg: 'always' } },
  { name: 'copy-zlib', scene: 'copy', options: { ...small, compression: 'glz', zlib: 'always' } },
  { name: 'fill-rop', scene: 'fill-rop', options: small },
]
