// Why: the link phase step by step, without a stream: how many bytes it waits for, what is to be sent, how it came out.
import { LinkErr } from '../wire/enums.ts'
import { CommonCap, LINK_HEADER_BYTES } from '../wire/messages.ts'
import { Reader } from '../wire/reader.ts'
import { parseReply, parseReplyHeader, ticketMessage, type Capabilities, type LinkReply, type TicketCipher } from './link.ts'

export type LinkOutcome =
  | { readonly kind: 'linked'; readonly caps: Capabilities; readonly mini: boolean }
  /** `code`: a `LinkErr` number */
  | { readonly kind: 'refused'; readonly code: number }

export class Linker {
  readonly #ticket: () => Uint8Array
  readonly #cipher: TicketCipher
  #wanted = LINK_HEADER_BYTES
  #headed = false
  #reply: LinkReply | undefined

  constructor(ticket: () => Uint8Array, cipher: TicketCipher) {
    this.#ticket = ticket
    this.#cipher = cipher
  }

  /** Bytes that take() wants next. */
  get wanted(): number {
    return this.#wanted
  }

  /**
   * Takes exactly so many bytes. Throws WireError on what is no link.
   * @returns undefined: more is wanted; a promise: of what to send before more is wanted; else how it ended
   */
  take(bytes: Uint8Array): Promise<Uint8Array> | LinkOutcome | undefined {
    if (!this.#headed) {
      this.#wanted = parseReplyHeader(bytes)
      this.#headed = true
      return undefined
    }
    if (this.#reply === undefined) {
      const reply = parseReply(bytes)
      if (reply.error !== LinkErr.OK) return { kind: 'refused', code: reply.error }
      this.#reply = reply
      // The answer to a ticket is one u32.
      this.#wanted = 4
      return ticketMessage(reply, this.#ticket(), this.#cipher)
    }
    const code = new Reader(bytes).u32()
    if (code !== LinkErr.OK) return { kind: 'refused', code }
    return { kind: 'linked', caps: this.#reply.channel, mini: this.#reply.common.has(CommonCap.MINI_HEADER) }
  }
}
