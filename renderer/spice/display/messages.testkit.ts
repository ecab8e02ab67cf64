// Why: display messages for tests, written field by field as the server writes them.
import type { Rect } from '../pixels.ts'
import { BitmapFmt, ImageType, SurfaceFmt } from '../wire/enums.ts'
import { Reader } from '../wire/reader.ts'
import { Writer } from '../wire/writer.ts'

export const rect = (left: number, top: number, right: number, bottom: number): Rect => ({ left, top, right, bottom })

export const writeRect = (w: Writer, r: Rect): Writer => w.i32(r.top).i32(r.left).i32(r.bottom).i32(r.right)

export function writeClip(w: Writer, clip: readonly Rect[] | null): Writer {
  if (clip === null) return w.u8(0)
  w.u8(1).u32(clip.length)
  for (const r of clip) writeRect(w, r)
  return w
}

export const reader = (w: Writer): Reader => new Reader(w.finish())

export const surfaceCreate = (id: number, width: number, height: number, flags = 1, format: number = SurfaceFmt['32_xRGB']): Reader =>
  reader(new Writer().u32(id).u32(width).u32(height).u32(format).u32(flags))

const base = (surface: number, box: Rect, clip: readonly Rect[] | null): Writer => writeClip(writeRect(new Writer().u32(surface), box), clip)
const noMask = (w: Writer): Writer => w.u8(0).i32(0).i32(0).u32(0)

/** Solid, OP_PUT. */
export const fill = (surface: number, box: Rect, color: number, clip: readonly Rect[] | null = null): Reader => reader(noMask(base(surface, box, clip).u8(1).u32(color).u16(8)))

export interface TestImage {
  readonly width: number
  readonly height: number
  readonly flags?: number
  readonly id?: number
  /** JPEG: these bytes. Otherwise a 32-bit bitmap of this one colour. */
  readonly jpeg?: Uint8Array
  readonly color?: number
}

/** A copy of a whole image to the box, OP_PUT, image at the end as the server puts it. */
export function copy(surface: number, box: Rect, image: TestImage, clip: readonly Rect[] | null = null): Reader {
  const w = base(surface, box, clip)
  const tail = new Writer()
  writeRect(tail, rect(0, 0, image.width, image.height)).u16(8).u8(0)
  noMask(tail)
  const at = w.length + 4 + tail.length
  w.u32(at).raw(tail.finish())
  w.u32(image.id ?? 0).u32(0).u8(image.jpeg ? ImageType.JPEG : ImageType.BITMAP).u8(image.flags ?? 0).u32(image.width).u32(image.height)
  if (image.jpeg) return reader(w.u32(image.jpeg.length).raw(image.jpeg))
  w.u8(BitmapFmt['32BIT']).u8(4).u32(image.width).u32(image.height).u32(image.width * 4).u32(0)
  for (let i = 0; i < image.width * image.height; i++) w.u32(image.color ?? 0)
  return reader(w)
}

export interface TestStream {
  readonly id?: number
  readonly surface?: number
  readonly flags?: number
  readonly codec?: number
  readonly width?: number
  readonly height?: number
  readonly dest?: Rect
  readonly clip?: readonly Rect[] | null
}

export function streamCreate(s: TestStream = {}): Reader {
  const { id = 0, surface = 0, flags = 1, codec = 1, width = 4, height = 4, dest = rect(0, 0, 4, 4), clip = null } = s
  const w = new Writer().u32(surface).u32(id).u8(flags).u8(codec).u64(0n).u32(width).u32(height).u32(width).u32(height)
  return reader(writeClip(writeRect(w, dest), clip))
}

export const streamData = (id: number, time: number, data: Uint8Array): Reader => reader(new Writer().u32(id).u32(time).u32(data.length).raw(data))

export const streamDataSized = (id: number, time: number, width: number, height: number, dest: Rect, data: Uint8Array): Reader =>
  reader(writeRect(new Writer().u32(id).u32(time).u32(width).u32(height), dest).u32(data.length).raw(data))
