// Why: the life of Electron's one window: harden, open, recover from a crash, close. It decides nothing about the
// session; `electron` is injected, so this file can be loaded and tested where no Electron is.
import type { BrowserWindow } from 'electron'
import { AppError } from '../../core/errors.ts'
import type { Clock } from '../../core/ports/clock.ts'
import type { Logger } from '../../core/ports/logger.ts'
import type { RendererLink, ShellClosed, ShellOptions, ShellPort } from '../../core/ports/shell.ts'
import { APP_ORIGIN } from '../../preload/names.ts'
import type { AssetMap } from '../common/assets.ts'
import type { ClipboardGrant } from '../common/clipboard-grant.ts'
import { PageLink } from '../common/page-link.ts'
import { RestartBudget } from '../common/restart-budget.ts'
import { appScheme, serveApp } from './app-protocol.ts'
import {
  claimSingleInstance, displayKeeper, guardAllContents, guardCertificates, guardDownloads, guardPermissions, guardRequests,
  hardenApp, isAppUrl, refuseDangerousArguments, removeMenu,
} from './hardening.ts'
import { ElectronWire, serveRequests } from './ipc-link.ts'
import { windowOptions } from './window-options.ts'

/** What of Electron is used at all. */
export type ElectronModule = Pick<
  typeof import('electron'),
  'app' | 'BrowserWindow' | 'ipcMain' | 'Menu' | 'MessageChannelMain' | 'powerSaveBlocker' | 'protocol' | 'session'
>

export interface ElectronShellSetup {
  readonly electron: ElectronModule
  readonly options: ShellOptions
  readonly assets: AssetMap
  /** Absolute path of the bundled preload script. */
  readonly preload: string
  readonly log: Logger
  readonly clock: Clock
  /** Default: none. */
  readonly clipboard?: ClipboardGrant
  /** Each message of the page's console, unbounded: the listener limits length and rate. */
  readonly onConsole?: (level: 'error' | 'warning' | 'info' | 'debug', text: string) => void
}

/** The address the window loads. */
export const PAGE_URL = `${APP_ORIGIN}/`
/** A partition without `persist:` is kept in memory only. */
const PARTITION = 'latchkey'

/**
 * Everything that must happen before Electron is ready; call it first, synchronously.
 * `argv`: arguments after the program; `userData`: a directory on a tmpfs.
 * Errors: cli.usage (a refused switch), shell.unavailable (another instance runs).
 */
export function prepareElectron(electron: ElectronModule, argv: readonly string[], userData: string): void {
  refuseDangerousArguments(argv)
  hardenApp(electron.app, userData)
  claimSingleInstance(electron.app, () => electron.BrowserWindow.getAllWindows()[0]?.focus())
  electron.protocol.registerSchemesAsPrivileged([appScheme])
  guardAllContents(electron.app)
}

export class ElectronShell implements ShellPort {
  readonly name = 'electron'
  readonly #setup: ElectronShellSetup
  readonly #budget: RestartBudget
  readonly #keepDisplay: (on: boolean) => void
  readonly #listeners: ((why: ShellClosed) => void)[] = []
  #window: BrowserWindow | undefined
  #link: PageLink | undefined
  #stopServing: () => void = () => {}
  #cancelReload: () => void = () => {}
  #closing = false
  #told = false

  constructor(setup: ElectronShellSetup) {
    this.#setup = setup
    this.#budget = new RestartBudget(setup.clock)
    this.#keepDisplay = displayKeeper(setup.electron.powerSaveBlocker)
  }

  /** Errors: shell.unavailable when the page cannot be loaded or the window is open already. */
  async open(attach: (link: RendererLink) => void): Promise<void> {
    if (this.#window !== undefined) throw new AppError('shell.unavailable', 'the window is already open')
    const { electron, options, preload, assets, log, clipboard } = this.#setup
    const { app } = electron
    await app.whenReady()
    removeMenu(electron.Menu)
    const session = electron.session.fromPartition(PARTITION, { cache: false })
    guardPermissions(session, clipboard)
    guardRequests(session)
    guardDownloads(session)
    guardCertificates(app, session)
    serveApp(session, assets, clipboard)
    // Without a listener Electron quits with the last window; the main process decides that.
    app.on('window-all-closed', () => {})
    app.on('before-quit', () => (this.#closing = true))

    const window = new electron.BrowserWindow(windowOptions(options, preload, session))
    this.#window = window
    this.#stopServing = serveRequests(electron.ipcMain, window.webContents, () => this.#link, log)
    this.#watch(window, attach)
    try {
      await window.loadURL(PAGE_URL)
    } catch (cause) {
      await this.close()
      throw new AppError('shell.unavailable', 'the page could not be loaded', { cause })
    }
  }

  onClosed(listener: (why: ShellClosed) => void): void {
    this.#listeners.push(listener)
  }

  /** Destroys the window. Ending the process (`app.exit`) is the caller's, after its own cleaning up. */
  close(): Promise<void> {
    this.#closing = true
    this.#cancelReload()
    this.#stopServing()
    this.#endLife()
    if (this.#window !== undefined && !this.#window.isDestroyed()) this.#window.destroy()
    return Promise.resolve()
  }

  #watch(window: BrowserWindow, attach: (link: RendererLink) => void): void {
    const { options, log } = this.#setup
    const contents = window.webContents
    window.once('ready-to-show', () => {
      if (!options.headless) window.show()
    })
    // Committed navigations of the main frame only: the first load and every reload, each a new life of the page.
    contents.on('did-navigate', (_event, url) => {
      this.#endLife()
      if (!isAppUrl(url)) return
      const link = new PageLink(new ElectronWire(this.#setup.electron, contents, (name, payload) => this.#observe(name, payload)), log)
      this.#link = link
      attach(link)
    })
    contents.on('render-process-gone', (_event, details) => {
      log.error('the page process ended', { reason: details.reason, exit: details.exitCode })
      this.#endLife()
      this.#recover(window, details.reason)
    })
    contents.on('console-message', ({ level, message }) => this.#setup.onConsole?.(level, message))
    contents.on('unresponsive', () => log.warn('the page does not respond'))
    // In the kiosk nobody closes the window; the compositor's close (Alt+F4) is refused.
    window.on('close', (event) => {
      if (options.fullscreen && !this.#closing) event.preventDefault()
    })
    window.on('closed', () => {
      this.#endLife()
      this.#tell(this.#closing ? { why: 'shutdown', detail: 'closed by us' } : { why: 'user', detail: 'window closed' })
    })
  }

  /** Loads the page again after a crash, slower each time; gives up when the budget of a minute is used. */
  #recover(window: BrowserWindow, reason: string): void {
    if (this.#closing) return
    const wait = this.#budget.next()
    if (wait === undefined) return this.#tell({ why: 'crashed', detail: `the page process keeps ending: ${reason}` })
    this.#cancelReload = this.#setup.clock.after(wait, () => {
      if (!window.isDestroyed()) window.webContents.reload()
    })
  }

  #observe(name: string, payload: unknown): void {
    if (name === 'view.changed') this.#keepDisplay((payload as { screen?: unknown }).screen === 'console')
  }

  #endLife(): void {
    const link = this.#link
    this.#link = undefined
    this.#keepDisplay(false)
    link?.gone()
  }

  #tell(why: ShellClosed): void {
    if (this.#told) return
    this.#told = true
    for (const listener of this.#listeners) listener(why)
  }
}
