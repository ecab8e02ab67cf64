// Why: the canvas's golden numbers come from the real spice-server. Builds the oracle (needs gcc, pkg-config and Debian's
// libspice-server-dev), lets it render every golden case and writes one hash per case. Run it when a case changes.
//   node build/record-canvas.ts [cases per family]
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { caseOf } from '../renderer/spice/canvas/golden/cases.ts'
import { FAMILY_NAMES } from '../renderer/spice/canvas/golden/families.ts'
import { hash, run } from '../renderer/spice/canvas/golden/run.ts'
import { encode, fromRaw } from '../renderer/spice/canvas/golden/script.ts'

const GOLDEN = join(import.meta.dirname, '../renderer/spice/canvas/golden')

const HEAD = `// Why: what the real spice-server (libspice-server 0.15.1, pixman 0.42.2) made of every golden case: a hash of its surface by
// family and seed. Written by build/record-canvas.ts.`

function main(): void {
  const count = Number(process.argv[2] ?? 60)
  const dir = mkdtempSync(join(tmpdir(), 'canvas-'))
  try {
    const oracle = join(dir, 'oracle')
    const flags = execFileSync('pkg-config', ['--cflags', '--libs', 'spice-server', 'glib-2.0'], { encoding: 'utf8' }).trim().split(/\s+/)
    execFileSync('gcc', ['-O1', join(GOLDEN, 'oracle.c'), '-o', oracle, ...flags])
    const server: Record<string, number[]> = {}
    let wrong = 0
    for (const family of FAMILY_NAMES) {
      const cases = Array.from({ length: count }, (_, seed) => caseOf(family, seed))
      const script = join(dir, 'script')
      const out = join(dir, 'out')
      writeFileSync(script, new Uint8Array(Uint32Array.from(cases.flatMap(encode)).buffer))
      execFileSync(oracle, [script, out])
      const rendered = readFileSync(out)
      let at = 0
      const hashes = cases.map((c) => {
        const bytes = new Uint8Array(rendered.subarray(at, at + c.target.bytes.length))
        at += bytes.length
        return hash(fromRaw({ ...c.target, bytes }).data)
      })
      server[family] = hashes
      const bad = cases.filter((c, i) => hash(run(c).data) !== hashes[i]).length
      wrong += bad
      console.log(`${family}: ${count - bad} of ${count} equal`)
    }
    const lines = Object.entries(server).map(([k, v]) => `  '${k}': [${v.join(', ')}],`)
    writeFileSync(join(GOLDEN, 'server.ts'), `${HEAD}\nexport const SERVER: Readonly<Record<string, readonly number[]>> = {\n${lines.join('\n')}\n}\n`)
    if (wrong > 0) process.exitCode = 1
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

main()
