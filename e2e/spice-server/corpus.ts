// Why: recordings as files: gzip'd .spcap, by name, for tests in Node.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { parseSpcap, serializeSpcap } from './spcap.ts'
import type { Spcap } from './spcap.ts'

export const CORPUS = join(import.meta.dirname, 'corpus')

/** Names of the recordings kept in the repository, without `.spcap.gz`. */
export function corpusNames(): string[] {
  return readdirSync(CORPUS).filter((f) => f.endsWith('.spcap.gz')).map((f) => f.slice(0, -'.spcap.gz'.length)).sort()
}

export function readRecording(file: string): Spcap {
  const bytes = readFileSync(file)
  return parseSpcap(file.endsWith('.gz') ? gunzipSync(bytes) : bytes)
}

export function readCorpus(name: string): Spcap {
  return readRecording(join(CORPUS, `${name}.spcap.gz`))
}

/** Writes gzip'd if the name ends so; returns the size in bytes. */
export function writeRecording(file: string, cap: Spcap): number {
  const bytes = serializeSpcap(cap)
  const out = file.endsWith('.gz') ? gzipSync(bytes, { level: 9 }) : bytes
  writeFileSync(file, out)
  return out.length
}
