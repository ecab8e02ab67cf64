// Why: a playback channel's messages as calls to whatever plays. No sound device, or one that goes away, is no error: the
// channel is kept up, and its sound goes nowhere. Layouts: SpiceMsgPlaybackStart, -Mode, -Packet, SpiceMsgAudioVolume,
// -Mute, SpiceMsgPlaybackLatency of SPICE protocol 2.x.
import type { SinkHandler } from '../session/sink.ts'
import { AudioDataMode, AudioFmt } from '../wire/enums.ts'
import { PlaybackCap, PlaybackMsg } from '../wire/messages.ts'
import { WireError, type Reader } from '../wire/reader.ts'

/** What plays. */
export interface AudioOutput {
  /** Interleaved samples, −1 … 1. */
  push(samples: Float32Array): void
  /** One factor per channel, 0 … 1. */
  gains(gains: readonly number[]): void
  /** Least latency that the server asks for, ms. */
  latency(ms: number): void
  close(): void
}

/** Decodes one stream's packets in order. */
export interface AudioPacketDecoder {
  decode(packet: Uint8Array): void
  close(): void
}

export interface PlaybackEnvironment {
  /** undefined: nothing can play here. */
  readonly output: (channels: number, rate: number) => AudioOutput | undefined
  /** Opus at the rate and with the channels of START; undefined where the browser has none (then it is not offered). */
  readonly opus: ((channels: number, rate: number, onSamples: (samples: Float32Array) => void) => AudioPacketDecoder) | undefined
  /** Sound begins or ends. */
  readonly onPlaying?: (playing: boolean) => void
}

const MAX_CHANNELS = 8
const MIN_RATE = 8000
const MAX_RATE = 192_000

interface Playing {
  readonly channels: number
  readonly rate: number
  readonly output: AudioOutput | undefined
  opus: AudioPacketDecoder | undefined
}

export class Playback {
  readonly #env: PlaybackEnvironment
  #mode: number = AudioDataMode.RAW
  #playing: Playing | undefined
  #volume: readonly number[] = []
  #muted = false
  #latency: number | undefined

  constructor(env: PlaybackEnvironment) {
    this.#env = env
  }

  get playing(): boolean {
    return this.#playing !== undefined
  }

  message(type: number, r: Reader): void {
    switch (type) {
      case PlaybackMsg.START:
        return this.#start(r)
      case PlaybackMsg.STOP:
        return this.close()
      case PlaybackMsg.MODE:
        r.skip(4) // multimedia time
        this.#mode = r.u16()
        return
      case PlaybackMsg.DATA:
        r.skip(4) // multimedia time: the buffer's own length says when this is heard
        return this.#data(r.take(r.left))
      case PlaybackMsg.VOLUME: {
        const n = r.count(r.u8(), 2)
        this.#volume = Array.from({ length: n }, () => r.u16() / 0xffff)
        return this.#gains()
      }
      case PlaybackMsg.MUTE:
        this.#muted = r.u8() !== 0
        return this.#gains()
      case PlaybackMsg.LATENCY:
        this.#latency = r.u32()
        return this.#playing?.output?.latency(this.#latency)
      default:
        throw new WireError(`playback message ${type}`)
    }
  }

  /** Silence. */
  close(): void {
    const playing = this.#playing
    if (playing === undefined) return
    this.#playing = undefined
    playing.opus?.close()
    playing.output?.close()
    this.#env.onPlaying?.(false)
  }

  #start(r: Reader): void {
    const channels = r.u32()
    const format = r.u16()
    const rate = r.u32()
    if (format !== AudioFmt.S16 || channels < 1 || channels > MAX_CHANNELS || rate < MIN_RATE || rate > MAX_RATE) throw new WireError(`sound of ${channels} channels, format ${format}, ${rate} Hz`)
    this.close()
    const output = this.#env.output(channels, rate)
    if (this.#latency !== undefined) output?.latency(this.#latency)
    this.#playing = { channels, rate, output, opus: undefined }
    this.#gains()
    if (output !== undefined) this.#env.onPlaying?.(true)
  }

  #data(packet: Uint8Array): void {
    const playing = this.#playing
    // After STOP, or where nothing plays, a packet is no mistake of anybody's.
    if (playing?.output === undefined) return
    const { output, channels, rate } = playing
    if (this.#mode === AudioDataMode.RAW) return output.push(fromS16(packet))
    if (this.#mode !== AudioDataMode.OPUS) throw new WireError(`sound of mode ${this.#mode}`)
    playing.opus ??= this.#env.opus?.(channels, rate, (samples) => { if (this.#playing === playing) output.push(samples) })
    playing.opus?.decode(packet)
  }

  #gains(): void {
    const { channels, output } = this.#playing ?? {}
    if (channels === undefined) return
    output?.gains(Array.from({ length: channels }, (_, c) => (this.#muted ? 0 : (this.#volume[c] ?? 1))))
  }
}

/** Little-endian 16-bit samples; an odd byte at the end is none. */
export function fromS16(bytes: Uint8Array): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const out = new Float32Array(bytes.length >> 1)
  for (let i = 0; i < out.length; i++) out[i] = view.getInt16(i * 2, true) / 32_768
  return out
}

/** A handler for localSink(). */
export function playbackChannel(env: PlaybackEnvironment): SinkHandler {
  const playback = new Playback(env)
  return {
    caps: [PlaybackCap.VOLUME, PlaybackCap.LATENCY, ...(env.opus === undefined ? [] : [PlaybackCap.OPUS])],
    message: (type, r) => { playback.message(type, r) },
    closed: () => { playback.close() },
  }
}
