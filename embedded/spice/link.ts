// Why: the link phase is where a stranger speaks first; it is kept as pure functions over whole messages, so that the
// error codes a client sees can be tested without a stream. Layout: SpiceLinkHeader, SpiceLinkMess, SpiceLinkReply of
// spice/protocol.h. The order of the checks follows what spice-server answers.
import { constants, createHash, generateKeyPair, privateDecrypt, timingSafeEqual, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import {
  channelKinds,
  channelType,
  commonCap,
  displayCap,
  inputsCap,
  LINK_HEADER_BYTES,
  LINK_MESS_BYTES,
  LINK_MESS_MAX_BYTES,
  linkError,
  MAGIC,
  mainCap,
  PUBKEY_BYTES,
  RSA_BITS,
  VERSION_MAJOR,
  VERSION_MINOR,
  type ChannelKind,
  type LinkErrorCode,
} from './protocol.ts'
import { Reader, Writer } from './wire.ts'

/** What protects the display, as QEMU knows it: nothing, or a password that may expire or serve one session only. */
export type Ticket =
  | { readonly kind: 'none' }
  | { readonly kind: 'ticket'; readonly value: string; /** Wall clock, ms. */ readonly validUntil?: number; readonly oneTime?: boolean }

export interface LinkRequest {
  readonly connectionId: number
  /** Undefined: a type this server does not offer. */
  readonly channel: ChannelKind | undefined
  readonly channelId: number
  readonly authSelection: boolean
  readonly miniHeader: boolean
  /** First word of the channel's own capabilities. */
  readonly channelCaps: number
}

type Checked<T> = { readonly ok: T } | { readonly error: LinkErrorCode }

/** Size in bytes of the link message that follows, or the code to answer with. */
export function readLinkHeader(bytes: Uint8Array): Checked<number> {
  const r = new Reader(bytes)
  if (r.u32() !== MAGIC) return { error: linkError.invalidMagic }
  if (r.u32() !== VERSION_MAJOR) return { error: linkError.versionMismatch }
  r.u32()
  const size = r.u32()
  return size < LINK_MESS_BYTES || size > LINK_MESS_MAX_BYTES ? { error: linkError.invalidData } : { ok: size }
}

/** Reads SpiceLinkMess; capability words outside the message are `invalidData`. */
export function readLinkMess(bytes: Uint8Array): Checked<LinkRequest> {
  const r = new Reader(bytes)
  const connectionId = r.u32()
  const type = r.u8()
  const channelId = r.u8()
  const commons = r.u32()
  const channels = r.u32()
  const offset = r.u32()
  const words = commons + channels
  if (offset > bytes.length || words > (bytes.length - offset) / 4) return { error: linkError.invalidData }
  r.seek(offset)
  const caps = Array.from({ length: words }, () => r.u32())
  const common = commons > 0 ? (caps[0] ?? 0) : 0
  return {
    ok: {
      connectionId,
      channel: channelKinds.find((kind) => channelType[kind] === type),
      channelId,
      authSelection: hasCap(common, commonCap.authSelection),
      miniHeader: hasCap(common, commonCap.miniHeader),
      channelCaps: channels > 0 ? (caps[commons] ?? 0) : 0,
    },
  }
}

export const hasCap = (word: number, bit: number): boolean => (word & (1 << bit)) !== 0

/** What the server can do, per channel (one capability word each; empty where there is nothing to tell). */
const serverCaps: Readonly<Record<ChannelKind, readonly number[]>> = {
  main: [(1 << mainCap.nameAndUuid) | (1 << mainCap.agentConnectedTokens)],
  display: [1 << displayCap.monitorsConfig],
  inputs: [1 << inputsCap.keyScancode],
  cursor: [],
}

/** Header and SpiceLinkReply. With an error the key is zeroes, as no ticket will be asked for. */
export function linkReply(error: LinkErrorCode, pubKey: Uint8Array, channel: ChannelKind | undefined): Buffer {
  const common = [(1 << commonCap.authSelection) | (1 << commonCap.authSpice) | (1 << commonCap.miniHeader)]
  const own = error === linkError.ok && channel ? serverCaps[channel] : []
  const body = new Writer(256).u32(error).raw(pubKey).u32(common.length).u32(own.length)
  body.u32(body.length + 4)
  for (const word of [...common, ...own]) body.u32(word)
  const header = new Writer(LINK_HEADER_BYTES).u32(MAGIC).u32(VERSION_MAJOR).u32(VERSION_MINOR).u32(body.length)
  return Buffer.concat([header.finish(), body.finish()])
}

export const refusal = (error: LinkErrorCode): Buffer => linkReply(error, Buffer.alloc(PUBKEY_BYTES), undefined)

export interface LinkKey {
  readonly privateKey: KeyObject
  /** SubjectPublicKeyInfo, DER, 162 bytes for 1024 bits. */
  readonly spki: Buffer
}

/** A fresh RSA pair; 1024 bits because the ticket field of the protocol has exactly that size. */
export async function newLinkKey(): Promise<LinkKey> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: RSA_BITS })
  return { privateKey, spki: publicKey.export({ type: 'spki', format: 'der' }) }
}

/** RSA-OAEP(SHA-1) of the password and a NUL; undefined when it is not that. */
export function openTicket(key: KeyObject, encrypted: Uint8Array): string | undefined {
  try {
    const plain = privateDecrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }, encrypted)
    const end = plain.indexOf(0)
    return plain.subarray(0, end < 0 ? plain.length : end).toString('utf8')
  } catch {
    return undefined
  }
}

/**
 * Whether this password opens the display now. A ticket with an empty value lets nobody in, as in QEMU, where
 * ticketing without a password means that access is shut.
 */
export function ticketAccepted(ticket: Ticket, offered: string | undefined, wallMs: number): boolean {
  if (ticket.kind === 'none') return true
  if (ticket.value === '' || offered === undefined) return false
  if (ticket.validUntil !== undefined && wallMs >= ticket.validUntil) return false
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(ticket.value), digest(offered))
}
