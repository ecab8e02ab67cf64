// Why: the audio thread's part: a buffer and a port. A script of its own, loaded into AudioWorkletGlobalScope.
import { PlayoutBuffer } from './playout-buffer.ts'

/** Page → worklet. */
export type ToWorklet = { readonly samples: Float32Array } | { readonly gains: readonly number[] } | { readonly latency: number } | { readonly end: true }
/** Worklet → page, a few times a second. */
export interface FromWorklet {
  /** Sound that waits, ms. */
  readonly delay: number
  readonly underruns: number
}
export const WORKLET_NAME = 'spice-playback'

/** Blocks of 128 frames between two reports: about a quarter of a second. */
const REPORT_BLOCKS = 96

/** AudioWorkletGlobalScope, as far as it is used; the compiler's DOM library does not have it. */
interface Scope {
  readonly sampleRate: number
  readonly AudioWorkletProcessor: new () => { readonly port: MessagePort }
  registerProcessor(name: string, processor: new (options: { readonly outputChannelCount?: readonly number[] }) => object): void
}

function register(scope: Scope): void {
  scope.registerProcessor(WORKLET_NAME, class extends scope.AudioWorkletProcessor {
    readonly #buffer: PlayoutBuffer
    #blocks = 0
    #over = false

    constructor(options: { readonly outputChannelCount?: readonly number[] }) {
      super()
      this.#buffer = new PlayoutBuffer(options.outputChannelCount?.[0] ?? 2, scope.sampleRate)
      this.port.onmessage = (e: MessageEvent<ToWorklet>) => {
        const m = e.data
        if ('samples' in m) this.#buffer.push(m.samples)
        else if ('gains' in m) this.#buffer.setGains(m.gains)
        else if ('latency' in m) this.#buffer.latency = m.latency
        else this.#over = true
      }
    }

    /** False lets the browser take the processor away. */
    process(_inputs: unknown, outputs: readonly (readonly Float32Array[])[]): boolean {
      this.#buffer.pull(outputs[0] ?? [])
      if (++this.#blocks % REPORT_BLOCKS === 0) {
        const report: FromWorklet = { delay: this.#buffer.delay, underruns: this.#buffer.underruns }
        this.port.postMessage(report)
      }
      return !this.#over
    }
  })
}

// Loaded anywhere else, it is only its types and its name.
if ('registerProcessor' in globalThis) register(globalThis as unknown as Scope)
