// Why: one conversation with one guest agent over one stream: framing, versions, and the facts it reports. It knows
// nothing of signing on; sign-on.ts listens and decides.
import type { Duplex } from 'node:stream'
import type { GuestFacts } from '../../../shared/view/view-state.ts'
import { printable } from '../errors.ts'
import { LineFramer } from './line-framer.ts'
import { API_VERSION, decodeMessage, encode, type AgentMessage } from './ovirt-agent.ts'

/** Messages and bytes handled per second; a flood above either pauses the stream until the next second. */
const FLOOD_LIMIT = 2000
const FLOOD_BYTES = 4 * 1024 * 1024
/** Bytes that may wait for a guest that talks but does not read; what we say is tens of bytes. */
const MAX_UNREAD = 64 * 1024
/** What a last word may delay the way out, ms: a guest that does not read must not keep a connection open. */
const FAREWELL = 1000
/** Facts are told at most this often, ms: each telling is a new view for the page. */
const FACTS_EVERY = 250

export interface AgentSessionOptions {
  readonly stream: Duplex
  readonly now: () => number
  readonly after: (ms: number, fn: () => void) => () => void
  readonly onMessage: (m: AgentMessage) => void
  readonly onFacts: (facts: GuestFacts) => void
  /** Called once when the stream is over, whoever ended it. */
  readonly onClosed: () => void
}

export class AgentSession {
  readonly #o: AgentSessionOptions
  readonly #framer = new LineFramer()
  #facts: GuestFacts = { interfaces: [], applications: [] }
  #version = 0
  #windows = false
  #heard = false
  #closed = false
  #windowStart: number
  #inWindow = 0
  #bytesInWindow = 0
  readonly #secrets = new Set<Buffer>()
  #resume: (() => void) | undefined
  #telling: (() => void) | undefined

  constructor(o: AgentSessionOptions) {
    this.#o = o
    this.#windowStart = o.now()
    o.stream.on('data', (piece: Buffer) => this.#take(piece))
    o.stream.on('error', () => this.close())
    o.stream.on('close', () => this.close())
    o.stream.on('end', () => this.close())
    // A stream that broke before anybody listened says so no more.
    if (o.stream.destroyed) queueMicrotask(() => this.close())
  }

  get facts(): GuestFacts {
    return this.#facts
  }
  /** The guest said that it is Windows. */
  get windows(): boolean {
    return this.#windows
  }
  /** Anything that parses has come from the guest. */
  get heard(): boolean {
    return this.#heard
  }
  get closed(): boolean {
    return this.#closed
  }

  /** Writes a line; false once closed. A guest that makes us talk and never reads is closed. */
  send(bytes: Buffer): boolean {
    if (this.#closed) return false
    this.#o.stream.write(bytes)
    if (this.#o.stream.writableLength > MAX_UNREAD) this.close()
    return !this.#closed
  }

  /** Writes a line that holds a secret, and zeroes it when the stream has taken it or will never take it. */
  sendSecret(bytes: Buffer): boolean {
    if (this.#closed) {
      bytes.fill(0)
      return false
    }
    this.#secrets.add(bytes)
    this.#o.stream.write(bytes, () => {
      bytes.fill(0)
      this.#secrets.delete(bytes)
    })
    return true
  }

  /** Writes a last line; resolves when it is on its way, or when it is clear that it does not get there. */
  async farewell(bytes: Buffer): Promise<void> {
    if (this.#closed) return
    await new Promise<void>((resolve) => {
      const cancel = this.#o.after(FAREWELL, resolve)
      this.#o.stream.write(bytes, () => {
        cancel()
        resolve()
      })
    })
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#resume?.()
    this.#telling?.()
    this.#o.stream.destroy()
    // A stream without room calls nobody back for what it never took.
    for (const bytes of this.#secrets) bytes.fill(0)
    this.#secrets.clear()
    this.#o.onClosed()
  }

  #take(piece: Buffer): void {
    if (this.#closed) return
    this.#bytesInWindow += piece.length
    for (const line of this.#framer.push(piece)) {
      if (this.#closed) return
      if (line.trim() === '') continue
      this.#inWindow++
      this.#message(decodeMessage(line))
    }
    this.#brake()
  }

  /** Back-pressure reaches the guest through SSH: a flood costs us a bounded share of a core and no memory. */
  #brake(): void {
    const now = this.#o.now()
    if (now - this.#windowStart >= 1000) {
      this.#windowStart = now
      this.#inWindow = this.#bytesInWindow = 0
      return
    }
    if ((this.#inWindow <= FLOOD_LIMIT && this.#bytesInWindow <= FLOOD_BYTES) || this.#resume || this.#closed) return
    this.#o.stream.pause()
    this.#resume = this.#o.after(1000 - (now - this.#windowStart), () => {
      this.#resume = undefined
      this.#windowStart = this.#o.now()
      this.#inWindow = this.#bytesInWindow = 0
      if (!this.#closed) this.#o.stream.resume()
    })
  }

  #tell(): void {
    this.#telling ??= this.#o.after(FACTS_EVERY, () => {
      this.#telling = undefined
      if (!this.#closed) this.#o.onFacts(this.#facts)
    })
  }

  #message(m: AgentMessage): void {
    if (m.type === 'garbage') return
    this.#heard = true
    const before = this.#facts
    switch (m.type) {
      case 'heartbeat': {
        const version = Math.min(m.apiVersion, API_VERSION)
        this.#facts = { ...this.#facts, apiVersion: m.apiVersion }
        if (version !== this.#version) {
          this.#version = version
          this.send(encode.apiVersion(version))
        }
        break
      }
      case 'active-user': {
        const { activeUser: _gone, ...rest } = this.#facts
        this.#facts = m.name === undefined ? rest : { ...rest, activeUser: printable(m.name) }
        break
      }
      case 'host-name':
        this.#facts = { ...this.#facts, hostName: m.name }
        break
      case 'os-version':
        // Windows agents report "Win 10" and the like here, and have no os-info.
        this.#windows ||= /^win/i.test(m.version)
        this.#facts = { ...this.#facts, os: this.#facts.os ?? m.version }
        break
      case 'os-info':
        this.#windows ||= m.windows
        if (m.text) this.#facts = { ...this.#facts, os: m.text.slice(0, 256) }
        break
      case 'network-interfaces':
        this.#facts = { ...this.#facts, interfaces: m.interfaces.map((i) => ({ ...i, addresses: [...i.addresses] })) }
        break
      case 'applications':
        this.#facts = { ...this.#facts, applications: [...m.applications] }
        break
      default:
        break
    }
    if (this.#closed) return
    if (this.#facts !== before) this.#tell()
    this.#o.onMessage(m)
  }
}
