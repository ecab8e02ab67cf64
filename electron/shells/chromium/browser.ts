// Why: one running browser with our one page in it. Starting again after a crash is the shell's task, not this file's.
import { chromium, type BrowserContext, type CDPSession, type Page } from 'playwright-core'
import { AppError } from '../../core/errors.ts'
import type { Logger } from '../../core/ports/logger.ts'
import type { RendererLink, ShellOptions } from '../../core/ports/shell.ts'
import type { AssetMap } from '../common/assets.ts'
import type { ClipboardGrant } from '../common/clipboard-grant.ts'
import type { Executable } from './binary.ts'
import { CdpLink } from './cdp-link.ts'
import { chromiumFlags } from './flags.ts'
import { ORIGIN, PAGE_URL, serveOrigin, serveWorklets } from './origin.ts'
import type { RunFolder } from './privileges.ts'

/** page-closed: somebody closed the window; renderer: the page's process died; browser: the browser itself is gone. */
export type BrowserEnd = 'page-closed' | 'renderer' | 'browser'

export interface LaunchInput {
  readonly executable: Executable
  /** What is really started: the executable, or the script that changes the user first. */
  readonly program: string
  readonly folder: RunFolder
  readonly env: Record<string, string>
  readonly options: ShellOptions
  readonly display: 'x11' | 'wayland'
  readonly gpu: boolean
  readonly measureMemory: boolean
  readonly assets: AssetMap
  readonly clipboard: ClipboardGrant
  readonly log: Logger
  readonly attach: (link: RendererLink) => void
  readonly onEnd: (why: BrowserEnd) => void
  readonly onConsole: (level: ConsoleLevel, text: string) => void
}

export type ConsoleLevel = 'error' | 'warning' | 'info' | 'debug'

export interface BrowserProcess {
  /** 'browser', 'renderer', 'GPU', or a utility's service name. */
  readonly type: string
  readonly id: number
}

const LAUNCH_TIMEOUT_MS = 30_000
const CLOSE_TIMEOUT_MS = 5_000

export class RunningBrowser {
  readonly context: BrowserContext
  readonly page: Page
  readonly version: string
  readonly #session: CDPSession
  readonly #pageSession: CDPSession
  readonly #link: CdpLink
  readonly #pid: number
  #ended = false

  private constructor(context: BrowserContext, page: Page, version: string, session: CDPSession, pageSession: CDPSession, link: CdpLink, pid: number) {
    this.context = context
    this.page = page
    this.version = version
    this.#session = session
    this.#pageSession = pageSession
    this.#link = link
    this.#pid = pid
  }

  /** Resolves when the first life of our page has got its link. Errors: shell.unavailable. */
  static async launch(input: LaunchInput): Promise<RunningBrowser> {
    const { options, log } = input
    const context = await chromium
      .launchPersistentContext(input.folder.profile, {
        executablePath: input.program,
        args: chromiumFlags({ options, profileDir: input.folder.profile, headlessShell: input.executable.headlessShell, display: input.display, gpu: input.gpu, measureMemory: input.measureMemory }),
        ignoreDefaultArgs: true,
        chromiumSandbox: true,
        headless: options.headless,
        env: input.env,
        // In a real window the page has the window's size; headless we set it, so that both kinds of headless agree.
        viewport: options.headless ? { width: options.width, height: options.height } : null,
        acceptDownloads: false,
        serviceWorkers: 'block',
        bypassCSP: false,
        timeout: LAUNCH_TIMEOUT_MS,
        // Signals are for the composition root, which closes us in order.
        handleSIGINT: false,
        handleSIGTERM: false,
        handleSIGHUP: false,
      })
      .catch((e: unknown) => {
        throw new AppError('shell.unavailable', `Chromium does not start: ${lastLines(e)}`, { cause: e })
      })
    try {
      return await RunningBrowser.#prepare(context, input, log)
    } catch (e) {
      await context.close().catch(() => {})
      throw e instanceof AppError ? e : new AppError('shell.unavailable', `Chromium does not take our page: ${lastLines(e)}`, { cause: e })
    }
  }

  static async #prepare(context: BrowserContext, input: LaunchInput, log: Logger): Promise<RunningBrowser> {
    const browser = context.browser()
    const page = context.pages()[0] ?? (await context.newPage())
    if (!browser) throw new AppError('shell.unavailable', 'the browser is gone again')
    // One page, ours. Whatever opens another (window.open, a shortcut) is closed at once.
    context.on('page', (stray) => {
      if (stray === page) return
      log.warn('stray page closed')
      stray.close().catch(() => {})
    })
    for (const stray of context.pages()) if (stray !== page) stray.close().catch(() => {})
    page.on('dialog', (dialog) => {
      log.warn('dialog dismissed', { kind: dialog.type() })
      dialog.dismiss().catch(() => {})
    })
    page.on('console', (message) => {
      const type = message.type()
      input.onConsole(type === 'error' || type === 'warning' || type === 'debug' ? type : 'info', message.text())
    })
    page.on('pageerror', (e) => input.onConsole('error', e.message))
    page.on('filechooser', () => log.warn('file chooser ignored'))
    page.on('download', (download) => download.cancel().catch(() => {}))

    const [browserSession, pageSession] = await Promise.all([browser.newBrowserCDPSession(), context.newCDPSession(page)])
    const link = new CdpLink({ session: pageSession, log, attach: input.attach, reset: () => void running.reload() })
    const [processes, target] = await Promise.all([
      processList(browserSession),
      pageSession.send('Target.getTargetInfo') as Promise<{ targetInfo: { targetId: string } }>,
      // Allows what is listed and refuses every other permission of the origin; full screen needs none.
      browserSession.send('Browser.grantPermissions', { origin: ORIGIN, permissions: grantedPermissions(input.clipboard) as never }),
      browserSession.send('Browser.setDownloadBehavior', { behavior: 'deny' }),
      browserSession.send('Target.setDiscoverTargets', { discover: true }),
      serveOrigin(context, input.assets, log, input.clipboard),
      serveWorklets(pageSession, input.assets, log, input.clipboard),
      link.install(),
    ])
    const pid = processes.find((p) => p.type === 'browser')?.id
    if (pid === undefined) throw new AppError('shell.unavailable', 'the browser does not tell its process')
    const running: RunningBrowser = new RunningBrowser(context, page, browser.version(), browserSession, pageSession, link, pid)

    // An end while we are still launching is that launch's failure, not a crash of a running browser.
    let launched = false
    const endedEarly = Promise.withResolvers<void>()
    const end = (why: BrowserEnd) => {
      if (running.#ended) return
      running.#ended = true
      link.gone()
      endedEarly.resolve()
      if (launched) input.onEnd(why)
    }
    // Only a window that was closed destroys its target while the browser still talks; a dead browser says nothing.
    browserSession.on('Target.targetDestroyed', (e) => {
      if ((e as { targetId: string }).targetId === target.targetInfo.targetId) end('page-closed')
    })
    // about:blank and the like make no request that could be refused: whoever leaves is brought back.
    page.on('framenavigated', (frame) => {
      if (!launched || frame !== page.mainFrame() || frame.url().split('#')[0] === PAGE_URL) return
      log.warn('the page left our origin and is loaded again')
      void running.reload()
    })
    page.on('crash', () => end('renderer'))
    browser.on('disconnected', () => end('browser'))
    await page.goto(PAGE_URL, { waitUntil: 'commit', timeout: LAUNCH_TIMEOUT_MS })
    // The bridge's first word follows the commit at once; without it the window would be one that nothing can use.
    const timer = setTimeout(() => endedEarly.reject(new AppError('shell.unavailable', 'the page does not start')), LAUNCH_TIMEOUT_MS)
    await Promise.race([link.started, endedEarly.promise]).finally(() => clearTimeout(timer))
    // A new window has its keyboard in the address line, hidden or not: what a person types first would go there.
    await pageSession.send('Page.bringToFront')
    await forgetHistory(pageSession)
    if (running.#ended) throw new AppError('shell.unavailable', 'the browser ended while it was starting')
    launched = true
    return running
  }

  async reload(): Promise<void> {
    await this.page.goto(PAGE_URL, { waitUntil: 'commit' }).catch(() => {})
    await forgetHistory(this.#pageSession).catch(() => {})
  }

  /** Every process of the browser, by its own account. */
  processes(): Promise<readonly BrowserProcess[]> {
    return processList(this.#session)
  }

  /** Ends the browser; never throws. No `onEnd` afterwards. */
  async close(): Promise<void> {
    this.#ended = true
    this.#link.gone()
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        try {
          process.kill(this.#pid, 'SIGKILL')
        } catch {
          // already gone
        }
        resolve()
      }, CLOSE_TIMEOUT_MS)
    })
    await Promise.race([this.context.close().catch(() => {}), late])
    clearTimeout(timer)
  }
}

/** Before our page there was an empty one: a mouse's side button, or Alt and the left arrow, would go back to it and end the session. */
async function forgetHistory(page: CDPSession): Promise<void> {
  await page.send('Page.resetNavigationHistory')
}

/** DevTools protocol, Browser.PermissionType. Reading has the name of both; what may be written is decided by the second alone. */
export function grantedPermissions(clipboard: ClipboardGrant): string[] {
  return ['keyboardLock', 'pointerLock', ...(clipboard.read ? ['clipboardReadWrite'] : []), ...(clipboard.write ? ['clipboardSanitizedWrite'] : [])]
}

async function processList(session: CDPSession): Promise<readonly BrowserProcess[]> {
  const { processInfo } = (await session.send('SystemInfo.getProcessInfo')) as { processInfo: { type: string; id: number }[] }
  return processInfo.map(({ type, id }) => ({ type, id }))
}

/** Playwright's messages carry the whole command line; the log needs the browser's last words. */
function lastLines(e: unknown): string {
  const text = e instanceof Error ? e.message : String(e)
  const lines = text.replace(/\u001b\[[0-9;]*m/g, '').split('\n').filter((l) => l.trim() !== '' && !l.includes('<launching>'))
  const said = lines.filter((l) => l.includes('[err]')).map((l) => l.slice(l.indexOf('[err]') + 5).trim())
  const exit = lines.filter((l) => l.includes('<process did exit'))
  return [...lines.slice(0, 1), ...exit, ...said.slice(-4)].map((l) => l.trim()).join(' | ').slice(0, 1500)
}
