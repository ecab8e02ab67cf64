// Why: what the numbers are made of and how they are compared; pure, so that it is tested.
import type { ClientName, Compression, Content } from './args.ts'
import type { PageCounts } from './page/contract.ts'

/** The server's word at a moment: since the load began, all channels of the client. */
export interface Sample {
  /** When it was read, ms of this process's clock. */
  readonly at: number
  readonly seconds: number
  readonly bytes: number
  /** Handed to the server, which drops those that later ones cover. */
  readonly draws: number
  readonly megapixels: number
}

export interface Load {
  /** Cores busy with it, on average. */
  readonly cores: number
  /** Its busiest thread, and how much of a core that took. */
  readonly thread: string
  readonly threadCores: number
}

export interface Cpu {
  readonly client: Load
  readonly server: Load
  readonly rssMB: number
}

export interface Measured {
  /** Of the server's samples. */
  readonly seconds: number
  readonly bytes: number
  readonly MBps: number
  readonly serverDraws: number
  readonly serverMpixPerSecond: number
  readonly cpu: Cpu
  /** What the client itself counted, over its own seconds. */
  readonly clientBytes?: number
  readonly clientSeconds?: number
  readonly draws?: number
  readonly mpixPerSecond?: number
  readonly presentedFrames?: number
  readonly images?: Readonly<Record<string, number>>
  readonly longTasksMs?: readonly number[]
  readonly decodeMs?: number
  readonly presentMs?: number
  readonly problems?: number
  readonly firstProblems?: readonly string[]
  readonly colours?: number
}
export type CellResult = Measured | { readonly failed: string }

const round = (n: number, digits: number): number => Number(n.toFixed(digits))

export function cellOf(samples: readonly Sample[], page: PageCounts | undefined, colours: number | undefined, cpu: Cpu): CellResult {
  const [first, last] = [samples[0], samples.at(-1)]
  if (first === undefined || last === undefined || last.seconds <= first.seconds) return { failed: 'the server did not say how far it was' }
  const seconds = last.seconds - first.seconds
  const bytes = last.bytes - first.bytes
  const { seconds: clientSeconds, bytes: clientBytes, pixels, ...rest } = page ?? { seconds: 0, bytes: 0, pixels: 0 }
  return {
    seconds: round(seconds, 3),
    bytes,
    MBps: round(bytes / seconds / 1e6, 2),
    serverDraws: last.draws - first.draws,
    serverMpixPerSecond: round((last.megapixels - first.megapixels) / seconds, 1),
    cpu,
    ...(page !== undefined && { clientBytes, clientSeconds: round(clientSeconds, 3), mpixPerSecond: round(pixels / clientSeconds / 1e6, 1) }),
    ...rest,
    ...(colours !== undefined && { colours }),
  }
}

/** The one with the median rate; failures count as nothing per second. */
export function median(results: readonly CellResult[]): CellResult {
  const rate = (r: CellResult): number => ('failed' in r ? -1 : r.MBps)
  const sorted = [...results].sort((a, b) => rate(a) - rate(b))
  return sorted[sorted.length >> 1] ?? { failed: 'not run' }
}

export interface Row {
  readonly content: Content
  readonly compression: Compression
  readonly clients: Partial<Record<ClientName, CellResult>>
  readonly ratios: Ratios
}

export interface Ratios {
  /** MB/s of the engine by the other's; null: one of them has none. */
  readonly toHtml5: number | null
  readonly toRemoteViewer: number | null
  /** Where spice-html5 was sent other images than the engine (it offers no LZ4), bytes do not compare: megapixels do. */
  readonly mpixToHtml5: number | null
}

const quotient = (a: number | undefined, b: number | undefined): number | null => (a === undefined || b === undefined || !(b > 0) ? null : round(a / b, 2))

export function ratiosOf(clients: Row['clients']): Ratios {
  const of = (name: ClientName): Measured | undefined => {
    const r = clients[name]
    return r === undefined || 'failed' in r ? undefined : r
  }
  const [engine, html5, viewer] = [of('engine'), of('spice-html5'), of('remote-viewer')]
  return {
    toHtml5: quotient(engine?.MBps, html5?.MBps),
    toRemoteViewer: quotient(engine?.MBps, viewer?.MBps),
    mpixToHtml5: quotient(engine?.mpixPerSecond, html5?.mpixPerSecond),
  }
}

/** A thread that takes this much of a core has none to spare. */
const FULL = 0.85

/** What keeps a cell from being faster: the server's thread or a thread of the client that is never idle; else neither is, and they wait for a core or for each other. */
export function limitOf({ cpu: { client, server } }: Measured): string {
  const [busier, name] = server.threadCores >= client.threadCores ? [server, 'server'] : [client, client.thread]
  return busier.threadCores >= FULL ? name : 'none'
}

/** Kinds of images that one was sent and the other was not: then bytes do not compare. */
export function otherImages(a: CellResult | undefined, b: CellResult | undefined): string {
  if (a === undefined || b === undefined || 'failed' in a || 'failed' in b || a.images === undefined || b.images === undefined) return ''
  const names = Object.keys(b.images).filter((name) => a.images?.[name] === undefined)
  return names.length === 0 ? '' : `was sent ${names.join(', ')}, not ${Object.keys(a.images).join(', ')}`
}

/** What is worth saying about a client's cell, in a few words. */
export function remark(r: CellResult | undefined): string {
  if (r === undefined) return ''
  if ('failed' in r) return r.failed
  const words: string[] = []
  if ((r.problems ?? 0) > 0) words.push(`${r.problems} problems: ${r.firstProblems?.[0]?.slice(0, 60) ?? ''}`)
  if (r.colours !== undefined && r.colours < 3) words.push('paints nothing')
  if (r.draws === 0) words.push('no draw')
  const longest = Math.max(0, ...(r.longTasksMs ?? []))
  if (longest > 0) words.push(`${r.longTasksMs?.length ?? 0} long tasks, ≤${longest} ms`)
  return words.join('; ')
}

const cell = (text: string, width: number): string => text.padStart(width)
const mb = (r: CellResult | undefined): string => (r === undefined ? '' : 'failed' in r ? 'failed' : r.MBps.toFixed(1))
const mpix = (r: CellResult | undefined): string => (r === undefined || 'failed' in r || r.mpixPerSecond === undefined ? '' : r.mpixPerSecond.toFixed(0))
const ratio = (n: number | null): string => (n === null ? '–' : n.toFixed(2))

/** For people: one line a row, remarks below. */
export function tableOf(rows: readonly Row[]): string {
  const head = `${'content'.padEnd(8)}${'compression'.padEnd(12)}${cell('engine', 9)}${cell('html5', 9)}${cell('viewer', 9)}  MB/s ${cell('engine', 8)}${cell('html5', 8)}  Mpix/s ${cell('×html5', 8)}${cell('(Mpix)', 8)}${cell('×viewer', 9)}  cores of client/server, limit of the engine’s cell`
  const lines = rows.map(({ content, compression, clients: c, ratios }) => {
    const [e, h, v] = [c.engine, c['spice-html5'], c['remote-viewer']]
    const cores = [e, h, v].map((r) => (r === undefined || 'failed' in r ? '–' : `${r.cpu.client.cores.toFixed(1)}/${r.cpu.server.cores.toFixed(1)}`)).join(' ')
    const limit = e === undefined || 'failed' in e ? '' : limitOf(e)
    return `${content.padEnd(8)}${compression.padEnd(12)}${cell(mb(e), 9)}${cell(mb(h), 9)}${cell(mb(v), 9)}       ${cell(mpix(e), 8)}${cell(mpix(h), 8)}         ${cell(ratio(ratios.toHtml5), 8)}${cell(ratio(ratios.mpixToHtml5), 8)}${cell(ratio(ratios.toRemoteViewer), 9)}  ${cores}  ${limit}`
  })
  const remarks = rows.flatMap(({ content, compression, clients }) =>
    Object.entries(clients).map(([name, r]) => [name, [otherImages(clients.engine, r), remark(r)].filter((t) => t !== '').join('; ')] as const).filter(([, text]) => text !== '').map(([name, text]) => `  ${content} ${compression}, ${name}: ${text}`))
  return [head, ...lines, ...(remarks.length > 0 ? ['Remarks:', ...remarks] : [])].join('\n')
}

/** Least squares, units of y a unit of x. 0 for fewer than two points. */
export function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const n = points.length
  if (n < 2) return 0
  const mx = points.reduce((s, [x]) => s + x, 0) / n
  const my = points.reduce((s, [, y]) => s + y, 0) / n
  const top = points.reduce((s, [x, y]) => s + (x - mx) * (y - my), 0)
  const bottom = points.reduce((s, [x]) => s + (x - mx) ** 2, 0)
  return bottom === 0 ? 0 : top / bottom
}

/** Sorted copy's value at `q` (0 to 1); 0 of none. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0
}
