// Why: `npm run bench:spice`: this engine, spice-html5 and remote-viewer on the real spice-server, in one run, because
// absolute figures are the machine's. Never a test. See --help (args.ts) for the options.
import { cpus, loadavg } from 'node:os'
import { parseBenchArgs, type BenchArgs, type ClientName } from './args.ts'
import { BenchBrowser, BrowserClient } from './browser.ts'
import { runCell } from './cell.ts'
import type { Client } from './client.ts'
import { inputToPixel, type Spread } from './input.ts'
import { profileWorkers } from './profile.ts'
import { median, ratiosOf, tableOf, type CellResult, type Row } from './result.ts'
import { shellPipeMiBps } from './shell-pipe.ts'
import { soak } from './soak.ts'
import { VirtualDisplay, ViewerClient, viewerMissing } from './viewer.ts'

const COUNTED = 'what the server’s kernel has sent to the client, all channels, between two of the server’s samples'

const ofKey = (s: Spread): string => `median ${s.medianMs} ms, p95 ${s.p95Ms}, least ${s.leastMs}`
const say = (line: string): void => void process.stderr.write(`${line}\n`)

async function clientsOf(args: BenchArgs): Promise<Client[]> {
  const clients: Client[] = []
  for (const name of args.clients) {
    if (name === 'remote-viewer') {
      const missing = viewerMissing()
      if (missing === undefined) clients.push(new ViewerClient(await VirtualDisplay.start()))
      else say(missing)
    } else {
      const script = name === 'engine' ? 'engine' : 'html5'
      clients.push(new BrowserClient(await BenchBrowser.prepare(), script, name === 'engine' && args.profile !== undefined ? profileWorkers(args.profile) : undefined))
    }
  }
  return clients
}

async function table(args: BenchArgs): Promise<Row[]> {
  const clients = await clientsOf(args)
  const rows: Row[] = []
  try {
    for (const content of args.contents) {
      for (const compression of args.compressions) {
        const results = new Map<ClientName, CellResult[]>(clients.map((c) => [c.name, []]))
        // Clients take turns, so that what else the machine does is spread over them.
        for (let run = 0; run < args.runs; run++) for (const c of clients) results.get(c.name)?.push(await runCell(c, content, compression, args.seconds))
        const cells = Object.fromEntries([...results].map(([name, r]) => [name, median(r)])) as Row['clients']
        const row: Row = { content, compression, clients: cells, ratios: ratiosOf(cells) }
        rows.push(row)
        say(tableOf([row]).split('\n').slice(1).join('\n'))
      }
    }
  } finally {
    for (const c of clients) await c.close()
  }
  return rows
}

async function main(): Promise<void> {
  const args = parseBenchArgs(process.argv.slice(2))
  const started = performance.now()
  const rows = args.table ? await table(args) : []
  const shellPipe = args.shellPipe ? await shellPipeMiBps(args.seconds).catch((e: unknown) => String(e)) : undefined
  const input = args.keys > 0 ? await inputToPixel(args.clients, args.keys) : undefined
  const memory = args.soak > 0 ? await soak(args.soak, say) : undefined
  const seconds = Math.round((performance.now() - started) / 1000)
  if (args.json) {
    const report = { cpu: cpus()[0]?.model ?? '', cores: cpus().length, loadAverage: loadavg()[0], counted: COUNTED, seconds, rows, ...(shellPipe !== undefined && { shellPipeMiBps: shellPipe }), ...(input && { inputToPixel: input }), ...(memory && { soak: memory }) }
    process.stdout.write(`${JSON.stringify(report, undefined, 1)}\n`)
    return
  }
  const lines = rows.length > 0 ? [tableOf(rows), `Bytes: ${COUNTED}.`] : []
  if (shellPipe !== undefined) lines.push(`The Chromium shell's pipe, main process to page: ${shellPipe} MiB/s`)
  for (const [name, r] of Object.entries(input ?? {})) lines.push(`Key to pixel, ${name}: ${'failed' in r ? r.failed : `press ${ofKey(r.press)}; release ${ofKey(r.release)} (${r.keys} keys, ${r.missed} changes missed)`}`)
  if (memory !== undefined) lines.push(`Memory over ${memory.seconds} s: ${memory.flat ? 'flat' : 'grows'}, MB a minute: ${JSON.stringify(memory.slopes)}; long tasks: ${memory.counts.longTasksMs.length}`)
  lines.push(`${seconds} s, load average ${loadavg()[0]?.toFixed(1) ?? ''} on ${cpus().length} cores`)
  process.stdout.write(`${lines.join('\n')}\n`)
}

await main().catch((e: unknown) => {
  say(e instanceof Error ? e.message : String(e))
  process.exitCode = 1
})
