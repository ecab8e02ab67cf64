// Why: spice-html5 makes `new WebSocket(uri, 'binary')` by itself. The bundler swaps that identifier for this class,
// which has a WebSocket's shape over a MessagePort (shared/ipc/port-protocol.ts): no socket exists and the page's CSP
// can forbid all connections. It also hands the package exactly the bytes that it waits for, which spares it joining
// fragments byte by byte (seconds for one large message).
import { MAX_PIECE, type CloseReason } from '../../../shared/ipc/port-protocol.ts'

/** What opens and watches the sockets of one console; found by the socket's URL. */
export interface SocketHost {
  /** Resolves to the port, or undefined where this kind of channel is not wanted. */
  open(socket: ByteSocket): Promise<MessagePort | undefined>
  closed(socket: ByteSocket, reason: CloseReason | 'broken'): void
}

/** The part of the package's reader that it attaches to its socket: how many bytes it waits for. */
interface Reader { readonly needed: number }

const hosts = new Map<string, SocketHost>()

export function registerHost(url: string, host: SocketHost): () => void {
  hosts.set(url, host)
  return () => { hosts.delete(url) }
}

/** Longest single message that is gathered, bytes: a full 4K surface uncompressed is 33 MB. */
export const MAX_MESSAGE = 64 * 1024 * 1024

type Handler = (event: Event | MessageEvent<ArrayBuffer>) => void

export class ByteSocket {
  static readonly CONNECTING = 0
  static readonly OPEN = 1
  static readonly CLOSING = 2
  static readonly CLOSED = 3

  readonly url: string
  binaryType = 'arraybuffer'
  readyState: number = ByteSocket.CONNECTING
  /** Set by the package: its connection object and its reader. */
  parent: unknown = undefined
  wire_reader: Reader | undefined = undefined

  readonly #host: SocketHost
  readonly #handlers = new Map<string, Set<Handler>>()
  #port: MessagePort | undefined
  #pieces: Uint8Array[] = []
  #held = 0

  constructor(url: string) {
    const host = hosts.get(url)
    if (host === undefined) throw new Error('no console is open')
    this.url = url
    this.#host = host
    // The package sets `parent` and its type after this constructor, in the same turn.
    queueMicrotask(() => { void this.#open() })
  }

  addEventListener(type: string, handler: Handler): void {
    const set = this.#handlers.get(type) ?? new Set<Handler>()
    set.add(handler)
    this.#handlers.set(type, set)
  }

  removeEventListener(type: string, handler: Handler): void {
    this.#handlers.get(type)?.delete(handler)
  }

  send(data: ArrayBuffer | ArrayBufferView<ArrayBuffer>): void {
    if (this.readyState !== ByteSocket.OPEN || this.#port === undefined) return
    const bytes = ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data)
    for (let at = 0; at < bytes.length; at += MAX_PIECE) {
      // Copied, never transferred: Electron's MessagePortMain gets a transferred buffer as null (electron issue 34905).
      this.#port.postMessage(bytes.slice(at, at + MAX_PIECE).buffer)
    }
  }

  /** The page's own close: main is told, no event fires afterwards. */
  close(): void {
    if (this.readyState === ByteSocket.CLOSED) return
    this.#shut()
    this.#handlers.clear()
    this.#host.closed(this, 'closed-by-page')
  }

  async #open(): Promise<void> {
    let port: MessagePort | undefined
    try {
      port = await this.#host.open(this)
    } catch {
      this.#end('refused')
      return
    }
    if (port === undefined) return
    if (this.readyState !== ByteSocket.CONNECTING) {
      port.postMessage({ t: 'close' })
      port.close()
      return
    }
    this.#port = port
    port.onmessage = (e: MessageEvent<unknown>) => { this.#receive(e.data) }
    this.readyState = ByteSocket.OPEN
    this.#dispatch(new Event('open'))
  }

  #receive(data: unknown): void {
    if (this.readyState !== ByteSocket.OPEN) return
    if (data instanceof ArrayBuffer || ArrayBuffer.isView(data)) {
      const piece = data instanceof ArrayBuffer ? new Uint8Array(data) : new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
      try {
        if (piece.byteLength > 0) this.#take(piece)
      } catch {
        // The package lost its place in the stream; nothing after this can be read.
        this.#end('broken')
        return
      }
      this.#port?.postMessage({ t: 'ack', n: 1 })
      return
    }
    if (typeof data === 'object' && data !== null && 't' in data && data.t === 'closed') {
      this.#end('reason' in data && typeof data.reason === 'string' ? (data.reason as CloseReason) : 'lost')
    }
  }

  /** Gathers until the reader's demand is met, then hands over exactly that; repeats while there is enough. */
  #take(piece: Uint8Array): void {
    this.#pieces.push(piece)
    this.#held += piece.byteLength
    for (;;) {
      if (this.readyState !== ByteSocket.OPEN) return
      const needed = this.wire_reader?.needed ?? 0
      if (needed > MAX_MESSAGE || this.#held > MAX_MESSAGE + MAX_PIECE) {
        this.#end('broken')
        return
      }
      if (needed <= 0 || this.#held < needed) return
      this.#dispatch(new MessageEvent('message', { data: this.#cut(needed) }))
    }
  }

  #cut(length: number): ArrayBuffer {
    const out = new Uint8Array(length)
    let at = 0
    while (at < length) {
      const head = this.#pieces[0]
      if (head === undefined) break
      const part = head.subarray(0, length - at)
      out.set(part, at)
      at += part.byteLength
      if (part.byteLength === head.byteLength) this.#pieces.shift()
      else this.#pieces[0] = head.subarray(part.byteLength)
    }
    this.#held -= length
    return out.buffer
  }

  #end(reason: CloseReason | 'broken'): void {
    if (this.readyState === ByteSocket.CLOSED) return
    this.#shut()
    // The host first: it knows the reason, the package only knows that it is over.
    this.#host.closed(this, reason)
    this.#dispatch(new Event('close'))
    this.#handlers.clear()
  }

  #shut(): void {
    this.readyState = ByteSocket.CLOSED
    this.#pieces = []
    this.#held = 0
    if (this.#port === undefined) return
    this.#port.onmessage = null
    this.#port.postMessage({ t: 'close' })
    this.#port.close()
    this.#port = undefined
  }

  /** The package finds its objects through `event.target`, which only real targets can set: so it is defined here. */
  #dispatch(event: Event): void {
    Object.defineProperty(event, 'target', { value: this })
    for (const handler of [...(this.#handlers.get(event.type) ?? [])]) handler.call(this, event)
  }
}
