// Why: what a probe says at its end, in two forms: JSON for programs, whose names are an interface, and lines for people.
import type { ProbeChannel, ProbeReport } from '../../../shared/ipc/probe.ts'
import { printable, type AppError } from '../../core/errors.ts'

/** SPICE channel types by the protocol's numbers (spice/enums.h), as far as a probe opens them. */
const CHANNEL_NAMES: readonly (string | undefined)[] = [undefined, 'main', 'display', 'inputs', 'cursor', 'playback']

export interface ProbeResult {
  readonly ok: boolean
  /** Why not; `detail` is one sentence for an administrator, without secrets. */
  readonly error?: { readonly code: AppError['code']; readonly detail: string }
  /** Those that were linked. */
  readonly channels: readonly { readonly type: string; readonly id: number; readonly bytes: number; readonly messages: number; readonly lost: number }[]
  /** From the server's taking of the ticket to the end of the measurement. */
  readonly seconds: number
  /** Taken off the streams, all channels together. */
  readonly bytes: number
  readonly messages: number
  readonly draws: number
  /** Of the boxes of draws, inside their surfaces. */
  readonly pixels: number
  /** How many images of each type came. */
  readonly images: Readonly<Record<string, number>>
  readonly decodeMs: number
  readonly presentedFrames: number
  /** Sum of the tasks that blocked the page's main thread for 50 ms or more. */
  readonly longTasksMs: number
  /** Median round trip; null: not measured. */
  readonly rttMs: number | null
  /** JavaScript memory in units of 10^6 bytes; null: the browser does not tell. */
  readonly heapMB: number | null
}

export interface Picture {
  readonly width: number
  readonly height: number
  /** R, G, B and a fourth byte, rows top-down. */
  readonly rgba: Uint8Array
}

/** @param report undefined: the page did not get that far @param redact see Redactor */
export function resultOf(report: ProbeReport | undefined, error: AppError | undefined, redact: (text: string) => string): ProbeResult {
  const channels = (report?.channels ?? []).map(named)
  return {
    ok: error === undefined,
    ...(error && { error: { code: error.code, detail: printable(redact(error.detail)) } }),
    channels,
    seconds: rounded(report?.seconds ?? 0),
    bytes: sum(channels, 'bytes'),
    messages: sum(channels, 'messages'),
    draws: report?.draws ?? 0,
    pixels: report?.pixels ?? 0,
    images: report?.images ?? {},
    decodeMs: rounded(report?.decodeMs ?? 0),
    presentedFrames: report?.presentedFrames ?? 0,
    longTasksMs: rounded(report?.longTasksMs ?? 0),
    rttMs: report?.rttMs === undefined ? null : rounded(report.rttMs),
    heapMB: report?.heapMB === undefined ? null : rounded(report.heapMB),
  }
}

const rounded = (n: number): number => Math.round(n * 1000) / 1000
const named = ({ type, ...rest }: ProbeChannel): ProbeResult['channels'][number] => ({ type: CHANNEL_NAMES[type] ?? String(type), ...rest })
const sum = (channels: ProbeResult['channels'], key: 'bytes' | 'messages'): number => channels.reduce((n, c) => n + c[key], 0)

/** Lines for a person; none where nothing was reached, since the error says it all. @param where the display's name; `saved` the written picture */
export function describe(r: ProbeResult, where: string, saved?: { readonly file: string; readonly width: number; readonly height: number }): string {
  if (r.channels.length === 0) return ''
  const lost = r.channels.reduce((n, c) => n + c.lost, 0)
  const images = Object.entries(r.images).sort(([, a], [, b]) => b - a).map(([name, n]) => `${n} ${name}`)
  const rows: [string, string][] = [
    ['display', `${where}, connected for ${r.seconds.toFixed(1)} s`],
    ['channels', r.channels.map((c) => (c.id === 0 ? c.type : `${c.type} ${c.id}`)).join(', ')],
    ['received', `${megabytes(r.bytes)} in ${r.messages} messages${lost > 0 ? `, ${lost} of them not understood` : ''}`],
    ['drawn', `${r.draws} draws, ${(r.pixels / 1e6).toFixed(1)} million pixels, ${r.presentedFrames} frames presented`],
    ['images', images.join(', ')],
    ['decoding', `${r.decodeMs.toFixed(0)} ms`],
    ['round trip', r.rttMs === null ? '' : `${r.rttMs.toFixed(1)} ms`],
    ['main thread', r.longTasksMs === 0 ? 'never blocked for 50 ms' : `blocked for ${r.longTasksMs.toFixed(0)} ms in all`],
    ['memory', r.heapMB === null ? '' : `${r.heapMB.toFixed(1)} MB`],
    ['picture', saved ? `${saved.file}, ${saved.width} × ${saved.height}` : ''],
  ]
  return rows.filter(([, text]) => text !== '').map(([name, text]) => `${name.padEnd(12)}${text}\n`).join('')
}

const megabytes = (bytes: number): string => (bytes < 1e6 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`)
