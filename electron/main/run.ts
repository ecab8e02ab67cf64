// Why: which browser shows the window. Electron is the product's shell where its binary is installed; if the chosen
// one does not come up, that is said and the other one is tried, because a dark kiosk helps nobody.
import { systemClock } from '../adapters/clock.ts'
import { AppError, toAppError } from '../core/errors.ts'
import type { Logger } from '../core/ports/logger.ts'
import { startChromiumKiosk, type ChromiumKiosk } from './chromium.ts'
import type { RunOptions } from './cli.ts'
import { createServices } from './compose.ts'
import { runElectron } from './electron-child.ts'
import { EXIT_OK, exitStatusOfEnd } from './exit.ts'
import { electronBinary } from './places.ts'
import { guardProcess } from './process-guard.ts'
import { readConfig, type ReadConfig } from './read-config.ts'
import { onStop } from './signals.ts'

export type ShellName = 'electron' | 'chromium'

/** Each runs one shell to its end, with its exit status. Errors: shell.unavailable, shell.display-gone */
export interface Shells {
  /** undefined: not installed */
  readonly electron: ((o: RunOptions, log: Logger) => Promise<number>) | undefined
  readonly chromium: (o: RunOptions, log: Logger) => Promise<number>
}

/** The order in which shells are tried. A headless run and a machine without Electron leave only Chromium. */
export function shellOrder(wanted: 'auto' | ShellName, have: { readonly electron: boolean; readonly headless: boolean }): ShellName[] {
  const possible: ShellName[] = have.electron && !have.headless ? ['electron', 'chromium'] : ['chromium']
  return wanted === 'chromium' ? possible.toReversed() : possible
}

/** Runs the kiosk to its end; resolves with the exit status. Errors: shell.unavailable and shell.display-gone of the last shell tried. */
export async function runKiosk(o: RunOptions): Promise<number> {
  const read = readConfig(o.configDir, o.dev)
  const config = read.loaded?.config
  const { log } = createServices(config?.log)
  const binary = electronBinary()
  const electron = binary && ((opts: RunOptions, l: Logger) => runElectron({ binary, log: l, clock: systemClock }, opts))
  return await tryShells(o.shell ?? config?.shell ?? 'auto', o, log, { electron, chromium: (opts, l) => runChromium(opts, l, read) })
}

/** The first shell that comes up runs to its end. */
export async function tryShells(wanted: 'auto' | ShellName, o: RunOptions, log: Logger, shells: Shells): Promise<number> {
  const order = shellOrder(wanted, { electron: shells.electron !== undefined, headless: o.headless })
  if (wanted === 'electron' && order[0] !== 'electron') {
    log.warn(o.headless ? 'Electron cannot run without a display, taking Chromium' : 'Electron is not installed here, taking Chromium', { comp: 'shell' })
  }
  let failed: { readonly shell: ShellName; readonly error: AppError } | undefined
  for (const shell of order) {
    if (failed) log.warn(`${title(failed.shell)} did not come up, trying ${title(shell)}`, { comp: 'shell', code: failed.error.code, detail: failed.error.detail, trace: failed.error.traceId })
    try {
      return await (shell === 'electron' && shells.electron ? shells.electron : shells.chromium)(o, log)
    } catch (e) {
      const error = toAppError(e)
      if (error.code !== 'shell.unavailable' && error.code !== 'shell.display-gone') throw error
      failed = { shell, error }
    }
  }
  const last = failed?.error ?? new AppError('shell.unavailable', 'no shell to try')
  log.error('no window could be opened', { comp: 'shell', code: last.code, detail: last.detail, trace: last.traceId })
  throw last
}

const title = (shell: ShellName): string => (shell === 'electron' ? 'Electron' : 'Chromium')

/** Signals are taken before the browser starts: one that comes meanwhile must not leave it behind. */
async function runChromium(o: RunOptions, log: Logger, read: ReadConfig): Promise<number> {
  const stop = Promise.withResolvers<number>()
  const unhook = onStop(() => stop.resolve(EXIT_OK))
  let kiosk: ChromiumKiosk | undefined
  const unguard = guardProcess(() => ({ log: kiosk?.services.log ?? log, wipe: () => kiosk?.app.wipe() }))
  try {
    kiosk = await startChromiumKiosk({ configDir: o.configDir, dev: o.dev, headless: o.headless, version: o.version, read })
    void kiosk.closed.then((end) => stop.resolve(exitStatusOfEnd(end)))
    const status = await stop.promise
    await kiosk.close()
    return status
  } finally {
    unhook()
    unguard()
  }
}
