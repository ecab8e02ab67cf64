// Why: the link phase as pure functions over whole messages: what to say first, what the answer means, how the ticket is
// wrapped. Layouts: SpiceLinkHeader, SpiceLinkMess, SpiceLinkReply, SpiceLinkEncryptedTicket of `spice/protocol.h`.
import { Reader, WireError } from '../wire/reader.ts'
import { Writer } from '../wire/writer.ts'
import { CommonCap, LINK_HEADER_BYTES, LINK_MESS_BYTES, LINK_REPLY_BYTES, MAGIC, MAX_PASSWORD_BYTES, TICKET_BYTES, TICKET_PUBKEY_BYTES, VERSION_MAJOR, VERSION_MINOR } from '../wire/messages.ts'

export interface LinkRequest {
  /** 0 on the main channel of a new session, else the session id of MSG_MAIN_INIT. */
  readonly connectionId: number
  readonly type: number
  readonly id: number
  /** Capability bit positions of this channel. */
  readonly caps: readonly number[]
}

export interface LinkReply {
  /** `LinkErr` */
  readonly error: number
  /** SubjectPublicKeyInfo, DER, 162 bytes. */
  readonly pubKey: Uint8Array
  readonly common: Capabilities
  readonly channel: Capabilities
}

/** A set of bit positions, as the protocol writes it: words of 32, lowest bit first. */
export class Capabilities {
  readonly #words: readonly number[]
  constructor(words: readonly number[]) {
    this.#words = words
  }
  has(bit: number): boolean {
    return (((this.#words[bit >>> 5] ?? 0) >>> (bit & 31)) & 1) === 1
  }
}

/** Bit positions → words; at least `min` of them. */
export function capabilityWords(bits: readonly number[], min = 1): number[] {
  const words = new Array<number>(Math.max(min, ...bits.map((b) => (b >>> 5) + 1))).fill(0)
  for (const bit of bits) words[bit >>> 5] = ((words[bit >>> 5] ?? 0) | (1 << (bit & 31))) >>> 0
  return words
}

/** What this client can on every channel. SASL is not offered. */
const COMMON = capabilityWords([CommonCap.PROTOCOL_AUTH_SELECTION, CommonCap.AUTH_SPICE, CommonCap.MINI_HEADER])
/** A reply with more than this is no reply: 178 bytes and a few words of capabilities. */
const MAX_REPLY_BYTES = 4096

/** SpiceLinkHeader and SpiceLinkMess. */
export function linkMessage(request: LinkRequest): Uint8Array {
  const own = request.caps.length === 0 ? [] : capabilityWords(request.caps)
  const size = LINK_MESS_BYTES + 4 * (COMMON.length + own.length)
  const w = new Writer(LINK_HEADER_BYTES + size).u32(MAGIC).u32(VERSION_MAJOR).u32(VERSION_MINOR).u32(size)
  w.u32(request.connectionId).u8(request.type).u8(request.id).u32(COMMON.length).u32(own.length).u32(LINK_MESS_BYTES)
  for (const word of COMMON) w.u32(word)
  for (const word of own) w.u32(word)
  return w.finish()
}

/** Bytes of the SpiceLinkReply that follows this header. Throws WireError on anything but SPICE 2. */
export function parseReplyHeader(bytes: Uint8Array): number {
  const r = new Reader(bytes)
  if (r.u32() !== MAGIC) throw new WireError('the answer is not SPICE')
  const major = r.u32()
  if (major !== VERSION_MAJOR) throw new WireError(`SPICE version ${major}`)
  r.u32()
  const size = r.u32()
  if (size < LINK_REPLY_BYTES || size > MAX_REPLY_BYTES) throw new WireError(`a link reply of ${size} bytes`)
  return size
}

export function parseReply(bytes: Uint8Array): LinkReply {
  const r = new Reader(bytes)
  const error = r.u32()
  const pubKey = r.take(TICKET_PUBKEY_BYTES)
  const commons = r.u32()
  const owns = r.u32()
  const at = r.at(r.u32())
  at.count(commons + owns, 4)
  const words = (n: number) => new Capabilities(Array.from({ length: n }, () => at.u32()))
  return { error, pubKey, common: words(commons), channel: words(owns) }
}

/** RSA-OAEP of `plain` for an SPKI key; 128 bytes. */
export type TicketCipher = (spki: Uint8Array, plain: Uint8Array) => Promise<Uint8Array>

/** The platform's own: SHA-1 because the protocol has it so. */
export const webCryptoCipher: TicketCipher = async (spki, plain) => {
  const key = await crypto.subtle.importKey('spki', new Uint8Array(spki), { name: 'RSA-OAEP', hash: 'SHA-1' }, false, ['encrypt'])
  return new Uint8Array(await crypto.subtle.encrypt({ name: 'RSA-OAEP' }, key, new Uint8Array(plain)))
}

/**
 * What answers a link reply: the mechanism, where the server lets choose, and the encrypted password with its NUL.
 * @param password UTF-8, at most 60 bytes; empty where the server asks for none. Neither kept nor wiped here.
 */
export async function ticketMessage(reply: LinkReply, password: Uint8Array, cipher: TicketCipher = webCryptoCipher): Promise<Uint8Array> {
  if (password.length > MAX_PASSWORD_BYTES) throw new WireError(`a password of ${password.length} bytes; SPICE carries ${MAX_PASSWORD_BYTES}`)
  const selects = reply.common.has(CommonCap.PROTOCOL_AUTH_SELECTION)
  if (selects && !reply.common.has(CommonCap.AUTH_SPICE)) throw new WireError('the server does not take SPICE tickets')
  const plain = new Uint8Array(password.length + 1)
  plain.set(password)
  try {
    const sealed = await cipher(reply.pubKey, plain)
    if (sealed.length !== TICKET_BYTES) throw new WireError(`a ticket of ${sealed.length} bytes`)
    const w = new Writer(4 + TICKET_BYTES)
    if (selects) w.u32(CommonCap.AUTH_SPICE)
    return w.raw(sealed).finish()
  } finally {
    plain.fill(0)
  }
}
