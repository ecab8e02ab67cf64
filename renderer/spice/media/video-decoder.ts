// Why: the codecs in which frames lean on each other, by WebCodecs. One frame in, one picture out, in order. After an error
// nothing can be decoded until the next key frame, and a decoder that has failed is replaced there.
import type { FrameDecoder } from '../display/streams.ts'
import type { Picture } from '../pixels.ts'
import { VideoCodecType } from '../wire/enums.ts'
import { WireError } from '../wire/reader.ts'
import { framePicture, type FrameLike } from './frame-pixels.ts'

/** The part of VideoDecoder that is used, so that tests can play one. */
export interface WebVideoDecoder {
  readonly state: string
  configure(config: VideoDecoderConfig): void
  decode(chunk: { readonly type: 'key' | 'delta'; readonly timestamp: number; readonly data: Uint8Array }): void
  close(): void
}
export type MakeDecoder = (init: { output: (frame: FrameLike & { readonly timestamp: number }) => void; error: (e: unknown) => void }) => WebVideoDecoder

/** Codec strings: the plainest profile of each, which is what a server's encoder makes; decoders take what the stream says. */
const CONFIGS: ReadonlyMap<number, string> = new Map([
  [VideoCodecType.VP8, 'vp8'],
  [VideoCodecType.VP9, 'vp09.00.41.08'],
  [VideoCodecType.H264, 'avc1.42E029'],
])

/** Frames in a decoder that has given none of them back; codecs reorder a handful. */
const MAX_PENDING = 64
/** Lines up to which pictures are converted as standard definition. */
const SD_LINES = 576

/**
 * VP8 does not say how its colours were made from RGB, VP9 needs not, and browsers take BT.709 for granted. The server's
 * encoders (GStreamer) go by the size: BT.601 for what has at most the lines of standard definition. What a stream says
 * of itself counts more.
 */
function config(codec: string, height: number): VideoDecoderConfig {
  const space = height > SD_LINES ? 'bt709' : 'smpte170m'
  return { codec, optimizeForLatency: true, colorSpace: { matrix: space, primaries: space, transfer: space, fullRange: false } }
}

/** VideoCodecType numbers that this browser decodes by WebCodecs. Never rejects. */
export async function supportedCodecs(isSupported: (c: VideoDecoderConfig) => Promise<{ supported?: boolean }> = (c) => VideoDecoder.isConfigSupported(c)): Promise<number[]> {
  const found: number[] = []
  for (const [type, codec] of CONFIGS) {
    try {
      if ((await isSupported({ codec, optimizeForLatency: true })).supported === true) found.push(type)
    } catch {
      // A browser that does not know the question cannot do it.
    }
  }
  return found
}

/** True for a frame that needs none before it. */
export function isKeyFrame(codec: number, data: Uint8Array): boolean {
  switch (codec) {
    case VideoCodecType.VP8:
      // RFC 6386, 9.1: the first bit is 0 for key frames.
      return data.length > 0 && (data[0]! & 1) === 0
    case VideoCodecType.VP9:
      return isVp9Key(data)
    case VideoCodecType.H264:
      return hasIdr(data)
    default:
      return false
  }
}

/** VP9 bitstream, 6.2: marker 2 bits, profile 2 (and a reserved one for profile 3), show-existing, then 0 for a key frame. */
function isVp9Key(data: Uint8Array): boolean {
  const first = data[0] ?? 0
  if (first >> 6 !== 2) return false
  const profile3 = (first & 0x30) === 0x30
  const rest = profile3 ? first & 7 : (first >> 1) & 7
  return (rest & 4) === 0 && (rest & 2) === 0
}

/** H.264, Annex B: a NAL unit of type 5 behind a start code 00 00 01. */
function hasIdr(data: Uint8Array): boolean {
  for (let i = 0; i + 3 < data.length; i++) if (data[i] === 0 && data[i + 1] === 0 && data[i + 2] === 1 && (data[i + 3]! & 31) === 5) return true
  return false
}

interface Pending {
  readonly resolve: (p: Picture | Promise<Picture>) => void
  readonly reject: (e: unknown) => void
}

const makeWebDecoder: MakeDecoder = (init) => {
  const decoder = new VideoDecoder(init)
  return {
    get state() {
      return decoder.state
    },
    configure: (c) => { decoder.configure(c) },
    decode: (c) => { decoder.decode(new EncodedVideoChunk(c)) },
    close: () => { decoder.close() },
  }
}

export class WebCodecsDecoder implements FrameDecoder {
  readonly #codec: number
  readonly #make: MakeDecoder
  readonly #height: number
  #decoder: WebVideoDecoder | undefined
  /** By time stamp, which is the frame's number. */
  readonly #pending = new Map<number, Pending>()
  #count = 0
  #closed = false

  /** @param codec VideoCodecType @param height of the stream's frames, pixels */
  constructor(codec: number, height: number, make: MakeDecoder = makeWebDecoder) {
    this.#height = height
    this.#codec = codec
    this.#make = make
  }

  decode(data: Uint8Array): Promise<Picture> {
    const key = isKeyFrame(this.#codec, data)
    if (this.#closed) return Promise.reject(new WireError('the stream is over'))
    if (this.#decoder === undefined) {
      if (!key) return Promise.reject(new WireError('no key frame yet'))
      const codec = CONFIGS.get(this.#codec)
      if (codec === undefined) return Promise.reject(new WireError(`video codec ${this.#codec}`))
      const made = this.#make({
        output: (frame) => { this.#output(frame) },
        error: (e) => { if (this.#decoder === made) this.#failed(e) },
      })
      this.#decoder = made
      try {
        made.configure(config(codec, this.#height))
      } catch (e) {
        this.#failed(e)
        return Promise.reject(e as Error)
      }
    }
    if (this.#pending.size >= MAX_PENDING) {
      const silent = new WireError('the decoder gives nothing back')
      this.#failed(silent)
      return Promise.reject(silent)
    }
    const decoder = this.#decoder
    const timestamp = ++this.#count
    return new Promise((resolve, reject) => {
      this.#pending.set(timestamp, { resolve, reject })
      try {
        decoder.decode({ type: key ? 'key' : 'delta', timestamp, data })
      } catch (e) {
        this.#failed(e)
      }
    })
  }

  close(): void {
    this.#closed = true
    this.#failed(new WireError('the stream is over'))
  }

  #output(frame: FrameLike & { readonly timestamp: number }): void {
    const pending = this.#pending.get(frame.timestamp)
    if (pending === undefined) return frame.close()
    // What was sent before it and did not come out never will: an encoder's alternate frames show nothing.
    for (const [at, p] of this.#pending) {
      if (at >= frame.timestamp) break
      this.#pending.delete(at)
      p.reject(new WireError('a frame that shows nothing'))
    }
    this.#pending.delete(frame.timestamp)
    pending.resolve(framePicture(frame))
  }

  #failed(e: unknown): void {
    const decoder = this.#decoder
    this.#decoder = undefined
    for (const p of this.#pending.values()) p.reject(e)
    this.#pending.clear()
    if (decoder !== undefined && decoder.state !== 'closed') decoder.close()
  }
}
