// Why: the ticket never enters the page. The page's SPICE client proves a dummy password; on the way through the
// main process its 128 encrypted bytes are replaced by the real ticket, encrypted for the server's key. After the
// link phase this is a plain pipe. Bytes in, bytes out; no stream, no clock.
import { constants, createPublicKey, publicEncrypt, type KeyObject } from 'node:crypto'
import { AppError } from '../errors.ts'
import type { Secret } from '../secret.ts'
import { AUTH_SPICE, Collector, messageLength, parseLinkMessage, parseLinkReply, TICKET_BYTES } from './link-parser.ts'

/** SpiceLinkErr numbers of `spice/protocol.h` that get words of their own. */
const LINK_ERR_PERMISSION_DENIED = 7

/** A SPICE channel: its type and its number among those of the type. */
export interface ChannelRef {
  readonly type: number
  readonly id: number
}

export interface SpliceEvents {
  readonly toServer: (bytes: Uint8Array) => void
  readonly toPage: (bytes: Uint8Array) => void
  /** The server accepted the ticket. */
  readonly onLinked: () => void
}

export class TicketSplice {
  readonly #ticket: Secret | undefined
  readonly #expected: ChannelRef
  readonly #e: SpliceEvents
  readonly #page = new Collector()
  readonly #server = new Collector()
  #pageState: 'message' | 'await-reply' | 'auth' | 'pipe' = 'message'
  #serverState: 'reply' | 'result' | 'pipe' = 'reply'
  #key: Buffer | undefined
  #selects = false

  /** @param expected the channel the page asked the right for; another one is refused */
  constructor(ticket: Secret | undefined, expected: ChannelRef, events: SpliceEvents) {
    this.#ticket = ticket
    this.#expected = expected
    this.#e = events
  }

  /** Both directions have left the link phase. */
  get linked(): boolean {
    return this.#serverState === 'pipe'
  }

  /** Throws AppError `spice.link-failed` on a message that is no SPICE. */
  fromPage(bytes: Uint8Array): void {
    if (this.#pageState === 'pipe') return this.#e.toServer(bytes)
    this.#page.push(bytes)
    this.#pumpPage()
  }

  /** Throws AppError `spice.link-failed` or `spice.ticket-refused`. */
  fromServer(bytes: Uint8Array): void {
    if (this.#serverState === 'pipe') return this.#e.toPage(bytes)
    this.#server.push(bytes)
    this.#pumpServer()
  }

  #pumpPage(): void {
    if (this.#pageState === 'message') {
      const length = messageLength(this.#page)
      const whole = length === undefined ? undefined : this.#page.take(length)
      if (!whole) return
      const message = parseLinkMessage(whole)
      const { type, id } = this.#expected
      if (message.channelType !== type || message.channelId !== id) throw new AppError('spice.channel-denied', `page linked channel ${message.channelType}.${message.channelId} with the right for ${type}.${id}`)
      this.#selects = message.authSelection
      this.#pageState = 'await-reply'
      this.#e.toServer(whole)
    }
    if (this.#pageState === 'await-reply') {
      // Nothing may follow before the reply: it decides how long the authentication is.
      if (this.#page.length > 4 + TICKET_BYTES) throw new AppError('spice.link-failed', 'the page sent data before the link reply')
      return
    }
    if (this.#pageState === 'auth') {
      const head = this.#selects ? 4 : 0
      const auth = this.#page.take(head + TICKET_BYTES)
      if (!auth) return
      if (head > 0 && auth.readUInt32LE(0) !== AUTH_SPICE) throw new AppError('spice.link-failed', 'the page chose an authentication other than SPICE')
      this.#pageState = 'pipe'
      this.#e.toServer(Buffer.concat([auth.subarray(0, head), this.#encrypted()]))
      const rest = this.#page.take(this.#page.length)
      if (rest && rest.length > 0) this.#e.toServer(rest)
    }
  }

  #pumpServer(): void {
    if (this.#serverState === 'reply') {
      const length = messageLength(this.#server)
      const whole = length === undefined ? undefined : this.#server.take(length)
      if (!whole) return
      const reply = parseLinkReply(whole)
      this.#key = Buffer.from(reply.publicKey)
      this.#selects = this.#selects && reply.authSelection
      this.#serverState = 'result'
      if (this.#pageState === 'await-reply') this.#pageState = 'auth'
      this.#e.toPage(whole)
      if (reply.error !== 0) throw linkError(reply.error)
      this.#pumpPage()
    }
    if (this.#serverState === 'result') {
      const result = this.#server.take(4)
      if (!result) return
      this.#e.toPage(result)
      const error = result.readUInt32LE(0)
      if (error !== 0) throw linkError(error)
      this.#serverState = 'pipe'
      this.#e.onLinked()
      const rest = this.#server.take(this.#server.length)
      if (rest && rest.length > 0) this.#e.toPage(rest)
    }
  }

  /**
   * RSA-OAEP (SHA-1, as the protocol fixes it) of ticket + NUL, of the NUL alone where the display asks for none: it is
   * decrypted there all the same. What the page sent in its place is worth nothing.
   */
  #encrypted(): Buffer {
    const ticket = this.#ticket
    if (!ticket) return seal(serverKey(this.#key), Buffer.alloc(1))
    if (ticket.disposed) throw new AppError('spice.ticket-refused', 'the one-time ticket was over before this channel was linked')
    const publicKey = serverKey(this.#key)
    return ticket.use((bytes) => {
      const plain = Buffer.alloc(bytes.length + 1)
      bytes.copy(plain)
      const out = seal(publicKey, plain)
      plain.fill(0)
      return out
    })
  }
}

const seal = (key: KeyObject, plain: Buffer): Buffer => publicEncrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }, plain)

/** SPKI DER out of the link reply, 1024-bit RSA. Errors: spice.link-failed */
function serverKey(der: Buffer | undefined): KeyObject {
  let key: KeyObject | undefined
  try {
    key = createPublicKey({ key: der ?? Buffer.alloc(0), format: 'der', type: 'spki' })
  } catch (cause) {
    throw new AppError('spice.link-failed', 'the SPICE server sent a public key that is none', { cause })
  }
  if (key.asymmetricKeyType !== 'rsa' || key.asymmetricKeyDetails?.modulusLength !== TICKET_BYTES * 8) throw new AppError('spice.link-failed', 'the SPICE server sent a key of another kind or size')
  return key
}

function linkError(code: number): AppError {
  return code === LINK_ERR_PERMISSION_DENIED
    ? new AppError('spice.ticket-refused', 'the SPICE server refused the ticket')
    : new AppError('spice.link-failed', `the SPICE server answered with link error ${code}`)
}
