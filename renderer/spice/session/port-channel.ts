// Why: the shells bring each SPICE channel to the page as a MessagePort with credit (shared/ipc/port-protocol.ts); this
// gives it the engine's shape, in a page or in a worker. Credit goes back when a piece is consumed, not when it came, so
// a worker that is behind slows the server down and not the machine.
import { MAX_PIECE, type CloseReason, type PortControlFromPage } from '../../../shared/ipc/port-protocol.ts'
import type { ByteChannel } from './byte-channel.ts'

/** The part of MessagePort that is used. Setting onmessage starts a real one. */
export interface BytePort {
  onmessage: ((event: MessageEvent<unknown>) => void) | null
  postMessage(message: ArrayBuffer | PortControlFromPage): void
  close(): void
}

/** Takes the port over: nobody else may listen to it or close it. `onClosed` is told the shell's CloseReason. */
export function portChannel(port: BytePort): ByteChannel {
  return new PortChannel(port)
}

class PortChannel implements ByteChannel {
  readonly #port: BytePort
  #onBytes: ((bytes: Uint8Array) => void | Promise<void>) | undefined
  #onClosed: ((reason?: string) => void) | undefined
  #early: Uint8Array[] = []
  #ended: CloseReason | undefined
  #over = false

  constructor(port: BytePort) {
    this.#port = port
    port.onmessage = (event) => { this.#receive(event.data) }
  }

  send(bytes: Uint8Array): void {
    if (this.#over) return
    // Copied, never transferred: Electron's side of the port gets a transferred buffer as null.
    for (let at = 0; at < bytes.length; at += MAX_PIECE) this.#port.postMessage(bytes.slice(at, at + MAX_PIECE).buffer)
  }

  onBytes(fn: (bytes: Uint8Array) => void | Promise<void>): void {
    this.#onBytes = fn
    for (const bytes of this.#early.splice(0)) this.#consume(bytes)
  }

  onClosed(fn: (reason?: string) => void): void {
    this.#onClosed = fn
    if (this.#ended !== undefined) fn(this.#ended)
  }

  close(): void {
    if (this.#over) return
    this.#port.postMessage({ t: 'close' })
    this.#shut()
    this.#onClosed = undefined
  }

  #receive(data: unknown): void {
    if (this.#over) return
    if (data instanceof ArrayBuffer) return this.#consume(new Uint8Array(data))
    if (ArrayBuffer.isView(data)) return this.#consume(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    if (typeof data !== 'object' || data === null || !('t' in data) || data.t !== 'closed') return
    this.#ended = 'reason' in data && typeof data.reason === 'string' ? (data.reason as CloseReason) : 'lost'
    this.#shut()
    this.#onClosed?.(this.#ended)
  }

  #consume(bytes: Uint8Array): void {
    if (this.#onBytes === undefined) {
      // At most the window of credit: none goes back before somebody listens.
      this.#early.push(bytes)
      return
    }
    const pending = this.#onBytes(bytes)
    if (pending === undefined) this.#acknowledge()
    else void pending.then(() => { this.#acknowledge() })
  }

  #acknowledge(): void {
    if (!this.#over) this.#port.postMessage({ t: 'ack', n: 1 })
  }

  #shut(): void {
    this.#over = true
    this.#onBytes = undefined
    this.#early = []
    this.#port.onmessage = null
    this.#port.close()
  }
}
