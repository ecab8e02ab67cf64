// Why: the byte channel's rules (pieces, credit, bounded queue, close reasons) in one place, over any transport that
// carries whole messages in order, so that both shells behave the same.
import type { ByteChannel } from '../../core/ports/shell.ts'
import { CREDIT_WINDOW, MAX_PIECE, type CloseReason, type PortControlFromMain } from '../../../shared/ipc/port-protocol.ts'

/** Bytes that may wait for credit before the channel gives up as `lost`. */
export const MAX_QUEUE = 64 * 1024 * 1024
/** Bytes of the page that may wait until somebody listens. */
const MAX_EARLY = 1024 * 1024

/** What a shell provides: ordered whole messages to the page's end of one port. Neither call throws. */
export interface PortTransport {
  /** The bytes are the transport's from now on. */
  postBytes(bytes: Uint8Array): void
  postControl(control: PortControlFromMain): void
  /** The channel is closed; nothing is posted afterwards. */
  release(): void
}

/** The shell's side of a channel: what came from the page goes in here. */
export interface PortInlet {
  /** A message of the page's end: bytes, or a control message that has not been looked at yet. */
  receive(message: unknown): void
  /** The page or the port went away. */
  gone(): void
}

export function createCreditChannel(transport: PortTransport): { channel: ByteChannel; inlet: PortInlet } {
  const c = new CreditChannel(transport)
  return { channel: c, inlet: c }
}

class CreditChannel implements ByteChannel, PortInlet {
  readonly #transport: PortTransport
  #queue: Uint8Array[] = []
  #head = 0
  #queued = 0
  #inFlight = 0
  #waiting: (() => void)[] = []
  #early: Uint8Array[] = []
  #earlyBytes = 0
  #onBytes: ((bytes: Uint8Array) => void) | undefined
  #onClosed: ((reason: CloseReason) => void) | undefined
  #closed: CloseReason | undefined
  #closing: CloseReason | undefined

  constructor(transport: PortTransport) {
    this.#transport = transport
  }

  /** Splits into pieces of at most MAX_PIECE. The caller must not change the bytes afterwards. No-op once closed. */
  send(bytes: Uint8Array): void {
    if (this.#closed || this.#closing) return
    for (let at = 0; at < bytes.byteLength; at += MAX_PIECE) {
      const piece = bytes.subarray(at, at + MAX_PIECE)
      this.#queue.push(piece)
      this.#queued += piece.byteLength
    }
    this.#flush()
    if (this.#queued > MAX_QUEUE) this.#finish('lost')
  }

  /** Also resolves when the channel closes: the sender then learns it from onClosed, and does not hang here. */
  writable(): Promise<void> {
    if (this.#closed || this.#closing || this.#hasRoom) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  onBytes(fn: (bytes: Uint8Array) => void): void {
    this.#onBytes = fn
    const early = this.#early
    this.#early = []
    this.#earlyBytes = 0
    for (const bytes of early) if (!this.#closed) fn(bytes)
  }

  onClosed(fn: (reason: CloseReason) => void): void {
    if (this.#closed) return fn(this.#closed)
    this.#onClosed = fn
  }

  /** 'ended' delivers what is queued first (a server that says something and hangs up); every other reason is at once. */
  close(reason: CloseReason): void {
    if (this.#closed) return
    if (reason === 'ended' && this.#queued > 0) {
      this.#closing = reason
      this.#wake()
    } else this.#finish(reason)
  }

  receive(message: unknown): void {
    if (this.#closed) return
    if (message instanceof Uint8Array) return this.#receiveBytes(message)
    if (message instanceof ArrayBuffer) return this.#receiveBytes(new Uint8Array(message))
    const control = (typeof message === 'object' && message !== null ? message : {}) as { t?: unknown; n?: unknown }
    if (control.t === 'close') return this.#finish('closed-by-page')
    const n = control.n
    if (control.t === 'ack' && typeof n === 'number' && Number.isInteger(n) && n > 0 && n <= this.#inFlight) {
      this.#inFlight -= n
      this.#flush()
      return
    }
    // Credit that was never given, or a message nobody defined: the other end is not our page's code.
    this.#finish('refused')
  }

  gone(): void {
    this.#finish('lost')
  }

  get #hasRoom(): boolean {
    return this.#queued === 0 && this.#inFlight < CREDIT_WINDOW
  }

  #receiveBytes(bytes: Uint8Array): void {
    if (bytes.byteLength > MAX_PIECE) return this.#finish('refused')
    if (bytes.byteLength === 0) return
    if (this.#onBytes) return this.#onBytes(bytes)
    this.#earlyBytes += bytes.byteLength
    if (this.#earlyBytes > MAX_EARLY) return this.#finish('refused')
    this.#early.push(bytes)
  }

  #flush(): void {
    while (this.#inFlight < CREDIT_WINDOW && this.#head < this.#queue.length) {
      const piece = this.#queue[this.#head++]!
      this.#queued -= piece.byteLength
      this.#inFlight++
      this.#transport.postBytes(piece)
    }
    // Dropped in blocks: shifting one by one is quadratic for a long queue.
    if (this.#head === this.#queue.length || this.#head > 1024) {
      this.#queue = this.#queue.slice(this.#head)
      this.#head = 0
    }
    if (this.#closing && this.#queued === 0) this.#finish(this.#closing)
    else if (this.#hasRoom) this.#wake()
  }

  #wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }

  #finish(reason: CloseReason): void {
    if (this.#closed) return
    this.#closed = reason
    this.#queue = []
    this.#head = this.#queued = 0
    this.#early = []
    this.#transport.postControl({ t: 'closed', reason })
    this.#transport.release()
    this.#wake()
    this.#onClosed?.(reason)
  }
}
