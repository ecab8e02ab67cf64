// Why: composition root of the Electron form; the file that Electron's binary runs. The parent (run.ts) learns that
// the window is up from one line on file descriptor 3, so that it can take the other shell if it never comes.
import electron from 'electron'
import { mkdirSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { toAppError } from '../core/errors.ts'
import { loadAssets } from '../shells/common/assets.ts'
import { ElectronShell, prepareElectron } from '../shells/electron/shell.ts'
import { parseCommandLine } from './cli-args.ts'
import { composeApp } from './compose.ts'
import { exitStatusOf } from './exit.ts'
import { distFolder, rendererFolder } from './places.ts'
import { readConfig, servicesFor } from './read-config.ts'

/** Arguments of `latchkey run`; Electron's own switches were refused before. */
async function main(version: string): Promise<number> {
  // A fixed name: Electron's single-instance lock lies in this folder. Elsewhere than under XDG_RUNTIME_DIR (0700, ours)
  // the name carries the user's number, and a folder of somebody else's makes mkdir or Electron fail, not us share it.
  const userData = join(process.env['XDG_RUNTIME_DIR'] ?? tmpdir(), `latchkey-electron-${process.getuid?.() ?? 0}`)
  mkdirSync(userData, { recursive: true, mode: 0o700 })
  // Beside ours, argv holds what Chromium was started with; unpackaged, ours begin behind the program's path.
  const argv = process.argv.slice(electron.app.isPackaged ? 1 : process.argv.indexOf(import.meta.filename) + 1)
  prepareElectron(electron, argv, userData)
  const command = parseCommandLine(argv)
  if (command.name !== 'run') return exitStatusOf('cli.usage')
  const read = readConfig(command.configDir, command.dev)
  const config = read.loaded?.config
  const services = servicesFor(read)
  const app = composeApp(config, services, { dev: command.dev, version })
  await electron.app.whenReady()
  const shell = new ElectronShell({
    electron,
    options: { fullscreen: config?.kiosk.fullscreen ?? true, headless: false, width: 1280, height: 800 },
    assets: await loadAssets(rendererFolder()),
    preload: join(distFolder(), 'preload.cjs'),
    log: services.log.child({ comp: 'shell' }),
    clock: services.clock,
  })
  const closed = Promise.withResolvers<number>()
  shell.onClosed((why) => closed.resolve(why.why === 'crashed' ? exitStatusOf('shell.renderer-crashed') : why.why === 'display-gone' ? exitStatusOf('shell.display-gone') : 0))
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => closed.resolve(0))
  app.start(read.error)
  await shell.open((link) => app.attach(link))
  tellReady()
  const status = await closed.promise
  await app.close()
  await shell.close()
  rmSync(userData, { recursive: true, force: true })
  return status
}

/** Without a parent there is no descriptor 3, and nobody to tell. */
function tellReady(): void {
  try {
    writeSync(3, 'ready\n')
  } catch {
    return
  }
}

main(electron.app.getVersion()).then(
  (status) => electron.app.exit(status),
  (e: unknown) => {
    const error = toAppError(e)
    process.stderr.write(`latchkey: ${error.code} (${error.traceId})\n`)
    electron.app.exit(exitStatusOf(error.code))
  },
)
