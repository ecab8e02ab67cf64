// Why: an oracle to look at, as PNG.
import { encodePng as encode } from '../../electron/main/probe/png.ts'

/** `pixels`: words 0xAABBGGRR, row by row; alpha is left out. */
export function encodePng(width: number, height: number, pixels: Uint32Array): Uint8Array {
  return encode({ width, height, rgba: new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength) })
}
