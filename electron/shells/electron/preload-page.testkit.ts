// Why: tests of the link should go through the real preload script. This bundles it as the build does, and runs it (and
// then a page's code) on a fake window whose ipcRenderer is wired to the fake Electron. Test code only.
import { EventEmitter } from 'node:events'
import { fileURLToPath } from 'node:url'
import { compileFunction } from 'node:vm'
import { build } from 'esbuild'
import { APP_ORIGIN, EVENT_CHANNEL, PORT_CHANNEL, REQUEST_CHANNEL } from '../../preload/names.ts'
import type { FakeContents, FakeElectron, FakePagePort } from './electron.fake.ts'

/** The preload script as one CommonJS text. */
export async function preloadBundle(): Promise<string> {
  const entry = fileURLToPath(new URL('../../preload/index.ts', import.meta.url))
  const { outputFiles } = await build({ entryPoints: [entry], bundle: true, write: false, platform: 'node', format: 'cjs', external: ['electron'] })
  return outputFiles[0]!.text
}

interface WindowMessage {
  readonly data: unknown
  readonly origin: string
  readonly ports: readonly unknown[]
}

/** A page's window; `location.origin` as given. */
export class PageWindow {
  readonly location: { readonly origin: string }
  readonly #listeners: ((message: WindowMessage) => void)[] = []
  constructor(origin: string = APP_ORIGIN) {
    this.location = { origin }
  }
  addEventListener(type: string, fn: (message: WindowMessage) => void): void {
    if (type === 'message') this.#listeners.push(fn)
  }
  postMessage(data: unknown, targetOrigin: string, ports: readonly unknown[]): void {
    // A window message goes nowhere when the page is of another origin than the one that was named.
    if (targetOrigin === this.location.origin) for (const fn of this.#listeners) fn({ data, origin: this.location.origin, ports })
  }
}

/** What a preload run left behind. `exposed`: every call of exposeInMainWorld. */
export interface PreloadRun {
  readonly window: PageWindow
  readonly exposed: readonly (readonly [string, Record<string, unknown>])[]
  readonly required: readonly string[]
  readonly ipc: EventEmitter
}

/** Runs the bundle; `invoke` answers ipcRenderer.invoke. */
export function runPreload(bundle: string, invoke: (channel: string, ...args: unknown[]) => Promise<unknown>, origin?: string): PreloadRun {
  const window = new PageWindow(origin)
  const ipc = new EventEmitter()
  const exposed: [string, Record<string, unknown>][] = []
  const required: string[] = []
  const electron = {
    contextBridge: {
      exposeInMainWorld: (key: string, api: Record<string, unknown>) => {
        exposed.push([key, api])
        Object.defineProperty(window, key, { value: Object.freeze(api) })
      },
    },
    ipcRenderer: Object.assign(ipc, { invoke }),
  }
  const require = (name: string): unknown => {
    required.push(name)
    if (name !== 'electron') throw new Error(`a sandboxed preload cannot require ${name}`)
    return electron
  }
  const module = { exports: {} }
  compileFunction(bundle, ['require', 'module', 'exports', 'window'])(require, module, module.exports, window)
  return { window, exposed, required, ipc }
}

/** Runs preload and page in `contents` now and after each navigation; returns the present window. */
export function connectPage(fake: FakeElectron, contents: FakeContents, preload: string, page: string): () => PageWindow {
  let run: PreloadRun | undefined
  contents.on('did-navigate', () => {
    const here: PreloadRun = runPreload(preload, (channel, ...args) => {
      if (channel !== REQUEST_CHANNEL) return Promise.reject(new Error(`no handler for ${channel}`))
      // A page that has gone gets no answer.
      return run === here ? fake.invoke(contents, args) : new Promise(() => {})
    })
    run = here
    compileFunction(page, ['window'])(here.window)
  })
  contents.onEvent = (name, payload) => void run?.ipc.emit(EVENT_CHANNEL, { sender: 'secret' }, name, structuredClone(payload))
  contents.onPort = (nonce: string, port: FakePagePort) => void run?.ipc.emit(PORT_CHANNEL, { ports: [port] }, nonce)
  return () => {
    if (run === undefined) throw new Error('no page is loaded')
    return run.window
  }
}
