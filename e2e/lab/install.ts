// Why: brings the machine to where the lab can start: Debian packages, one kernel, the guest's agent. Everything is
// kept, and looked at before anything is fetched or built, so that a second call costs a few milliseconds.
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { kernelMetaPackage, labPackages, labPaths, labRoot } from './facts.ts'
import { must, run } from './run.ts'

export type Log = (line: string) => void

export interface Installed {
  /** vmlinuz of the guest */
  readonly kernel: string
  /** Folder with the .ko files that the guest loads. */
  readonly modules: string
  /** The guest's agent, a static program. */
  readonly agent: string
}

const sources = join(import.meta.dirname, 'guest')
const moduleFiles = [
  'virtio/virtio_ring.ko', 'virtio/virtio.ko', 'virtio/virtio_pci_modern_dev.ko', 'virtio/virtio_pci_legacy_dev.ko',
  'virtio/virtio_pci.ko', 'char/virtio_console.ko',
]

/** Installs what is missing. Needs root; needs the network only if something is missing. */
export async function install(log: Log): Promise<Installed> {
  for (const folder of [labRoot, labPaths.cache]) mkdirSync(folder, { recursive: true, mode: 0o755 })
  await installPackages(log)
  const kernelFolder = await fetchKernel(log)
  return { kernel: join(kernelFolder, 'vmlinuz'), modules: kernelFolder, agent: await buildAgent(log) }
}

/** The packages of labPackages that dpkg does not have. */
export async function missingPackages(): Promise<string[]> {
  const { stdout } = await run('dpkg-query', ['-W', '-f', '${Package} ${db:Status-Status}\\n', ...labPackages])
  const have = new Set(stdout.split('\n').filter((l) => l.endsWith(' installed')).map((l) => l.split(' ')[0]))
  return labPackages.filter((name) => !have.has(name))
}

async function installPackages(log: Log): Promise<void> {
  const missing = await missingPackages()
  if (missing.length === 0) return
  log(`installing ${missing.join(' ')}`)
  await must('apt-get', ['update', '-q'], { timeoutMs: 300_000 })
  await must('apt-get', ['install', '-q', '-y', '--no-install-recommends', ...missing], { timeoutMs: 900_000 })
}

async function kernelPackage(): Promise<string | undefined> {
  const { stdout } = await run('apt-cache', ['depends', kernelMetaPackage])
  return /Depends: (linux-image-[\w.+-]+)/.exec(stdout)?.[1]
}

/** Unpacks one kernel package, not installed: only its image and six modules are kept. */
async function fetchKernel(log: Log): Promise<string> {
  const known = readdirSync(labPaths.cache).find((name) => name.startsWith('linux-image-') && existsSync(join(labPaths.cache, name, 'vmlinuz')))
  if (known !== undefined) return join(labPaths.cache, known)
  let name = await kernelPackage()
  const work = mkdtempSync(join(labPaths.cache, 'fetch-'))
  try {
    const download = async () => name !== undefined && (await run('apt-get', ['download', '-q', name], { cwd: work, timeoutMs: 300_000 })).code === 0
    if (!(await download())) {
      await must('apt-get', ['update', '-q'], { timeoutMs: 300_000 })
      name = await kernelPackage()
      if (!(await download())) throw new Error(`apt has no kernel for the guest (${name ?? kernelMetaPackage})`)
    }
    log(`kernel ${name}`)
    const archive = readdirSync(work).find((f) => f.endsWith('.deb'))
    if (archive === undefined || name === undefined) throw new Error('apt-get download left no package')
    await must('dpkg', ['-x', archive, 'tree'], { cwd: work })
    const image = readdirSync(join(work, 'tree/boot')).find((f) => f.startsWith('vmlinuz-'))
    if (image === undefined) throw new Error(`${name} has no kernel image`)
    const modules = join(work, 'tree/lib/modules', image.slice('vmlinuz-'.length), 'kernel/drivers')
    mkdirSync(join(work, 'kept'), { mode: 0o755 })
    copyFileSync(join(work, 'tree/boot', image), join(work, 'kept/vmlinuz'))
    for (const file of moduleFiles) copyFileSync(join(modules, file), join(work, 'kept', file.split('/')[1] ?? file))
    renameSync(join(work, 'kept'), join(labPaths.cache, name))
    return join(labPaths.cache, name)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/** Compiles the agent when its sources changed. */
async function buildAgent(log: Log): Promise<string> {
  const files = readdirSync(sources).filter((f) => /\.[ch]$/.test(f)).sort()
  const hash = createHash('sha256')
  for (const file of files) hash.update(`${file}\0`).update(readFileSync(join(sources, file)))
  const target = join(labPaths.cache, `agent-${hash.digest('hex').slice(0, 16)}`)
  if (existsSync(target)) return target
  log('compiling the guest agent')
  const units = files.filter((f) => f.endsWith('.c')).map((f) => join(sources, f))
  const flags = ['-std=gnu11', '-O2', '-static', '-s', '-Wall', '-Wextra', '-Wshadow', '-Werror', '-D_FORTIFY_SOURCE=2', '-fstack-protector-strong']
  const fresh = `${target}.${process.pid}`
  await must('gcc', [...flags, '-o', fresh, ...units, '-lcrypt'])
  renameSync(fresh, target)
  return target
}
