// Why: the bodies of the display messages this server sends. Every draw covers its whole rectangle, unclipped, unscaled,
// with the PUT raster operation and an image of exactly that size: the one form that all known clients paint right.
import { lzRgb32 } from './lz.ts'
import { BITMAP_32BIT, BITMAP_TOP_DOWN, BRUSH_SOLID, CLIP_NONE, displayMsg, imageType, ROPD_PUT, SURFACE_32_XRGB, SURFACE_PRIMARY } from './protocol.ts'
import type { Rect } from './region.ts'
import { Writer } from './wire.ts'

export interface DisplayMessage {
  readonly type: number
  readonly body: Buffer
}

const PRIMARY = 0

export function surfaceCreate(width: number, height: number): DisplayMessage {
  const body = new Writer().u32(PRIMARY).u32(width).u32(height).u32(SURFACE_32_XRGB).u32(SURFACE_PRIMARY)
  return { type: displayMsg.surfaceCreate, body: body.finish() }
}

export const surfaceDestroy = (): DisplayMessage => ({ type: displayMsg.surfaceDestroy, body: new Writer().u32(PRIMARY).finish() })

/** One head that shows the whole primary surface. */
export function monitorsConfig(width: number, height: number): DisplayMessage {
  const body = new Writer().u16(1).u16(1).u32(0).u32(PRIMARY).u32(width).u32(height).u32(0).u32(0).u32(0)
  return { type: displayMsg.monitorsConfig, body: body.finish() }
}

/** The cheapest exact form for `pixels` (0x00RRGGBB, row after row of `area`): a fill, LZ, or a plain bitmap. */
export function draw(area: Rect, pixels: Uint32Array, imageId: bigint): DisplayMessage {
  const first = pixels[0] ?? 0
  if (pixels.every((p) => p === first)) return fill(area, first)
  return copy(area, pixels, imageId)
}

function base(area: Rect, capacity: number): Writer {
  return new Writer(capacity).u32(PRIMARY).u32(area.top).u32(area.left).u32(area.bottom).u32(area.right).u8(CLIP_NONE)
}

/** No mask: flags, position, no bitmap. */
const noMask = (w: Writer): Writer => w.u8(0).u32(0).u32(0).u32(0)

function fill(area: Rect, colour: number): DisplayMessage {
  const w = base(area, 64).u8(BRUSH_SOLID).u32(colour & 0xffffff).u16(ROPD_PUT)
  return { type: displayMsg.drawFill, body: noMask(w).finish() }
}

function copy(area: Rect, pixels: Uint32Array, imageId: bigint): DisplayMessage {
  const width = area.right - area.left
  const height = area.bottom - area.top
  const lz = lzRgb32(pixels, width, height)
  const plainBytes = pixels.length * 4
  const compressed = lz.length < plainBytes
  const w = base(area, 128 + (compressed ? lz.length : plainBytes))
  const imageOffsetAt = w.length
  w.u32(0).u32(0).u32(0).u32(height).u32(width).u16(ROPD_PUT).u8(0)
  noMask(w)
  w.patchU32(imageOffsetAt, w.length)
  w.u64(imageId).u8(compressed ? imageType.lzRgb : imageType.bitmap).u8(0).u32(width).u32(height)
  if (compressed) w.u32(lz.length).raw(lz)
  else {
    w.u8(BITMAP_32BIT).u8(BITMAP_TOP_DOWN).u32(width).u32(height).u32(width * 4).u32(0)
    w.raw(new Uint8Array(pixels.buffer, pixels.byteOffset, plainBytes))
  }
  return { type: displayMsg.drawCopy, body: w.finish() }
}
