// Why: recordings as files, for tests in Node: `.spcap.br`, the bytes' differences packed by Brotli. Pictures are most of a
// recording; pixel differences and a window over the whole file make it two to five times smaller than gzip does.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, brotliDecompressSync, constants, gunzipSync, gzipSync } from 'node:zlib'
import { parseSpcap, serializeSpcap } from './spcap.ts'
import type { Spcap } from './spcap.ts'

export const CORPUS = join(import.meta.dirname, 'corpus')

/** Names of the recordings kept in the repository, without `.spcap.br`. */
export function corpusNames(): string[] {
  return readdirSync(CORPUS).filter((f) => f.endsWith('.spcap.br')).map((f) => f.slice(0, -'.spcap.br'.length)).sort()
}

/** Reads `.spcap`, `.spcap.br` and `.spcap.gz`. */
export function readRecording(file: string): Spcap {
  const bytes = readFileSync(file)
  if (file.endsWith('.br')) return parseSpcap(unpack(bytes))
  return parseSpcap(file.endsWith('.gz') ? gunzipSync(bytes) : bytes)
}

export function readCorpus(name: string): Spcap {
  return readRecording(join(CORPUS, `${name}.spcap.br`))
}

/** Packed as the end of the name says; returns the size in bytes. */
export function writeRecording(file: string, cap: Spcap): number {
  const bytes = serializeSpcap(cap)
  const out = file.endsWith('.br') ? pack(bytes) : file.endsWith('.gz') ? gzipSync(bytes) : bytes
  writeFileSync(file, out)
  return out.length
}

/** Pixels are four bytes: each byte becomes its difference from the fourth before it. */
const LAG = 4

export function pack(bytes: Uint8Array): Uint8Array {
  const differences = Uint8Array.from(bytes)
  for (let i = bytes.length - 1; i >= LAG; i--) differences[i] = bytes[i]! - bytes[i - LAG]!
  return brotliCompressSync(differences, { params: { [constants.BROTLI_PARAM_LGWIN]: 24, [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } })
}

export function unpack(packed: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(brotliDecompressSync(packed))
  for (let i = LAG; i < bytes.length; i++) bytes[i] = bytes[i]! + bytes[i - LAG]!
  return bytes
}
