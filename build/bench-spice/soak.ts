// Why: a console is open for a working day. The engine takes a mixed load for minutes, and what its page, its worker and
// the browser's processes hold is looked at all the time: flat is a line without a slope once it has warmed up.
import { tmpdir } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { startSpiceServer } from '../../e2e/spice-server/server.ts'
import type { BarePage} from './bare-page.ts';
import { type Nested } from './bare-page.ts'
import { BenchBrowser } from './browser.ts'
import type { PageCounts } from './page/contract.ts'
import { usageOf } from './processes.ts'
import { slope } from './result.ts'

export interface MemoryPoint {
  /** Since the first draw. */
  readonly seconds: number
  /** Of all processes of the browser, resident. */
  readonly rssMB: number
  /** After a collection: JavaScript objects, and array buffers and WebAssembly memory beside them. */
  readonly pageHeapMB: number
  readonly workerHeapMB: number
  readonly workerBuffersMB: number
}

export interface SoakReport {
  readonly seconds: number
  readonly compression: string
  readonly points: readonly MemoryPoint[]
  /** MB a minute over the last two thirds. */
  readonly slopes: Readonly<Record<'rssMB' | 'pageHeapMB' | 'workerHeapMB' | 'workerBuffersMB', number>>
  /** No heap grows faster than FLAT_MB_PER_MINUTE and by more than the pictures that happen to be under way. */
  readonly flat: boolean
  readonly counts: PageCounts
}

export const FLAT_MB_PER_MINUTE = 1
/** Two pictures of a third of the screen, more or less, say nothing. */
const UNDER_WAY_MB = 6
const MB = 1e6

async function heapOf(session: Nested): Promise<{ readonly heap: number; readonly buffers: number }> {
  await session.send('HeapProfiler.collectGarbage')
  const u = (await session.send('Runtime.getHeapUsage')) as { readonly usedSize: number; readonly backingStorageSize?: number }
  return { heap: u.usedSize / MB, buffers: (u.backingStorageSize ?? 0) / MB }
}

export function judge(points: readonly MemoryPoint[]): Pick<SoakReport, 'slopes' | 'flat'> {
  const late = points.slice(Math.floor(points.length / 3))
  const of = (key: keyof MemoryPoint): number => Math.round(slope(late.map((p) => [p.seconds / 60, p[key]] as const)) * 100) / 100
  const slopes = { rssMB: of('rssMB'), pageHeapMB: of('pageHeapMB'), workerHeapMB: of('workerHeapMB'), workerBuffersMB: of('workerBuffersMB') }
  const minutes = ((late.at(-1)?.seconds ?? 0) - (late[0]?.seconds ?? 0)) / 60
  const flat = [slopes.pageHeapMB, slopes.workerHeapMB, slopes.workerBuffersMB].every((s) => s < FLAT_MB_PER_MINUTE || s * minutes < UNDER_WAY_MB)
  return { slopes, flat }
}

/** The mixed load under auto_glz for so many seconds, a look every fortieth of them. */
export async function soak(seconds: number, say: (line: string) => void): Promise<SoakReport> {
  const compression = 'auto_glz'
  const server = await startSpiceServer('load-mix', { compression, width: 1920, height: 1080, frames: 5_000_000, out: tmpdir() })
  const browser = await BenchBrowser.prepare()
  try {
    let worker: Nested | undefined
    const page: BarePage = await browser.page('engine', async (session) => {
      session.onAttached = (child, type) => { if (type === 'worker') worker = child }
      await session.send('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: false, flatten: false })
    })
    await page.evaluate(`bench.start('ws://127.0.0.1:${server.port}/')`)
    await page.evaluate('bench.begin()')
    if (worker === undefined) throw new Error('the worker was not seen')
    const start = performance.now()
    const points: MemoryPoint[] = []
    while (performance.now() - start < seconds * 1000) {
      await sleep((seconds * 1000) / 40)
      const [p, w] = [await heapOf(page.session), await heapOf(worker)]
      const round = (n: number): number => Math.round(n * 10) / 10
      points.push({ seconds: Math.round((performance.now() - start) / 1000), rssMB: round(usageOf(browser.pid).rssMB), pageHeapMB: round(p.heap), workerHeapMB: round(w.heap), workerBuffersMB: round(w.buffers) })
      say(`  ${JSON.stringify(points.at(-1))}`)
    }
    const counts = await page.evaluate<PageCounts>('bench.end()')
    await page.close()
    return { seconds, compression, points, ...judge(points), counts }
  } finally {
    await server.stop()
    await browser.close()
  }
}
