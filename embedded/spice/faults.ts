// Why: bad luck has to be switched on by a test or by hand while the server runs, so all of it is one plain mutable
// record that is read at the moment it matters, and one outlet through which every byte to the client passes.
import { randomBytes } from 'node:crypto'
import type { Duplex } from 'node:stream'
import type { SpiceClock } from './clock.ts'

/** All optional; absent means healthy. Set and clear fields at any time. */
export interface SpiceFaults {
  /** Every ticket is answered with PERMISSION_DENIED, the right one too. */
  refuseTicket?: boolean
  /** The stream ends right after the link result OK. */
  closeAfterLink?: boolean
  /** The link is never answered; the stream stays open. */
  hang?: boolean
  /** The stream is destroyed (as by a reset) once a channel has sent this many messages after the link. */
  resetAfterMessages?: number
  /** Each message waits this long (ms) before it goes out; the order stays. */
  delayMs?: number
  /** The stream is destroyed after this many bytes, in the middle of a message if it falls so. */
  dropAfterBytes?: number
  /** After the link, bytes of each message are replaced by random ones of the same number. */
  garbage?: boolean
}

/** The one way out to the client. Keeps order under delay and tells how much is still on its way. */
export class Outlet {
  readonly #stream: Duplex
  readonly #faults: SpiceFaults
  readonly #clock: SpiceClock
  readonly #waiting: Buffer[] = []
  #waitingBytes = 0
  #cancel: (() => void) | undefined
  #sentBytes = 0
  #sentMessages = 0
  /** Called when a delayed message has gone out, so that the sender may go on. */
  onFlushed: (() => void) | undefined

  constructor(stream: Duplex, faults: SpiceFaults, clock: SpiceClock) {
    this.#stream = stream
    this.#faults = faults
    this.#clock = clock
  }

  /** Bytes written here and not yet taken by the stream's consumer. */
  get backlog(): number {
    return this.#waitingBytes + this.#stream.writableLength
  }
  get sentBytes(): number {
    return this.#sentBytes
  }
  /** False while the consumer is behind (stream's own high-water mark) or a delay holds messages back. */
  get ready(): boolean {
    return !this.#stream.writableNeedDrain && this.#waiting.length === 0
  }

  link(bytes: Buffer): void {
    this.#enqueue(bytes)
  }

  message(bytes: Buffer): void {
    this.#sentMessages++
    const limit = this.#faults.resetAfterMessages
    if (limit !== undefined && this.#sentMessages > limit) {
      this.#stream.destroy()
      return
    }
    this.#enqueue(this.#faults.garbage === true ? randomBytes(bytes.length) : bytes)
  }

  /** Writes at once what a delay still holds back; nothing is due after this. */
  flush(): void {
    this.#cancel?.()
    this.#cancel = undefined
    for (const bytes of this.#waiting.splice(0)) this.#write(bytes)
    this.#waitingBytes = 0
  }

  /** Forgets what a delay still holds back. */
  discard(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#waiting.length = 0
    this.#waitingBytes = 0
  }

  #enqueue(bytes: Buffer): void {
    if ((this.#faults.delayMs ?? 0) <= 0 && this.#waiting.length === 0) return this.#write(bytes)
    this.#waiting.push(bytes)
    this.#waitingBytes += bytes.length
    this.#arm()
  }

  #arm(): void {
    if (this.#cancel || this.#waiting.length === 0) return
    this.#cancel = this.#clock.after(this.#faults.delayMs ?? 0, () => {
      this.#cancel = undefined
      const bytes = this.#waiting.shift()
      if (!bytes) return
      this.#waitingBytes -= bytes.length
      this.#write(bytes)
      this.#arm()
      this.onFlushed?.()
    })
  }

  #write(bytes: Buffer): void {
    if (this.#stream.destroyed || this.#stream.writableEnded) return
    const limit = this.#faults.dropAfterBytes
    const room = limit === undefined ? bytes.length : Math.max(0, limit - this.#sentBytes)
    const part = bytes.subarray(0, Math.min(room, bytes.length))
    this.#sentBytes += part.length
    if (part.length === bytes.length) {
      this.#stream.write(part)
      return
    }
    // A cut connection: what was under way arrives, then the stream is gone.
    this.#stream.write(part, () => this.#stream.destroy())
  }
}
