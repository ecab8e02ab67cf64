// Why: Electron's wire under the common PageLink: requests by ipcMain.handle, events by webContents.send, bytes by
// MessageChannelMain. All rules (parsing, credit, limits) are in shells/common; here is only the sender check.
import type { IpcMain, WebContents } from 'electron'
import type { EventName, Reply } from '../../../shared/ipc/contract.ts'
import type { PortControlFromMain } from '../../../shared/ipc/port-protocol.ts'
import { AppError, toUser } from '../../core/errors.ts'
import type { Logger } from '../../core/ports/logger.ts'
import { EVENT_CHANNEL, PORT_CHANNEL, REQUEST_CHANNEL } from '../../preload/names.ts'
import type { PortInlet, PortTransport } from '../common/credit-channel.ts'
import type { PageLink, PageWire } from '../common/page-link.ts'
import { senderRefusal } from './hardening.ts'
import type { ElectronModule } from './shell.ts'

/** The wire of one life of the page in `contents`. */
export class ElectronWire implements PageWire {
  readonly #contents: WebContents
  readonly #Channel: ElectronModule['MessageChannelMain']
  readonly #observe: (name: EventName, payload: unknown) => void

  /** `observe` sees every event that is sent. */
  constructor(electron: Pick<ElectronModule, 'MessageChannelMain'>, contents: WebContents, observe: (name: EventName, payload: unknown) => void) {
    this.#Channel = electron.MessageChannelMain
    this.#contents = contents
    this.#observe = observe
  }

  sendEvent(name: EventName, payload: unknown): void {
    if (this.#contents.isDestroyed()) return
    this.#observe(name, payload)
    this.#contents.send(EVENT_CHANNEL, name, payload)
  }

  openPort(nonce: string, inlet: () => PortInlet): Promise<PortTransport> {
    if (this.#contents.isDestroyed()) return Promise.reject(new AppError('cancelled', 'the page is gone'))
    const { port1, port2 } = new this.#Channel()
    port1.on('message', (event) => inlet().receive(event.data))
    port1.on('close', () => inlet().gone())
    port1.start()
    this.#contents.postMessage(PORT_CHANNEL, nonce, [port2])
    return Promise.resolve({
      // Cloned, never transferred: MessagePortMain can transfer ports only.
      postBytes: (bytes) => port1.postMessage(exactBuffer(bytes)),
      postControl: (control: PortControlFromMain) => port1.postMessage(control),
      release: () => port1.close(),
    })
  }

  reset(): void {
    if (!this.#contents.isDestroyed()) this.#contents.reload()
  }
}

/** The bytes as an ArrayBuffer of their own, copied only where they are part of a larger one. */
function exactBuffer(bytes: Uint8Array): ArrayBufferLike {
  const whole = bytes.byteOffset === 0 && bytes.byteLength === bytes.buffer.byteLength
  return whole ? bytes.buffer : bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)
}

/**
 * Answers the page's requests until the returned function is called. `current` is the link of the present page;
 * a message of any other sender, or one without a page, is refused with `ipc.refused` and never reaches a handler.
 */
export function serveRequests(ipcMain: IpcMain, contents: WebContents, current: () => PageLink | undefined, log: Logger): () => void {
  const refuse = (why: string): Reply => {
    const error = new AppError('ipc.refused', why)
    log.warn('request from the wrong sender', { code: error.code, trace: error.traceId, detail: why })
    return { ok: false, error: toUser(error) }
  }
  ipcMain.handle(REQUEST_CHANNEL, (event, ...args: unknown[]): Reply | Promise<Reply> => {
    const why = senderRefusal(event, contents)
    if (why !== null) return refuse(why)
    const link = current()
    if (link === undefined) return refuse('no page is attached')
    return args.length === 2 ? link.dispatch(args[0], args[1]) : link.refuseMalformed('not a name and an input')
  })
  return () => ipcMain.removeHandler(REQUEST_CHANNEL)
}
