// Why: real video through the real worker. The browser's own encoders make the frames of a moving picture, a server of a
// few lines sends them as a SPICE stream among draws, and what the worker's surface shows is compared with the source.
import { fill, rect, streamCreate, streamData, surfaceCreate } from '../display/messages.testkit.ts'
import { DisplayProxy, type WorkerLike } from '../display/proxy.ts'
import type { Screenshot } from '../display/protocol.ts'
import { ByteQueue } from '../wire/byte-queue.ts'
import { VideoCodecType } from '../wire/enums.ts'
import { CommonCap, DisplayCap, DisplayMsg, LINK_HEADER_BYTES, MAGIC, MINI_HEADER_BYTES, Msg, Msgc, TICKET_BYTES } from '../wire/messages.ts'
import { Reader } from '../wire/reader.ts'
import { Writer } from '../wire/writer.ts'

const WIDTH = 176
const HEIGHT = 144
const SCREEN = { width: 240, height: 180 }
/** Where the stream is shown, unscaled. */
const AT = { x: 30, y: 20 }
/** Drawn after every frame, in the stream's corner. */
const MARK = 12

const CODECS: Readonly<Record<string, { readonly type: number; readonly cap: number; readonly encoder?: VideoEncoderConfig; readonly decoder?: string }>> = {
  mjpeg: { type: VideoCodecType.MJPEG, cap: DisplayCap.CODEC_MJPEG },
  vp8: { type: VideoCodecType.VP8, cap: DisplayCap.CODEC_VP8, decoder: 'vp8', encoder: { codec: 'vp8', width: WIDTH, height: HEIGHT } },
  vp9: { type: VideoCodecType.VP9, cap: DisplayCap.CODEC_VP9, decoder: 'vp09.00.41.08', encoder: { codec: 'vp09.00.10.08', width: WIDTH, height: HEIGHT } },
  h264: { type: VideoCodecType.H264, cap: DisplayCap.CODEC_H264, decoder: 'avc1.42E029', encoder: { codec: 'avc1.42E01F', width: WIDTH, height: HEIGHT, avc: { format: 'annexb' } } },
}

/** Frame n: soft colours that move, and a disc that moves the other way. RGBA bytes. */
function picture(n: number): Uint8ClampedArray<ArrayBuffer> {
  const out = new Uint8ClampedArray(WIDTH * HEIGHT * 4)
  for (let y = 0, i = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++, i += 4) {
      const disc = Math.max(0, 1 - Math.hypot(x - 40 - 3 * n, y - 70) / 30)
      out[i] = 128 + 70 * Math.sin((x + 4 * n) / 40)
      out[i + 1] = 128 + 60 * Math.cos((y - 3 * n) / 35) + 40 * disc
      out[i + 2] = 120 + 60 * Math.sin((x + y) / 50)
      out[i + 3] = 255
    }
  }
  return out
}

/** As the server's encoders have it: I420 by BT.601 in its limited range, chroma of four pixels together. */
function i420(rgba: Uint8ClampedArray): Uint8Array<ArrayBuffer> {
  const area = WIDTH * HEIGHT
  const out = new Uint8ClampedArray((area * 3) / 2)
  for (let i = 0; i < area; i++) out[i] = 16 + (65.481 * rgba[4 * i]! + 128.553 * rgba[4 * i + 1]! + 24.966 * rgba[4 * i + 2]!) / 255
  for (let y = 0, at = area; y < HEIGHT; y += 2) {
    for (let x = 0; x < WIDTH; x += 2, at++) {
      let [r, g, b] = [0, 0, 0]
      for (const i of [y * WIDTH + x, y * WIDTH + x + 1, (y + 1) * WIDTH + x, (y + 1) * WIDTH + x + 1]) {
        r += rgba[4 * i]! / 4
        g += rgba[4 * i + 1]! / 4
        b += rgba[4 * i + 2]! / 4
      }
      out[at] = 128 + (-37.797 * r - 74.203 * g + 112 * b) / 255
      out[at + area / 4] = 128 + (112 * r - 93.786 * g - 18.214 * b) / 255
    }
  }
  return new Uint8Array(out.buffer)
}

/** Encoded frames, one for each picture. Rejects where the browser has no such encoder. */
async function encoded(config: VideoEncoderConfig | undefined, pictures: readonly Uint8ClampedArray<ArrayBuffer>[]): Promise<Uint8Array[]> {
  if (config === undefined) return await Promise.all(pictures.map(jpeg))
  const out: Uint8Array[] = []
  const failed = Promise.withResolvers<never>()
  const encoder = new VideoEncoder({
    output: (chunk) => {
      const bytes = new Uint8Array(chunk.byteLength)
      chunk.copyTo(bytes)
      out.push(bytes)
    },
    error: (e) => { failed.reject(e) },
  })
  encoder.configure({ ...config, bitrate: 3_000_000, framerate: 30, latencyMode: 'realtime' })
  for (const [n, data] of pictures.entries()) {
    const frame = new VideoFrame(i420(data), { format: 'I420', codedWidth: WIDTH, codedHeight: HEIGHT, timestamp: n * 33_333, colorSpace: { matrix: 'smpte170m', primaries: 'smpte170m', transfer: 'smpte170m', fullRange: false } })
    encoder.encode(frame, { keyFrame: n === 0 || n === 17 })
    frame.close()
  }
  await Promise.race([encoder.flush(), failed.promise])
  encoder.close()
  return out
}

async function jpeg(data: Uint8ClampedArray<ArrayBuffer>): Promise<Uint8Array> {
  const canvas = new OffscreenCanvas(WIDTH, HEIGHT)
  canvas.getContext('2d')?.putImageData(new ImageData(data, WIDTH, HEIGHT), 0, 0)
  return new Uint8Array(await (await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.95 })).arrayBuffer())
}

/** The server's end of one display channel. */
class Server {
  readonly #port: MessagePort
  readonly #queue = new ByteQueue()
  #phase: 'link' | 'ticket' | 'ready' = 'link'
  #key: Uint8Array
  #answered: (() => void) | undefined
  readonly linked = Promise.withResolvers<undefined>()
  caps: number[] = []

  /** @param key SubjectPublicKeyInfo of 1024 bits */
  constructor(port: MessagePort, key: Uint8Array) {
    this.#port = port
    this.#key = key
    port.onmessage = (e: MessageEvent<Uint8Array>) => {
      this.#queue.push(e.data)
      while (this.#step());
    }
  }

  say(type: number, body: Reader | Writer): void {
    const bytes = body instanceof Writer ? body.finish() : body.bytes
    this.#port.postMessage(new Writer(6 + bytes.length).u16(type).u32(bytes.length).raw(bytes).finish())
  }
  /** Everything said before is done. */
  async done(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>()
    this.#answered = () => { resolve(undefined) }
    this.say(Msg.PING, new Writer(12).u32(1).u64(0n))
    await promise
  }

  #step(): boolean {
    if (this.#phase === 'link') {
      const header = this.#queue.take(LINK_HEADER_BYTES)
      if (header === undefined) return false
      const r = new Reader(header)
      r.skip(12)
      const body = new Reader(this.#queue.take(r.u32()) ?? new Uint8Array(0))
      body.skip(6)
      const [commons, owns] = [body.u32(), body.u32()]
      const at = body.at(body.u32() + 4 * commons)
      this.caps = Array.from({ length: owns }, () => at.u32()).flatMap((word, i) => Array.from({ length: 32 }, (_, b) => b + 32 * i).filter((b) => ((word >>> (b & 31)) & 1) === 1))
      const common = (1 << CommonCap.PROTOCOL_AUTH_SELECTION) | (1 << CommonCap.AUTH_SPICE) | (1 << CommonCap.MINI_HEADER)
      const reply = new Writer(256).u32(0).raw(this.#key).u32(1).u32(0).u32(178).u32(common).finish()
      this.#port.postMessage(new Writer(256).u32(MAGIC).u32(2).u32(2).u32(reply.length).raw(reply).finish())
      this.#phase = 'ticket'
      return true
    }
    if (this.#phase === 'ticket') {
      if (this.#queue.take(4 + TICKET_BYTES) === undefined) return false
      this.#port.postMessage(new Writer(4).u32(0).finish())
      this.#phase = 'ready'
      this.linked.resolve(undefined)
      return true
    }
    const header = this.#head ?? this.#queue.take(MINI_HEADER_BYTES)
    if (header === undefined) return false
    this.#head = header
    const r = new Reader(header)
    const type = r.u16()
    if (this.#queue.take(r.u32()) === undefined) return false
    this.#head = undefined
    if (type === Msgc.PONG) this.#answered?.()
    return true
  }
  #head: Uint8Array | undefined
}

export interface VideoResult {
  /** Of every frame against its source, without the corner that is drawn over, dB. */
  readonly psnr: readonly number[]
  /** Frames after which the draw that followed was not on top of it, or a draw from before it still showed. */
  readonly outOfTurn: number
  readonly frames: number
  readonly drops: number
  readonly problems: readonly string[]
  readonly bytes: number
}

function psnrOf(shot: Screenshot, want: Uint8ClampedArray): number {
  let sum = 0
  let count = 0
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      if (x < MARK && y < MARK) continue
      const word = shot.data[(y + AT.y) * shot.width + x + AT.x] ?? 0
      for (let c = 0; c < 3; c++) sum += (((word >>> (8 * c)) & 255) - (want[(y * WIDTH + x) * 4 + c] ?? 0)) ** 2
      count += 3
    }
  }
  return sum === 0 ? 99 : 10 * Math.log10(255 ** 2 / (sum / count))
}

const color = (shot: Screenshot, x: number, y: number): number => (shot.data[y * shot.width + x] ?? 0) & 0xffffff

/** A worker with one display, linked. */
async function display(workerUrl: string) {
  const keys = await crypto.subtle.generateKey({ name: 'RSA-OAEP', modulusLength: 1024, publicExponent: Uint8Array.of(1, 0, 1), hash: 'SHA-1' }, true, ['encrypt', 'decrypt'])
  const spki = new Uint8Array(await crypto.subtle.exportKey('spki', keys.publicKey))
  const { port1, port2 } = new MessageChannel()
  const server = new Server(port1, spki)
  const problems: string[] = []
  const proxy = new DisplayProxy({ worker: new Worker(workerUrl, { type: 'module' }) as unknown as WorkerLike, openPort: () => Promise.resolve(port2) })
  proxy.attach({ type: 2, id: 0, connectionId: 1, mmTime: 0 }, {
    linked: () => undefined,
    closed: (reason) => { problems.push(JSON.stringify(reason)) },
    problem: (type, detail) => { problems.push(`${type}: ${detail}`) },
    migrating: () => undefined,
  })
  await server.linked.promise
  return { server, proxy, problems }
}

/** One stream of `frames` frames, among draws. */
export async function playVideo(workerUrl: string, name: string, frames: number): Promise<VideoResult> {
  const codec = CODECS[name]
  if (codec === undefined) throw new Error(name)
  const pictures = Array.from({ length: frames }, (_, n) => picture(n))
  const coded = await encoded(codec.encoder, pictures)
  const { server, proxy, problems } = await display(workerUrl)
  const dest = rect(AT.x, AT.y, AT.x + WIDTH, AT.y + HEIGHT)
  server.say(DisplayMsg.SURFACE_CREATE, surfaceCreate(0, SCREEN.width, SCREEN.height))
  server.say(DisplayMsg.STREAM_CREATE, streamCreate({ codec: codec.type, width: WIDTH, height: HEIGHT, dest }))
  const psnr: number[] = []
  let outOfTurn = 0
  for (const [n, data] of coded.entries()) {
    server.say(DisplayMsg.DRAW_FILL, fill(0, dest, 0xff0000))
    server.say(DisplayMsg.STREAM_DATA, streamData(0, 33 * n, data))
    server.say(DisplayMsg.DRAW_FILL, fill(0, rect(AT.x, AT.y, AT.x + MARK, AT.y + MARK), 0x0000ff - n))
    await server.done()
    const shot = await proxy.screenshot()
    if (shot === null) throw new Error('no picture')
    psnr.push(psnrOf(shot, pictures[n]!))
    const mark = 0xff0000 - (n << 16)
    if (color(shot, AT.x, AT.y) !== mark || color(shot, AT.x + MARK - 1, AT.y + MARK - 1) !== mark || color(shot, AT.x + WIDTH - 1, AT.y + HEIGHT - 1) === 0x0000ff || color(shot, AT.x - 1, AT.y) !== 0) outOfTurn++
  }
  server.say(DisplayMsg.STREAM_DESTROY_ALL, new Writer(0))
  await server.done()
  const [stats] = await proxy.stats()
  proxy.close()
  return { psnr, outOfTurn, frames: stats?.streamFrames ?? 0, drops: stats?.streamDrops ?? 0, problems, bytes: coded.reduce((sum, c) => sum + c.length, 0) }
}

/** By codec: what the browser says that it decodes and encodes, and what the worker offered the server. */
export async function offeredCodecs(workerUrl: string): Promise<Record<string, { readonly decodes: boolean; readonly encodes: boolean; readonly offered: boolean }>> {
  const { server, proxy } = await display(workerUrl)
  proxy.close()
  const out: Record<string, { decodes: boolean; encodes: boolean; offered: boolean }> = {}
  for (const [name, c] of Object.entries(CODECS)) {
    const decodes = c.decoder === undefined || (await VideoDecoder.isConfigSupported({ codec: c.decoder, optimizeForLatency: true })).supported === true
    const encodes = c.encoder === undefined || (await VideoEncoder.isConfigSupported(c.encoder)).supported === true
    out[name] = { decodes, encodes, offered: server.caps.includes(c.cap) }
  }
  return out
}

/** Without its decoders a browser offers only what is left. @param workerUrl of a worker whose VideoDecoder is gone */
export async function capabilityBits(workerUrl: string): Promise<number[]> {
  const { server, proxy } = await display(workerUrl)
  proxy.close()
  return server.caps
}

Object.assign(globalThis, { video: { playVideo, offeredCodecs, capabilityBits } })
