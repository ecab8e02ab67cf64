// Why: `npm run package`. From the sources to what is installed, offline: bundles, the page, the unpacked Electron
// application (with a stand-in where no Electron binary is) and the .deb for Debian's Chromium. Everything made is
// checked before the command says that it is done.
//   node build/package.ts [--out DIR]      LATCHKEY_ELECTRON_DIST=DIR for a real unpacked Electron
import { execFile } from 'node:child_process'
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { bundle, bundleNames, repository } from './bundle.ts'
import { productionPackages, renderTexts } from './checks/licences.ts'
import { checkPackage } from './checks/package-check.ts'
import { packDeb, writeDebTree } from './deb/build-deb.ts'
import { writeFakeElectronDist } from './fake-electron-dist.ts'
import { buildRenderer } from './renderer.ts'

const run = promisify(execFile)

/** Seconds since the epoch for all times in the packages: the caller's, the commit's, or a fixed day. */
async function sourceEpoch(root: string): Promise<number> {
  const given = process.env.SOURCE_DATE_EPOCH
  if (given !== undefined && /^\d+$/.test(given)) return Number(given)
  const commit = await run('git', ['log', '-1', '--format=%ct'], { cwd: root }).catch(() => ({ stdout: '' }))
  return /^\d+\n$/.test(commit.stdout) ? Number(commit.stdout) : Date.UTC(2026, 0, 1) / 1000
}

async function readVersion(path: string): Promise<string> {
  const { version } = JSON.parse(await readFile(path, 'utf8')) as { version?: unknown }
  if (typeof version !== 'string' || !/^\d+\.\d+\.\d+/.test(version)) throw new Error(`no version in ${path}`)
  return version
}

/** The application as electron-builder sees it: bundles, a package.json without dependencies, licences. */
async function stageApp(root: string, dist: string, stage: string, version: string, licences: string): Promise<void> {
  await rm(stage, { recursive: true, force: true })
  await mkdir(join(stage, 'dist'), { recursive: true })
  for (const name of ['main-electron.mjs', 'preload.cjs']) await cp(join(dist, name), join(stage, 'dist', name))
  await cp(join(dist, 'renderer'), join(stage, 'dist/renderer'), { recursive: true })
  const manifest = {
    name: 'latchkey',
    version,
    description: 'Thin client for KVM virtual desktops',
    author: 'Latchkey contributors',
    license: 'Apache-2.0',
    type: 'module',
    main: 'dist/main-electron.mjs',
  }
  await writeFile(join(stage, 'package.json'), JSON.stringify(manifest, null, 2) + '\n')
  for (const name of ['LICENSE', 'THIRD-PARTY.md']) await cp(join(root, name), join(stage, name))
  await cp(licences, join(stage, 'THIRD-PARTY-LICENCES.txt'))
}

/** Runs electron-builder; returns the folder of the unpacked application and whether Electron is real. */
async function unpackedApp(root: string, stage: string, work: string): Promise<{ app: string; real: boolean }> {
  const version = await readVersion(join(root, 'node_modules/electron/package.json'))
  const given = process.env.LATCHKEY_ELECTRON_DIST ?? ''
  const real = given !== ''
  const electronDist = real ? resolve(given) : join(work, 'fake-electron')
  if (!real) {
    await rm(electronDist, { recursive: true, force: true })
    await writeFakeElectronDist(electronDist, version)
  }
  const out = join(work, 'electron')
  await rm(out, { recursive: true, force: true })
  const env = {
    ...process.env,
    LATCHKEY_ELECTRON_VERSION: version,
    LATCHKEY_ELECTRON_DIST: electronDist,
    LATCHKEY_OUT: out,
    ELECTRON_BUILDER_OFFLINE: 'true',
  }
  const args = [join(root, 'node_modules/electron-builder/cli.js'), '--linux', 'dir', '--x64', '--publish', 'never', '--projectDir', stage, '--config', join(root, 'build/electron-builder.config.mjs')]
  try {
    await run(process.execPath, args, { cwd: stage, env })
  } catch (e) {
    const { stdout = '', stderr = '' } = e as { stdout?: string; stderr?: string }
    throw new Error(`electron-builder failed:\n${stdout}${stderr}`, { cause: e })
  }
  return { app: join(out, 'linux-unpacked'), real }
}

/** Makes and checks everything below `out`; `step` is told what begins. Returns what was made. Throws on any violation. */
export async function makePackages(root: string, dist: string, out: string, step: (what: string) => void): Promise<{ app: string; deb: string; real: boolean }> {
  const version = await readVersion(join(root, 'package.json'))
  const epoch = await sourceEpoch(root)
  await mkdir(out, { recursive: true })
  step('unpacked Electron application')
  const stage = join(out, 'stage')
  const licences = join(out, 'THIRD-PARTY-LICENCES.txt')
  await writeFile(licences, renderTexts(productionPackages(root)))
  await stageApp(root, dist, stage, version, licences)
  const { app, real } = await unpackedApp(root, stage, out)
  step('.deb')
  const input = { root, dist, out, version, epoch, licences }
  const tree = await writeDebTree(input)
  const deb = await packDeb(input, tree)
  step('checks')
  const violations = await checkPackage({ dist, app, deb, tree, version })
  if (violations.length > 0) throw new Error(`the packages break ${violations.length} rule(s):\n  ${violations.join('\n  ')}`)
  return { app, deb, real }
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { out: { type: 'string' } } })
  const out = resolve(values.out ?? join(repository, 'release'))
  // Not the checkout's own dist/: a demo or a test may be running from it.
  const dist = join(out, 'dist')
  const started = Date.now()
  const step = (what: string): void => console.log(`[${((Date.now() - started) / 1000).toFixed(1).padStart(5)} s] ${what}`)
  try {
    step('bundles')
    await rm(dist, { recursive: true, force: true })
    await bundle(bundleNames, repository, dist)
    step('page')
    await buildRenderer(join(dist, 'renderer'))
    const { app, deb, real } = await makePackages(repository, dist, out, step)
    step('done')
    console.log(`${app}${real ? '' : '  (stand-in for Electron: set LATCHKEY_ELECTRON_DIST for a real one)'}\n${deb}`)
  } catch (e) {
    console.error(`package: ${e instanceof Error ? e.message : String(e)}`)
    process.exitCode = 1
  }
}
