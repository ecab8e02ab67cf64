// Why: a mistyped option of a run that takes minutes is an error with the usage, at once.
import { parseArgs } from 'node:util'

export const CONTENTS = ['photo', 'text', 'scroll', 'fill', 'mix'] as const
export type Content = (typeof CONTENTS)[number]
export const COMPRESSIONS = ['off', 'quic', 'lz', 'glz', 'lz4', 'auto_glz'] as const
export type Compression = (typeof COMPRESSIONS)[number]
export const CLIENTS = ['engine', 'spice-html5', 'remote-viewer'] as const
export type ClientName = (typeof CLIENTS)[number]

export interface BenchArgs {
  readonly contents: readonly Content[]
  readonly compressions: readonly Compression[]
  readonly clients: readonly ClientName[]
  /** Of one measurement, after a second of warming up. */
  readonly seconds: number
  /** Measurements of each cell; the median counts. */
  readonly runs: number
  readonly json: boolean
  /** The table of every content and compression; not with --soak or --input alone. */
  readonly table: boolean
  /** Seconds of the memory test; 0: none. */
  readonly soak: number
  /** Keys of the input-to-pixel measurement; 0: none. */
  readonly keys: number
  readonly shellPipe: boolean
  /** Folder for CPU profiles of the engine's worker, one a cell. */
  readonly profile: string | undefined
}

export const USAGE = `npm run bench:spice -- [--short] [--content LIST] [--compression LIST] [--clients LIST] [--seconds N] [--runs N]
  [--input] [--keys N] [--soak SECONDS] [--no-table] [--no-shell-pipe] [--profile FOLDER] [--json]
  content: ${CONTENTS.join(',')}   compression: ${COMPRESSIONS.join(',')}   clients: ${CLIENTS.join(',')}
  --short: photo and text × off, quic, lz, glz, and 1.5 seconds each`

function list<T extends string>(name: string, text: string | undefined, known: readonly T[], all: readonly T[]): readonly T[] {
  if (text === undefined) return all
  return text.split(',').map((word) => {
    const found = known.find((k) => k === word)
    if (found === undefined) throw new Error(`--${name}: "${word}" is none of ${known.join(', ')}\n${USAGE}`)
    return found
  })
}

function number(name: string, text: string | undefined, otherwise: number, least: number, most: number): number {
  if (text === undefined) return otherwise
  const n = Number(text)
  if (text.trim() === '' || !(n >= least && n <= most)) throw new Error(`--${name} must be from ${least} to ${most}, not "${text}"\n${USAGE}`)
  return n
}

/** Throws an Error whose message is what to print. */
export function parseBenchArgs(argv: readonly string[]): BenchArgs {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean', default: false } as const
  const { values: v } = parseArgs({
    args: [...argv],
    options: {
      content: text, compression: text, clients: text, seconds: text, runs: text, keys: text, soak: text, profile: text,
      short: flag, json: flag, input: flag, table: { type: 'boolean', default: true }, 'shell-pipe': { type: 'boolean', default: true },
    },
    allowNegative: true,
  })
  return {
    contents: list('content', v.content, CONTENTS, v.short ? ['photo', 'text'] : CONTENTS),
    compressions: list('compression', v.compression, COMPRESSIONS, v.short ? ['off', 'quic', 'lz', 'glz'] : COMPRESSIONS),
    clients: list('clients', v.clients, CLIENTS, CLIENTS),
    seconds: number('seconds', v.seconds, v.short ? 1.5 : 2.5, 0.2, 60),
    runs: Math.floor(number('runs', v.runs, 1, 1, 9)),
    json: v.json,
    table: v.table,
    soak: number('soak', v.soak, 0, 5, 36_000),
    keys: v.input || v.keys !== undefined ? Math.floor(number('keys', v.keys, 60, 4, 10_000)) : 0,
    shellPipe: v['shell-pipe'] ?? true,
    profile: v.profile,
  }
}
