// Why: recordings and the scripted server by hand; USAGE below says how.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { must } from '../lab/run.ts'
import { buildSpiceServer } from './build.ts'
import { CORPUS_ENTRIES } from './corpus-list.ts'
import { CORPUS, readRecording, writeRecording } from './corpus.ts'
import { describe } from './describe.ts'
import { runGolden } from './golden.ts'
import { encodePng } from './picture.ts'
import { record } from './record.ts'
import type { RecordOptions } from './record.ts'
import { COMPRESSIONS, startSpiceServer } from './server.ts'
import type { Compression } from './server.ts'
import { oraclePixels } from './spcap.ts'

const USAGE = `usage: node e2e/spice-server/cli.ts COMMAND
  scenes                              names of all scenes
  record SCENE COMPRESSION [options]  one recording; --out FILE (default SCENE-COMPRESSION.spcap.br)
  serve SCENE COMPRESSION [options]   a server for any client; prints its port and events
  describe FILE                       what a recording holds
  picture FILE DIR                    its oracle pictures as PNG
  corpus [NAME...]                    records the repository's corpus (or some of it) again
  golden [SCENE]                      every scene and compression, live, through the engine; --short: a tenth
options: --jpeg auto|always|never  --zlib auto|always|never  --video off|all|filter  --codecs LIST
  --width N --height N --displays N --frames N --seed N --argument N --pixmap-cache PIXELS --glz-window PIXELS
compressions: ${COMPRESSIONS.join(' ')}`

const NAMES = ['out', 'jpeg', 'zlib', 'video', 'codecs', 'width', 'height', 'displays', 'frames', 'seed', 'argument', 'pixmap-cache', 'glz-window'] as const

class Usage extends Error {}

function parse(argv: readonly string[]): { words: string[]; options: RecordOptions; out: string | undefined; short: boolean } {
  const strings = Object.fromEntries(NAMES.map((n) => [n, { type: 'string' as const }]))
  const parsed = parseArgs({ args: [...argv], allowPositionals: true, options: { short: { type: 'boolean' }, ...strings } })
  const values: Readonly<Record<string, string | boolean | undefined>> = parsed.values
  const options: Record<string, string | number> = {}
  for (const [name, value] of Object.entries(values)) {
    const text = String(value)
    const key = name.replace(/-(.)/g, (_, c: string) => c.toUpperCase())
    if (name !== 'out' && name !== 'short') options[key] = ['jpeg', 'zlib', 'video', 'codecs'].includes(name) ? text : Number(text)
  }
  return { words: parsed.positionals, options: options as RecordOptions, out: values['out'] === undefined ? undefined : String(values['out']), short: values['short'] === true }
}

function compressionOf(word: string | undefined): Compression {
  const found = COMPRESSIONS.find((c) => c === word)
  if (found === undefined) throw new Usage(`no such compression: ${word}`)
  return found
}

async function serve(scene: string, options: RecordOptions): Promise<void> {
  const out = mkdtempSync(join(tmpdir(), 'latchkey-spice-'))
  const server = await startSpiceServer(scene, { ...options, out })
  process.once('SIGINT', () => void server.stop())
  try {
    console.log(JSON.stringify({ event: 'listening', port: server.port, pid: server.pid }))
    for (let event = await server.next(); event !== undefined; event = await server.next()) console.log(JSON.stringify(event))
  } finally {
    await server.stop()
    rmSync(out, { recursive: true })
  }
}

async function corpus(names: readonly string[]): Promise<void> {
  mkdirSync(CORPUS, { recursive: true })
  for (const entry of CORPUS_ENTRIES) {
    if (names.length > 0 && !names.includes(entry.name)) continue
    const cap = await record(entry.scene, entry.options)
    const bytes = writeRecording(join(CORPUS, `${entry.name}.spcap.br`), cap)
    console.log(`${entry.name}: ${bytes} bytes ${JSON.stringify(describe(cap).images)}`)
  }
}

async function main(argv: readonly string[]): Promise<void> {
  const { words: [command, first, second, ...more], options, out, short } = parse(argv)
  if (command === 'scenes') console.log((await must(await buildSpiceServer(), ['--list'])).trimEnd())
  else if (command === 'record' && first !== undefined) {
    const cap = await record(first, { ...options, compression: compressionOf(second), onEvent: (e) => void (e.event === 'load' && console.log(JSON.stringify(e))) })
    const file = out ?? `${first}-${second}.spcap.br`
    console.log(`${file}: ${writeRecording(file, cap)} bytes`, describe(cap))
  } else if (command === 'serve' && first !== undefined) await serve(first, { ...options, compression: compressionOf(second) })
  else if (command === 'describe' && first !== undefined) {
    const cap = readRecording(first)
    console.log(cap.header, describe(cap))
  } else if (command === 'picture' && first !== undefined && second !== undefined) {
    mkdirSync(second, { recursive: true })
    let n = 0
    for (const r of readRecording(first).records) {
      if (r.kind !== 4) continue
      const file = join(second, `${n++}-${r.label}-${r.display}-${r.surface}.png`)
      writeFileSync(file, encodePng(r.width, r.height, oraclePixels(r)))
      console.log(file)
    }
  } else if (command === 'golden') {
    if ((await runGolden(short, console.log, first)) > 0) process.exitCode = 1
  } else if (command === 'golden') {
    if ((await runGolden(short, console.log, first)) > 0) process.exitCode = 1
  } else if (command === 'corpus') await corpus([first, second, ...more].filter((n) => n !== undefined))
  else throw new Usage('no such command')
}

try {
  await main(process.argv.slice(2))
} catch (e) {
  if (!(e instanceof Usage)) throw e
  console.error(`${e.message}\n${USAGE}`)
  process.exitCode = 2
}
