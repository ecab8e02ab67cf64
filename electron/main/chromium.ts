// Why: composition root of the Chromium form: configuration → App → window, in one Node process.
import { consoleIntake } from '../adapters/log/console-intake.ts'
import type { App } from '../core/app.ts'
import type { ShellClosed } from '../core/ports/shell.ts'
import { ChromiumShell, type ChromiumShellDeps } from '../shells/chromium/shell.ts'
import { loadAssets } from '../shells/common/assets.ts'
import { clipboardGrant } from '../shells/common/clipboard-grant.ts'
import { composeApp, type Services } from './compose.ts'
import { rendererFolder } from './places.ts'
import type { VvFile } from '../drivers/spice/vv-file.ts'
import { readConfig, servicesFor, type ReadConfig } from './read-config.ts'

export interface ChromiumKiosk {
  readonly app: App
  readonly shell: ChromiumShell
  readonly services: Services
  /** Resolves when the window is gone, with why. */
  readonly closed: Promise<ShellClosed>
  close(): Promise<void>
}

export interface KioskOptions {
  readonly configDir: string
  readonly dev: boolean
  readonly headless: boolean
  readonly version: string
  /** What was read of `configDir` already; default: it is read here. */
  readonly read?: ReadConfig
  /** Default: made from what was read. */
  readonly services?: Services
  /** `latchkey open`: what the one endpoint's file held. */
  readonly opened?: VvFile
  readonly width?: number
  readonly height?: number
  /** Lines go here instead of standard error (tests read them). */
  readonly logTo?: (line: string) => void
  readonly shell?: Partial<Pick<ChromiumShellDeps, 'binary' | 'executable' | 'runAs' | 'gpu'>>
}

/** Starts the kiosk in Chromium. Errors: shell.unavailable, shell.display-gone; nothing stays behind then. */
export async function startChromiumKiosk(o: KioskOptions): Promise<ChromiumKiosk> {
  const read = o.read ?? readConfig(o.configDir, o.dev)
  const config = read.loaded?.config
  const services = o.services ?? servicesFor(read, o.logTo)
  const app = composeApp(config, services, { dev: o.dev, version: o.version, ...(o.opened && { opened: o.opened }) })
  const shell = new ChromiumShell({
    assets: await loadAssets(rendererFolder()),
    options: { fullscreen: config?.kiosk.fullscreen ?? true, headless: o.headless, width: o.width ?? 1280, height: o.height ?? 800 },
    log: services.log.child({ comp: 'shell' }),
    clock: services.clock,
    clipboard: clipboardGrant(config?.console.clipboard.policy ?? 'off'),
    env: process.env,
    onConsole: consoleIntake(services.log.child({ comp: 'page' }), services.clock),
    ...o.shell,
  })
  const closed = new Promise<ShellClosed>((resolve) => shell.onClosed(resolve))
  app.start(read.error)
  await shell.open((link) => app.attach(link))
  return {
    app,
    shell,
    services,
    closed,
    close: async () => {
      await app.close()
      await shell.close()
    },
  }
}
