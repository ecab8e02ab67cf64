// Why: the window of the Chromium form: finds and starts the browser as an ordinary user, gives each life of the page
// its link, and starts anew after a crash, within limits.
import { chown, mkdir, rm } from 'node:fs/promises'
import { AppError, toAppError } from '../../core/errors.ts'
import { sleep, type Clock } from '../../core/ports/clock.ts'
import type { Logger } from '../../core/ports/logger.ts'
import type { RendererLink, ShellClosed, ShellOptions, ShellPort } from '../../core/ports/shell.ts'
import type { Page } from 'playwright-core'
import type { AssetMap } from '../common/assets.ts'
import { NO_CLIPBOARD, type ClipboardGrant } from '../common/clipboard-grant.ts'
import { RestartBudget } from '../common/restart-budget.ts'
import { findExecutable, type Executable } from './binary.ts'
import { RunningBrowser, type BrowserEnd, type BrowserProcess, type ConsoleLevel } from './browser.ts'
import { displayAnswers, findDisplay, lendXauthority, type Display } from './display.ts'
import { findPolicyConflicts } from './policy.ts'
import { browserEnv, browserUser, createRunFolder, launcher, runBase, type BrowserUser, type RunFolder } from './privileges.ts'

export interface ChromiumShellDeps {
  readonly assets: AssetMap
  readonly options: ShellOptions
  readonly log: Logger
  readonly clock: Clock
  /** Default: none. */
  readonly clipboard?: ClipboardGrant
  /** Our own environment; only a short list of it reaches the browser. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Configured path of the browser. */
  readonly binary?: string
  /** A browser found before (a test suite unpacks the npm binary once); `binary` is not looked at then. */
  readonly executable?: Executable
  /** The user for the browser when we are root; default nobody. */
  readonly runAs?: BrowserUser
  /** false: no hardware drawing. */
  readonly gpu?: boolean
  /** true: the page measures its memory and is answered at once. */
  readonly measureMemory?: boolean
  /** Each message of the page's console, unbounded: the listener limits length and rate. */
  readonly onConsole?: (level: ConsoleLevel, text: string) => void
}

interface Prepared {
  readonly executable: Executable
  readonly folder: RunFolder
  readonly program: string
  readonly env: Record<string, string>
  readonly display: Display | undefined
}

export class ChromiumShell implements ShellPort {
  readonly name = 'chromium'
  readonly #d: ChromiumShellDeps
  readonly #budget: RestartBudget
  readonly #stopped = new AbortController()
  #attach: ((link: RendererLink) => void) | undefined
  #prepared: Prepared | undefined
  #running: RunningBrowser | undefined
  #listeners: ((why: ShellClosed) => void)[] = []
  #closed: ShellClosed | undefined
  #finishing: Promise<void> | undefined

  constructor(deps: ChromiumShellDeps) {
    this.#d = deps
    this.#budget = new RestartBudget(deps.clock)
  }

  /** Resolves after the first `attach`. Errors: shell.unavailable, shell.display-gone; nothing stays behind then. */
  async open(attach: (link: RendererLink) => void): Promise<void> {
    if (this.#attach || this.#closed) throw new AppError('internal.bug', 'the shell was opened twice')
    this.#attach = attach
    try {
      this.#prepared = await this.#prepare()
      const running = await this.#launch(this.#prepared)
      if (this.#closed) {
        await running.close()
        throw new AppError('cancelled', 'the shell was closed while it was opening')
      }
      this.#running = running
    } catch (e) {
      await this.#prepared?.folder.remove()
      throw toAppError(e)
    }
    this.#d.log.info('window open', { shell: this.name, browser: this.#running.version, binary: this.#prepared.executable.origin })
  }

  /** The page, for tests and the demo. Another object after a crash. */
  get page(): Page {
    if (!this.#running) throw new AppError('internal.bug', 'the shell is not open')
    return this.#running.page
  }

  /** Every process of the browser, for checks of the sandbox and of open sockets. */
  processes(): Promise<readonly BrowserProcess[]> {
    if (!this.#running) throw new AppError('internal.bug', 'the shell is not open')
    return this.#running.processes()
  }

  /** Saves a PNG of the page. */
  async screenshot(path: string): Promise<void> {
    await this.page.screenshot({ path })
  }

  /** Called once. */
  onClosed(listener: (why: ShellClosed) => void): void {
    if (this.#closed) listener(this.#closed)
    else this.#listeners.push(listener)
  }

  async close(): Promise<void> {
    await this.#finish({ why: 'shutdown', detail: 'closed by us' })
  }

  async #prepare(): Promise<Prepared> {
    const { options, env } = this.#d
    const display = options.headless ? undefined : findDisplay(env)
    if (!options.headless) {
      if (!display) throw new AppError('shell.display-gone', 'neither DISPLAY nor WAYLAND_DISPLAY is set')
      if (!(await displayAnswers(display))) throw new AppError('shell.display-gone', `nothing answers on display ${display.name}`)
    }
    const ownUid = process.getuid?.() ?? -1
    const user = browserUser(ownUid, this.#d.runAs)
    const folder = await createRunFolder(user, await runBase(user, env['XDG_RUNTIME_DIR'], ownUid))
    try {
      const executable =
        this.#d.executable ??
        (await findExecutable({
          headless: options.headless,
          path: env['PATH'] ?? '',
          unpackInto: () => Promise.resolve(folder.program),
          ...(this.#d.binary === undefined ? {} : { configured: this.#d.binary }),
        }))
      if (executable.origin !== 'npm') await this.#checkPolicies()
      const extra = { ...executable.env, ...(await lendXauthority(env, folder)) }
      return { executable, folder, program: await launcher(executable.path, folder), env: browserEnv(env, folder, extra), display }
    } catch (e) {
      await folder.remove()
      throw e
    }
  }

  async #checkPolicies(): Promise<void> {
    const [conflict] = await findPolicyConflicts()
    if (conflict) throw new AppError('shell.unavailable', `the policy ${conflict.policy} in ${conflict.file} keeps Latchkey from driving Chromium`)
  }

  #launch(p: Prepared): Promise<RunningBrowser> {
    const attach = this.#attach!
    return RunningBrowser.launch({
      executable: p.executable,
      program: p.program,
      folder: p.folder,
      env: p.env,
      options: this.#d.options,
      display: p.display?.kind ?? 'x11',
      gpu: this.#d.gpu ?? true,
      measureMemory: this.#d.measureMemory ?? false,
      assets: this.#d.assets,
      clipboard: this.#d.clipboard ?? NO_CLIPBOARD,
      log: this.#d.log,
      attach,
      onConsole: (level, text) => this.#d.onConsole?.(level, text),
      onEnd: (why) => void this.#ended(why),
    })
  }

  async #ended(why: BrowserEnd): Promise<void> {
    if (this.#closed) return
    if (why === 'page-closed') return this.#finish({ why: 'user', detail: 'the window was closed' })
    this.#d.log.error('the browser ended unexpectedly', { code: 'shell.renderer-crashed', what: why })
    await this.#running?.close()
    await this.#restart(this.#prepared!)
  }

  async #restart(p: Prepared): Promise<void> {
    let last = 'the browser ended'
    for (;;) {
      if (p.display && !(await displayAnswers(p.display))) return this.#finish({ why: 'display-gone', detail: `nothing answers on display ${p.display.name}` })
      const wait = this.#budget.next()
      if (wait === undefined) return this.#finish({ why: 'crashed', detail: last })
      try {
        await sleep(this.#d.clock, wait, this.#stopped.signal)
        await freshProfile(p.folder)
        const running = await this.#launch(p)
        // Closed while it was starting: what has just come up must go again.
        if (this.#closed) return await running.close()
        this.#running = running
        this.#d.log.info('window open again', { shell: this.name })
        return
      } catch (e) {
        if (this.#closed) return
        last = toAppError(e).detail
        this.#d.log.error('the browser does not start again', { code: 'shell.renderer-crashed', detail: last })
      }
    }
  }

  /** The second caller waits for the first one's work. */
  #finish(why: ShellClosed): Promise<void> {
    return (this.#finishing ??= this.#finishOnce(why))
  }

  async #finishOnce(why: ShellClosed): Promise<void> {
    this.#closed = why
    this.#stopped.abort(new AppError('cancelled', 'the shell is closed'))
    await this.#running?.close()
    await this.#prepared?.folder.remove()
    const listeners = this.#listeners
    this.#listeners = []
    for (const listener of listeners) listener(why)
  }
}

/** What a crashed browser left (its lock, half-written state) must not reach the next one. */
async function freshProfile(folder: RunFolder): Promise<void> {
  await rm(folder.profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
  await mkdir(folder.profile, { mode: 0o700 })
  if (folder.user) await chown(folder.profile, folder.user.uid, folder.user.gid)
}
