// Why: which browser is started. An installed one is kept fresh by the system and is preferred; without one, and only
// without a display, the binary that npm's @sparticuz/chromium carries is unpacked.
import { constants } from 'node:fs'
import { access, open, realpath, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { delimiter, dirname, isAbsolute, join } from 'node:path'
import { AppError } from '../../core/errors.ts'
import { unpackChromium } from './unpack.ts'

export interface Executable {
  readonly path: string
  readonly origin: 'configured' | 'installed' | 'npm'
  /** true: a headless-shell build, which cannot open a window. */
  readonly headlessShell: boolean
  /** Additions to the browser's environment (library path, fonts of the npm binary). */
  readonly env: Readonly<Record<string, string>>
}

export interface FindOptions {
  /** A path from the configuration: taken or refused, never replaced by another. */
  readonly configured?: string
  readonly headless: boolean
  /** PATH of the caller. */
  readonly path: string
  /** Private folder for the npm binary; not asked for when none is needed. */
  readonly unpackInto: () => Promise<string>
  /** Folder of the npm package's packed files; default: found through node's resolution. undefined = not installed. */
  readonly npmBin?: string | undefined
  readonly candidates?: readonly string[]
}

/**
 * Absolute paths first: the wrapper scripts that distributions put on PATH add flags of their own
 * (/etc/chromium.d on Debian), extensions among them.
 */
export const INSTALLED = ['/usr/lib/chromium/chromium', '/usr/lib64/chromium-browser/chromium-browser', '/usr/lib/chromium-browser/chromium-browser', '/opt/google/chrome/chrome'] as const
const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'] as const

const HOW_TO_GET =
  'Install the package "chromium" of your distribution (Debian: apt install chromium) or Electron; without a display, the npm package @sparticuz/chromium is enough.'

/** Errors: shell.unavailable, with the sentence on how to get a browser. */
export async function findExecutable(o: FindOptions): Promise<Executable> {
  if (o.configured !== undefined) {
    if (!isAbsolute(o.configured) || !(await runnable(o.configured))) throw unavailable(`the configured browser ${o.configured} is not an executable file. ${HOW_TO_GET}`)
    const headlessShell = /headless[-_]shell$/.test(o.configured)
    if (headlessShell && !o.headless) throw unavailable(`${o.configured} is a headless build and cannot open a window. ${HOW_TO_GET}`)
    return { path: o.configured, origin: 'configured', headlessShell, env: {} }
  }
  const named = o.path.split(delimiter).filter(isAbsolute).flatMap((dir) => NAMES.map((name) => join(dir, name)))
  for (const path of o.candidates ?? [...INSTALLED, ...named]) {
    if (await usable(path)) return { path, origin: 'installed', headlessShell: false, env: {} }
  }
  if (!o.headless) throw unavailable(`no Chromium is installed. ${HOW_TO_GET}`)
  const bin = 'npmBin' in o ? o.npmBin : npmBinFolder()
  if (bin === undefined) throw unavailable(`no Chromium is installed, and the npm package @sparticuz/chromium is not there either. ${HOW_TO_GET}`)
  const unpacked = await unpackChromium(bin, await o.unpackInto())
  return { path: unpacked.executable, origin: 'npm', headlessShell: true, env: unpacked.env }
}

/** Folder with the packed files, or undefined when the package is not installed. */
export function npmBinFolder(from: string = import.meta.url): string | undefined {
  try {
    // Only resolved, never loaded: its code has side effects on the environment and shares a folder with everybody.
    return join(dirname(createRequire(from).resolve('@sparticuz/chromium')), '..', '..', 'bin')
  } catch {
    return undefined
  }
}

async function runnable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return (await stat(path)).isFile()
  } catch {
    return false
  }
}

/** Ubuntu's chromium-browser is a script that starts a snap, which sees neither our folders nor inherited descriptors. */
async function usable(path: string): Promise<boolean> {
  if (!(await runnable(path))) return false
  const real = await realpath(path)
  if (real === '/usr/bin/snap' || real.startsWith('/snap/')) return false
  const file = await open(real, 'r')
  try {
    const head = Buffer.alloc(4096)
    const { bytesRead } = await file.read(head, 0, head.length, 0)
    const text = head.toString('latin1', 0, bytesRead)
    return !(text.startsWith('#!') && /\bsnap\b/.test(text))
  } finally {
    await file.close()
  }
}

const unavailable = (detail: string) => new AppError('shell.unavailable', detail)
