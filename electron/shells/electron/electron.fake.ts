// Why: a typed stand-in for the parts of Electron this folder uses. It records calls and lets a test fire events; it
// proves that we call Electron rightly, not that Electron obeys. Test code: nothing but tests of this folder imports it.
import { EventEmitter } from 'node:events'
import type { App, BrowserWindowConstructorOptions, IpcMain, IpcMainInvokeEvent, PowerSaveBlocker, Protocol, Session, WebContents, WebFrameMain } from 'electron'
import { APP_ORIGIN, EVENT_CHANNEL, PORT_CHANNEL, REQUEST_CHANNEL } from '../../preload/names.ts'
import type { ElectronModule } from './shell.ts'

type Handler<K extends keyof Session> = Session[K] extends (handler: infer H, ...rest: never[]) => unknown ? H : never

/** An event whose default can be prevented, as Electron's listeners get it. */
export function fakeEvent(): { preventDefault(): void; defaultPrevented: boolean } {
  return {
    defaultPrevented: false,
    preventDefault() {
      this.defaultPrevented = true
    },
  }
}

export class FakeSession extends EventEmitter implements Pick<Session, 'setDevicePermissionHandler' | 'setPermissionCheckHandler'> {
  requestHandler: Handler<'setPermissionRequestHandler'> = null
  checkHandler: Handler<'setPermissionCheckHandler'> = null
  deviceHandler: Handler<'setDevicePermissionHandler'> = null
  displayMedia: unknown = 'unset'
  pairing: Handler<'setBluetoothPairingHandler'> = null
  verify: Handler<'setCertificateVerifyProc'> = null
  beforeRequest: ((details: never, answer: (r: { cancel?: boolean }) => void) => void) | undefined
  readonly schemes = new Map<string, (request: Request) => Response | Promise<Response>>()
  readonly webRequest = { onBeforeRequest: (fn: NonNullable<FakeSession['beforeRequest']>) => void (this.beforeRequest = fn) }
  readonly protocol = { handle: (scheme: string, fn: (request: Request) => Response | Promise<Response>) => void this.schemes.set(scheme, fn) }
  setPermissionRequestHandler = (h: Handler<'setPermissionRequestHandler'>): void => void (this.requestHandler = h)
  setPermissionCheckHandler = (h: Handler<'setPermissionCheckHandler'>): void => void (this.checkHandler = h)
  setDevicePermissionHandler = (h: Handler<'setDevicePermissionHandler'>): void => void (this.deviceHandler = h)
  setDisplayMediaRequestHandler = (h: unknown): void => void (this.displayMedia = h)
  setBluetoothPairingHandler = (h: Handler<'setBluetoothPairingHandler'>): void => void (this.pairing = h)
  setCertificateVerifyProc = (h: Handler<'setCertificateVerifyProc'>): void => void (this.verify = h)
  get real(): Session {
    return this as unknown as Session
  }
}

/**
 * One end of a message pipe: whole messages, in order, each a copy, delivered in a later turn. Closing comes after what
 * was posted before it, as in Chromium's pipes.
 */
class PipeEnd {
  peer: PipeEnd | undefined
  #closed = false
  #queue: unknown[] = []
  #receive: ((message: unknown) => void) | undefined
  onClose: () => void = () => {}

  static pair(): [PipeEnd, PipeEnd] {
    const [a, b] = [new PipeEnd(), new PipeEnd()]
    a.peer = b
    b.peer = a
    return [a, b]
  }
  post(message: unknown): void {
    const copy: unknown = structuredClone(message)
    const { peer } = this
    if (!this.#closed) setImmediate(() => peer?.deliver(copy))
  }
  start(receive: (message: unknown) => void): void {
    this.#receive = receive
    for (const message of this.#queue.splice(0)) receive(message)
  }
  close(): void {
    if (this.#closed) return
    this.#closed = true
    const { peer } = this
    setImmediate(() => peer?.onClose())
  }
  private deliver(message: unknown): void {
    if (this.#closed) return
    if (this.#receive) this.#receive(message)
    else this.#queue.push(message)
  }
}

/** The main process's end of a port, with the one rule that matters: only ports can be transferred. */
class FakePortMain extends EventEmitter {
  readonly pipe: PipeEnd
  constructor(pipe: PipeEnd) {
    super()
    this.pipe = pipe
    pipe.onClose = () => void this.emit('close')
  }
  start(): void {
    this.pipe.start((data) => this.emit('message', { data, ports: [] }))
  }
  postMessage(message: unknown, transfer: readonly unknown[] = []): void {
    if (transfer.some((t) => !(t instanceof FakePortMain))) throw new TypeError('Invalid value for transfer')
    this.pipe.post(message)
  }
  close(): void {
    this.pipe.close()
  }
}

class FakeMessageChannelMain {
  readonly port1: FakePortMain
  readonly port2: FakePortMain
  constructor() {
    const [a, b] = PipeEnd.pair()
    this.port1 = new FakePortMain(a)
    this.port2 = new FakePortMain(b)
  }
}

/** The page's end: as much of a DOM MessagePort as a page uses. */
export class FakePagePort {
  readonly #pipe: PipeEnd
  constructor(pipe: PipeEnd) {
    this.#pipe = pipe
  }
  set onmessage(fn: (event: { data: unknown }) => void) {
    this.#pipe.start((data) => fn({ data }))
  }
  /** github.com/electron/electron/issues/34905: a message that transfers a buffer arrives without its data. */
  postMessage(message: unknown, transfer: readonly unknown[] = []): void {
    this.#pipe.post(transfer.length > 0 ? null : message)
  }
  close(): void {
    this.#pipe.close()
  }
}

export class FakeFrame {
  url = `${APP_ORIGIN}/`
  origin = APP_ORIGIN
  parent: WebFrameMain | null = null
  get real(): WebFrameMain {
    return this as unknown as WebFrameMain
  }
}

export class FakeContents extends EventEmitter {
  static next = 1
  readonly id = FakeContents.next++
  mainFrame = new FakeFrame()
  destroyed = false
  reloads = 0
  devToolsClosed = 0
  ignoreMenuShortcuts = false
  webRtc = ''
  openHandler: (() => { action: string }) | undefined
  readonly events: { name: string; payload: unknown }[] = []
  onEvent: (name: string, payload: unknown) => void = () => {}
  onPort: (nonce: string, port: FakePagePort) => void = () => {}
  isDestroyed = (): boolean => this.destroyed
  reload = (): void => {
    this.reloads++
    this.commit(this.mainFrame.url)
  }
  closeDevTools = (): void => void this.devToolsClosed++
  setIgnoreMenuShortcuts = (on: boolean): void => void (this.ignoreMenuShortcuts = on)
  setWebRTCIPHandlingPolicy = (policy: string): void => void (this.webRtc = policy)
  setWindowOpenHandler = (fn: () => { action: string }): void => void (this.openHandler = fn)
  send = (channel: string, name: string, payload: unknown): void => {
    if (channel !== EVENT_CHANNEL) throw new Error(`unexpected channel ${channel}`)
    this.events.push({ name, payload })
    this.onEvent(name, payload)
  }
  postMessage = (channel: string, nonce: string, [port]: readonly FakePortMain[]): void => {
    if (channel !== PORT_CHANNEL || port === undefined) throw new Error('a port was expected')
    this.onPort(nonce, new FakePagePort(port.pipe))
  }
  /** A committed navigation of the main frame. */
  commit(url: string): void {
    this.mainFrame = new FakeFrame()
    this.mainFrame.url = url
    this.emit('did-navigate', fakeEvent(), url, 200, 'OK')
  }
  get real(): WebContents {
    return this as unknown as WebContents
  }
}

export class FakeWindow extends EventEmitter {
  readonly options: BrowserWindowConstructorOptions
  readonly webContents = new FakeContents()
  shown = 0
  focused = 0
  destroyed = false
  loadFails = false
  constructor(options: BrowserWindowConstructorOptions) {
    super()
    this.options = options
  }
  show = (): void => void this.shown++
  focus = (): void => void this.focused++
  isDestroyed = (): boolean => this.destroyed
  loadURL = async (url: string): Promise<void> => {
    await Promise.resolve()
    if (this.loadFails) throw new Error('ERR_FAILED')
    this.webContents.commit(url)
    this.emit('ready-to-show')
  }
  /** What the compositor's close does: asks, then goes. */
  askToClose(): boolean {
    const event = fakeEvent()
    this.emit('close', event)
    if (!event.defaultPrevented) this.destroy()
    return !event.defaultPrevented
  }
  destroy = (): void => {
    if (this.destroyed) return
    this.destroyed = this.webContents.destroyed = true
    this.emit('closed')
  }
}

class FakeApp extends EventEmitter implements Pick<App, 'enableSandbox' | 'setPath' | 'requestSingleInstanceLock' | 'whenReady'> {
  readonly calls: string[] = []
  lock = true
  readonly commandLine = { appendSwitch: (name: string) => void this.calls.push(`switch ${name}`) } as unknown as App['commandLine']
  enableSandbox = (): void => void this.calls.push('enableSandbox')
  setPath = (name: string, path: string): void => void this.calls.push(`path ${name} ${path}`)
  requestSingleInstanceLock = (): boolean => {
    this.calls.push('lock')
    return this.lock
  }
  whenReady = (): Promise<void> => {
    this.calls.push('ready')
    return Promise.resolve()
  }
}

type Invoke = (event: IpcMainInvokeEvent, ...args: unknown[]) => unknown

/** One whole fake: `electron` is what the code under test gets, the rest is for the test. */
export class FakeElectron {
  readonly app = new FakeApp()
  readonly sessions = new Map<string, FakeSession>()
  readonly windows: FakeWindow[] = []
  readonly handlers = new Map<string, Invoke>()
  readonly blocking = new Set<number>()
  readonly schemes: unknown[] = []
  menu: unknown = 'unset'
  /** Runs on every new window before anything is loaded. */
  onWindow: (window: FakeWindow) => void = () => {}

  get electron(): ElectronModule {
    const windows = this.windows
    const made = (window: FakeWindow): void => {
      windows.push(window)
      this.onWindow(window)
      this.app.emit('web-contents-created', fakeEvent(), window.webContents)
    }
    class BrowserWindow extends FakeWindow {
      static getAllWindows = (): FakeWindow[] => windows
      constructor(options: BrowserWindowConstructorOptions) {
        super(options)
        made(this)
      }
    }
    const ipcMain: Pick<IpcMain, 'handle' | 'removeHandler'> = {
      handle: (channel, fn) => void this.handlers.set(channel, fn as Invoke),
      removeHandler: (channel) => void this.handlers.delete(channel),
    }
    const powerSaveBlocker: Pick<PowerSaveBlocker, 'start' | 'stop'> = {
      start: () => {
        const id = this.blocking.size + 1
        this.blocking.add(id)
        return id
      },
      stop: (id) => this.blocking.delete(id),
    }
    const protocol: Pick<Protocol, 'registerSchemesAsPrivileged'> = {
      registerSchemesAsPrivileged: (schemes) => {
        this.app.calls.push('schemes')
        this.schemes.push(...schemes)
      },
    }
    const session = {
      fromPartition: (name: string) => {
        const found = this.sessions.get(name) ?? new FakeSession()
        this.sessions.set(name, found)
        return found
      },
    }
    const Menu = { setApplicationMenu: (menu: unknown) => void (this.menu = menu) }
    return { app: this.app, BrowserWindow, ipcMain, Menu, MessageChannelMain: FakeMessageChannelMain, powerSaveBlocker, protocol, session } as unknown as ElectronModule
  }

  /** What ipcRenderer.invoke of a page would get. Without `from`, the message comes from the window's main frame. */
  invoke(contents: FakeContents, args: readonly unknown[], from: { sender?: FakeContents; frame?: FakeFrame | null } = {}): Promise<unknown> {
    const handler = this.handlers.get(REQUEST_CHANNEL)
    if (handler === undefined) return Promise.reject(new Error('no handler registered'))
    const event = { sender: from.sender ?? contents, senderFrame: from.frame === undefined ? contents.mainFrame : from.frame }
    // Arguments cross a structured clone, so what cannot be cloned never arrives.
    return Promise.resolve(handler(event as unknown as IpcMainInvokeEvent, ...structuredClone([...args])))
  }
}
