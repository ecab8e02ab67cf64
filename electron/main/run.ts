// Why: which browser shows the window. Electron is the product's shell where its binary is installed; if the chosen
// one does not come up, that is said and the other one is tried, because a dark kiosk helps nobody.
import { spawn } from 'node:child_process'
import { AppError, toAppError } from '../core/errors.ts'
import type { Logger } from '../core/ports/logger.ts'
import { startChromiumKiosk } from './chromium.ts'
import type { RunOptions } from './cli.ts'
import { createServices } from './compose.ts'
import { exitStatusOf } from './exit.ts'
import { electronBinary, type ElectronBinary } from './places.ts'
import { readConfig } from './read-config.ts'

/** A window that is not up by then is taken for one that never comes, ms. */
const ELECTRON_START = 20_000

export type ShellName = 'electron' | 'chromium'

/** The order in which shells are tried. A headless run and a machine without Electron leave only Chromium. */
export function shellOrder(wanted: 'auto' | ShellName, have: { readonly electron: boolean; readonly headless: boolean }): ShellName[] {
  const possible: ShellName[] = have.electron && !have.headless ? ['electron', 'chromium'] : ['chromium']
  return wanted === 'chromium' ? possible.toReversed() : possible
}

/** Runs the kiosk to its end; resolves with the exit status. Errors: shell.unavailable and shell.display-gone of the last shell tried. */
export async function runKiosk(o: RunOptions): Promise<number> {
  const config = readConfig(o.configDir, o.dev).loaded?.config
  const { log } = createServices(config?.log)
  const binary = electronBinary()
  const wanted = o.shell ?? config?.shell ?? 'auto'
  const order = shellOrder(wanted, { electron: binary !== undefined, headless: o.headless })
  if (wanted === 'electron' && order[0] !== 'electron') log.warn('Electron is not installed here, taking Chromium', { comp: 'shell' })
  let last: AppError | undefined
  for (const shell of order) {
    if (last) log.warn(`${shell === 'electron' ? 'Chromium' : 'Electron'} did not come up, trying ${shell}`, { comp: 'shell', code: last.code, detail: last.detail, trace: last.traceId })
    try {
      return shell === 'electron' && binary ? await runElectron(binary, o, log) : await runChromium(o)
    } catch (e) {
      last = toAppError(e)
      if (last.code !== 'shell.unavailable' && last.code !== 'shell.display-gone') throw last
    }
  }
  if (last) log.error('no window could be opened', { comp: 'shell', code: last.code, detail: last.detail, trace: last.traceId })
  throw last ?? new AppError('shell.unavailable', 'no shell to try')
}

async function runChromium(o: RunOptions): Promise<number> {
  const kiosk = await startChromiumKiosk({ configDir: o.configDir, dev: o.dev, headless: o.headless, version: o.version })
  const stop = Promise.withResolvers<number>()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.resolve(0))
  void kiosk.closed.then(({ why }) => stop.resolve(why === 'crashed' ? exitStatusOf('shell.renderer-crashed') : why === 'display-gone' ? exitStatusOf('shell.display-gone') : 0))
  const status = await stop.promise
  await kiosk.close()
  return status
}

/** Rejects with shell.unavailable if the window does not come up; afterwards the child's exit status is ours. */
function runElectron(binary: ElectronBinary, o: RunOptions, log: Logger): Promise<number> {
  const args = [...binary.program, 'run', '--config-dir', o.configDir, ...(o.dev ? ['--dev'] : [])]
  const child = spawn(binary.path, args, { stdio: ['ignore', 'inherit', 'inherit', 'pipe'] })
  return new Promise((resolve, reject) => {
    let ready = false
    const unavailable = (why: string): void => reject(new AppError('shell.unavailable', why))
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      unavailable(`Electron showed no window within ${ELECTRON_START / 1000} s`)
    }, ELECTRON_START)
    child.stdio[3]?.once('data', () => {
      ready = true
      clearTimeout(timer)
      log.info('window open', { comp: 'shell', shell: 'electron' })
    })
    child.once('error', (e) => {
      clearTimeout(timer)
      unavailable(e.message)
    })
    child.once('exit', (code, signal) => {
      clearTimeout(timer)
      if (ready) resolve(code ?? exitStatusOf('shell.renderer-crashed'))
      else if (code === exitStatusOf('cli.usage')) resolve(code)
      else unavailable(`Electron ended with ${signal ?? `status ${code ?? '?'}`} before it showed a window`)
    })
    for (const s of ['SIGTERM', 'SIGINT'] as const) process.once(s, () => child.kill(s))
  })
}
