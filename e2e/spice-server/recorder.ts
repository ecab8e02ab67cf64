// Why: a SPICE client that understands nothing but framing, so that recordings do not depend on the engine they test. It
// answers what the server waits for (link, ACK, PING, DISPLAY_INIT) and keeps every byte it is sent.
import { constants, publicEncrypt } from 'node:crypto'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { RecordKind } from './spcap.ts'
import type { SpcapRecord } from './spcap.ts'

export const Channel = { MAIN: 1, DISPLAY: 2, INPUTS: 3, CURSOR: 4, PLAYBACK: 5 } as const

// SPICE_COMMON_CAP_PROTOCOL_AUTH_SELECTION, _AUTH_SPICE, _MINI_HEADER
const COMMON_CAPS = (1 << 0) | (1 << 1) | (1 << 3)
const MAGIC = 0x51444552

export interface RecorderOptions {
  readonly port: number
  readonly ticket?: string
  /** Channel capabilities by channel type. */
  readonly capabilities: Readonly<Record<string, readonly number[]>>
  readonly pixmapCache: number
  readonly glzWindow: number
}

interface Link { readonly socket: Socket; readonly type: number; readonly id: number; received: number }

export class RecordingClient {
  readonly records: SpcapRecord[] = []
  readonly #options: RecorderOptions
  readonly #links: Link[] = []
  #session = 0
  #failure: Error | undefined
  #waiting: { readonly ready: () => boolean; readonly resolve: () => void; readonly reject: (e: Error) => void }[] = []

  constructor(options: RecorderOptions) {
    this.#options = options
  }

  /** Main channel, then every channel of `types` that the server has; resolves when each has had its first message. */
  async connect(types: readonly number[]): Promise<void> {
    await this.#open(Channel.MAIN, 0)
    await this.#until(() => this.#message(Channel.MAIN, 0, 103) !== undefined)
    this.#session = view(this.#message(Channel.MAIN, 0, 103)!).getUint32(6, true)
    this.#send(this.#links[0]!, 104, new Uint8Array(0)) // ATTACH_CHANNELS
    await this.#until(() => this.#message(Channel.MAIN, 0, 104) !== undefined)
    const list = this.#message(Channel.MAIN, 0, 104)!
    const opened: { type: number; id: number }[] = []
    for (let i = 0; i < view(list).getUint32(6, true); i++) {
      const type = list[10 + i * 2]!
      const id = list[11 + i * 2]!
      if (types.includes(type)) opened.push({ type, id })
    }
    opened.sort((a, b) => a.type - b.type || a.id - b.id)
    for (const { type, id } of opened) {
      await this.#open(type, id)
      // A display has a surface, a cursor its state; the rest may stay silent.
      const first = type === Channel.DISPLAY ? 314 : type === Channel.CURSOR ? 101 : undefined
      await this.#until(() => first === undefined || this.#message(type, id, first) !== undefined)
    }
  }

  /** Resolves when everything that the server counted as sent has been read. */
  async caughtUp(sent: Readonly<Record<string, number>>): Promise<void> {
    await this.#until(() => this.#links.every((l) => l.received >= (sent[String(l.socket.localPort)] ?? 0)))
  }

  /** A message of the test's own on one of the channels. */
  send(type: number, id: number, message: number, body: Uint8Array): void {
    const link = this.#links.find((l) => l.type === type && l.id === id)
    if (link === undefined) throw new Error(`no channel ${type}:${id}`)
    this.#send(link, message, body)
  }

  close(): void {
    for (const l of this.#links) l.socket.destroy()
  }

  #message(type: number, id: number, number: number): Uint8Array | undefined {
    return this.records.find((r) => r.kind === 3 && r.channelType === type && r.channelId === id && view(r.bytes).getUint16(0, true) === number)?.bytes
  }

  #until(ready: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#failure) reject(this.#failure)
      else if (ready()) resolve()
      else this.#waiting.push({ ready, resolve, reject })
    })
  }

  #changed(): void {
    this.#waiting = this.#waiting.filter((w) => {
      if (this.#failure) w.reject(this.#failure)
      else if (w.ready()) w.resolve()
      else return true
      return false
    })
  }

  #send(link: Link, type: number, body: Uint8Array): void {
    const out = new Uint8Array(6 + body.length)
    view(out).setUint16(0, type, true)
    view(out).setUint32(2, body.length, true)
    out.set(body, 6)
    link.socket.write(out)
  }

  async #open(type: number, id: number): Promise<void> {
    const socket = connect({ host: '127.0.0.1', port: this.#options.port })
    const link: Link = { socket, type, id, received: 0 }
    this.#links.push(link)
    const feed = this.#reader(link)
    socket.on('data', (chunk) => {
      link.received += chunk.length
      try {
        feed(chunk)
      } catch (e) {
        this.#failure = e instanceof Error ? e : new Error(String(e))
      }
      this.#changed()
    })
    socket.on('error', (e) => {
      this.#failure = e
      this.#changed()
    })
    socket.on('end', () => {
      this.#failure = new Error(`the server closed channel ${type}:${id}`)
      this.#changed()
    })
    socket.once('connect', () => this.#changed())
    await this.#until(() => socket.readyState === 'open')
    socket.setNoDelay(true)
    socket.write(linkMessage(this.#session, type, id, this.#options.capabilities[String(type)] ?? []))
    await this.#until(() => this.records.some((r) => r.kind === 2 && r.channelType === type && r.channelId === id))
  }

  /** Link reply, ticket, result, then messages. */
  #reader(link: Link): (chunk: Uint8Array) => void {
    let held = new Uint8Array(0)
    let state: 'link' | 'auth' | 'messages' = 'link'
    let window = 0
    let unacked = 0
    const keep = (kind: 1 | 2 | 3, bytes: Uint8Array): void => void this.records.push({ kind, channelType: link.type, channelId: link.id, bytes })
    const part = (): number => {
      if (state === 'auth') return 4
      const head = state === 'link' ? 16 : 6
      return held.length < head ? Infinity : head + view(held).getUint32(state === 'link' ? 12 : 2, true)
    }
    return (chunk) => {
      held = held.length === 0 ? chunk.slice() : Buffer.concat([held, chunk])
      for (let n = part(); n <= held.length; n = part()) {
        const bytes = held.slice(0, n)
        held = held.subarray(n)
        if (state === 'link') {
          keep(RecordKind.LINK, bytes)
          if (view(bytes).getUint32(16, true) !== 0) throw new Error(`link refused: ${view(bytes).getUint32(16, true)}`)
          link.socket.write(authentication(bytes.subarray(20, 20 + 162), this.#options.ticket ?? ''))
          state = 'auth'
        } else if (state === 'auth') {
          keep(RecordKind.AUTH, bytes)
          if (view(bytes).getUint32(0, true) !== 0) throw new Error(`ticket refused: ${view(bytes).getUint32(0, true)}`)
          if (link.type === Channel.DISPLAY) this.#send(link, 101, displayInit(this.#options.pixmapCache, this.#options.glzWindow))
          state = 'messages'
        } else {
          keep(RecordKind.MESSAGE, bytes)
          const type = view(bytes).getUint16(0, true)
          unacked++
          if (type === 3) { // SET_ACK: generation, window
            this.#send(link, 1, bytes.slice(6, 10))
            window = view(bytes).getUint32(10, true)
            unacked = 0
          } else if (window > 0 && unacked >= window) {
            this.#send(link, 2, new Uint8Array(0))
            unacked = 0
          }
          if (type === 4) this.#send(link, 3, bytes.slice(6, 18)) // PING: id, time
        }
      }
    }
  }
}

function view(b: Uint8Array): DataView {
  return new DataView(b.buffer, b.byteOffset, b.byteLength)
}

/** Bits as words of capabilities. */
function words(bits: readonly number[]): number[] {
  const out: number[] = []
  for (const bit of bits) {
    while (out.length <= bit >> 5) out.push(0)
    out[bit >> 5]! |= 1 << (bit & 31)
  }
  return out
}

/** SpiceLinkHeader + SpiceLinkMess (spice/protocol.h), version 2.2. */
function linkMessage(session: number, type: number, id: number, capabilities: readonly number[]): Uint8Array {
  const caps = words(capabilities)
  const out = new Uint8Array(16 + 18 + 4 + 4 * caps.length)
  const v = view(out)
  ;[MAGIC, 2, 2, out.length - 16, session].forEach((n, i) => v.setUint32(i * 4, n, true))
  out[20] = type
  out[21] = id
  ;[1, caps.length, 18, COMMON_CAPS, ...caps].forEach((n, i) => v.setUint32(22 + i * 4, n, true))
  return out
}

/** Mechanism 1 (SPICE) and the ticket with its closing zero, encrypted by RSA-OAEP with SHA-1 for the server's key. */
function authentication(spki: Uint8Array, ticket: string): Uint8Array {
  const key = { key: Buffer.from(spki), format: 'der', type: 'spki', padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' } as const
  return Buffer.concat([Uint8Array.of(1, 0, 0, 0), publicEncrypt(key, Buffer.from(`${ticket}\0`))])
}

function displayInit(pixmapCache: number, glzWindow: number): Uint8Array {
  const out = new Uint8Array(14)
  const v = view(out)
  out[0] = 1
  v.setBigInt64(1, BigInt(pixmapCache), true)
  out[9] = 1
  v.setInt32(10, glzWindow, true)
  return out
}
