// Why: text goes between the two clipboards only in the directions that policy allows, and each side says what it has
// before it says what it is. Layouts: VDAgentClipboardGrab, -Request, -Release, VDAgentClipboard of `spice/vd_agent.h`.
import { AgentCap, AgentMsg, ClipboardSelection, ClipboardType } from '../wire/agent-messages.ts'
import type { Reader } from '../wire/reader.ts'
import { Writer } from '../wire/writer.ts'
import type { Capabilities } from './link.ts'

/** `off` unless somebody decides otherwise. */
export type ClipboardPolicy = 'both' | 'toGuest' | 'fromGuest' | 'off'

/** What we announce while policy is not `off`. */
export const CLIPBOARD_CAPS: readonly number[] = [
  AgentCap.CLIPBOARD_BY_DEMAND,
  AgentCap.CLIPBOARD_SELECTION,
  AgentCap.CLIPBOARD_NO_RELEASE_ON_REGRAB,
  AgentCap.CLIPBOARD_GRAB_SERIAL,
]

/** A text beyond the limit, in bytes of UTF-8; from the guest with what its message has around it. */
export interface ClipboardExcess {
  readonly direction: 'toGuest' | 'fromGuest'
  readonly bytes: number
  readonly limit: number
}

export interface ClipboardOptions {
  /** Sends one agent message; false: not now and not later. */
  readonly send: (type: number, data: Uint8Array) => boolean
  /** Most bytes of UTF-8 in one text, either way. */
  readonly maxBytes: number
  readonly onText: (text: string) => void
  /** Nothing of the text was passed on. */
  readonly onTooLarge: (excess: ClipboardExcess) => void
}

export class Clipboard {
  readonly #o: ClipboardOptions
  #policy: ClipboardPolicy
  #caps: Capabilities | undefined
  /** What we offer; kept while nobody has taken our place. */
  #mine: string | undefined
  #offered = false
  #guestOwns = false
  /** The last text that came from the guest: offering it back would only go in circles. */
  #theirs: string | undefined
  #serial = 0

  constructor(policy: ClipboardPolicy, options: ClipboardOptions) {
    this.#policy = policy
    this.#o = options
  }

  get policy(): ClipboardPolicy {
    return this.#policy
  }
  get #toGuest(): boolean {
    return this.#policy === 'both' || this.#policy === 'toGuest'
  }
  get #fromGuest(): boolean {
    return this.#policy === 'both' || this.#policy === 'fromGuest'
  }
  /** Whether both sides have a capability of the clipboard's. */
  #both(cap: number): boolean {
    return this.#caps?.has(cap) === true && CLIPBOARD_CAPS.includes(cap)
  }

  /** The agent told what it can; undefined: it is gone. */
  agent(caps: Capabilities | undefined): void {
    const fresh = this.#caps === undefined || caps === undefined
    this.#caps = caps
    if (fresh) {
      this.#serial = 0
      this.#offered = false
      this.#guestOwns = false
      this.#theirs = undefined
    }
    if (caps?.has(AgentCap.MAX_CLIPBOARD) === true) this.#o.send(AgentMsg.MAX_CLIPBOARD, new Writer(4).i32(this.#o.maxBytes).finish())
    if (!this.#offered) this.#grab()
  }

  setPolicy(policy: ClipboardPolicy): void {
    this.#policy = policy
    if (!this.#toGuest) this.#release()
    if (!this.#fromGuest) {
      this.#guestOwns = false
      this.#theirs = undefined
    }
  }

  /**
   * Offers this text to the guest, now or when its agent comes; the guest asks for it when somebody pastes.
   * @returns false when policy or size forbids it
   */
  offer(text: string): boolean {
    if (!this.#toGuest) return false
    const bytes = this.#bytesForGuest(text)
    if (bytes > this.#o.maxBytes) {
      this.#excess('toGuest', bytes)
      return false
    }
    if (text === this.#theirs && this.#guestOwns) return true
    this.#mine = text
    this.#grab()
    return true
  }

  /** Takes messages of the clipboard. @returns false for any other message */
  message(type: number, r: Reader): boolean {
    switch (type) {
      case AgentMsg.CLIPBOARD_GRAB:
        if (this.#isOurs(r)) this.#grabbed(r)
        return true
      case AgentMsg.CLIPBOARD_REQUEST:
        this.#requested(this.#selection(r), r.u32())
        return true
      case AgentMsg.CLIPBOARD:
        if (this.#isOurs(r)) this.#received(r)
        return true
      case AgentMsg.CLIPBOARD_RELEASE:
        if (this.#isOurs(r)) this.#guestOwns = false
        return true
      default:
        return false
    }
  }

  /** An agent message of this size was stepped over before it could be read. */
  skipped(size: number): void {
    if (this.#fromGuest && this.#guestOwns) this.#excess('fromGuest', size)
  }

  #excess(direction: ClipboardExcess['direction'], bytes: number): void {
    this.#o.onTooLarge({ direction, bytes, limit: this.#o.maxBytes })
  }

  #selection(r: Reader): number {
    if (!this.#both(AgentCap.CLIPBOARD_SELECTION)) return ClipboardSelection.CLIPBOARD
    const selection = r.u8()
    r.skip(3)
    return selection
  }

  /** Browsers have one clipboard; X11's primary and secondary selections stay in the guest. */
  #isOurs(r: Reader): boolean {
    return this.#selection(r) === ClipboardSelection.CLIPBOARD
  }

  /** The fields before a message's own, for the selection CLIPBOARD. */
  #writer(capacity = 16): Writer {
    const w = new Writer(capacity)
    return this.#both(AgentCap.CLIPBOARD_SELECTION) ? w.u8(ClipboardSelection.CLIPBOARD).zeros(3) : w
  }

  #grab(): void {
    if (this.#mine === undefined || !this.#toGuest || !this.#both(AgentCap.CLIPBOARD_BY_DEMAND)) return
    const w = this.#writer()
    if (this.#both(AgentCap.CLIPBOARD_GRAB_SERIAL)) w.u32(this.#serial++)
    this.#offered = this.#o.send(AgentMsg.CLIPBOARD_GRAB, w.u32(ClipboardType.UTF8_TEXT).finish())
    if (this.#offered) this.#guestOwns = false
  }

  #release(): void {
    this.#mine = undefined
    if (!this.#offered) return
    this.#offered = false
    this.#o.send(AgentMsg.CLIPBOARD_RELEASE, this.#writer().finish())
  }

  #grabbed(r: Reader): void {
    if (this.#both(AgentCap.CLIPBOARD_GRAB_SERIAL)) {
      const serial = r.u32()
      // Both grabbed at once: the lower serial is the older grab, and it has lost.
      if (serial < this.#serial) return
      this.#serial = serial + 1
    }
    this.#offered = false
    this.#mine = undefined
    if (!this.#fromGuest || !this.#both(AgentCap.CLIPBOARD_BY_DEMAND)) return
    const types = Array.from({ length: r.left >>> 2 }, () => r.u32())
    this.#guestOwns = types.includes(ClipboardType.UTF8_TEXT)
    if (this.#guestOwns) this.#o.send(AgentMsg.CLIPBOARD_REQUEST, this.#writer().u32(ClipboardType.UTF8_TEXT).finish())
  }

  /** Every request is answered, if with nothing: the guest's program waits for it. */
  #requested(selection: number, type: number): void {
    const text = selection === ClipboardSelection.CLIPBOARD && type === ClipboardType.UTF8_TEXT && this.#toGuest && this.#offered ? this.#mine : undefined
    const data = text === undefined ? undefined : new TextEncoder().encode(this.#toGuestLines(text))
    // Offered before the agent told its line ends, it may have grown since.
    if (data !== undefined && data.length > this.#o.maxBytes) this.#excess('toGuest', data.length)
    else if (data !== undefined && this.#o.send(AgentMsg.CLIPBOARD, this.#writer(8 + data.length).u32(ClipboardType.UTF8_TEXT).raw(data).finish())) return
    const w = new Writer(8)
    if (this.#both(AgentCap.CLIPBOARD_SELECTION)) w.u8(selection).zeros(3)
    this.#o.send(AgentMsg.CLIPBOARD, w.u32(ClipboardType.NONE).finish())
  }

  #received(r: Reader): void {
    const type = r.u32()
    if (!this.#fromGuest || !this.#guestOwns || type !== ClipboardType.UTF8_TEXT) return
    let bytes = r.take(r.left)
    // Some agents count the terminator of their string in.
    if (bytes[bytes.length - 1] === 0) bytes = bytes.subarray(0, -1)
    if (bytes.length > this.#o.maxBytes) return this.#excess('fromGuest', bytes.length)
    const raw = new TextDecoder().decode(bytes)
    const text = this.#caps?.has(AgentCap.GUEST_LINEEND_CRLF) === true ? raw.replaceAll('\r\n', '\n') : raw
    this.#theirs = text
    this.#o.onText(text)
  }

  /** UTF-8 bytes with the guest's line ends, or a bound. A UTF-16 unit is three at most: exact counting only where it can matter. */
  #bytesForGuest(text: string): number {
    const most = text.length * 3
    return most <= this.#o.maxBytes ? most : new TextEncoder().encode(this.#toGuestLines(text)).length
  }

  #toGuestLines(text: string): string {
    const crlf = this.#caps?.has(AgentCap.GUEST_LINEEND_CRLF) === true
    if (!crlf && this.#caps?.has(AgentCap.GUEST_LINEEND_LF) !== true) return text
    const lines = text.replaceAll('\r\n', '\n')
    return crlf ? lines.replaceAll('\n', '\r\n') : lines
  }
}
