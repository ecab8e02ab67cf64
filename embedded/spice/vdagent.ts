// Why: a small double of spice-vdagent, so that resizing and clipboards can be shown and tested without a desktop guest. It
// keeps the real one's manners: capabilities first, pieces of 2 KiB, tokens, grab and request, a selection in each message.
// Layouts and numbers: `spice/vd_agent.h` (VDAgentMessage, VDAgentMonitorsConfig, VDAgentClipboardGrab …).
import { AGENT_PIECE_BYTES } from './protocol.ts'
import { ByteQueue, Reader, WireError, Writer } from './wire.ts'

const PROTOCOL = 1
const HEADER_BYTES = 20
/** VD_AGENT_* */
export const agentMsg = { monitorsConfig: 2, reply: 3, clipboard: 4, announce: 6, grab: 7, request: 8, release: 9, maxClipboard: 14 } as const
/** VD_AGENT_CAP_* */
export const agentCap = { monitorsConfig: 1, reply: 2, clipboardByDemand: 5, clipboardSelection: 6, sparseMonitors: 7, lineEndLf: 8, lineEndCrlf: 9, positions: 12, noReleaseOnRegrab: 16, grabSerial: 17 } as const
const UTF8 = 1
const NONE = 0
/** VD_AGENT_CLIPBOARD_SELECTION_* */
export const selection = { clipboard: 0, primary: 1 } as const
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024

export interface AgentMonitor {
  readonly width: number
  readonly height: number
  readonly x: number
  readonly y: number
}

export interface VdAgentOptions {
  /** The guest's system: what a line ends with. Default `lf`. */
  readonly lineEnds?: 'lf' | 'crlf'
  /** Sets the screen to these; false: the guest could not. */
  readonly onMonitors?: (monitors: readonly AgentMonitor[]) => boolean
}

export class VdAgent {
  readonly #o: VdAgentOptions
  readonly #in = new ByteQueue()
  #head: { readonly type: number; readonly size: number } | undefined
  #send: ((piece: Uint8Array) => void) | undefined
  #tokens = 0
  #out: Buffer[] = []
  #clientCaps = 0
  #serial = 0
  /** What a program of the guest has copied. */
  #own: string | undefined
  #clientOffers = false
  #pastes: ((text: string | undefined) => void)[] = []
  #heard: number[] = []

  constructor(options: VdAgentOptions = {}) {
    this.#o = options
  }

  /** Types of the client's messages so far, for tests. */
  get heard(): readonly number[] {
    return this.#heard
  }
  /** The client has announced what it can. */
  get ready(): boolean {
    return this.#clientCaps !== 0
  }
  get clientOffers(): boolean {
    return this.#clientOffers
  }
  clientHas(cap: number): boolean {
    return (this.#clientCaps & (1 << cap)) !== 0
  }

  /** A client is there and lets us send so many pieces. */
  connect(send: (piece: Uint8Array) => void, tokens: number): void {
    this.disconnect()
    this.#send = send
    this.#tokens = tokens
    this.#announce(true)
  }

  disconnect(): void {
    this.#send = undefined
    this.#in.take(this.#in.length)
    this.#head = undefined
    this.#out = []
    this.#clientCaps = 0
    this.#serial = 0
    this.#clientOffers = false
    for (const done of this.#pastes.splice(0)) done(undefined)
  }

  grant(tokens: number): void {
    this.#tokens += tokens
    this.#flush()
  }

  /** One piece of the client's. Throws WireError on what no client may send. */
  receive(piece: Uint8Array): void {
    if (piece.length > AGENT_PIECE_BYTES) throw new WireError(`an agent piece of ${piece.length} bytes`)
    this.#in.push(piece)
    while (this.#step());
  }

  /** A program of the guest copies text. */
  copy(text: string, which: number = selection.clipboard): void {
    if (which === selection.clipboard) this.#own = text
    this.#clientOffers = false
    if (!this.clientHas(agentCap.clipboardByDemand)) return
    const w = this.#writer(which)
    if (this.clientHas(agentCap.grabSerial)) w.u32(this.#serial++)
    this.#say(agentMsg.grab, w.u32(UTF8).finish())
  }

  /** A program of the guest pastes. Resolves undefined when the client has nothing, or gives nothing. */
  paste(): Promise<string | undefined> {
    if (this.#own !== undefined && !this.#clientOffers) return Promise.resolve(this.#own)
    if (!this.#clientOffers || this.#send === undefined) return Promise.resolve(undefined)
    return new Promise((resolve) => {
      this.#pastes.push(resolve)
      this.#say(agentMsg.request, this.#writer(selection.clipboard).u32(UTF8).finish())
    })
  }

  /** The start of a clipboard message: since CLIPBOARD_SELECTION it says which clipboard it is about. */
  #writer(which: number): Writer {
    const w = new Writer()
    return this.clientHas(agentCap.clipboardSelection) ? w.u8(which).u8(0).u16(0) : w
  }
  #which(r: Reader): number {
    if (!this.clientHas(agentCap.clipboardSelection)) return selection.clipboard
    const which = r.u8()
    r.bytes(3)
    return which
  }

  #announce(asks: boolean): void {
    const { monitorsConfig, reply, clipboardByDemand, clipboardSelection, sparseMonitors, positions, noReleaseOnRegrab, grabSerial, lineEndLf, lineEndCrlf } = agentCap
    const caps = [monitorsConfig, reply, clipboardByDemand, clipboardSelection, sparseMonitors, positions, noReleaseOnRegrab, grabSerial, this.#o.lineEnds === 'crlf' ? lineEndCrlf : lineEndLf]
    this.#say(agentMsg.announce, new Writer().u32(asks ? 1 : 0).u32(caps.reduce((word, cap) => word | (1 << cap), 0)).finish())
  }

  #say(type: number, data: Uint8Array): void {
    if (this.#send === undefined) return
    const whole = new Writer(HEADER_BYTES + data.length).u32(PROTOCOL).u32(type).u64(0n).u32(data.length).raw(data).finish()
    for (let at = 0; at < whole.length; at += AGENT_PIECE_BYTES) this.#out.push(whole.subarray(at, at + AGENT_PIECE_BYTES))
    this.#flush()
  }

  #flush(): void {
    while (this.#tokens > 0 && this.#send !== undefined) {
      const piece = this.#out.shift()
      if (piece === undefined) return
      this.#tokens--
      this.#send(piece)
    }
  }

  #step(): boolean {
    if (this.#head === undefined) {
      const bytes = this.#in.take(HEADER_BYTES)
      if (bytes === undefined) return false
      const r = new Reader(bytes)
      if (r.u32() !== PROTOCOL) throw new WireError('an agent message of another protocol')
      const type = r.u32()
      r.u64()
      const size = r.u32()
      if (size > MAX_MESSAGE_BYTES) throw new WireError(`an agent message of ${size} bytes`)
      this.#head = { type, size }
    }
    const data = this.#in.take(this.#head.size)
    if (data === undefined) return false
    const { type } = this.#head
    this.#head = undefined
    this.#heard.push(type)
    this.#message(type, new Reader(data))
    return true
  }

  #message(type: number, r: Reader): void {
    switch (type) {
      case agentMsg.announce: {
        const asks = r.u32() !== 0
        this.#clientCaps = r.remaining >= 4 ? r.u32() : 0
        if (asks) this.#announce(false)
        return
      }
      case agentMsg.monitorsConfig:
        return this.#monitors(r)
      case agentMsg.grab:
        return this.#grabbed(r)
      case agentMsg.release:
        if (this.#which(r) === selection.clipboard) this.#clientOffers = false
        return
      case agentMsg.request: {
        const which = this.#which(r)
        const text = which === selection.clipboard && r.u32() === UTF8 ? this.#own : undefined
        this.#say(agentMsg.clipboard, this.#writer(which).u32(text === undefined ? NONE : UTF8).raw(Buffer.from(text ?? '', 'utf8')).finish())
        return
      }
      case agentMsg.clipboard: {
        this.#which(r)
        const kind = r.u32()
        this.#pastes.shift()?.(kind === UTF8 ? r.bytes(r.remaining).toString('utf8') : undefined)
        return
      }
      default:
    }
  }

  #monitors(r: Reader): void {
    const count = r.u32()
    r.u32()
    // u32 height, width, depth, i32 x, y each.
    if (count > 16) throw new WireError(`${count} monitors`)
    const monitors = Array.from({ length: count }, () => {
      const [height, width] = [r.u32(), r.u32()]
      r.u32()
      return { width, height, x: r.i32(), y: r.i32() }
    })
    const done = this.#o.onMonitors?.(monitors) ?? true
    this.#say(agentMsg.reply, new Writer().u32(agentMsg.monitorsConfig).u32(done ? 1 : 2).finish())
  }

  #grabbed(r: Reader): void {
    const which = this.#which(r)
    if (this.clientHas(agentCap.grabSerial)) {
      const serial = r.u32()
      if (serial < this.#serial) return
      this.#serial = serial + 1
    }
    if (which !== selection.clipboard) return
    this.#own = undefined
    this.#clientOffers = Array.from({ length: r.remaining >> 2 }, () => r.u32()).includes(UTF8)
  }
}
