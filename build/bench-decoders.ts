// Why: how fast the image decoders are, against the ones of spice-html5 in the same process and on the same pictures, so
// that a number means something on a machine that is busy with other things. Pictures are made up here and coded by our
// own encoders. Rounds of all decoders alternate and the best one counts.
//   node build/bench-decoders.ts [--rounds N] [--width N --height N]     prints JSON
import { parseArgs } from 'node:util'
import { lzRgb32 } from '../embedded/spice/lz.ts'
import { BitmapFmt, ImageType } from '../renderer/spice/wire/enums.ts'
import { decodeBitmap } from '../renderer/spice/image/bitmap.ts'
import { encodeQuic } from '../renderer/spice/image/quic/encode.testkit.ts'
import { madeUp } from '../renderer/spice/image/image.testkit.ts'
import { decodeLzRgb } from '../renderer/spice/image/lz.ts'
import { PixelPool } from '../renderer/spice/image/pool.ts'
import { PaletteCache } from '../renderer/spice/image/palettes.ts'
import { QuicType, decodeQuic } from '../renderer/spice/image/quic/decode.ts'
import type { BitmapRef } from '../renderer/spice/image/types.ts'
import { loadWasmDecoders } from '../renderer/spice/wasm/decoders.ts'

interface Rgba {
  readonly width: number
  readonly height: number
  readonly data: Uint8ClampedArray
}

interface Canvas {
  createImageData: (width: number, height: number) => Rgba
}

/** What of the package is used; it has no types. */
interface Html5 {
  readonly quic: (src: Uint8Array) => Rgba
  readonly lz: (src: Uint8Array) => Rgba
  readonly bitmap: (src: Uint8Array, width: number, height: number) => Rgba
}

interface QuicModule {
  SpiceQuic: new () => { from_dv: (dv: DataView, at: number, mb: ArrayBuffer) => number }
  convert_spice_quic_to_web: (canvas: Canvas, image: object) => Rgba
}
interface LzModule {
  convert_spice_lz_to_web: (canvas: Canvas, image: object) => Rgba
}
interface BitmapModule {
  convert_spice_bitmap_to_web: (canvas: Canvas, image: object) => Rgba
}

async function html5(): Promise<Html5> {
  const load = async (file: string): Promise<unknown> => import(`@spice-project/spice-html5/src/${file}.js`)
  const quic = (await load('quic')) as QuicModule
  const lz = (await load('lz')) as LzModule
  const bitmap = (await load('bitmap')) as BitmapModule
  const canvas: Canvas = { createImageData: (width, height) => ({ width, height, data: new Uint8ClampedArray(width * height * 4) }) }
  return {
    quic: (src) => {
      const message = new Uint8Array(src.length + 4)
      message.set(src, 4)
      const image = new quic.SpiceQuic()
      image.from_dv(new DataView(message.buffer), 0, message.buffer)
      return quic.convert_spice_quic_to_web(canvas, image)
    },
    lz: (src) => {
      const v = new DataView(src.buffer, src.byteOffset)
      return lz.convert_spice_lz_to_web(canvas, { type: v.getUint32(8), width: v.getUint32(12), height: v.getUint32(16), top_down: v.getUint32(24), data: src.buffer.slice(src.byteOffset + 28, src.byteOffset + src.length) })
    },
    bitmap: (src, width, height) => bitmap.convert_spice_bitmap_to_web(canvas, { format: BitmapFmt['32BIT'], flags: 4, x: width, y: height, stride: width * 4, data: src.buffer }),
  }
}

const KINDS = ['flat', 'text', 'photo', 'noise'] as const

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { rounds: { type: 'string', default: '9' }, width: { type: 'string', default: '1920' }, height: { type: 'string', default: '1080' } } })
  const [rounds, width, height] = [Number(values.rounds), Number(values.width), Number(values.height)]
  const peer = await html5()
  const wasm = await loadWasmDecoders()
  const palettes = new PaletteCache()
  // As the engine does: a picture's memory serves the next one.
  const pool = new PixelPool()
  const reused = <P extends { readonly data: Uint32Array }>(picture: P): P => {
    pool.give(picture.data)
    return picture
  }
  const rows: object[] = []
  for (const kind of KINDS) {
    const pixels = madeUp(kind, width, height, 7).map((p) => p | 0xff000000)
    const rgb = pixels.map((p) => ((p & 255) << 16) | (p & 0xff00) | ((p >>> 16) & 255))
    // The package reads words ahead of what it decodes and throws if there are none.
    const quic = padded(encodeQuic(QuicType.RGB32, pixels, width, height), 8)
    const lz = Uint8Array.from(lzRgb32(rgb, width, height))
    const raw = new Uint8Array(rgb.buffer)
    const ref: BitmapRef = { type: ImageType.BITMAP, idHi: 0, idLo: 0, flags: 0, width, height, format: BitmapFmt['32BIT'], topDown: true, stride: width * 4, palette: { kind: 'none' }, data: raw }
    const codecs: readonly [string, Uint8Array, Readonly<Record<string, () => { readonly data: ArrayBufferView }>>][] = [
      ['quic', quic, { html5: () => peer.quic(quic), typescript: () => reused(decodeQuic(quic, pool.take)), wasm: () => reused(wasm.quic(quic, pool.take)) }],
      ['lz', lz, { html5: () => peer.lz(lz), typescript: () => reused(decodeLzRgb(lz, pool.take)), wasm: () => reused(wasm.lz(lz, pool.take)) }],
      ['bitmap', raw, { html5: () => peer.bitmap(raw, width, height), typescript: () => reused(decodeBitmap(ref, palettes, false, pool.take)), wasm: () => reused(wasm.raw(ref, pool.take)) }],
    ]
    for (const [codec, source, decoders] of codecs) {
      for (const [name, decode] of Object.entries(decoders)) if (!sameBytes(decode().data, pixels)) throw new Error(`${name} decodes ${codec} ${kind} wrongly`)
      const ms = best(decoders, rounds)
      const peerMs = ms['html5'] ?? NaN
      const entries = Object.entries(ms)
      rows.push({
        codec,
        kind,
        bytes: source.length,
        ms: Object.fromEntries(entries.map(([n, t]) => [n, round(t)])),
        mpixPerSecond: Object.fromEntries(entries.map(([n, t]) => [n, round((width * height) / t / 1000)])),
        timesHtml5: Object.fromEntries(entries.filter(([n]) => n !== 'html5').map(([n, t]) => [n, round(peerMs / t)])),
      })
    }
  }
  process.stdout.write(`${JSON.stringify({ width, height, rounds, node: process.version, rows }, null, 1)}\n`)
}

function best(decoders: Readonly<Record<string, () => unknown>>, rounds: number): Record<string, number> {
  const out: Record<string, number> = {}
  for (let i = 0; i < rounds; i++)
    for (const [name, decode] of Object.entries(decoders)) {
      const start = performance.now()
      decode()
      out[name] = Math.min(out[name] ?? Infinity, performance.now() - start)
    }
  return out
}

function sameBytes(a: ArrayBufferView, b: ArrayBufferView): boolean {
  return Buffer.compare(Buffer.from(a.buffer, a.byteOffset, a.byteLength), Buffer.from(b.buffer, b.byteOffset, b.byteLength)) === 0
}
function padded(bytes: Uint8Array, by: number): Uint8Array {
  const out = new Uint8Array(bytes.length + by)
  out.set(bytes)
  return out
}
const round = (n: number): number => Math.round(n * 10) / 10

await main()
