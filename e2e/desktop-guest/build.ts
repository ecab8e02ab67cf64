// Why: makes the guest's disk from Debian's packages: debootstrap, the packages in it, the account and services, an ext4 image.
// Two stages with a stamp each: the packages take minutes, what changes while one works at the guest takes seconds.
import { createHash } from 'node:crypto'
import { spawn } from 'node:child_process'
import { chmodSync, closeSync, copyFileSync, cpSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { install, type Log } from '../lab/install.ts'
import { run } from '../lab/run.ts'
import { buildTools, diskMiB, guestPackages, guestPaths } from './facts.ts'
import { photo, wallpaper } from './pictures.ts'

const sources = join(import.meta.dirname, 'guest')
const tree = join(guestPaths.root, 'tree')
const packagesStamp = join(guestPaths.root, 'packages-stamp')

/** Builds what is missing; a second call costs nothing. Throws in words on a machine that cannot. */
export async function build(log: Log): Promise<void> {
  const mirror = await canBuild()
  const installed = await install(log)
  mkdirSync(guestPaths.root, { recursive: true, mode: 0o755 })
  const packages = hash([mirror.suite, ...guestPackages, readFileSync(join(sources, 'setup'), 'utf8')])
  const whole = hash([packages, installed.agent, String(diskMiB), ...sourceTexts()])
  if (stamped(guestPaths.stamp, whole) && existsSync(guestPaths.disk)) return
  const progress = new Progress(log)
  try {
    if (!stamped(packagesStamp, packages) || !existsSync(tree)) await makeTree(mirror, packages, progress)
    await finish(installed.agent, progress)
    await makeDisk(progress)
    writeFileSync(guestPaths.stamp, whole)
    log(`the guest's disk is ready after ${progress.seconds} s`)
  } finally {
    progress.end()
  }
}

interface Mirror { readonly uri: string; readonly suite: string }

/** @throws what is missing, in words: root, Debian, a program, a mirror */
async function canBuild(): Promise<Mirror> {
  if (process.getuid?.() !== 0) throw new Error('needs root: debootstrap makes device nodes and owners')
  const release = Object.fromEntries(readFileSync('/etc/os-release', 'utf8').split('\n').map((l) => l.replaceAll('"', '').split('=', 2)))
  if (release['ID'] !== 'debian') throw new Error(`needs Debian; this is ${release['PRETTY_NAME'] ?? 'something else'}`)
  const missing = []
  for (const [program, from] of buildTools) if ((await run('sh', ['-c', 'command -v "$1"', 'sh', program])).code !== 0) missing.push(from)
  if (missing.length > 0) throw new Error(`missing programs: apt-get install ${[...new Set(missing)].join(' ')}`)
  const suite = String(release['VERSION_CODENAME'])
  const { stdout } = await run('apt-get', ['indextargets', '--format', '$(REPO_URI) $(CODENAME) $(COMPONENT) $(ORIGIN)', 'Created-By: Packages'])
  const uri = stdout.split('\n').map((l) => l.split(' ')).find(([, name, component, origin]) => name === suite && component === 'main' && origin === 'Debian')?.[0]
  if (uri === undefined) throw new Error(`apt knows no mirror of Debian ${suite} main; try apt-get update`)
  return { uri, suite }
}

const hash = (parts: readonly string[]): string => createHash('sha256').update(JSON.stringify(parts)).digest('hex')
const stamped = (file: string, text: string): boolean => existsSync(file) && readFileSync(file, 'utf8') === text
const sourceTexts = (): string[] => [...readdirSync(sources).sort().map((f) => readFileSync(join(sources, f), 'utf8')), readFileSync(join(import.meta.dirname, 'pictures.ts'), 'utf8')]

async function makeTree(mirror: Mirror, stamp: string, progress: Progress): Promise<void> {
  rmSync(packagesStamp, { force: true })
  rmSync(tree, { recursive: true, force: true })
  await progress.step('debootstrap', ['debootstrap', '--variant=minbase', mirror.suite, tree, mirror.uri])
  writeFileSync(join(tree, 'etc/apt/sources.list'), `deb ${mirror.uri} ${mirror.suite} main\n`)
  copyFileSync('/etc/resolv.conf', join(tree, 'etc/resolv.conf'))
  await inTree('setup', guestPackages, progress)
  writeFileSync(packagesStamp, stamp)
}

async function finish(agent: string, progress: Progress): Promise<void> {
  const configuration = join(tree, 'etc/desktop-guest')
  mkdirSync(configuration, { recursive: true })
  cpSync(sources, configuration, { recursive: true })
  writeFileSync(join(configuration, 'wallpaper.png'), wallpaper())
  writeFileSync(join(configuration, 'photo.png'), photo())
  for (const unit of readdirSync(sources).filter((f) => f.endsWith('.service'))) copyFileSync(join(sources, unit), join(tree, 'etc/systemd/system', unit))
  copyFileSync(agent, join(tree, 'usr/local/bin/latchkey-agent'))
  chmodSync(join(tree, 'usr/local/bin/latchkey-agent'), 0o755)
  await inTree('finish', [], progress)
}

/** Runs a script of ours in the tree, with a /proc and mounts that are gone when it ends, however it ends. */
async function inTree(script: string, args: readonly string[], progress: Progress): Promise<void> {
  mkdirSync(join(tree, 'etc/desktop-guest'), { recursive: true })
  cpSync(sources, join(tree, 'etc/desktop-guest'), { recursive: true })
  const mounts = 'mount -t proc proc "$1/proc" && mount -t sysfs -o ro sys "$1/sys" && mount -t devpts devpts "$1/dev/pts"; tree=$1; shift; exec chroot "$tree" "$@"'
  await progress.step(script, ['unshare', '--mount', '--pid', '--fork', '--kill-child', '--propagation', 'private', 'sh', '-c', mounts, 'sh', tree, `/etc/desktop-guest/${script}`, ...args])
}

async function makeDisk(progress: Progress): Promise<void> {
  rmSync(guestPaths.stamp, { force: true })
  const fresh = `${guestPaths.disk}.new`
  rmSync(fresh, { force: true })
  await progress.step('disk', ['mke2fs', '-q', '-F', '-t', 'ext4', '-O', '^has_journal', '-m', '0', '-E', 'root_owner=0:0', '-d', tree, fresh, `${diskMiB}M`])
  renameSync(fresh, guestPaths.disk)
  const boot = readdirSync(join(tree, 'boot'))
  for (const [prefix, target] of [['vmlinuz-', guestPaths.kernel], ['initrd.img-', guestPaths.initrd]] as const) {
    const found = boot.find((f) => f.startsWith(prefix))
    if (found === undefined) throw new Error(`the guest has no ${prefix}* in its /boot`)
    copyFileSync(join(tree, 'boot', found), target)
    chmodSync(target, 0o644)
  }
}

/** Everything that the programs say goes to a file; what is going on is shown every few seconds. */
class Progress {
  readonly #log: Log
  readonly #file = openSync(guestPaths.log, 'w')
  readonly #start = Date.now()

  constructor(log: Log) {
    this.#log = log
  }

  get seconds(): number {
    return Math.round((Date.now() - this.#start) / 1000)
  }

  /** @throws with the program's last words */
  async step(name: string, [program = '', ...args]: readonly string[]): Promise<void> {
    this.#log(`${name} …`)
    const began = Date.now()
    let last = ''
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8' } })
    const heard = (data: Buffer): void => {
      writeSync(this.#file, data)
      last = data.toString().trim().split('\n').at(-1) ?? last
    }
    child.stdout.on('data', heard)
    child.stderr.on('data', heard)
    const tell = setInterval(() => { this.#log(`  ${this.seconds} s  ${last.slice(0, 100)}`) }, 10_000)
    try {
      const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve))
      if (code !== 0) throw new Error(`${name} ended with ${String(code)}: ${last}; all of it: ${guestPaths.log}`)
    } finally {
      clearInterval(tell)
    }
    this.#log(`${name}: ${Math.round((Date.now() - began) / 1000)} s`)
  }

  end(): void {
    closeSync(this.#file)
  }
}
