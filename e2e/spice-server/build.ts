// Why: the scripted server is C on Debian's libspice-server-dev; it is compiled when its sources, flags or library
// changed, into .build/, and never downloaded.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { must, run } from '../lab/run.ts'

const SOURCES = join(import.meta.dirname, 'native')
const OUT = join(import.meta.dirname, '..', '..', '.build', 'spice-server')
const LIBRARIES = ['spice-server', 'glib-2.0']
const FLAGS = ['-std=gnu11', '-O2', '-g', '-Wall', '-Wextra', '-pthread']

/** What has to be installed, or undefined if everything is: a sentence with Debian's package names. */
export async function whatIsMissing(): Promise<string | undefined> {
  const probe = await run('pkg-config', ['--exists', ...LIBRARIES])
  const compiler = await run('gcc', ['--version'])
  if (probe.code === 0 && compiler.code === 0) return undefined
  return 'The scripted SPICE server needs: apt-get install gcc pkg-config libspice-server-dev libglib2.0-dev'
}

/** Path of the compiled server; compiles it unless .build/ has it from the same sources, flags and library. */
export async function buildSpiceServer(): Promise<string> {
  const missing = await whatIsMissing()
  if (missing !== undefined) throw new Error(missing)
  const files = readdirSync(SOURCES).filter((f) => /\.[ch]$/.test(f)).sort()
  const version = await must('pkg-config', ['--modversion', ...LIBRARIES])
  const cflags = (await must('pkg-config', ['--cflags', ...LIBRARIES])).trim().split(/\s+/)
  const libs = (await must('pkg-config', ['--libs', ...LIBRARIES])).trim().split(/\s+/)
  const hash = createHash('sha256').update(JSON.stringify([version, FLAGS, cflags, libs]))
  for (const f of files) hash.update(f).update(readFileSync(join(SOURCES, f)))
  const dir = join(OUT, hash.digest('hex').slice(0, 16))
  const program = join(dir, 'spice-server')
  if (existsSync(program)) return program
  mkdirSync(dir, { recursive: true })
  const partial = `${program}.${process.pid}`
  const sources = files.filter((f) => f.endsWith('.c')).map((f) => join(SOURCES, f))
  await must('gcc', [...FLAGS, ...cflags, ...sources, '-o', partial, ...libs], { timeoutMs: 120_000 })
  renameSync(partial, program)
  return program
}

/** Version of the SPICE server library, for the record. */
export async function serverVersion(): Promise<string> {
  return (await must('pkg-config', ['--modversion', 'spice-server'])).trim()
}
