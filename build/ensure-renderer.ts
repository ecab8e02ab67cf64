// Why: `npm run demo` and the tests must show the page of this source, so the page is built when any of its sources is
// newer than the build, and only then.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const SOURCES = ['renderer', 'shared', 'build/renderer.ts', 'build/vite.config.ts', 'package-lock.json']

/** Builds dist/renderer if it is missing or older than its sources. Throws if the build fails. */
export function ensureRenderer(): void {
  const built = join(root, 'dist', 'renderer', 'index.html')
  const at = existsSync(built) ? statSync(built).mtimeMs : 0
  if (at > 0 && SOURCES.every((s) => newest(join(root, s)) <= at)) return
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'build', 'renderer.ts')], { cwd: root, encoding: 'utf8' })
  if (status !== 0) throw new Error(`the page could not be built:\n${stdout}${stderr}`)
}

function newest(path: string): number {
  const s = statSync(path)
  if (!s.isDirectory()) return s.mtimeMs
  return readdirSync(path).reduce((max, name) => Math.max(max, newest(join(path, name))), 0)
}
