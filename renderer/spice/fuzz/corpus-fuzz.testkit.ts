// Why: recordings as the fuzzer wants them, and a JPEG decoder that refuses as the browser's does.
import { jpegSize } from '../media/jpeg.ts'
import type { Picture } from '../pixels.ts'
import { WireError } from '../wire/reader.ts'
import type { Recording } from './episode.testkit.ts'

const MESSAGE = 3
/** Larger JPEGs are not decoded in tests: the decoder is a slow one. */
const MAX_JPEG = 1 << 19

interface Record {
  readonly kind: number
  readonly channelType: number
  readonly channelId: number
  readonly bytes: Uint8Array
}

/** @param capture of e2e/spice-server/spcap.ts */
export function recordingOf(name: string, capture: { readonly records: readonly Record[] }): Recording {
  const messages = capture.records.filter((r) => r.kind === MESSAGE).map(({ channelType, channelId, bytes }) => ({
    channel: channelType,
    id: channelId,
    type: bytes[0]! | (bytes[1]! << 8),
    body: bytes.subarray(6),
  }))
  return { name, messages }
}

type JpegJs = (bytes: Uint8Array, options: { readonly useTArray: true; readonly maxMemoryUsageInMB: number }) => { readonly width: number; readonly height: number; readonly data: Uint8Array }

/** @param decode of jpeg-js */
export function testJpeg(decode: JpegJs): (bytes: Uint8Array) => Picture {
  return (bytes) => {
    const said = jpegSize(bytes)
    if (said.width < 1 || said.height < 1 || said.width * said.height > MAX_JPEG) throw new WireError(`a JPEG of ${said.width}×${said.height}`)
    try {
      const { width, height, data } = decode(bytes, { useTArray: true, maxMemoryUsageInMB: 128 })
      return { width, height, stride: width, alpha: false, data: new Uint32Array(data.buffer, data.byteOffset, width * height) }
    } catch (e) {
      throw new WireError(`JPEG: ${String(e)}`)
    }
  }
}
