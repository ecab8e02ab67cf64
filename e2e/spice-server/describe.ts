// Why: what a recording holds, counted: message types and image types, for people and for the test that the corpus still
// covers what it is for.
import { messageOf } from './spcap.ts'
import type { Spcap } from './spcap.ts'

const IMAGE: Readonly<Record<number, string>> = {
  0: 'BITMAP', 1: 'QUIC', 100: 'LZ_PLT', 101: 'LZ_RGB', 102: 'GLZ_RGB', 103: 'FROM_CACHE', 104: 'SURFACE', 105: 'JPEG',
  106: 'FROM_CACHE_LOSSLESS', 107: 'ZLIB_GLZ_RGB', 108: 'JPEG_ALPHA', 109: 'LZ4',
}

/** Names of the display channel's messages, SPICE_MSG_DISPLAY_* (spice/enums.h). */
export const DISPLAY_MESSAGE: Readonly<Record<number, string>> = {
  3: 'SET_ACK', 4: 'PING', 5: 'WAIT_FOR_CHANNELS', 7: 'NOTIFY',
  101: 'MODE', 102: 'MARK', 103: 'RESET', 104: 'COPY_BITS', 105: 'INVAL_LIST', 106: 'INVAL_ALL_PIXMAPS', 107: 'INVAL_PALETTE', 108: 'INVAL_ALL_PALETTES',
  122: 'STREAM_CREATE', 123: 'STREAM_DATA', 124: 'STREAM_CLIP', 125: 'STREAM_DESTROY', 126: 'STREAM_DESTROY_ALL',
  302: 'FILL', 303: 'OPAQUE', 304: 'COPY', 305: 'BLEND', 306: 'BLACKNESS', 307: 'WHITENESS', 308: 'INVERS', 309: 'ROP3', 310: 'STROKE', 311: 'TEXT',
  312: 'TRANSPARENT', 313: 'ALPHA_BLEND', 314: 'SURFACE_CREATE', 315: 'SURFACE_DESTROY', 316: 'STREAM_DATA_SIZED', 317: 'MONITORS_CONFIG',
  318: 'COMPOSITE', 319: 'STREAM_ACTIVATE_REPORT', 322: 'QUALITY_INDICATOR',
}

const CURSOR_MESSAGE: Readonly<Record<number, string>> = { 101: 'INIT', 102: 'RESET', 103: 'SET', 104: 'MOVE', 105: 'HIDE', 106: 'TRAIL', 107: 'INVAL_ONE', 108: 'INVAL_ALL' }

const SOURCE_FIRST = new Set([303, 304, 305, 309, 312])

export interface Description {
  /** Messages by channel and name, `display:COPY`. */
  readonly messages: Readonly<Record<string, number>>
  /** Source images of draws by type: `QUIC`, with the codec's own pixel format for BITMAP: `BITMAP/8`. */
  readonly images: Readonly<Record<string, number>>
  readonly oracles: number
  readonly bytes: number
}

/** Counts; reads no more of a draw than where its source image is. */
export function describe(cap: Spcap): Description {
  const messages: Record<string, number> = {}
  const images: Record<string, number> = {}
  let oracles = 0
  let bytes = 0
  const count = (into: Record<string, number>, name: string): void => void (into[name] = (into[name] ?? 0) + 1)
  for (const r of cap.records) {
    if (r.kind === 4) oracles++
    if (r.kind !== 3) continue
    bytes += r.bytes.length
    const { type, body } = messageOf(r)
    if (r.channelType === 2) {
      count(messages, `display:${DISPLAY_MESSAGE[type] ?? type}`)
      const image = sourceImage(type, body)
      if (image !== undefined) count(images, image)
    } else if (r.channelType === 4) count(messages, `cursor:${CURSOR_MESSAGE[type] ?? type}`)
    else count(messages, `${r.channelType}:${type}`)
  }
  return { messages, images, oracles, bytes }
}

/** Base of a draw: surface u32, box 4 × i32, clip u8 (+ u32 count, boxes). Then a u32 offset to the source image. */
function sourceImage(type: number, body: Uint8Array): string | undefined {
  if (!SOURCE_FIRST.has(type) && type !== 313 && type !== 318) return undefined
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength)
  let at = 21
  if (body[20] === 1) at += 4 + view.getUint32(21, true) * 16
  if (type === 313) at += 2 // flags and alpha come first
  if (type === 318) at += 4
  const offset = view.getUint32(at, true)
  if (offset === 0) return undefined
  const name = IMAGE[body[offset + 8] ?? -1] ?? `type ${body[offset + 8]}`
  return name === 'BITMAP' ? `BITMAP/${body[offset + 18]}` : name
}
