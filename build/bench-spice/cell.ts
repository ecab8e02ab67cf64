// Why: one client on one load: the rate is what the server's sockets say they handed over between two moments, which is
// the same ruler for a viewer and for a page. A cell that hangs or dies is a result, and the run goes on.
import { tmpdir } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { startSpiceServer, type ScriptedServer } from '../../e2e/spice-server/server.ts'
import type { ClientName, Compression, Content } from './args.ts'
import type { Client, RunningClient } from './client.ts'
import type { PageCounts } from './page/contract.ts'
import { loadBetween, usageOf, within } from './processes.ts'
import { cellOf, type CellResult, type Sample } from './result.ts'

const SAMPLE_MS = 40
const WARM_MS = 1000
const START_MS = 20_000
/** More than anybody takes. */
const FRAMES = 5_000_000

/** Reads the server's samples until it ends. */
async function follow(server: ScriptedServer, samples: Sample[]): Promise<void> {
  for (let e = await server.next(); e !== undefined; e = await server.next()) {
    if (e.event !== 'sample') continue
    const bytes = Object.values(e.sent).reduce((a, b) => a + b, 0)
    samples.push({ at: performance.now(), seconds: e.seconds, bytes, draws: e.draws, megapixels: e.megapixels })
  }
}

async function measured(client: RunningClient, server: ScriptedServer, samples: Sample[], seconds: number): Promise<CellResult> {
  for (const end = performance.now() + START_MS; (samples.at(-1)?.draws ?? 0) === 0;) {
    if (performance.now() > end) throw new Error('no draw was taken: the client did not connect')
    await sleep(SAMPLE_MS)
  }
  await sleep(WARM_MS)
  await client.begin()
  const [from, usage, serverUsage] = [performance.now(), usageOf(client.pid), usageOf(server.pid)]
  await sleep(seconds * 1000)
  const [to, usageAfter, serverAfter] = [performance.now(), usageOf(client.pid), usageOf(server.pid)]
  const page: PageCounts | undefined = await client.end()
  const colours = await client.colours()
  return cellOf(samples.filter((s) => s.at >= from && s.at <= to), page, colours, {
    client: loadBetween(usage, usageAfter),
    server: loadBetween(serverUsage, serverAfter),
    rssMB: Math.round(usageAfter.rssMB),
  })
}

export async function runCell(client: Client, content: Content, compression: Compression, seconds: number): Promise<CellResult> {
  const server = await startSpiceServer(`load-${content}`, { compression, width: 1920, height: 1080, frames: FRAMES, argument: SAMPLE_MS, out: tmpdir() })
  const samples: Sample[] = []
  const followed = follow(server, samples)
  let running: RunningClient | undefined
  try {
    running = await client.start(server.port)
    return await within(START_MS + WARM_MS + seconds * 1000 + 40_000, 'the cell', measured(running, server, samples, seconds))
  } catch (e) {
    return { failed: e instanceof Error ? e.message : String(e) }
  } finally {
    const log = await server.stop()
    await followed
    await running?.stop()
    if (/assert|abort/i.test(log)) process.stderr.write(`  the server said: ${log.slice(-300)}\n`)
  }
}

export type Cells = Partial<Record<ClientName, CellResult>>
