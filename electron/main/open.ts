// Why: `latchkey open file.vv`, what a desktop's file manager or a browser starts for a connection file: one display in one
// window, no configuration, no sign-in screen; the program ends with the visit.
import { openConnectionFile } from '../adapters/net/connection-file.ts'
import { formatProblem } from '../adapters/config/config-error.ts'
import { toAppError } from '../core/errors.ts'
import type { SessionState } from '../core/session/state.ts'
import { MAX_VV_BYTES, disposeVv, parseVvFile, type VvFile } from '../drivers/spice/vv-file.ts'
import { Config } from '../../shared/config/schema.ts'
import { createServices } from './compose.ts'
import { startChromiumKiosk, type ChromiumKiosk } from './chromium.ts'
import { EXIT_OK, exitStatusOfEnd } from './exit.ts'
import { guardProcess } from './process-guard.ts'
import type { ReadConfig } from './read-config.ts'
import { onStop } from './signals.ts'

export interface OpenOptions {
  readonly file: string
  readonly headless: boolean
  readonly version: string
  /** Lines go here instead of standard error. */
  readonly logTo?: (line: string) => void
  readonly shell?: Parameters<typeof startChromiumKiosk>[0]['shell']
  /** For tests: the kiosk is up. */
  readonly onKiosk?: (kiosk: ChromiumKiosk) => void
}

const ENDPOINT = 'open'

/** States in which there is nothing more to show: the person has left the display. */
const isOver = (state: SessionState): boolean => state.name === 'signedOut' || state.name === 'choosing'

/**
 * Shows the display to its end; resolves with the exit status. Errors: vv.missing, vv.invalid (every mistake in `detail`),
 * shell.unavailable, shell.display-gone.
 */
export async function openFile(o: OpenOptions): Promise<number> {
  const file = await openConnectionFile(o.file, MAX_VV_BYTES)
  const services = createServices(undefined, o.logTo)
  const { log, redactor } = services
  const vv = parseVvFile(file.text, file.path, redactor)
  for (const note of vv.notes) log.info(formatProblem({ severity: 'warning', code: 'config.invalid', file: file.path, line: note.line, message: note.message }), { comp: 'open' })
  if (vv.deleteThisFile) {
    const left = await file.remove()
    if (left !== undefined) log.warn('the connection file asks to be deleted, and is still there', { comp: 'open', why: left })
  }
  const stop = Promise.withResolvers<number>()
  const unhook = onStop(() => stop.resolve(EXIT_OK))
  let kiosk: ChromiumKiosk | undefined
  const unguard = guardProcess(() => ({ log: kiosk?.services.log ?? log, wipe: () => kiosk?.app.wipe() }))
  try {
    kiosk = await startChromiumKiosk({
      configDir: '', dev: true, headless: o.headless, version: o.version, read: configFor(file.path, vv), services, opened: vv,
      ...(o.shell && { shell: o.shell }),
    })
    const { app } = kiosk
    void kiosk.closed.then((end) => stop.resolve(exitStatusOfEnd(end)))
    app.dispatch({ type: 'ui.signIn', endpoint: ENDPOINT, user: '' })
    app.observe((state) => {
      if (isOver(state)) stop.resolve(EXIT_OK)
    })
    o.onKiosk?.(kiosk)
    const status = await stop.promise
    await kiosk.close()
    return status
  } catch (e) {
    if (!kiosk) disposeVv(vv)
    throw toAppError(e)
  } finally {
    unhook()
    unguard()
  }
}

/** What a kiosk needs to know for one display; everything else is as nobody configured it. */
function configFor(path: string, vv: VvFile): ReadConfig {
  const name = path.split('/').at(-1) ?? path
  const config = Config.parse({
    version: 1,
    endpoints: [{ id: ENDPOINT, label: name.slice(0, 200), kind: 'spice', file: path.startsWith('/') ? path : `/${path}` }],
    kiosk: { fullscreen: vv.fullscreen ?? false, allowReboot: false, allowPowerOff: false },
    session: { autoConnectSingle: true },
  })
  return { loaded: { config, origins: new Map(), files: [], warnings: [] } }
}
