// Why: the app's port protocol (shared/ipc/port-protocol.ts) as the byte stream that the engine asks for, the same in the
// page and in the worker. A piece is acknowledged once the engine has consumed it, so that credit bounds its memory.
import { MAX_PIECE, type PortControlFromPage } from '../../../shared/ipc/port-protocol.ts'
import type { ByteChannel } from '../../spice/session/byte-channel.ts'

/** The part of MessagePort that is used. */
export interface PortLike {
  onmessage: ((event: MessageEvent<unknown>) => void) | null
  postMessage(message: ArrayBuffer | PortControlFromPage): void
  close(): void
}

type BytesListener = (bytes: Uint8Array) => void | Promise<void>

function asPiece(data: unknown): Uint8Array | undefined {
  if (data instanceof ArrayBuffer) return new Uint8Array(data)
  return ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : undefined
}

class PortChannel implements ByteChannel {
  readonly #port: PortLike
  #bytes: BytesListener | undefined
  #closed: ((reason?: string) => void) | undefined
  /** What came before anybody listened. */
  #early: Uint8Array[] = []
  /** Said by the other side; kept for a listener that comes later. */
  #end: { readonly reason: string } | undefined
  #over = false

  constructor(port: PortLike) {
    this.#port = port
    port.onmessage = (e) => { this.#receive(e.data) }
  }

  send(bytes: Uint8Array): void {
    if (this.#over) return
    // Copied, never transferred: Electron's main side gets a transferred buffer as null (electron issue 34905).
    for (let at = 0; at < bytes.length; at += MAX_PIECE) this.#port.postMessage(bytes.slice(at, at + MAX_PIECE).buffer as ArrayBuffer)
  }

  onBytes(fn: BytesListener): void {
    this.#bytes = fn
    for (const piece of this.#early.splice(0)) this.#give(piece)
  }

  onClosed(fn: (reason?: string) => void): void {
    this.#closed = fn
    const end = this.#end
    if (end !== undefined) queueMicrotask(() => { this.#tell(end.reason) })
  }

  close(): void {
    if (this.#over) return
    this.#shut()
    this.#closed = undefined
  }

  #receive(data: unknown): void {
    if (this.#over) return
    const piece = asPiece(data)
    if (piece !== undefined) {
      if (this.#bytes === undefined) this.#early.push(piece)
      else this.#give(piece)
    } else if (typeof data === 'object' && data !== null && 't' in data && data.t === 'closed') {
      const reason = 'reason' in data && typeof data.reason === 'string' ? data.reason : 'lost'
      this.#shut()
      this.#end = { reason }
      if (this.#closed !== undefined) this.#tell(reason)
    }
  }

  #give(piece: Uint8Array): void {
    const consumed = this.#bytes?.(piece)
    if (consumed instanceof Promise) void consumed.finally(() => { this.#acknowledge() })
    else this.#acknowledge()
  }

  #acknowledge(): void {
    if (!this.#over) this.#port.postMessage({ t: 'ack', n: 1 })
  }

  #tell(reason: string): void {
    const closed = this.#closed
    this.#closed = undefined
    closed?.(reason)
  }

  #shut(): void {
    this.#over = true
    this.#bytes = undefined
    this.#early = []
    this.#port.onmessage = null
    this.#port.postMessage({ t: 'close' })
    this.#port.close()
  }
}

/** The port belongs to the channel from here on. */
export function portChannel(port: PortLike): ByteChannel {
  return new PortChannel(port)
}
