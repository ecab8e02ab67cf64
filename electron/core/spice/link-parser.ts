// Why: the few fields of SPICE's link phase that the relay must see, read piece by piece with every length bounded.
// Layout: spice-protocol `spice/protocol.h` (BSD): SpiceLinkHeader {magic 'REDQ', major, minor, size},
// SpiceLinkMess {connection_id u32, channel_type u8, channel_id u8, num_common, num_channel, caps_offset, caps…},
// SpiceLinkReply {error u32, pub_key[162], num_common, num_channel, caps_offset, caps…}.
import { AppError } from '../errors.ts'

export const HEADER_BYTES = 16
export const PUBKEY_BYTES = 162
/** 1024-bit RSA. */
export const TICKET_BYTES = 128
/** No honest link message comes near this. */
export const MAX_LINK_SIZE = 65536
/** SPICE_COMMON_CAP_PROTOCOL_AUTH_SELECTION */
const CAP_AUTH_SELECTION = 0
export const AUTH_SPICE = 1

/** Collects bytes until `need` are there. */
export class Collector {
  #parts: Buffer[] = []
  #have = 0

  get length(): number {
    return this.#have
  }

  push(piece: Uint8Array): void {
    if (piece.length === 0) return
    this.#parts.push(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength))
    this.#have += piece.length
  }

  /** Removes and returns exactly `need` bytes, or undefined while they are not all there. */
  take(need: number): Buffer | undefined {
    if (this.#have < need) return undefined
    const all = this.#parts.length === 1 ? (this.#parts[0] as Buffer) : Buffer.concat(this.#parts)
    this.#parts = need === all.length ? [] : [all.subarray(need)]
    this.#have -= need
    return all.subarray(0, need)
  }

  peek(need: number): Buffer | undefined {
    if (this.#have < need) return undefined
    if (this.#parts.length > 1) this.#parts = [Buffer.concat(this.#parts)]
    return (this.#parts[0] as Buffer).subarray(0, need)
  }
}

/** Total length of header + message once the header is there; undefined before. Throws `spice.link-failed`. */
export function messageLength(c: Collector): number | undefined {
  const header = c.peek(HEADER_BYTES)
  if (!header) return undefined
  if (header.toString('latin1', 0, 4) !== 'REDQ') throw new AppError('spice.link-failed', 'not a SPICE server: wrong magic')
  const size = header.readUInt32LE(12)
  if (size > MAX_LINK_SIZE) throw new AppError('spice.link-failed', `link message of ${size} bytes`)
  return HEADER_BYTES + size
}

export interface LinkReply {
  readonly error: number
  /** SPKI DER */
  readonly publicKey: Buffer
  readonly authSelection: boolean
}

/** @param whole header + reply */
export function parseLinkReply(whole: Buffer): LinkReply {
  const body = whole.subarray(HEADER_BYTES)
  if (body.length < 4) throw new AppError('spice.link-failed', 'link reply too short')
  const error = body.readUInt32LE(0)
  const keyEnd = 4 + PUBKEY_BYTES
  if (body.length < keyEnd + 12) {
    if (error !== 0) return { error, publicKey: Buffer.alloc(0), authSelection: false }
    throw new AppError('spice.link-failed', 'link reply too short')
  }
  const first = commonCaps(body, keyEnd)
  return { error, publicKey: body.subarray(4, keyEnd), authSelection: has(first, CAP_AUTH_SELECTION) }
}

export interface LinkMessage {
  readonly connectionId: number
  readonly channelType: number
  readonly channelId: number
  readonly authSelection: boolean
}

/** @param whole header + message */
export function parseLinkMessage(whole: Buffer): LinkMessage {
  const body = whole.subarray(HEADER_BYTES)
  if (body.length < 18) throw new AppError('spice.link-failed', 'link message too short')
  return { connectionId: body.readUInt32LE(0), channelType: body.readUInt8(4), channelId: body.readUInt8(5), authSelection: has(commonCaps(body, 6), CAP_AUTH_SELECTION) }
}

/** First word of the common capabilities; `at` = place of num_common, num_channel, caps_offset. */
function commonCaps(body: Buffer, at: number): number {
  const caps = body.readUInt32LE(at + 8)
  return body.readUInt32LE(at) > 0 && caps + 4 <= body.length ? body.readUInt32LE(caps) : 0
}

const has = (word: number, bit: number): boolean => (word & (1 << bit)) !== 0
