// Why: JPEG by the browser's own decoder, which is fast and well kept. What it takes is a promise; whoever draws keeps the
// order. The size in the file's own header is looked at first, because the decoder would believe it.
import { MAX_AREA, MAX_SIDE, type Picture } from '../pixels.ts'
import type { FrameDecoder } from '../display/streams.ts'
import { WireError } from '../wire/reader.ts'
import { framePicture } from './frame-pixels.ts'

/**
 * Width and height from the frame header (ITU-T T.81: markers SOF0 … SOF15 but for DHT, JPG and DAC). WireError if the
 * bytes are no JPEG.
 */
export function jpegSize(bytes: Uint8Array): { readonly width: number; readonly height: number } {
  const u16 = (at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
  if (u16(0) !== 0xffd8) throw new WireError('no JPEG')
  for (let at = 2; at + 9 <= bytes.length; ) {
    if (bytes[at] !== 0xff) throw new WireError('JPEG without a marker')
    const marker = bytes[at + 1]!
    if (marker === 0xff) at++
    else if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) return { height: u16(at + 5), width: u16(at + 7) }
    else at += 2 + u16(at + 2)
  }
  throw new WireError('JPEG without a frame')
}

/** Decodes one JPEG with the browser. Rejects for damaged or unreasonable ones. */
export async function decodeJpeg(bytes: Uint8Array): Promise<Picture> {
  const { width, height } = jpegSize(bytes)
  if (width < 1 || height < 1 || width > MAX_SIDE || height > MAX_SIDE || width * height > MAX_AREA) throw new WireError(`a JPEG of ${width}×${height}`)
  // A copy: the bytes are a part of a message, and the decoder would take the whole buffer's time to read them.
  const decoder = new ImageDecoder({ data: bytes.slice(), type: 'image/jpeg', colorSpaceConversion: 'none' })
  try {
    const { image } = await decoder.decode()
    return await framePicture(image)
  } catch (e) {
    throw new WireError(`JPEG: ${String(e)}`)
  } finally {
    decoder.close()
  }
}

/** A stream of JPEGs. */
export class MjpegDecoder implements FrameDecoder {
  readonly #jpeg: (bytes: Uint8Array) => Picture | Promise<Picture>
  constructor(jpeg: (bytes: Uint8Array) => Picture | Promise<Picture> = decodeJpeg) {
    this.#jpeg = jpeg
  }
  async decode(data: Uint8Array): Promise<Picture> {
    return await this.#jpeg(data)
  }
  close(): void {
    // Nothing is kept from frame to frame.
  }
}
