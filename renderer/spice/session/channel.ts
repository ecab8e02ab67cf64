// Why: one stream is one channel. This takes it from the first byte through the link to whole messages, answers what
// every channel must (acknowledgements, pings, waits), and hands the rest on. Framing comes first: what a message's
// handler does wrong costs that message, and the place in the stream is never lost. Runs in a page and in a worker.
import { ByteQueue } from '../wire/byte-queue.ts'
import { DATA_HEADER_BYTES, LINK_HEADER_BYTES, MINI_HEADER_BYTES, Msg, Msgc } from '../wire/messages.ts'
import { Reader } from '../wire/reader.ts'
import { Writer } from '../wire/writer.ts'
import type { ByteChannel } from './byte-channel.ts'
import type { ChannelGroup } from './channel-group.ts'
import type { Clock } from './clock.ts'
import type { CloseReason } from './close-reason.ts'
import { AckWindow, readDisconnecting, readNotice, readWaits, subMessages, type Notice } from './common-messages.ts'
import { linkMessage, webCryptoCipher, type Capabilities, type TicketCipher } from './link.ts'
import { Linker } from './linker.ts'

/** Largest message that is believed, bytes; a larger one is no place in the stream that can be followed. */
export const MAX_MESSAGE_BYTES = 64 * 1024 * 1024
/** Bytes that may wait behind a message whose handler takes its time; a stream without flow control ends here. */
export const MAX_BACKLOG_BYTES = 2 * MAX_MESSAGE_BYTES
/** Of those, so many are a reason to stop waiting for what a message needs from another channel. */
const PRESSED_BYTES = MAX_BACKLOG_BYTES / 2
/** From the opened stream to the link's result, ms. */
export const LINK_TIMEOUT_MS = 20_000

export interface ChannelEvents {
  /** The server took the ticket. `caps`: its capabilities of this channel; `ms`: how long its answers took, a round trip and an RSA operation. */
  linked?(caps: Capabilities, ms: number): void
  /** A message that is not common to all channels. A promise holds the messages behind it back. */
  message(type: number, body: Reader): void | Promise<void>
  /** Called exactly once, also after close(). */
  closed?(reason: CloseReason): void
  notice?(notice: Notice): void
  /** MSG_MIGRATE: the VM moves to another host. `flags`: `MigrateFlags`. */
  migrating?(flags: number): void
  /** Much has come in behind a message that is held: if it waits for something that may never come, it should not. */
  pressed?(): void
  /** A message could not be used; the channel goes on. */
  lost?(type: number, error: unknown): void
}

export interface ChannelOptions {
  readonly type: number
  readonly id: number
  readonly connectionId: number
  readonly caps: readonly number[]
  readonly open: () => Promise<ByteChannel>
  /** UTF-8 ticket, asked once when the server wants it; absent: an empty one. Wiping it is the giver's business. */
  readonly ticket?: () => Uint8Array
  readonly clock: Clock
  readonly group?: ChannelGroup
  readonly cipher?: TicketCipher
}

export interface ChannelStats {
  /** Taken off the stream, the link included. */
  readonly bytes: number
  readonly messages: number
  readonly lost: number
}

type Phase = 'opening' | 'linking' | 'sealing' | 'ready' | 'closed'
const EMPTY = new Uint8Array(0)

export class Channel {
  readonly #o: ChannelOptions
  readonly #e: ChannelEvents
  readonly #queue = new ByteQueue()
  readonly #ack = new AckWindow()
  readonly #linker: Linker
  readonly #counts = { bytes: 0, messages: 0, lost: 0 }
  #phase: Phase = 'opening'
  #wanted = LINK_HEADER_BYTES
  #stream: ByteChannel | undefined
  #cancelTimeout: () => void
  #linkStarted = 0
  #mini = true
  /** The header whose body is still to come. */
  #head: { readonly type: number; readonly serial: number; readonly subList: number } | undefined
  #serialIn = 0
  #serialOut = 0n
  #busy = false
  #idle: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined
  /** Said by MSG_DISCONNECTING: the reason of the end that follows. */
  #goodbye: number | undefined

  constructor(options: ChannelOptions, events: ChannelEvents) {
    this.#o = options
    this.#e = events
    this.#linker = new Linker(options.ticket ?? (() => EMPTY), options.cipher ?? webCryptoCipher)
    this.#cancelTimeout = options.clock.after(LINK_TIMEOUT_MS, () => { this.#end({ kind: 'timeout' }) })
    options.group?.join(options.type, options.id)
    // Inside a promise, so that an opener that throws at once is one that rejects.
    Promise.resolve().then(() => options.open()).then(
      (stream) => { this.#start(stream) },
      (e: unknown) => { this.#end({ kind: 'unreachable', detail: String(e) }) },
    )
  }

  get type(): number {
    return this.#o.type
  }
  get id(): number {
    return this.#o.id
  }
  get ready(): boolean {
    return this.#phase === 'ready'
  }
  get stats(): ChannelStats {
    return { ...this.#counts }
  }

  /** Sends one message; before the link is done and after the end it is dropped, and the answer is false. */
  send(type: number, body: Uint8Array = EMPTY): boolean {
    if (this.#phase !== 'ready') return false
    const w = new Writer(DATA_HEADER_BYTES + body.length)
    if (this.#mini) w.u16(type).u32(body.length)
    else w.u64(++this.#serialOut).u16(type).u32(body.length).u32(0)
    this.#stream?.send(w.raw(body).finish())
    return true
  }

  close(): void {
    this.#end({ kind: 'closed' })
  }

  #start(stream: ByteChannel): void {
    if (this.#phase === 'closed') return stream.close()
    this.#stream = stream
    this.#phase = 'linking'
    this.#linkStarted = this.#o.clock.now()
    const { type, id, connectionId, caps } = this.#o
    stream.onBytes((piece) => this.#receive(piece))
    stream.onClosed((detail) => { this.#end(this.#goodbye === undefined ? { kind: 'ended', detail: detail ?? '' } : { kind: 'server', code: this.#goodbye }) })
    stream.send(linkMessage({ type, id, connectionId, caps }))
  }

  #end(reason: CloseReason): void {
    if (this.#phase === 'closed') return
    this.#phase = 'closed'
    this.#cancelTimeout()
    this.#queue.clear()
    this.#stream?.close()
    this.#stream = undefined
    this.#o.group?.leave(this.#o.type, this.#o.id)
    this.#idle?.resolve()
    this.#idle = undefined
    this.#e.closed?.(reason)
  }

  #receive(piece: Uint8Array): void | Promise<void> {
    if (this.#phase === 'closed') return
    this.#counts.bytes += piece.length
    this.#queue.push(piece)
    if (this.#queue.length > MAX_BACKLOG_BYTES) return this.#end({ kind: 'protocol', detail: 'more bytes than can be kept' })
    this.#pump()
    if (!this.#busy || this.#isClosed()) return
    if (this.#queue.length > PRESSED_BYTES) this.#e.pressed?.()
    this.#idle ??= Promise.withResolvers<void>()
    return this.#idle.promise
  }

  // A method, because the compiler believes that #phase does not change inside a call.
  #isClosed(): boolean {
    return this.#phase === 'closed'
  }

  #pump(): void {
    while (!this.#busy && this.#phase !== 'closed' && this.#phase !== 'sealing') {
      const bytes = this.#queue.take(this.#wanted)
      if (bytes === undefined) break
      if (this.#phase === 'ready') this.#frame(bytes)
      else this.#link(bytes)
    }
    if (this.#busy) return
    this.#idle?.resolve()
    this.#idle = undefined
  }

  #link(bytes: Uint8Array): void {
    try {
      const step = this.#linker.take(bytes)
      this.#wanted = this.#linker.wanted
      if (step === undefined) return
      if (step instanceof Promise) this.#seal(step)
      else if (step.kind === 'refused') this.#end(step)
      else this.#ready(step.caps, step.mini)
    } catch (e) {
      this.#end({ kind: 'protocol', detail: String(e) })
    }
  }

  #seal(message: Promise<Uint8Array>): void {
    this.#phase = 'sealing'
    message.then(
      (bytes) => {
        if (this.#phase !== 'sealing') return
        this.#phase = 'linking'
        // What the round trip costs is measured from here: sealing is our own time.
        this.#linkStarted = this.#o.clock.now()
        this.#stream?.send(bytes)
        this.#pump()
      },
      (e: unknown) => { this.#end({ kind: 'protocol', detail: String(e) }) },
    )
  }

  #ready(caps: Capabilities, mini: boolean): void {
    this.#cancelTimeout()
    this.#mini = mini
    this.#phase = 'ready'
    this.#wanted = this.#headerBytes
    this.#e.linked?.(caps, this.#o.clock.now() - this.#linkStarted)
  }

  get #headerBytes(): number {
    return this.#mini ? MINI_HEADER_BYTES : DATA_HEADER_BYTES
  }

  #frame(bytes: Uint8Array): void {
    const head = this.#head
    if (head !== undefined) {
      this.#head = undefined
      this.#wanted = this.#headerBytes
      return this.#whole(head, bytes)
    }
    const r = new Reader(bytes)
    const serial = this.#mini ? this.#serialIn + 1 : Number(r.u64())
    const type = r.u16()
    const size = r.u32()
    if (size > MAX_MESSAGE_BYTES) return this.#end({ kind: 'protocol', detail: `a message of ${size} bytes` })
    this.#head = { type, serial, subList: this.#mini ? 0 : r.u32() }
    this.#wanted = size
  }

  #whole(head: { readonly type: number; readonly serial: number; readonly subList: number }, body: Uint8Array): void {
    this.#counts.messages++
    this.#serialIn = head.serial
    // Lists of messages in a message: spoken by the full header only, and before the message that carries them.
    const before = head.subList === 0 ? undefined : this.#dispatch(Msg.LIST, body, head.subList)
    const pending = before === undefined ? this.#dispatch(head.type, body) : before.then(() => this.#dispatch(head.type, body))
    if (pending === undefined) return this.#handled(head.serial)
    this.#busy = true
    void pending.then(() => {
      this.#busy = false
      if (this.#phase === 'closed') return
      this.#handled(head.serial)
      this.#pump()
    })
  }

  #handled(serial: number): void {
    if (this.#phase === 'closed') return
    this.#o.group?.handled(this.#o.type, this.#o.id, serial)
    if (this.#ack.count()) this.send(Msgc.ACK)
  }

  /** Never throws and never rejects. */
  #dispatch(type: number, body: Uint8Array, listAt = 0): Promise<void> | undefined {
    if (this.#phase === 'closed') return undefined
    try {
      const pending = this.#message(type, body, listAt)
      return pending instanceof Promise ? pending.catch((e: unknown) => { this.#lose(type, e) }) : undefined
    } catch (e) {
      this.#lose(type, e)
      return undefined
    }
  }

  #lose(type: number, error: unknown): void {
    this.#counts.lost++
    try {
      this.#e.lost?.(type, error)
    } catch {
      // Whoever listens for losses must not cause one.
    }
  }

  #message(type: number, body: Uint8Array, listAt: number): void | Promise<void> {
    const r = new Reader(body)
    switch (type) {
      case Msg.SET_ACK: {
        const generation = r.u32()
        this.#ack.open(r.u32())
        this.send(Msgc.ACK_SYNC, new Writer(4).u32(generation).finish())
        return
      }
      case Msg.PING:
        // Id and time stamp go back; what pads the ping measured its way here and stays.
        this.send(Msgc.PONG, r.take(12))
        return
      case Msg.WAIT_FOR_CHANNELS:
        return this.#wait(r)
      case Msg.DISCONNECTING:
        this.#goodbye = readDisconnecting(r)
        return
      case Msg.NOTIFY:
        this.#e.notice?.(readNotice(r))
        return
      case Msg.MIGRATE:
        this.#e.migrating?.(r.u32())
        return
      case Msg.MIGRATE_DATA:
        return
      case Msg.LIST:
        return this.#list(r.at(listAt))
      default:
        return this.#e.message(type, r)
    }
  }

  #wait(r: Reader): Promise<void> | undefined {
    // A channel that waits for itself waits for ever.
    const others = readWaits(r).filter((w) => w.type !== this.#o.type || w.id !== this.#o.id)
    const waits = others.map((w) => this.#o.group?.reached(w.type, w.id, w.serial)).filter((w) => w !== undefined)
    return waits.length === 0 ? undefined : Promise.all(waits).then(() => undefined)
  }

  async #list(at: Reader): Promise<void> {
    for (const { type, body } of subMessages(at)) if (type !== Msg.LIST) await this.#dispatch(type, body)
  }
}
