// Why: a shell without a browser, for tests of everything above the window. Its page is a fake `window` with the real
// bridge and real MessagePorts, so that what runs against it runs against the real ones. Test code only.
import { MessageChannel, type MessagePort, type Transferable } from 'node:worker_threads'
import type { LatchkeyBridge } from '../../shared/ipc/bridge.ts'
import type { Reply } from '../../shared/ipc/contract.ts'
import { PORT_MESSAGE } from '../../shared/ipc/port-protocol.ts'
import { silentLogger, type Logger } from '../core/ports/logger.ts'
import type { RendererLink, ShellClosed, ShellPort } from '../core/ports/shell.ts'
import { PageLink, type PageWire } from './common/page-link.ts'

export interface WindowMessage {
  readonly data: unknown
  readonly ports: readonly MessagePort[]
  readonly origin: string
}

/** As much of a window as a page's bridge code needs. */
export class FakeWindow {
  readonly location = { origin: 'memory://latchkey' }
  readonly latchkey: LatchkeyBridge
  readonly #listeners: ((message: WindowMessage) => void)[] = []

  constructor(bridge: LatchkeyBridge) {
    this.latchkey = Object.freeze(bridge)
  }

  addEventListener(type: string, fn: (message: WindowMessage) => void): void {
    if (type === 'message') this.#listeners.push(fn)
  }

  deliver(message: WindowMessage): void {
    for (const fn of this.#listeners) fn(message)
  }
}

export class MemoryShell implements ShellPort {
  readonly name = 'chromium'
  readonly #log: Logger
  #attach: ((link: RendererLink) => void) | undefined
  #life: { link: PageLink; window: FakeWindow; ports: Set<MessagePort> } | undefined
  #listeners: ((why: ShellClosed) => void)[] = []
  /** Called with the new window at each life of the page, after attach: run the page's code here. */
  onLoad: (window: FakeWindow) => void = () => {}

  constructor(log: Logger = silentLogger) {
    this.#log = log
  }

  get window(): FakeWindow {
    if (!this.#life) throw new Error('the memory shell is not open')
    return this.#life.window
  }

  async open(attach: (link: RendererLink) => void): Promise<void> {
    this.#attach = attach
    this.reload()
  }

  /** What Ctrl+R or a crash recovery does: the old life ends, a new one begins. */
  reload(): void {
    this.#end()
    const listeners = new Set<(name: string, payload: unknown) => void>()
    const ports = new Set<MessagePort>()
    // Answers and events reach the page as copies and later, as through a process boundary.
    const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T
    const later = (fn: () => void) => void queueMicrotask(fn)
    const wire: PageWire = {
      sendEvent: (name, payload) => {
        const data = copy(payload)
        later(() => listeners.forEach((fn) => fn(name, data)))
      },
      openPort: (nonce, inlet) => {
        const { port1, port2 } = new MessageChannel()
        ports.add(port1).add(port2)
        port1.on('message', (m: unknown) => inlet().receive(m))
        later(() => window.deliver({ data: { type: PORT_MESSAGE, nonce }, ports: [port2], origin: window.location.origin }))
        return Promise.resolve({
          postBytes: (bytes) => {
            const buffer = bytes.slice().buffer
            port1.postMessage(buffer, [buffer as Transferable])
          },
          postControl: (control) => port1.postMessage(control),
          // Closing at once would drop what is still on its way; the life's end closes it for sure.
          release: () => port1.unref(),
        })
      },
      reset: () => setImmediate(() => this.#life?.link === link && this.reload()),
    }
    const link = new PageLink(wire, this.#log)
    const window: FakeWindow = new FakeWindow({
      protocol: 1,
      request: async (name, input): Promise<Reply> => {
        await Promise.resolve()
        // A dead page gets no answer, just as in a browser.
        if (link.isGone) return new Promise(() => {})
        return copy(await link.dispatch(name, input === undefined ? undefined : copy(input)))
      },
      subscribe: (fn) => {
        listeners.add(fn)
        return () => void listeners.delete(fn)
      },
    })
    this.#life = { link, window, ports }
    this.#attach!(link)
    this.onLoad(window)
  }

  /** The window is gone for the given reason, as the real shells report it. */
  end(why: ShellClosed): void {
    this.#end()
    const listeners = this.#listeners
    this.#listeners = []
    for (const fn of listeners) fn(why)
  }

  onClosed(listener: (why: ShellClosed) => void): void {
    this.#listeners.push(listener)
  }

  async close(): Promise<void> {
    this.end({ why: 'shutdown', detail: 'closed by us' })
  }

  #end(): void {
    const life = this.#life
    this.#life = undefined
    life?.link.gone()
    for (const port of life?.ports ?? []) port.close()
  }
}
