// Why: sound arrives in packets by the server's clock and leaves in blocks by the sound device's. This holds the little
// that has to be between them at one length, by playing a trifle faster or slower, where dropping or stuttering would be
// heard. Pure arithmetic; the audio thread calls pull().

/** Sound that is kept waiting, ms: what is asked for is held between these. */
export const MIN_LATENCY_MS = 20
export const MAX_LATENCY_MS = 400
/** Without a wish of the server's, ms: two of its packets and what a busy machine holds one up. */
export const DEFAULT_LATENCY_MS = 60
/** Beyond this over the target the rest is skipped at once: it was a hold-up, not a drift, ms. */
const SKIP_MS = 200
/** Speed per second of error, and its limit: half a percent is no change of pitch that anybody hears. */
const GAIN = 0.2
const MAX_CHANGE = 0.005
/** The fill is averaged over about this many seconds: packets make it jump. */
const SMOOTH_S = 0.5
const CAPACITY_S = 2

export class PlayoutBuffer {
  readonly channels: number
  readonly rate: number
  /** Interleaved frames, a ring. */
  readonly #ring: Float32Array
  readonly #capacity: number
  #read = 0
  /** Between this frame and the next, 0 … 1. */
  #part = 0
  #fill = 0
  #average = 0
  #target: number
  /** Nothing plays until the target is reached. */
  #filling = true
  #gains: readonly number[] = []
  /** Blocks that had to be silent in the middle of sound. */
  underruns = 0

  /** @param rate frames a second, of both sides */
  constructor(channels: number, rate: number, latencyMs = DEFAULT_LATENCY_MS) {
    this.channels = channels
    this.rate = rate
    this.#capacity = Math.ceil(rate * CAPACITY_S)
    this.#ring = new Float32Array(this.#capacity * channels)
    this.#target = 0
    this.latency = latencyMs
  }

  get latency(): number {
    return (this.#target / this.rate) * 1000
  }
  set latency(ms: number) {
    this.#target = (Math.max(MIN_LATENCY_MS, Math.min(MAX_LATENCY_MS, ms)) / 1000) * this.rate
  }

  /** What is waiting, ms. */
  get delay(): number {
    return (this.#fill / this.rate) * 1000
  }

  /** One factor per channel, 0 … 1; a channel without one keeps its own. */
  setGains(gains: readonly number[]): void {
    this.#gains = gains
  }

  /** Interleaved samples, −1 … 1. What does not fit pushes the oldest out. */
  push(samples: Float32Array): void {
    const frames = Math.min(Math.floor(samples.length / this.channels), this.#capacity)
    const over = this.#fill + frames - this.#capacity
    if (over > 0) this.#skip(over)
    let to = ((this.#read + this.#fill) % this.#capacity) * this.channels
    const first = Math.min(frames * this.channels, this.#ring.length - to)
    this.#ring.set(samples.subarray(0, first), to)
    to = 0
    this.#ring.set(samples.subarray(first, frames * this.channels), to)
    this.#fill += frames
    if (this.#fill > this.#target + (SKIP_MS / 1000) * this.rate && !this.#filling) this.#skip(Math.floor(this.#fill - this.#target))
  }

  clear(): void {
    this.#fill = 0
    this.#part = 0
    this.#filling = true
  }

  /** The next block: one array per channel, all of one length; silence where there is nothing. */
  pull(out: readonly Float32Array[]): void {
    const frames = out[0]?.length ?? 0
    for (const channel of out) channel.fill(0)
    if (this.#filling) {
      if (this.#fill < this.#target) return
      this.#filling = false
      this.#average = this.#fill
    }
    this.#average += (this.#fill - this.#average) * Math.min(1, frames / this.rate / SMOOTH_S)
    const error = (this.#average - this.#target) / this.rate
    const speed = 1 + Math.max(-MAX_CHANGE, Math.min(MAX_CHANGE, error * GAIN))
    for (let i = 0; i < frames; i++) {
      if (this.#fill < 2) {
        this.underruns++
        this.#filling = true
        return
      }
      const a = this.#read * this.channels
      const b = ((this.#read + 1) % this.#capacity) * this.channels
      for (let c = 0; c < out.length; c++) {
        const from = Math.min(c, this.channels - 1)
        const v = this.#ring[a + from]!
        out[c]![i] = (v + (this.#ring[b + from]! - v) * this.#part) * (this.#gains[from] ?? 1)
      }
      this.#part += speed
      const whole = Math.floor(this.#part)
      this.#part -= whole
      this.#skip(whole)
    }
  }

  #skip(frames: number): void {
    this.#read = (this.#read + frames) % this.#capacity
    this.#fill -= frames
  }
}
