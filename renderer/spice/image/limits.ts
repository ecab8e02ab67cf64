// Why: a size in a header decides how much memory is taken, so it is believed only within bounds, and only if the bytes
// that came with it could fill it.
import { WireError } from '../wire/reader.ts'
import { MAX_AREA, MAX_SIDE } from '../pixels.ts'

/** Pixels of a picture whose header is believable; WireError if it is not. */
export function checkedArea(width: number, height: number): number {
  if (width < 1 || height < 1 || width > MAX_SIDE || height > MAX_SIDE || width * height > MAX_AREA) throw new WireError(`image of ${width}×${height}`)
  return width * height
}

/** The codec's header against the image descriptor: a server writes the same size in both. */
export function checkSameSize(coded: { readonly width: number; readonly height: number }, ref: { readonly width: number; readonly height: number }): void {
  if (coded.width !== ref.width || coded.height !== ref.height) throw new WireError(`image of ${ref.width}×${ref.height} holds one of ${coded.width}×${coded.height}`)
}
