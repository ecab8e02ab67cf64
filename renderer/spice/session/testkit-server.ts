// Why: a scripted server at the other end of FakeStream: it takes a client through the link, says what a test tells it
// to say in pieces of any size, and reads back what the client said. Written against the headers, not against Channel.
import { CommonCap, LINK_HEADER_BYTES, MAGIC, TICKET_BYTES, TICKET_PUBKEY_BYTES } from '../wire/messages.ts'
import { Reader } from '../wire/reader.ts'
import { Writer } from '../wire/writer.ts'
import { ByteQueue } from '../wire/byte-queue.ts'
import type { TicketCipher } from './link.ts'
import { FakeStream, join } from './testkit.ts'

/** Stands in for RSA: the plain text, padded. */
export const plainCipher: TicketCipher = (_, plain) => {
  const out = new Uint8Array(TICKET_BYTES)
  out.set(plain)
  return Promise.resolve(out)
}

export interface Said {
  readonly type: number
  readonly body: Uint8Array
}

export interface ScriptOptions {
  readonly mini?: boolean
  readonly replyError?: number
  readonly result?: number
  readonly commonCaps?: number
  readonly channelCaps?: readonly number[]
  /** What to do once the link is done. */
  readonly onLinked?: (server: ScriptedServer) => void
  readonly onMessage?: (server: ScriptedServer, message: Said) => void
}

export class ScriptedServer {
  readonly stream = new FakeStream()
  readonly said: Said[] = []
  /** The link message's fields, once it came. */
  request: { readonly connectionId: number; readonly type: number; readonly id: number; readonly common: number; readonly channelCaps: readonly number[] } | undefined
  mechanism: number | undefined
  password: string | undefined
  readonly #o: ScriptOptions
  readonly #queue = new ByteQueue()
  #phase: 'link' | 'ticket' | 'ready' = 'link'
  #serial = 0n

  constructor(options: ScriptOptions = {}) {
    this.#o = options
    this.stream.onSent = (bytes) => {
      this.#queue.push(bytes)
      while (this.#step());
    }
  }

  get #mini(): boolean {
    return this.#o.mini !== false
  }
  get #common(): number {
    return this.#o.commonCaps ?? (1 << CommonCap.PROTOCOL_AUTH_SELECTION) | (1 << CommonCap.AUTH_SPICE) | (this.#mini ? 1 << CommonCap.MINI_HEADER : 0)
  }

  /** The client is through the link. */
  get linked(): boolean {
    return this.#phase === 'ready'
  }
  types(): number[] {
    return this.said.map((m) => m.type)
  }
  bodies(type: number): Uint8Array[] {
    return this.said.filter((m) => m.type === type).map((m) => m.body)
  }

  frame(type: number, body: Uint8Array = new Uint8Array(0), subList = 0): Uint8Array {
    const w = new Writer(32 + body.length)
    if (this.#mini) w.u16(type).u32(body.length)
    else w.u64(++this.#serial).u16(type).u32(body.length).u32(subList)
    return w.raw(body).finish()
  }
  tell(type: number, body?: Uint8Array | Writer): void {
    void this.tellSlow(type, body)
  }
  /** @returns what the client's listener returned: a promise while it has not consumed the message */
  tellSlow(type: number, body?: Uint8Array | Writer): void | Promise<void> {
    return this.stream.deliver(this.frame(type, body instanceof Writer ? body.finish() : body))
  }
  /** All frames as one run of bytes, cut at these lengths in turn. */
  tellCut(frames: readonly Uint8Array[], cuts: readonly number[]): void {
    const all = join(...frames)
    for (let at = 0, i = 0; at < all.length; i++) {
      const n = Math.max(1, cuts[i % Math.max(cuts.length, 1)] ?? all.length)
      void this.stream.deliver(all.slice(at, at + n))
      at += n
    }
  }

  #step(): boolean {
    if (this.#phase === 'link') {
      if (this.#queue.length < LINK_HEADER_BYTES) return false
      const header = new Reader(this.#queue.take(LINK_HEADER_BYTES) ?? new Uint8Array(0))
      if (header.u32() !== MAGIC) throw new Error('no REDQ')
      header.skip(8)
      const body = this.#queue.take(header.u32())
      if (body === undefined) throw new Error('the link message comes in one piece')
      this.#readRequest(new Reader(body))
      this.#phase = 'ticket'
      this.#reply()
      return true
    }
    if (this.#phase === 'ticket') {
      const selects = (this.#common & 1) === 1
      const bytes = this.#queue.take(TICKET_BYTES + (selects ? 4 : 0))
      if (bytes === undefined) return false
      const r = new Reader(bytes)
      if (selects) this.mechanism = r.u32()
      const plain = r.take(TICKET_BYTES)
      this.password = new TextDecoder().decode(plain.subarray(0, plain.indexOf(0)))
      this.#phase = 'ready'
      void this.stream.deliver(new Writer(4).u32(this.#o.result ?? 0).finish())
      if ((this.#o.result ?? 0) === 0) this.#o.onLinked?.(this)
      return true
    }
    return this.#message()
  }

  #readRequest(r: Reader): void {
    const connectionId = r.u32()
    const [type, id, commons, owns] = [r.u8(), r.u8(), r.u32(), r.u32()]
    const at = r.at(r.u32())
    const common = commons > 0 ? at.u32() : 0
    this.request = { connectionId, type, id, common, channelCaps: Array.from({ length: owns }, () => at.u32()) }
  }

  #reply(): void {
    const own = this.#o.channelCaps ?? []
    const body = new Writer(256).u32(this.#o.replyError ?? 0).zeros(TICKET_PUBKEY_BYTES).u32(1).u32(own.length).u32(178).u32(this.#common)
    for (const word of own) body.u32(word)
    const bytes = body.finish()
    void this.stream.deliver(join(new Writer(16).u32(MAGIC).u32(2).u32(2).u32(bytes.length).finish(), bytes))
  }

  #need: { readonly type: number; readonly size: number } | undefined
  #message(): boolean {
    if (this.#need === undefined) {
      const head = this.#queue.take(this.#mini ? 6 : 18)
      if (head === undefined) return false
      const r = new Reader(head)
      if (!this.#mini) r.skip(8)
      this.#need = { type: r.u16(), size: r.u32() }
    }
    const body = this.#queue.take(this.#need.size)
    if (body === undefined) return false
    const message = { type: this.#need.type, body }
    this.#need = undefined
    this.said.push(message)
    this.#o.onMessage?.(this, message)
    return true
  }
}
