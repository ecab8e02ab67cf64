// Why: a recorded SPICE session with the server's own pictures of it, in one file that a test reads without a server, a
// compiler or a Node API. The format is ours; corpus.ts adds gzip and files.
//
// Bytes: "SPCAP1\r\n", u32 length + UTF-8 JSON (SpcapHeader), then records until the end, all integers little-endian:
//   u8 kind, u8 channel type, u8 channel id, u8 zero, u32 length, `length` bytes
// kind 1 link: what the server answered to the link message (SpiceLinkHeader + SpiceLinkReply + capabilities)
// kind 2 auth: its u32 result of the ticket
// kind 3 message: mini header (u16 type, u32 size) and body, as they came
// kind 4 oracle: u32 length + JSON (OracleInfo), then the surface's pixels: what the picture is after all messages of
//        that display channel recorded before it
// Records are in order of arrival; the order between channels is that of one client, not the server's.

export const MAGIC = 'SPCAP1\r\n'
export const RecordKind = { LINK: 1, AUTH: 2, MESSAGE: 3, ORACLE: 4 } as const

export interface SpcapHeader {
  readonly scene: string
  /** Compression and the like, as given to the server. */
  readonly settings: Readonly<Record<string, string>>
  /** Channel capabilities that the recorder announced, by channel type. */
  readonly capabilities: Readonly<Record<string, readonly number[]>>
  /** What it announced in DISPLAY_INIT: pixels of its cache and of its GLZ window. */
  readonly pixmapCache: number
  readonly glzWindow: number
  readonly server: string
}

export interface ChannelRecord {
  readonly kind: 1 | 2 | 3
  readonly channelType: number
  readonly channelId: number
  /** A view into the file. */
  readonly bytes: Uint8Array
}

export interface OracleInfo {
  readonly label: string
  /** Display channel id. */
  readonly display: number
  readonly surface: number
  /** SPICE_SURFACE_FMT_*: 32 xRGB, 96 ARGB, 16 555, 80 565, 8 A8. */
  readonly format: number
  readonly width: number
  readonly height: number
}

export interface OracleRecord extends OracleInfo {
  readonly kind: 4
  readonly channelType: 2
  readonly channelId: number
  /** Rows top-down without padding, pixels little-endian as in the server's memory: B, G, R, X or A for 32 bits. */
  readonly bytes: Uint8Array
}

export type SpcapRecord = ChannelRecord | OracleRecord

export interface Spcap {
  readonly header: SpcapHeader
  readonly records: readonly SpcapRecord[]
}

export class SpcapError extends Error {
  override readonly name = 'SpcapError'
}

/** Bytes of a pixel of a surface format. */
export function pixelBytes(format: number): number {
  switch (format) {
    case 32: case 96: return 4
    case 16: case 80: return 2
    case 8: return 1
    default: throw new SpcapError(`surface format ${format}`)
  }
}

const text = new TextDecoder()

/** Reads a whole (unzipped) recording; the records are views into it. */
export function parseSpcap(file: Uint8Array): Spcap {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  let at = 0
  const take = (n: number): Uint8Array => {
    if (at + n > file.length) throw new SpcapError(`${n} bytes at ${at} of ${file.length}`)
    at += n
    return file.subarray(at - n, at)
  }
  const u32 = (): number => {
    take(4)
    return view.getUint32(at - 4, true)
  }
  if (text.decode(take(MAGIC.length)) !== MAGIC) throw new SpcapError('not a recording')
  const header = JSON.parse(text.decode(take(u32()))) as SpcapHeader
  const records: SpcapRecord[] = []
  while (at < file.length) {
    const [kind, channelType, channelId] = take(4) as unknown as [number, number, number]
    const bytes = take(u32())
    if (kind === 1 || kind === 2 || kind === 3) records.push({ kind, channelType, channelId, bytes })
    else if (kind === 4) records.push(parseOracle(bytes))
    else throw new SpcapError(`record kind ${kind}`)
  }
  return { header, records }
}

function parseOracle(bytes: Uint8Array): OracleRecord {
  const length = bytes.length < 4 ? Infinity : new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true)
  if (4 + length > bytes.length) throw new SpcapError('oracle cut short')
  const info = JSON.parse(text.decode(bytes.subarray(4, 4 + length))) as OracleInfo
  const pixels = bytes.subarray(4 + length)
  if (pixels.length !== info.width * info.height * pixelBytes(info.format)) throw new SpcapError(`oracle of ${pixels.length} bytes for ${info.width}x${info.height}`)
  return { kind: 4, channelType: 2, channelId: info.display, bytes: pixels, ...info }
}

/** The file of a recording, as parseSpcap reads it. */
export function serializeSpcap(cap: Spcap): Uint8Array {
  const utf8 = new TextEncoder()
  const parts: Uint8Array[] = []
  const u32 = (n: number): void => {
    const b = new Uint8Array(4)
    new DataView(b.buffer).setUint32(0, n, true)
    parts.push(b)
  }
  const header = utf8.encode(JSON.stringify(cap.header))
  parts.push(utf8.encode(MAGIC))
  u32(header.length)
  parts.push(header)
  for (const r of cap.records) {
    parts.push(Uint8Array.of(r.kind, r.channelType, r.channelId, 0))
    if (r.kind === 4) {
      const { label, display, surface, format, width, height } = r
      const info = utf8.encode(JSON.stringify({ label, display, surface, format, width, height }))
      u32(4 + info.length + r.bytes.length)
      u32(info.length)
      parts.push(info, r.bytes)
    } else {
      u32(r.bytes.length)
      parts.push(r.bytes)
    }
  }
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0))
  let at = 0
  for (const p of parts) {
    out.set(p, at)
    at += p.length
  }
  return out
}

/** Type and body of a recorded message. */
export function messageOf(record: ChannelRecord): { readonly type: number; readonly body: Uint8Array } {
  const view = new DataView(record.bytes.buffer, record.bytes.byteOffset, record.bytes.byteLength)
  return { type: view.getUint16(0, true), body: record.bytes.subarray(6) }
}

/** An oracle's pixels as words 0xAABBGGRR (alpha 0xff where the format has none; A8: only alpha), row by row. 5 and 6
 *  bits a channel are widened by repeating the high bits. */
export function oraclePixels(oracle: OracleRecord): Uint32Array {
  const count = oracle.width * oracle.height
  const out = new Uint32Array(count)
  const { bytes, format } = oracle
  const wide5 = (v: number): number => (v << 3) | (v >> 2)
  for (let i = 0; i < count; i++) {
    if (format === 8) {
      out[i] = (bytes[i] ?? 0) * 0x1000000
      continue
    }
    let a = 0xff
    let r: number, g: number, b: number
    if (format === 32 || format === 96) {
      b = bytes[i * 4] ?? 0
      g = bytes[i * 4 + 1] ?? 0
      r = bytes[i * 4 + 2] ?? 0
      if (format === 96) a = bytes[i * 4 + 3] ?? 0
    } else {
      const v = (bytes[i * 2] ?? 0) | ((bytes[i * 2 + 1] ?? 0) << 8)
      b = wide5(v & 31)
      if (format === 16) {
        g = wide5((v >> 5) & 31)
        r = wide5((v >> 10) & 31)
      } else {
        const six = (v >> 5) & 63
        g = (six << 2) | (six >> 4)
        r = wide5(v >> 11)
      }
    }
    out[i] = ((a << 24) | (b << 16) | (g << 8) | r) >>> 0
  }
  return out
}

/** The byte stream of one channel as its socket gave it, cut at random places that `random` (0 ≤ x < 1) chooses. Messages
 *  only unless `withLink`. */
export function* channelChunks(records: readonly SpcapRecord[], channelType: number, channelId: number, random: () => number, withLink = false): Generator<Uint8Array> {
  let rest = new Uint8Array(0)
  for (const r of records) {
    if (r.kind === 4 || r.channelType !== channelType || r.channelId !== channelId || (!withLink && r.kind !== 3)) continue
    const joined = new Uint8Array(rest.length + r.bytes.length)
    joined.set(rest)
    joined.set(r.bytes, rest.length)
    let at = 0
    while (at < joined.length) {
      // Small pieces and large ones alike, from one byte to more than a message.
      const n = Math.ceil(2 ** (random() * 17))
      if (at + n > joined.length) break
      yield joined.slice(at, at + n)
      at += n
    }
    rest = joined.slice(at)
  }
  if (rest.length > 0) yield rest
}
