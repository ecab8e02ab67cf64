// Why: what display messages say apart from draws: surfaces, monitors, streams. Layouts: SpiceMsgSurfaceCreate,
// SpiceMsgDisplayMonitorsConfig, SpiceMsgDisplayStream… of SPICE protocol 2.x, as the real server marshals them.
import type { Clip } from '../canvas/types.ts'
import type { Rect } from '../pixels.ts'
import { SurfaceFmt } from '../wire/enums.ts'
import { WireError, type Reader } from '../wire/reader.ts'
import type { SurfaceFormat } from '../canvas/surface.ts'
import { parseClip, parseRect } from './parse-parts.ts'

export interface SurfaceCreate {
  readonly id: number
  readonly width: number
  readonly height: number
  readonly format: SurfaceFormat
  /** SurfaceFlags */
  readonly flags: number
}

const FORMATS: ReadonlySet<number> = new Set(Object.values(SurfaceFmt).filter((f) => f !== SurfaceFmt.INVALID))
const isFormat = (f: number): f is SurfaceFormat => FORMATS.has(f)

export function parseSurfaceCreate(r: Reader): SurfaceCreate {
  const id = r.u32()
  const width = r.u32()
  const height = r.u32()
  const format = r.u32()
  if (!isFormat(format)) throw new WireError(`surface format ${format}`)
  return { id, width, height, format, flags: r.u32() }
}

/** MODE, of servers before there were surfaces: u32 width, height, bits. */
export function parseMode(r: Reader): Omit<SurfaceCreate, 'id' | 'flags'> {
  const width = r.u32()
  const height = r.u32()
  const bits = r.u32()
  if (bits !== 16 && bits !== 32) throw new WireError(`a screen of ${bits} bits`)
  return { width, height, format: bits === 16 ? SurfaceFmt['16_555'] : SurfaceFmt['32_xRGB'] }
}

/** One head: a part of a surface. */
export interface MonitorHead {
  readonly id: number
  readonly surface: number
  readonly width: number
  readonly height: number
  readonly x: number
  readonly y: number
}

/** Heads that are believed; the guests' drivers stop at 16. */
const MAX_HEADS = 64

export function parseMonitors(r: Reader): { readonly maxAllowed: number; readonly heads: readonly MonitorHead[] } {
  const n = r.u16()
  const maxAllowed = r.u16()
  if (r.count(n, 28) > MAX_HEADS) throw new WireError(`${n} monitors`)
  const heads: MonitorHead[] = []
  for (let i = 0; i < n; i++) {
    const id = r.u32()
    const surface = r.u32()
    const width = r.u32()
    const height = r.u32()
    const x = r.u32()
    const y = r.u32()
    r.skip(4) // flags: none is defined
    heads.push({ id, surface, width, height, x, y })
  }
  return { maxAllowed, heads }
}

export interface StreamCreate {
  readonly surface: number
  readonly id: number
  /** StreamFlags */
  readonly flags: number
  /** VideoCodecType */
  readonly codec: number
  /** What the frames show at their own size, of a source of src size; unless sized, they fill dest. */
  readonly width: number
  readonly height: number
  readonly srcWidth: number
  readonly srcHeight: number
  readonly dest: Rect
  readonly clip: Clip
}

export function parseStreamCreate(r: Reader): StreamCreate {
  const surface = r.u32()
  const id = r.u32()
  const flags = r.u8()
  const codec = r.u8()
  r.skip(8) // time stamp
  const width = r.u32()
  const height = r.u32()
  const srcWidth = r.u32()
  const srcHeight = r.u32()
  const dest = parseRect(r)
  return { surface, id, flags, codec, width, height, srcWidth, srcHeight, dest, clip: parseClip(r) }
}

export interface StreamData {
  readonly id: number
  /** Multimedia time at which the frame is due, ms; wraps at 2^32. */
  readonly time: number
  /** Only of STREAM_DATA_SIZED: this frame's own size and place. */
  readonly sized: { readonly width: number; readonly height: number; readonly dest: Rect } | null
  /** A view into the message. */
  readonly data: Uint8Array
}

export function parseStreamData(r: Reader, sized: boolean): StreamData {
  const id = r.u32()
  const time = r.u32()
  if (!sized) return { id, time, sized: null, data: r.take(r.u32()) }
  const width = r.u32()
  const height = r.u32()
  const dest = parseRect(r)
  return { id, time, sized: { width, height, dest }, data: r.take(r.u32()) }
}

export function parseStreamClip(r: Reader): { readonly id: number; readonly clip: Clip } {
  const id = r.u32()
  return { id, clip: parseClip(r) }
}

export interface ReportRequest {
  readonly stream: number
  /** Names this wish for reports; goes back in each. */
  readonly unique: number
  /** A report after so many frames, */
  readonly window: number
  /** or so many ms. */
  readonly timeout: number
}

export function parseReportRequest(r: Reader): ReportRequest {
  const stream = r.u32()
  const unique = r.u32()
  const window = r.u32()
  return { stream, unique, window, timeout: r.u32() }
}
