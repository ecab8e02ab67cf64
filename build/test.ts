// Why: `npm test` is every check there is, in the order in which a failure is cheapest to find. As root on Debian it
// first installs what the end-to-end tests need; elsewhere it names what it skips and why. In CI nothing is skipped.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { labPackages } from '../e2e/lab/facts.ts'
import { electronBinary } from '../electron/main/places.ts'

const root = resolve(import.meta.dirname, '..')
/** What builds the scripted SPICE server that the SPICE engine is compared with. */
const spicePackages = ['gcc', 'libc6-dev', 'pkg-config', 'libspice-server-dev', 'libglib2.0-dev']
/** What the end-to-end tests with a window need besides the lab's packages. */
const windowPackages = ['chromium', 'xvfb', 'xauth', 'openbox', 'xdotool', 'x11-utils', 'imagemagick']
const MINUTES = 60_000

interface Step {
  readonly name: string
  readonly command: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** lab: the real hypervisor; root: root on Debian. */
  readonly needs?: 'lab' | 'root'
}

const node = process.execPath
const bin = (name: string): string => join(root, 'node_modules', '.bin', name)

const steps: readonly Step[] = [
  { name: 'types', command: [bin('tsc'), '-b'] },
  { name: 'lint', command: [bin('eslint'), '.', '--max-warnings', '0'] },
  { name: 'layers', command: [bin('depcruise'), '--config', 'build/checks/layers.cjs', 'shared', 'electron', 'renderer', 'embedded', 'build', 'e2e'] },
  { name: 'generated files', command: [node, 'build/gen-config-docs.ts', '--check'] },
  { name: 'licences', command: [node, 'build/checks/licences.ts'] },
  { name: 'page', command: [node, 'build/renderer.ts'] },
  { name: 'unit', command: [bin('vitest'), 'run'] },
  // Compiles the scripted server against Debian's libspice-server.
  { name: 'SPICE engine', needs: 'root', command: [node, 'e2e/spice-server/cli.ts', 'golden', '--short'] },
  { name: 'package', command: [node, 'build/package.ts'] },
  { name: 'package install', needs: 'root', command: ['bash', '-c', 'exec build/checks/package-install.sh release/latchkey_*_amd64.deb'] },
  { name: 'demo', command: [node, 'build/demo/main.ts', '--headless', '--out', 'test-results/demo-report'] },
  { name: 'end-to-end', command: [bin('playwright'), 'test', '--config', 'e2e/playwright.config.ts', '--project', 'chromium-shell'] },
  // Where no Electron binary is (its download is not part of npm ci), there is no such project and nothing to skip.
  ...(electronBinary() === undefined ? [] : [{ name: 'electron', command: [bin('playwright'), 'test', '--config', 'e2e/playwright.config.ts', '--project', 'electron-shell'] }]),
  { name: 'lab', needs: 'lab', command: [bin('playwright'), 'test', '--config', 'e2e/playwright.config.ts', '--project', 'real-hypervisor', '--workers', '1'] },
]

function debianRoot(): boolean {
  return process.getuid?.() === 0 && existsSync('/etc/debian_version')
}

/** Installs missing packages after saying so; throws if apt fails. */
function installPackages(): void {
  const wanted = [...new Set([...labPackages, ...windowPackages, ...spicePackages])]
  const query = spawnSync('dpkg-query', ['-W', '-f', '${Package} ${db:Status-Status}\\n', ...wanted], { encoding: 'utf8' })
  const have = new Set(query.stdout.split('\n').filter((l) => l.endsWith(' installed')).map((l) => l.split(' ')[0]))
  const missing = wanted.filter((p) => !have.has(p))
  if (missing.length === 0) return
  console.log(`Installing Debian packages for the end-to-end tests: ${missing.join(' ')}`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  for (const args of [['update', '-q'], ['install', '-q', '-y', '--no-install-recommends', ...missing]]) {
    const { status } = spawnSync('apt-get', args, { stdio: ['ignore', 'ignore', 'inherit'], env, timeout: 20 * MINUTES })
    if (status !== 0) throw new Error(`apt-get ${args[0] ?? ''} failed (${status ?? 'killed'})`)
  }
}

/** Why the real hypervisor can't be used here, or undefined. */
function noLab(): string | undefined {
  if (!debianRoot()) return 'the real hypervisor (libvirt, QEMU, sshd) needs root on Debian'
  const init = existsSync('/proc/1/comm') ? readFileSync('/proc/1/comm', 'utf8').trim() : ''
  if (init === 'systemd' && process.env['LATCHKEY_LAB'] !== '1') return 'this machine runs systemd: set LATCHKEY_LAB=1 to let the lab start its own libvirtd and sshd here'
  return undefined
}

function main(): number {
  const { values } = parseArgs({ options: { only: { type: 'string' } } })
  const skipped: string[] = []
  const missing = { lab: noLab(), root: debianRoot() ? undefined : 'it needs root on Debian, where the packages it stands on are installed' }
  if (debianRoot()) installPackages()
  else console.log('Not root on Debian: no packages are installed; a check that needs one says so.')
  if (electronBinary() === undefined) console.log('No Electron binary here: its end-to-end project does not run; the shell is covered by its unit tests.')
  let passed = 0
  let failed = 0
  for (const step of steps) {
    if (values.only !== undefined && !values.only.split(',').includes(step.name)) continue
    const why = step.needs && missing[step.needs]
    if (why !== undefined) {
      console.log(`\n— ${step.name}: skipped: ${why}`)
      skipped.push(step.name)
      continue
    }
    console.log(`\n— ${step.name}`)
    const began = Date.now()
    const [command = '', ...args] = step.command
    const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, ...step.env } })
    const ok = status === 0
    if (ok) passed++
    else failed++
    console.log(`— ${step.name}: ${ok ? 'passed' : `FAILED (${error?.message ?? `status ${status ?? 'killed'}`})`} in ${((Date.now() - began) / 1000).toFixed(1)} s`)
  }
  if (process.env['CI'] === 'true' && skipped.length > 0) {
    console.log(`skipped in CI: ${skipped.join(', ')}; CI must skip nothing`)
    failed += skipped.length
  }
  console.log(`\n${passed} passed, ${failed} failed, ${skipped.length} skipped`)
  return failed === 0 && passed > 0 ? 0 : 1
}

process.exitCode = main()
