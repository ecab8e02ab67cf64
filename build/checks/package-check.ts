// Why: what the packages must be, read back from the finished files and not from the scripts that made them. Each
// check returns sentences; the list must be empty.
//   node build/checks/package-check.ts [RELEASE]     checks what node build/package.ts has made
import { execFile } from 'node:child_process'
import { readdir, readFile, stat } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { parse } from 'yaml'
import { Config } from '../../shared/config/schema.ts'
import { repository } from '../bundle.ts'
import { STAND_IN_MARK } from '../fake-electron-dist.ts'
import { checkBundles } from './bundle-guards.ts'
import { fuseViolations } from './fuses.ts'

const run = promisify(execFile)

export interface Packages {
  readonly dist: string
  /** Unpacked Electron application. */
  readonly app: string
  readonly deb: string
  /** The tree the .deb was made of. */
  readonly tree: string
  readonly version: string
}

const unless = (ok: boolean, violation: string): string[] => (ok ? [] : [violation])

/** Files that no package may contain, by path. The SPICE client's map carries its original sources, which its licence asks for. */
const junk = /(?<!\/spice-html5\.js)\.map$|\.(?:test\.[cm]?[jt]s|testkit\.ts|fake\.ts|tsx?|tsbuildinfo|node)$|(?:^|\/)(?:\.git|\.env|\.npmrc)/

/** The Electron application: fuses, the archive's content, no second way to load code. */
export async function checkApp(app: string): Promise<string[]> {
  const binary = join(app, 'latchkey')
  if (!existsSync(binary)) return [`${binary} is missing`]
  const resources = await readdir(join(app, 'resources'))
  const { stdout } = await run(process.execPath, [join(repository, 'node_modules/@electron/asar/bin/asar.js'), 'list', join(app, 'resources/app.asar')])
  const paths = stdout.split('\n').filter((l) => l !== '').map((l) => l.replaceAll('\\', '/'))
  const allowed = /^\/(?:dist(?:\/main-electron\.mjs|\/preload\.cjs|\/renderer(?:\/.*)?)?|package\.json|LICENSE|THIRD-PARTY(?:-LICENCES\.txt|\.md))$/
  const needed = ['/dist/main-electron.mjs', '/dist/preload.cjs', '/dist/renderer/index.html', '/package.json', '/LICENSE', '/THIRD-PARTY-LICENCES.txt']
  const locales = await readdir(join(app, 'locales'))
  return [
    ...(await fuseViolations(binary)).map((v) => `electron: ${v}`),
    ...paths.filter((p) => !allowed.test(p) || junk.test(p)).map((p) => `app.asar has ${p}`),
    ...needed.filter((p) => !paths.includes(p)).map((p) => `app.asar lacks ${p}`),
    ...resources.filter((r) => r !== 'app.asar').map((r) => `resources/ has ${r} beside app.asar`),
    ...unless(locales.join() === 'en-US.pak', `locales are ${locales.join()}`),
  ]
}

interface DebEntry {
  readonly mode: string
  readonly owner: string
  readonly path: string
}

/** Lines of `dpkg-deb -c`: mode, owner, size, date, time, path. */
export function parseContents(text: string): DebEntry[] {
  return text.split('\n').filter((l) => l !== '').map((line) => {
    const [mode = '', owner = '', , , , ...path] = line.split(/\s+/)
    return { mode, owner, path: path.join(' ').replace(/^\.\//, '/') }
  })
}

const needed = [
  '/usr/bin/latchkey', '/usr/lib/latchkey/launch', '/usr/lib/latchkey/xinitrc', '/usr/lib/latchkey/openbox-rc.xml', '/usr/lib/latchkey/node',
  '/usr/lib/latchkey/package.json', '/usr/lib/latchkey/bin/latchkey.mjs', '/usr/lib/latchkey/dist/cli.mjs',
  '/usr/lib/latchkey/dist/renderer/index.html', '/usr/lib/latchkey/dist/renderer/probe.html', '/usr/lib/latchkey/node_modules/playwright-core/package.json',
  '/usr/lib/systemd/system/latchkey.service', '/usr/lib/systemd/system/latchkey-x.service', '/usr/lib/sysusers.d/latchkey.conf',
  '/usr/lib/tmpfiles.d/latchkey.conf', '/usr/share/polkit-1/rules.d/50-latchkey.rules', '/etc/pam.d/latchkey', '/etc/latchkey/session.env',
  '/etc/latchkey/config.d/00-example.yaml.example', '/usr/share/latchkey/config.schema.json', '/usr/share/doc/latchkey/copyright',
  '/usr/share/doc/latchkey/LICENSE', '/usr/share/doc/latchkey/THIRD-PARTY.md', '/usr/share/doc/latchkey/THIRD-PARTY-LICENCES.txt', '/usr/share/doc/latchkey/install.md', '/usr/share/doc/latchkey/node-LICENSE',
]
const programs = ['/usr/bin/latchkey', '/usr/lib/latchkey/launch', '/usr/lib/latchkey/xinitrc', '/usr/lib/latchkey/node']

/** The .deb's file list. */
export function contentViolations(entries: readonly DebEntry[]): string[] {
  const paths = new Map(entries.map((e) => [e.path, e]))
  return [
    ...needed.filter((p) => !paths.has(p)).map((p) => `.deb lacks ${p}`),
    ...programs.filter((p) => paths.has(p) && paths.get(p)?.mode !== '-rwxr-xr-x').map((p) => `${p} has mode ${paths.get(p)?.mode}`),
    ...entries.filter((e) => e.owner !== 'root/root').map((e) => `${e.path} belongs to ${e.owner}`),
    ...entries.filter((e) => !/^(?:drwxr-xr-x|-rwxr-xr-x|-rw-r--r--)$/.test(e.mode)).map((e) => `${e.path} has mode ${e.mode}`),
    // Bundles are all we made; playwright-core's own files are as they are, but no type or map of ours.
    ...entries.filter((e) => junk.test(e.path) && !e.path.includes('/node_modules/playwright-core/')).map((e) => `.deb has ${e.path}`),
    ...entries.filter((e) => e.path.startsWith('/etc/chromium') || e.path.startsWith('/usr/local')).map((e) => `.deb writes to ${e.path}`),
    ...entries.filter((e) => e.path.startsWith('/etc/systemd') || e.path.endsWith('.wants/')).map((e) => `.deb enables a unit: ${e.path}`),
    ...unless(entries.some((e) => /\/renderer\/.*spice.*\.js$/.test(e.path)), 'the SPICE client is not a file of its own (LGPL)'),
  ]
}

export async function checkDeb({ deb, version }: Packages): Promise<string[]> {
  const options = { maxBuffer: 1 << 26, env: { ...process.env, LC_ALL: 'C' } }
  const field = async (name: string): Promise<string> => (await run('dpkg-deb', ['-f', deb, name], options)).stdout.trim()
  const contents = parseContents((await run('dpkg-deb', ['-c', deb], options)).stdout)
  const conffiles = (await run('dpkg-deb', ['-I', deb, 'conffiles'], options)).stdout.trim().split('\n').sort()
  const etc = contents.filter((e) => e.path.startsWith('/etc/') && e.mode.startsWith('-')).map((e) => e.path).sort()
  const depends = await field('Depends')
  const info = (await run('dpkg-deb', ['-I', deb], options)).stdout
  return [
    ...contentViolations(contents),
    ...unless(conffiles.join() === etc.join(), `conffiles are ${conffiles.join()}, files in /etc are ${etc.join()}`),
    ...unless((await field('Package')) === 'latchkey', 'the package is not called latchkey'),
    ...unless((await field('Version')) === version, `the package's version is not ${version}`),
    ...unless((await field('Architecture')) === 'amd64', 'the architecture is not amd64'),
    ...unless(/\bchromium\b/.test(depends) && /\blibc6 \(>= 2\.28\)/.test(depends), `Depends is ${depends}`),
    ...['postinst', 'prerm', 'postrm'].filter((s) => !new RegExp(`\\b${s}\\b.*#!/bin/sh`).test(info)).map((s) => `maintainer script ${s} is missing`),
  ]
}

/** What the tree says and does: units, scripts, example configuration, and both bundles really start. */
export async function checkTree({ tree, version }: Packages): Promise<string[]> {
  const lib = join(tree, 'usr/lib/latchkey')
  const found: string[] = []
  const text = (path: string): Promise<string> => readFile(join(tree, path), 'utf8')
  const example = Config.safeParse(parse(await text('etc/latchkey/config.d/00-example.yaml.example')))
  if (!example.success) found.push(`the example configuration is wrong: ${example.error.message}`)
  const machine = await text('usr/lib/latchkey/dist/cli.mjs')
  if (machine.includes(repository)) found.push('a bundle names a path of the build machine')
  if (machine.includes(STAND_IN_MARK)) found.push('the stand-in for Electron is in the .deb')
  for (const script of ['usr/bin/latchkey', 'usr/lib/latchkey/launch', 'usr/lib/latchkey/xinitrc', 'DEBIAN/postinst', 'DEBIAN/prerm', 'DEBIAN/postrm']) {
    await run('sh', ['-n', join(tree, script)]).catch((e: unknown) => found.push(`${script}: ${String(e)}`))
  }
  // A clean environment and a folder that has no node_modules above it: only what was shipped can be found.
  const env = { PATH: '/usr/bin:/bin', HOME: '/nonexistent' }
  const said = await run(join(lib, 'node'), [join(lib, 'bin/latchkey.mjs'), '--version'], { env, cwd: '/' }).then((r) => r.stdout, (e: unknown) => String(e))
  if (said !== `latchkey ${version}\n`) found.push(`latchkey --version says ${said.trim().slice(0, 500)}`)
  const probe = `import('playwright-core').then((p) => console.log(typeof p.chromium.launchPersistentContext))`
  const browser = await run(join(lib, 'node'), ['--input-type=module', '-e', probe], { env, cwd: lib }).then((r) => r.stdout.trim(), (e: unknown) => String(e))
  if (browser !== 'function') found.push(`the shipped playwright-core does not load: ${browser.slice(0, 500)}`)
  return [...found, ...(await unitViolations(tree))]
}

/** systemd-analyze, where it is installed. What it cannot know here (programs and accounts of the target) is left out. */
async function unitViolations(tree: string): Promise<string[]> {
  if (!existsSync('/usr/bin/systemd-analyze')) return []
  const units = ['latchkey.service', 'latchkey-x.service'].map((u) => join(tree, 'usr/lib/systemd/system', u))
  const { stderr } = await run('systemd-analyze', ['verify', '--man=no', '--recursive-errors=no', ...units], { env: { ...process.env, LC_ALL: 'C' } }).catch(
    (e: unknown) => e as { stderr: string },
  )
  // What is left (devices, user namespaces, the network) a browser with a sandbox of its own needs: see the unit's end.
  const loose = await run('systemd-analyze', ['security', '--offline=true', '--no-pager', '--threshold=50', ...units.slice(0, 1)]).then(() => [], () => ['unit: latchkey.service is less restricted than it was (systemd-analyze security)'])
  const elsewhere = /is not executable: No such file|Unit .* not found|Failed to open .*(?:device|\/dev)|Failed to (?:load|initialize) .*(?:cgroup|path|seccomp)/i
  return [...loose, ...stderr.split('\n').filter((l) => /latchkey/.test(l) && !elsewhere.test(l)).map((l) => `unit: ${l}`)]
}

export async function checkPackage(packages: Packages): Promise<string[]> {
  const { size } = await stat(packages.deb)
  const parts = await Promise.all([checkBundles(packages.dist), checkApp(packages.app), checkDeb(packages), checkTree(packages)])
  return [...parts.flat(), ...unless(size < 80e6, `the .deb has ${Math.round(size / 1e6)} MB`)]
}

if (import.meta.main) {
  const release = resolve(process.argv[2] ?? join(repository, 'release'))
  const { version } = JSON.parse(await readFile(join(repository, 'package.json'), 'utf8')) as { version: string }
  const packages = {
    dist: join(release, 'dist'),
    app: join(release, 'electron/linux-unpacked'),
    deb: join(release, `latchkey_${version}_amd64.deb`),
    tree: join(release, 'deb-tree'),
    version,
  }
  const found = await checkPackage(packages)
  for (const line of found) console.error(`package-check: ${line}`)
  if (found.length > 0) process.exitCode = 1
}
