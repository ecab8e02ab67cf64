// Why: QEMU serves one client of a channel's unix socket at a time, and a virtio port that the guest has not opened
// takes no bytes. Both rules decide what a client sees ("connected but silent"), so they live in one place.
import { duplexPair, type Duplex } from 'node:stream'

export interface GuestPort {
  /** Bytes from the host. */
  onBytes(bytes: Buffer): void
  /** A host client has become the one that is served. */
  onClient?(): void
}

/** QEMU listens with a backlog of 1: one more may wait in the kernel beside the one being accepted. */
const BACKLOG = 2

export class ChannelSocket {
  readonly name: string
  #path: string | undefined
  #current: Duplex | undefined
  readonly #waiting: Duplex[] = []
  #port: GuestPort | undefined
  #frozen = false
  readonly #onClient: (what: 'connected' | 'waiting' | 'left') => void

  constructor(name: string, onClient: (what: 'connected' | 'waiting' | 'left') => void) {
    this.name = name
    this.#onClient = onClient
  }

  /** Where the socket is while the machine runs. */
  get path(): string | undefined {
    return this.#path
  }
  /** What the live XML calls state='connected'. */
  get guestConnected(): boolean {
    return this.#port !== undefined
  }
  get clients(): number {
    return (this.#current ? 1 : 0) + this.#waiting.length
  }

  open(path: string): void {
    this.#path = path
  }
  close(): void {
    this.#path = undefined
    this.#port = undefined
    this.#frozen = false
    this.dropClients()
  }
  /** Ends every client, as a crashing machine would. */
  dropClients(): void {
    const all = [...this.#waiting.splice(0), ...(this.#current ? [this.#current] : [])]
    this.#current = undefined
    for (const s of all) s.destroy()
  }

  /** The guest opens its end; what clients wrote before is delivered now. */
  guestOpen(port: GuestPort): void {
    this.#port = port
    if (this.#current) {
      port.onClient?.()
      this.#flow()
    }
  }
  guestClose(): void {
    this.#port = undefined
    this.#flow()
  }
  /** A paused machine keeps its ports open but takes no bytes. */
  freeze(on: boolean): void {
    this.#frozen = on
    this.#flow()
  }

  /** Connects a client. Undefined: refused (machine off, or too many wait). */
  connect(): Duplex | undefined {
    if (this.#path === undefined || this.#waiting.length >= BACKLOG) return undefined
    const [client, host] = duplexPair()
    host.on('error', () => {})
    host.on('data', (bytes: Buffer) => this.#port?.onBytes(bytes))
    host.pause()
    const leave = () => this.#leave(host)
    host.on('end', leave)
    host.on('close', leave)
    client.on('close', leave)
    if (this.#current) {
      this.#waiting.push(host)
      this.#onClient('waiting')
    } else this.#serve(host)
    return client
  }

  /** From the guest. Without a client the bytes are gone, as in QEMU. False: wait for `drained` before writing more. */
  write(bytes: string | Buffer): boolean {
    return this.#current?.writable ? this.#current.write(bytes) : true
  }
  /** Resolves when the served client takes bytes again or has left. */
  drained(): Promise<void> {
    const s = this.#current
    if (!s?.writableNeedDrain) return new Promise((resolve) => void setImmediate(resolve))
    return new Promise((resolve) => {
      const done = () => {
        s.off('drain', done)
        s.off('close', done)
        resolve()
      }
      s.on('drain', done)
      s.on('close', done)
    })
  }
  /** The client being served; identity only. */
  get served(): object | undefined {
    return this.#current
  }

  #serve(host: Duplex): void {
    this.#current = host
    this.#onClient('connected')
    if (!this.#port) return
    this.#port.onClient?.()
    this.#flow()
  }
  #flow(): void {
    if (this.#port && !this.#frozen) this.#current?.resume()
    else this.#current?.pause()
  }
  #leave(host: Duplex): void {
    if (!host.destroyed) host.destroy()
    const at = this.#waiting.indexOf(host)
    if (at >= 0) {
      this.#waiting.splice(at, 1)
      return
    }
    if (this.#current !== host) return
    this.#current = undefined
    this.#onClient('left')
    const next = this.#waiting.shift()
    if (next) this.#serve(next)
  }
}
