// Why: the browser's parts of playback: an audio context per stream, the worklet in it, and Opus by WebCodecs. Any of them
// may be missing or fail; then there is silence, and nothing else.
import type { AudioOutput, AudioPacketDecoder } from './playback.ts'
import { WORKLET_NAME, type FromWorklet, type ToWorklet } from './playback-worklet.ts'

/** Sound that is kept while the worklet is being loaded, samples. */
const MAX_EARLY = 48_000
/** Packets between two attempts to be allowed to sound; a second or so. */
const RESUME_EVERY = 100

/**
 * @param workletUrl the script of playback-worklet.ts
 * @param onDelay sound that waits until it is heard, ms; told a few times a second
 * @param onSilent nothing of this output will be heard, and why
 */
export function webAudioOutput(channels: number, rate: number, workletUrl: string, onDelay: (ms: number) => void, onSilent: (why: string) => void): AudioOutput | undefined {
  if (typeof AudioContext === 'undefined') return undefined
  let context: AudioContext
  try {
    context = new AudioContext({ sampleRate: rate, latencyHint: 'interactive' })
  } catch (e) {
    onSilent(String(e))
    return undefined
  }
  let node: AudioWorkletNode | undefined
  let over = false
  const early: ToWorklet[] = []
  let kept = 0
  let silent = 0
  const say = (message: ToWorklet, samples = 0): void => {
    if (over) return
    // A page that nobody has touched yet may not sound: what it would have played is not kept for when it may.
    if (samples > 0 && node !== undefined && context.state !== 'running') {
      if (silent++ % RESUME_EVERY === 0) context.resume().catch(() => undefined)
      return
    }
    if (node !== undefined) return node.port.postMessage(message)
    if (kept + samples > MAX_EARLY) return
    kept += samples
    early.push(message)
  }
  const load = async (): Promise<void> => {
    await context.audioWorklet.addModule(workletUrl)
    if (over) return
    node = new AudioWorkletNode(context, WORKLET_NAME, { numberOfInputs: 0, outputChannelCount: [channels] })
    node.port.onmessage = (e: MessageEvent<FromWorklet>) => { onDelay(e.data.delay + (context.baseLatency + context.outputLatency) * 1000) }
    node.connect(context.destination)
    for (const message of early.splice(0)) node.port.postMessage(message)
  }
  load().catch((e: unknown) => {
    // A context that was closed in the meantime loads nothing; nobody misses that.
    if (!over) onSilent(String(e))
    over = true
    early.length = 0
  })
  return {
    push: (samples) => { say({ samples }, samples.length) },
    gains: (gains) => { say({ gains }) },
    latency: (ms) => { say({ latency: ms }) },
    close: () => {
      say({ end: true })
      over = true
      node?.disconnect()
      // It rejects if it is closed already, which is what was wanted.
      context.close().catch(() => undefined)
    },
  }
}

/** Whether this browser decodes Opus. Never rejects. */
export async function decodesOpus(): Promise<boolean> {
  try {
    return (await AudioDecoder.isConfigSupported({ codec: 'opus', sampleRate: 48_000, numberOfChannels: 2 })).supported === true
  } catch {
    return false
  }
}

/** Opus packets → interleaved samples. A packet that cannot be decoded costs itself: the decoder is made anew. */
export function webCodecsOpus(channels: number, rate: number, onSamples: (samples: Float32Array) => void): AudioPacketDecoder {
  let decoder: AudioDecoder | undefined
  let count = 0
  const make = (): AudioDecoder => {
    const made = new AudioDecoder({
      output: (data) => {
        const samples = new Float32Array(data.numberOfFrames * data.numberOfChannels)
        data.copyTo(samples, { planeIndex: 0, format: 'f32' })
        data.close()
        onSamples(samples)
      },
      error: () => { if (decoder === made) decoder = undefined },
    })
    made.configure({ codec: 'opus', sampleRate: rate, numberOfChannels: channels })
    return made
  }
  return {
    decode(packet) {
      try {
        decoder ??= make()
        decoder.decode(new EncodedAudioChunk({ type: 'key', timestamp: count++, data: packet }))
      } catch {
        decoder = undefined
      }
    },
    close() {
      if (decoder !== undefined && decoder.state !== 'closed') decoder.close()
      decoder = undefined
    },
  }
}
