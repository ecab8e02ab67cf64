// Why: one picture format for every decoder, surface and the screen: 32 bits a pixel in ImageData's own byte order
// (R, G, B, A; as a little-endian word 0xAABBGGRR), rows top-down. So nothing is swizzled on the way to the screen, and
// raster operations, which are bitwise, do not care.

export interface Pixels {
  readonly width: number
  readonly height: number
  /** Pixels from one row to the next; ≥ width. */
  readonly stride: number
  /** stride × height words at least. */
  readonly data: Uint32Array
}

/** A decoded image. `alpha`: its alpha means something (as sent: colours premultiplied); else it is 0xff everywhere. */
export interface Picture extends Pixels {
  readonly alpha: boolean
  /** What an image had where the server's canvas treats that apart: 8, alpha and nothing else; 16, widened colours. */
  readonly bits?: 8 | 16
}

/** One bit (or 4, 8: coverage) a pixel, unpacked to a byte each: 0 or 255 for one-bit masks. */
export interface Coverage {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array
}

/** Half-open, in surface coordinates: left ≤ x < right. SPICE sends top, left, bottom, right. */
export interface Rect {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

export interface Point {
  readonly x: number
  readonly y: number
}

/** Largest side of a surface or image that is believed, pixels; and the largest area. */
export const MAX_SIDE = 16_384
export const MAX_AREA = 64 * 1024 * 1024

/** SPICE colour word 0x00RRGGBB → our 0xFFBBGGRR. */
export function fromColor(c: number): number {
  return (0xff000000 | ((c & 0xff) << 16) | (c & 0xff00) | ((c >>> 16) & 0xff)) >>> 0
}
