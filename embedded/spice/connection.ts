// Why: one stream is one SPICE channel. This file takes it from the first byte through the link (header, message,
// ticket) to framed messages, and keeps the acknowledge window; what a channel says is the business of its handler.
import type { Duplex } from 'node:stream'
import type { SpiceClock } from './clock.ts'
import { Outlet, type SpiceFaults } from './faults.ts'
import { linkReply, openTicket, readLinkHeader, readLinkMess, refusal, type LinkKey, type LinkRequest } from './link.ts'
import { commonCap, LINK_HEADER_BYTES, linkError, msg, msgc, TICKET_BYTES, type LinkErrorCode } from './protocol.ts'
import { ByteQueue, Reader, WireError, Writer } from './wire.ts'

/** What a channel does with its messages. Throwing WireError closes this channel only. */
export interface Channel {
  /** Bytes that may wait for the client's reading before it is cut off. */
  readonly backlogLimit?: number
  /** The link is done; say hello. */
  start(): void
  /** One message whose type is not common to all channels (ack, pong and the like never arrive here). */
  message(type: number, body: Reader): void
  /** The client has taken bytes or acknowledged messages; go on if there is something to draw. */
  proceed?(): void
  pong?(id: number): void
  closed?(): void
}

/** What a connection asks of the server it belongs to. */
export interface LinkHost {
  readonly clock: SpiceClock
  readonly faults: SpiceFaults
  linkKey(): Promise<LinkKey>
  /** Decides after the ticket; on success the handler of the channel, on refusal the code for the client. */
  admit(connection: Connection, request: LinkRequest, password: string | undefined): Channel | LinkErrorCode
  gone(connection: Connection): void
}

type Phase = 'header' | 'mess' | 'key' | 'mechanism' | 'ticket' | 'ready' | 'closed'

/** Messages between two acknowledgements, and the most bytes one client message may have. */
export const ACK_WINDOW = 20
const MAX_MESSAGE_BYTES = 64 * 1024
const MAX_LINK_QUEUE_BYTES = 64 * 1024
/** A client that reads nothing but keeps asking for answers is cut off here, unless the channel says otherwise. */
const MAX_BACKLOG_BYTES = 256 * 1024
const LINK_TIMEOUT_MS = 10_000
const LINGER_MS = 1_000

export class Connection {
  readonly outlet: Outlet
  readonly #stream: Duplex
  readonly #host: LinkHost
  readonly #queue = new ByteQueue()
  #phase: Phase = 'header'
  #wanted = LINK_HEADER_BYTES
  #request: LinkRequest | undefined
  #key: LinkKey | undefined
  #channel: Channel | undefined
  #incoming: { type: number; size: number } | undefined
  #serial = 0n
  #generation = 0
  #clientGeneration = -1
  #unacked = 0
  #sent = 0
  #cancelTimeout: () => void

  constructor(stream: Duplex, host: LinkHost) {
    this.#stream = stream
    this.#host = host
    this.outlet = new Outlet(stream, host.faults, host.clock)
    this.outlet.onFlushed = () => this.#channel?.proceed?.()
    this.#cancelTimeout = host.clock.after(LINK_TIMEOUT_MS, () => {
      if (host.faults.hang !== true) this.destroy()
    })
    stream.on('data', (chunk: Uint8Array) => this.#receive(chunk))
    stream.on('drain', () => this.#channel?.proceed?.())
    stream.on('end', () => this.close())
    stream.on('error', () => this.destroy())
    stream.on('close', () => this.#leave())
  }

  get request(): LinkRequest | undefined {
    return this.#request
  }
  get messagesSent(): number {
    return this.#sent
  }
  /** Messages sent and not acknowledged yet; at most 2 · ACK_WINDOW on channels that keep to the window. */
  get unacked(): number {
    return this.#unacked
  }
  /** True while the client may be sent more: within the window, and its stream takes bytes. */
  get mayDraw(): boolean {
    return this.#phase === 'ready' && this.outlet.ready && this.#unacked < 2 * ACK_WINDOW
  }

  send(type: number, body: Uint8Array = new Uint8Array(0)): void {
    if (this.#phase !== 'ready') return
    if (this.outlet.backlog > (this.#channel?.backlogLimit ?? MAX_BACKLOG_BYTES)) return this.destroy()
    const frame = new Writer(18 + body.length)
    if (this.#request?.miniHeader === true) frame.u16(type).u32(body.length)
    else frame.u64(++this.#serial).u16(type).u32(body.length).u32(0)
    this.#unacked++
    this.#sent++
    this.outlet.message(frame.raw(body).finish())
  }

  /** Opens an acknowledge window; the count starts with the first message after it. */
  startAck(): void {
    this.send(msg.setAck, new Writer().u32(++this.#generation).u32(ACK_WINDOW).finish())
    this.#unacked = 0
  }

  /** Ends our side and lets what was written arrive; the stream goes when the client ends too, or soon. */
  close(): void {
    if (this.#phase === 'closed') return
    this.outlet.flush()
    this.#leave()
    if (!this.#stream.destroyed) {
      this.#stream.end()
      const cancel = this.#host.clock.after(LINGER_MS, () => this.#stream.destroy())
      this.#stream.once('close', cancel)
      this.#stream.once('end', () => this.#stream.destroy())
    }
  }

  destroy(): void {
    this.#leave()
    this.#stream.destroy()
  }

  #leave(): void {
    if (this.#phase === 'closed') return
    this.#phase = 'closed'
    this.#cancelTimeout()
    this.outlet.discard()
    this.#channel?.closed?.()
    this.#host.gone(this)
  }

  #receive(chunk: Uint8Array): void {
    if (this.#phase === 'closed' || this.#host.faults.hang === true) return
    this.#queue.push(chunk)
    if (this.#phase !== 'ready' && this.#queue.length > MAX_LINK_QUEUE_BYTES) return this.destroy()
    this.#drain()
  }

  #drain(): void {
    try {
      while (this.#phase !== 'closed' && this.#phase !== 'key') {
        const bytes = this.#queue.take(this.#wanted)
        if (!bytes) return
        if (this.#phase === 'ready') this.#frame(bytes)
        else this.#link(bytes)
      }
    } catch (e) {
      if (!(e instanceof WireError)) throw e
      this.close()
    }
  }

  #link(bytes: Buffer): void {
    switch (this.#phase) {
      case 'header': {
        const size = readLinkHeader(bytes)
        if ('error' in size) return this.#refuse(size.error)
        this.#expect('mess', size.ok)
        return
      }
      case 'mess': {
        const request = readLinkMess(bytes)
        if ('error' in request) return this.#refuse(request.error)
        this.#request = request.ok
        this.#phase = 'key'
        this.#host.linkKey().then(
          (key) => this.#askTicket(key),
          () => this.destroy(),
        )
        return
      }
      case 'mechanism':
        if (new Reader(bytes).u32() !== commonCap.authSpice) return this.#result(linkError.invalidData)
        this.#expect('ticket', TICKET_BYTES)
        return
      default:
        this.#decide(bytes)
    }
  }

  #askTicket(key: LinkKey): void {
    const request = this.#request
    if (this.#phase !== 'key' || !request) return
    this.#key = key
    this.outlet.link(linkReply(linkError.ok, key.spki, request.channel))
    if (request.authSelection) this.#expect('mechanism', 4)
    else this.#expect('ticket', TICKET_BYTES)
    this.#drain()
  }

  #decide(encrypted: Buffer): void {
    const { faults } = this.#host
    if (!this.#request || !this.#key) return this.destroy()
    if (faults.refuseTicket === true) return this.#result(linkError.permissionDenied)
    const admitted = this.#host.admit(this, this.#request, openTicket(this.#key.privateKey, encrypted))
    if (typeof admitted === 'number') return this.#result(admitted)
    this.#cancelTimeout()
    this.outlet.link(new Writer().u32(linkError.ok).finish())
    this.#channel = admitted
    this.#expect('ready', this.#headerBytes)
    if (faults.closeAfterLink === true) return this.close()
    admitted.start()
  }

  get #headerBytes(): number {
    return this.#request?.miniHeader === true ? 6 : 18
  }

  #expect(phase: Phase, bytes: number): void {
    this.#phase = phase
    this.#wanted = bytes
  }

  #refuse(error: LinkErrorCode): void {
    this.outlet.link(refusal(error))
    this.close()
  }

  /** The answer to a ticket is one 32-bit code; anything but OK ends the channel. */
  #result(error: LinkErrorCode): void {
    this.outlet.link(new Writer().u32(error).finish())
    this.close()
  }

  #frame(bytes: Buffer): void {
    const head = this.#incoming
    if (!head) {
      const r = new Reader(bytes)
      const mini = this.#request?.miniHeader === true
      if (!mini) r.u64()
      const type = r.u16()
      const size = r.u32()
      if (!mini && r.u32() !== 0) throw new WireError('lists of sub-messages are not spoken by any client')
      if (size > MAX_MESSAGE_BYTES) throw new WireError(`a message of ${size} bytes`)
      this.#incoming = { type, size }
      this.#wanted = size
      return
    }
    this.#incoming = undefined
    this.#wanted = this.#headerBytes
    this.#dispatch(head.type, new Reader(bytes))
  }

  #dispatch(type: number, body: Reader): void {
    switch (type) {
      case msgc.ackSync:
        this.#clientGeneration = body.u32()
        return
      case msgc.ack:
        // Acknowledgements of a window that is not in force any more count for nothing.
        if (this.#clientGeneration === this.#generation) this.#unacked = Math.max(0, this.#unacked - ACK_WINDOW)
        this.#channel?.proceed?.()
        return
      case msgc.pong:
        this.#channel?.pong?.(body.u32())
        return
      case msgc.migrateFlushMark:
      case msgc.migrateData:
        return
      case msgc.disconnecting:
        this.close()
        return
      default:
        this.#channel?.message(type, body)
    }
  }
}
