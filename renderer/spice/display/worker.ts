// Why: what only a browser's worker has, joined to the host. The worker's own script calls startDisplayWorker() with the
// one thing that this library cannot know: what is on a port that carries a channel's bytes.
import { decodeJpeg, MjpegDecoder } from '../media/jpeg.ts'
import { supportedCodecs, WebCodecsDecoder } from '../media/video-decoder.ts'
import type { ByteChannel } from '../session/byte-channel.ts'
import { systemClock } from '../session/clock.ts'
import type { TicketCipher } from '../session/link.ts'
import { loadWasmDecoders } from '../wasm/decoders.ts'
import { VideoCodecType } from '../wire/enums.ts'
import type { Surface } from '../canvas/surface.ts'
import type { Rect } from '../pixels.ts'
import { DisplayHost, type HostCodecs } from './host.ts'
import type { Screen } from './presenter.ts'
import type { FromWorker, ToWorker } from './protocol.ts'

/** The part of DedicatedWorkerGlobalScope that is used. */
export interface WorkerScope {
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null
  postMessage(message: FromWorker, transfer: Transferable[]): void
  requestAnimationFrame(fn: () => void): number
  close(): void
}

/** No frames come while the page is hidden; the picture, and whoever waits for the first one, get on all the same, ms. */
const HIDDEN_FRAME_MS = 250

/** An OffscreenCanvas, drawn on by copying from the surface's memory. */
export class CanvasScreen implements Screen {
  readonly #canvas: OffscreenCanvas
  readonly #context: OffscreenCanvasRenderingContext2D
  /** The surface's memory as ImageData wants it: made once per surface. */
  #image: { readonly surface: Surface; readonly data: ImageData } | undefined

  constructor(canvas: OffscreenCanvas) {
    this.#canvas = canvas
    const context = canvas.getContext('2d', { alpha: false })
    if (context === null) throw new Error('the canvas has no 2D context')
    this.#context = context
  }

  resize(width: number, height: number): void {
    this.#canvas.width = width
    this.#canvas.height = height
  }

  put(surface: Surface, rect: Rect, x: number, y: number): void {
    if (this.#image?.surface !== surface) {
      const { data, width, height } = surface
      const bytes = new Uint8ClampedArray(data.buffer as ArrayBuffer, data.byteOffset, width * height * 4)
      this.#image = { surface, data: new ImageData(bytes, width, height) }
    }
    this.#context.putImageData(this.#image.data, -x, -y, rect.left, rect.top, rect.right - rect.left, rect.bottom - rect.top)
  }
}

/** Never rejects: without WebAssembly or WebCodecs there is less to offer, and a picture all the same. */
async function browserCodecs(): Promise<HostCodecs> {
  const [codecs, decoders] = await Promise.all([supportedCodecs(), loadWasmDecoders().catch(() => undefined)])
  return {
    codecs: [VideoCodecType.MJPEG, ...codecs],
    decoder: (codec, height) => (codec === VideoCodecType.MJPEG ? new MjpegDecoder() : codecs.includes(codec) ? new WebCodecsDecoder(codec, height) : undefined),
    jpeg: decodeJpeg,
    ...(decoders && { decoders }),
  }
}

function nextFrame(scope: WorkerScope, fn: () => void): void {
  let done = false
  const once = (): void => {
    if (done) return
    done = true
    cancel()
    fn()
  }
  const cancel = systemClock.after(HIDDEN_FRAME_MS, once)
  scope.requestAnimationFrame(once)
}

/**
 * Makes this worker a display host.
 * @param toChannel the bytes on a port that `openPort` of the proxy gave
 * @param cipher what seals tickets; default: the platform's RSA-OAEP
 */
export function startDisplayWorker(scope: WorkerScope, toChannel: (port: MessagePort) => ByteChannel, cipher?: TicketCipher): void {
  const host = new DisplayHost({
    post: (message, transfer = []) => { scope.postMessage(message, transfer) },
    toChannel,
    toScreen: (canvas) => new CanvasScreen(canvas),
    requestFrame: (fn) => { nextFrame(scope, fn) },
    end: () => { scope.close() },
    clock: systemClock,
    codecs: browserCodecs(),
    ...(cipher && { cipher }),
  })
  scope.onmessage = (e) => { host.receive(e.data) }
}
