// Why: what a client costs is what its processes cost, all of them; read from /proc, which counts for a viewer as for a
// browser, and does not ask either.
import { readdirSync, readFileSync } from 'node:fs'

/** Clock ticks a second in /proc: fixed for programs on Linux. */
const TICKS = 100
const PAGE_MB = 4096 / 1e6


interface Stat {
  readonly name: string
  readonly parent: number
  readonly seconds: number
  readonly rssMB: number
}

function statOf(path: string): Stat | undefined {
  try {
    const text = readFileSync(`${path}/stat`, 'latin1')
    const end = text.lastIndexOf(')')
    const f = text.slice(end + 2).split(' ').map(Number)
    return { name: text.slice(text.indexOf('(') + 1, end), parent: f[1] ?? 0, seconds: ((f[11] ?? 0) + (f[12] ?? 0)) / TICKS, rssMB: (f[21] ?? 0) * PAGE_MB }
  } catch {
    return undefined // it has ended meanwhile
  }
}

const numbersIn = (path: string): number[] => {
  try {
    return readdirSync(path).map(Number).filter((n) => n > 0)
  } catch {
    return []
  }
}

/** What kind of a browser's process it is; '' for others. */
function kindOf(pid: number): string {
  try {
    const args = readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0')
    const value = (name: string): string | undefined => args.find((a) => a.startsWith(`--${name}=`))?.slice(name.length + 3)
    return value('utility-sub-type')?.replace(/^.*\./, '') ?? value('type') ?? ''
  } catch {
    return ''
  }
}

export interface Usage {
  /** When it was looked, ms. */
  readonly at: number
  /** CPU time since they started, of those that still run. */
  readonly seconds: number
  /** Resident memory, shared pages counted in each. */
  readonly rssMB: number
  /** CPU time by thread. */
  readonly threads: ReadonlyMap<string, number>
}

/** Of a process and all its descendants. */
export function usageOf(root: number): Usage {
  const all = new Map<number, Stat>()
  for (const pid of numbersIn('/proc')) {
    const stat = statOf(`/proc/${pid}`)
    if (stat !== undefined) all.set(pid, stat)
  }
  const members = new Set([root])
  for (let grown = true; grown;) {
    grown = false
    for (const [pid, { parent }] of all) {
      if (members.has(pid) || !members.has(parent)) continue
      members.add(pid)
      grown = true
    }
  }
  let [seconds, rssMB] = [0, 0]
  const threads = new Map<string, number>()
  for (const pid of members) {
    seconds += all.get(pid)?.seconds ?? 0
    rssMB += all.get(pid)?.rssMB ?? 0
    for (const tid of numbersIn(`/proc/${pid}/task`)) {
      const t = statOf(`/proc/${pid}/task/${tid}`)
      if (t !== undefined) threads.set(`${pid}/${tid}/${t.name}`, t.seconds)
    }
  }
  return { at: performance.now(), seconds, rssMB, threads }
}

/** Cores that were busy between two looks, and the thread that was busiest. */
export function loadBetween(a: Usage, b: Usage): { readonly cores: number; readonly thread: string; readonly threadCores: number } {
  const wall = (b.at - a.at) / 1000
  let [most, busiest] = [0, '']
  for (const [key, seconds] of b.threads) {
    const used = seconds - (a.threads.get(key) ?? 0)
    if (used > most) [most, busiest] = [used, key]
  }
  const [pid, , name = ''] = busiest.split('/')
  const kind = pid === undefined ? '' : kindOf(Number(pid))
  const round = (n: number): number => Math.round(n * 100) / 100
  return { cores: round(Math.max(0, b.seconds - a.seconds) / wall), thread: (kind === '' ? name : `${kind} ${name}`), threadCores: round(most / wall) }
}

export class TimedOut extends Error {
  override readonly name = 'TimedOut'
}

/** Rejects with TimedOut when `work` takes longer; what it does then is its own affair. */
export async function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  work.catch(() => undefined)
  try {
    return await Promise.race([work, new Promise<never>((_, reject) => { timer = setTimeout(() => { reject(new TimedOut(`${what} took over ${ms} ms`)) }, ms) })])
  } finally {
    clearTimeout(timer)
  }
}
