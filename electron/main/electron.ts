// Why: composition root of the Electron form; the file that Electron's binary runs. The parent (run.ts) learns that
// the window is up from one line on file descriptor 3, so that it can take the other shell if it never comes.
import electron from 'electron'
import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { consoleIntake } from '../adapters/log/console-intake.ts'
import type { App } from '../core/app.ts'
import { toAppError } from '../core/errors.ts'
import { loadAssets } from '../shells/common/assets.ts'
import { clipboardGrant } from '../shells/common/clipboard-grant.ts'
import { ElectronShell, prepareElectron } from '../shells/electron/shell.ts'
import { parseCommandLine } from './cli-args.ts'
import { composeApp, createServices, type Services } from './compose.ts'
import { EXIT_OK, exitStatusOf, exitStatusOfEnd } from './exit.ts'
import { tellParent } from './handshake.ts'
import { distFolder, rendererFolder } from './places.ts'
import { privateFolder } from './private-folder.ts'
import { guardProcess } from './process-guard.ts'
import { readConfig, servicesFor } from './read-config.ts'
import { onStop } from './signals.ts'

/** What the last line of a failed start is written with; better services take its place as they come up. */
interface Life {
  services: Services
  app?: App
}

/** Arguments of `latchkey run`; Electron's own switches were refused before. */
async function main(version: string, life: Life): Promise<number> {
  guardProcess(() => ({ log: life.services.log, wipe: () => life.app?.wipe() }))
  const closed = Promise.withResolvers<number>()
  onStop(() => closed.resolve(EXIT_OK))
  // A fixed name: Electron's single-instance lock lies in this folder.
  const userData = privateFolder(join(process.env['XDG_RUNTIME_DIR'] ?? tmpdir(), `latchkey-electron-${process.getuid?.() ?? 0}`))
  // Beside ours, argv holds what Chromium was started with; unpackaged, ours begin behind the program's path.
  const argv = process.argv.slice(electron.app.isPackaged ? 1 : process.argv.indexOf(import.meta.filename) + 1)
  prepare(argv, userData)
  const command = parseCommandLine(argv)
  if (command.name !== 'run') return exitStatusOf('cli.usage')
  const read = readConfig(command.configDir, command.dev)
  const config = read.loaded?.config
  const services = servicesFor(read)
  const app = composeApp(config, services, { dev: command.dev, version })
  life.services = services
  life.app = app
  await electron.app.whenReady()
  const shell = new ElectronShell({
    electron,
    options: { fullscreen: config?.kiosk.fullscreen ?? true, headless: false, width: 1280, height: 800 },
    assets: await loadAssets(rendererFolder()),
    preload: join(distFolder(), 'preload.cjs'),
    log: services.log.child({ comp: 'shell' }),
    clock: services.clock,
    clipboard: clipboardGrant(config?.console.clipboard.policy ?? 'off'),
    onConsole: consoleIntake(services.log.child({ comp: 'page' }), services.clock),
  })
  shell.onClosed((end) => closed.resolve(exitStatusOfEnd(end)))
  app.start(read.error)
  await shell.open((link) => app.attach(link))
  tellParent('ready')
  const status = await closed.promise
  await app.close()
  await shell.close()
  rmSync(userData, { recursive: true, force: true })
  return status
}

/** The one thing that makes Electron unavailable at this point is that another kiosk of this user has the screen. */
function prepare(argv: readonly string[], userData: string): void {
  try {
    prepareElectron(electron, argv, userData)
  } catch (e) {
    if (toAppError(e).code === 'shell.unavailable') tellParent('taken')
    throw e
  }
}

const life: Life = { services: createServices() }
main(electron.app.getVersion(), life).then(
  (status) => electron.app.exit(status),
  (e: unknown) => {
    const error = toAppError(e)
    life.services.log.error('the kiosk cannot run', { comp: 'shell', code: error.code, detail: error.detail, trace: error.traceId })
    electron.app.exit(exitStatusOf(error.code))
  },
)
