// Why: the browsers that tests of the Chromium shell run on: the installed one where there is one, and always the one
// of npm. Test code only.
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '../../core/ports/clock.ts'
import { silentLogger, type Logger } from '../../core/ports/logger.ts'
import { assetMap, type Asset, type AssetMap } from '../common/assets.ts'
import { findExecutable, npmBinFolder, type Executable } from './binary.ts'
import { ChromiumShell, type ChromiumShellDeps } from './shell.ts'
import { unpackChromium } from './unpack.ts'

export interface TestBrowser {
  readonly executable: Executable
  remove(): Promise<void>
}

/** Unpacked once per test file (3 s); readable for the unprivileged user that the browser runs as. */
export async function npmBrowser(): Promise<TestBrowser> {
  const packed = npmBinFolder()
  if (packed === undefined) throw new Error('@sparticuz/chromium is a dev dependency and must be installed')
  const dir = await mkdtemp(join(tmpdir(), 'latchkey-test-'))
  await chmod(dir, 0o711)
  const { executable, env } = await unpackChromium(packed, dir)
  return { executable: { path: executable, origin: 'npm', headlessShell: true, env }, remove: () => rm(dir, { recursive: true, force: true }) }
}

/** undefined where the machine has no Chromium of its own. */
export async function installedBrowser(): Promise<TestBrowser | undefined> {
  const none = () => Promise.reject(new Error('nothing is unpacked here'))
  const executable = await findExecutable({ headless: true, path: process.env['PATH'] ?? '', npmBin: undefined, unpackInto: none }).catch(() => undefined)
  return executable && { executable, remove: () => Promise.resolve() }
}

export const realClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  after: (ms, fn) => {
    const timer = setTimeout(fn, ms)
    return () => clearTimeout(timer)
  },
}

const asset = (text: string, type: string): Asset => ({ bytes: Buffer.from(text), type })

/** A page of one script; `head` is put into the document as it is. */
export const testAssets = (script: string, body = '', css = ''): AssetMap =>
  assetMap(
    new Map([
      ['/index.html', asset(`<!doctype html><html lang="en"><head><meta charset="utf-8"><title>t</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/page.css"><script src="/page.js"></script></head><body>${body}</body></html>`, 'text/html; charset=utf-8')],
      ['/page.js', asset(script, 'text/javascript; charset=utf-8')],
      ['/page.css', asset(css, 'text/css; charset=utf-8')],
    ]),
  )

export function testShell(executable: Executable, assets: AssetMap, more: Partial<ChromiumShellDeps> = {}): ChromiumShell {
  const log: Logger = more.log ?? silentLogger
  return new ChromiumShell({ assets, executable, log, clock: realClock, env: process.env, options: { fullscreen: false, headless: true, width: 1280, height: 800 }, ...more })
}
