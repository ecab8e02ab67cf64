// Why: both engines of the web in the same Chromium, each in a page of its own that is gone after its cell. The pages are
// bundled here and served on loopback, so that nothing but the bench's own two sources differs between them.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { chromium, type Browser } from 'playwright-core'
import { installedBrowser, npmBrowser, type TestBrowser } from '../../electron/shells/chromium/real-browser.testkit.ts'
import { BarePage, type Nested } from './bare-page.ts'
import type { Client, RunningClient } from './client.ts'
import type { PageCounts } from './page/contract.ts'
import { within } from './processes.ts'

const SCRIPTS = ['engine', 'html5', 'worker'] as const
const STEP_MS = 15_000
const CLOSE_MS = 5000

async function bundle(): Promise<Map<string, string>> {
  const at = (name: string): string => fileURLToPath(new URL(`page/${name}.ts`, import.meta.url))
  const { outputFiles } = await build({ entryPoints: SCRIPTS.map(at), bundle: true, format: 'esm', target: 'chrome130', minify: false, write: false, outdir: '/', logLevel: 'error' })
  return new Map(outputFiles.map((f) => [f.path, f.text]))
}

function serve(scripts: ReadonlyMap<string, string>): Promise<Server> {
  const server = createServer((request, response) => {
    const path = request.url ?? '/'
    const script = scripts.get(path)
    if (script !== undefined) return void response.writeHead(200, { 'content-type': 'text/javascript' }).end(script)
    const name = /^\/(\w+)\.html$/.exec(path)?.[1]
    if (name === undefined) return void response.writeHead(404).end()
    const html = `<!doctype html><meta charset="utf-8"><title>bench</title><style>body{margin:0;overflow:hidden}canvas{display:block}</style><body><script type="module" src="/${name}.js"></script>`
    response.writeHead(200, { 'content-type': 'text/html' }).end(html)
  })
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => { resolve(server) }))
}

export interface BrowserOptions {
  /** An X display to open a window on; undefined: headless. */
  readonly display?: string
}

export class BenchBrowser {
  readonly #found: TestBrowser
  readonly #pages: Server
  readonly #options: BrowserOptions
  #browser: Browser | undefined
  #pid = 0

  private constructor(found: TestBrowser, pages: Server, options: BrowserOptions) {
    this.#found = found
    this.#pages = pages
    this.#options = options
  }

  static async prepare(options: BrowserOptions = {}): Promise<BenchBrowser> {
    return new BenchBrowser((await installedBrowser()) ?? (await npmBrowser()), await serve(await bundle()), options)
  }

  get version(): string {
    return this.#browser?.version() ?? ''
  }
  get pid(): number {
    return this.#pid
  }

  /** A page with `bench` of that script. */
  async page(script: 'engine' | 'html5', beforeLoad?: (page: Nested) => Promise<void>): Promise<BarePage> {
    const browser = await this.#running()
    const page = await BarePage.open(browser, `http://127.0.0.1:${(this.#pages.address() as AddressInfo).port}/${script}.html`, beforeLoad)
    if (this.#options.display !== undefined) await page.fullScreen()
    return page
  }

  async #running(): Promise<Browser> {
    if (this.#browser?.isConnected() === true) return this.#browser
    const { path, env } = this.#found.executable
    const { display } = this.#options
    const browser = await chromium.launch({
      executablePath: path,
      headless: display === undefined,
      // Chromium has no sandbox for root; that costs nothing and the page is ours.
      chromiumSandbox: process.getuid?.() !== 0,
      env: { ...process.env, ...env, ...(display !== undefined && { DISPLAY: display }) } as Record<string, string>,
      args: ['--window-size=1920,1080', '--window-position=0,0', '--test-type'],
    })
    const cdp = await browser.newBrowserCDPSession()
    const { processInfo } = await cdp.send('SystemInfo.getProcessInfo')
    this.#pid = processInfo.find((p) => p.type === 'browser')?.id ?? 0
    await cdp.detach()
    this.#browser = browser
    return browser
  }

  /** The next page gets a new browser: for one that does not answer any more. */
  async kill(): Promise<void> {
    const [browser, pid] = [this.#browser, this.#pid]
    this.#browser = undefined
    this.#pid = 0
    if (browser === undefined) return
    await within(CLOSE_MS, 'closing the browser', browser.close()).catch(() => { if (pid > 0) process.kill(pid, 'SIGKILL') })
  }

  async close(): Promise<void> {
    await this.kill()
    this.#pages.close()
    await this.#found.remove()
  }
}

/** For a profiler: called before the page loads; what it returns is called once the page was measured. */
export type Watch = (page: Nested) => Promise<() => Promise<void>>

export class BrowserClient implements Client {
  readonly name
  readonly #browser: BenchBrowser
  readonly #script: 'engine' | 'html5'
  readonly #watch: Watch | undefined

  constructor(browser: BenchBrowser, script: 'engine' | 'html5', watch?: Watch) {
    this.name = script === 'engine' ? ('engine' as const) : ('spice-html5' as const)
    this.#browser = browser
    this.#script = script
    this.#watch = watch
  }

  async start(port: number): Promise<RunningClient> {
    let watched: (() => Promise<void>) | undefined
    const page = await within(2 * STEP_MS, 'the browser', this.#browser.page(this.#script, async (session) => { watched = await this.#watch?.(session) }))
    // Not awaited: one that paints nothing never has a first picture.
    page.evaluate(`bench.start('ws://127.0.0.1:${port}/')`).catch(() => undefined)
    return {
      pid: this.#browser.pid,
      begin: () => within(STEP_MS, 'begin', page.evaluate('bench.begin()')),
      end: async (): Promise<PageCounts> => {
        const counts = await within(STEP_MS, 'end', page.evaluate<PageCounts>('bench.end()'))
        await watched?.()
        return counts
      },
      colours: () => within(STEP_MS, 'the picture', page.evaluate<number>('bench.colours()')),
      stop: () => within(STEP_MS, 'closing the page', page.close()).catch(() => this.#browser.kill()),
    }
  }

  close(): Promise<void> {
    return this.#browser.close()
  }
}
