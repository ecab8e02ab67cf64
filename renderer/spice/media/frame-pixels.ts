// Why: pixels out of a browser's decoder straight into our memory. No canvas is drawn on and read back: that would cost a
// second copy, and colours of transparent pixels.
import { MAX_AREA, MAX_SIDE, type Picture } from '../pixels.ts'
import { WireError } from '../wire/reader.ts'

/** The part of VideoFrame that is used. */
export interface FrameLike {
  readonly visibleRect: { readonly width: number; readonly height: number } | null
  copyTo(destination: Uint8Array, options: VideoFrameCopyToOptions): Promise<unknown>
  close(): void
}

/** An opaque picture of the visible part; closes the frame in any case. */
export async function framePicture(frame: FrameLike): Promise<Picture> {
  try {
    const { width, height } = frame.visibleRect ?? { width: 0, height: 0 }
    if (width < 1 || height < 1 || width > MAX_SIDE || height > MAX_SIDE || width * height > MAX_AREA) throw new WireError(`a frame of ${width}×${height}`)
    const data = new Uint32Array(width * height)
    // RGBX leaves the fourth byte to chance on some paths; RGBA of a frame without alpha has 255 there.
    await frame.copyTo(new Uint8Array(data.buffer), { format: 'RGBA', colorSpace: 'srgb', layout: [{ offset: 0, stride: width * 4 }] })
    return { width, height, stride: width, data, alpha: false }
  } finally {
    frame.close()
  }
}
