// Why: GLZ is LZ whose matches may lie in earlier images: a reference has a length, a distance in images (0: this one)
// and a pixel position. Decoding stops where an image is missing and goes on from there once it has arrived, so that a
// channel can wait for another one without work done twice.
import { WireError } from '../wire/reader.ts'
import type { Picture } from '../pixels.ts'
import type { GlzImage, GlzWindow } from './glz-window.ts'
import { checkedArea } from './limits.ts'
import { LZ_MAGIC, LZ_VERSION, LzType, copyMatch, flipRows } from './lz.ts'
import { widen555 } from './palettes.ts'

/** magic, version, type and order in a byte, width, height, stride, id of 64 bits, reach. */
const GLZ_HEADER = 33
const TOP_DOWN = 0x10
const MAX_PIXELS_PER_BYTE = 255

/** A run of commands ended because of this image. */
const DONE = -1

interface GlzHeader {
  readonly type: number
  readonly topDown: boolean
  readonly width: number
  readonly height: number
  readonly id: number
  readonly reach: number
}

function glzHeader(src: Uint8Array): GlzHeader {
  if (src.length < GLZ_HEADER) throw new WireError(`GLZ image of ${src.length} bytes`)
  const v = new DataView(src.buffer, src.byteOffset, GLZ_HEADER)
  if (v.getUint32(0) !== LZ_MAGIC || v.getUint32(4) !== LZ_VERSION) throw new WireError('not a GLZ image')
  const kind = v.getUint8(8)
  const id = v.getUint32(21) * 2 ** 32 + v.getUint32(25)
  if (!Number.isSafeInteger(id)) throw new WireError('GLZ id too large')
  const type = kind & 15
  if (type !== LzType.RGB16 && type !== LzType.RGB24 && type !== LzType.RGB32 && type !== LzType.RGBA) throw new WireError(`GLZ of type ${type}`)
  return { type, topDown: (kind & TOP_DOWN) !== 0, width: v.getUint32(9), height: v.getUint32(13), id, reach: v.getUint32(29) }
}

/**
 * The picture, or a promise of it if another channel has to bring an image first. The image joins the window; if it
 * can't be decoded, the window knows that it is lost.
 */
export function decodeGlz(src: Uint8Array, window: GlzWindow): Picture | Promise<Picture> {
  const header = glzHeader(src)
  try {
    const n = checkedArea(header.width, header.height)
    if (n > src.length * MAX_PIXELS_PER_BYTE) throw new WireError(`GLZ image of ${n} pixels in ${src.length} bytes`)
    const job = new GlzJob(src, header, window)
    const missing = job.run()
    return missing === DONE ? job.finish() : later(job, missing, header.id, window)
  } catch (error) {
    window.lose(header.id)
    throw error
  }
}

async function later(job: GlzJob, first: number, id: number, window: GlzWindow): Promise<Picture> {
  const until = window.deadline()
  let missing = first
  try {
    for (; missing !== DONE; missing = job.run()) while (window.get(missing) === undefined) await window.changed(missing, until)
    return job.finish()
  } catch (error) {
    // Nobody else should wait as long for the same one.
    if (missing !== DONE) window.lose(missing)
    window.lose(id)
    throw error
  }
}

class GlzJob {
  readonly #src: Uint8Array
  readonly #header: GlzHeader
  readonly #window: GlzWindow
  readonly #out: Uint32Array
  #ip = GLZ_HEADER
  #op = 0
  #alphaPass = false

  constructor(src: Uint8Array, header: GlzHeader, window: GlzWindow) {
    this.#src = src
    this.#header = header
    this.#window = window
    this.#out = new Uint32Array(header.width * header.height)
  }

  /** DONE, or the id of the image that is needed to go on. */
  run(): number {
    if (!this.#alphaPass) {
      const missing = this.#commands(this.#header.type === LzType.RGB16 ? 1 : 0)
      if (missing !== DONE || this.#header.type !== LzType.RGBA) return missing
      this.#alphaPass = true
      this.#op = 0
    }
    return this.#commands(2)
  }

  finish(): Picture {
    const { width, height, id, reach, topDown } = this.#header
    const alpha = this.#header.type === LzType.RGBA
    this.#window.add({ id, reach, alpha, pixels: this.#out })
    let data = this.#out
    if (!topDown) {
      data = data.slice()
      flipRows(data, width, height)
    }
    return { width, height, stride: width, data, alpha, ...(this.#header.type === LzType.RGB16 ? { bits: 16 } : {}) }
  }

  /** `bias`: what is added to a length: 0 for colours of 3 bytes, 1 for those of 2, 2 for alpha. */
  #commands(bias: 0 | 1 | 2): number {
    const src = this.#src
    const out = this.#out
    const size = out.length
    const last = src.length
    let ip = this.#ip
    let op = this.#op
    while (op < size) {
      const start = ip
      if (ip >= last) throw new WireError('GLZ image cut short')
      const control = src[ip++]!
      if (control < 32) {
        const n = control + 1
        if (op + n > size || ip + n * (3 - bias) > last) throw new WireError('GLZ literals too long')
        const end = op + n
        if (bias === 0) for (; op < end; op++, ip += 3) out[op] = 0xff000000 | (src[ip]! << 16) | (src[ip + 1]! << 8) | src[ip + 2]!
        else if (bias === 1) for (; op < end; op++, ip += 2) out[op] = widen555((src[ip]! << 8) | src[ip + 1]!)
        else for (; op < end; op++) out[op] = (out[op]! & 0xffffff) | (src[ip++]! << 24)
        continue
      }
      let length = control >> 5
      if (length === 7) {
        let more
        do {
          more = ip < last ? src[ip]! : 0
          ip++
          length += more
        } while (more === 255)
      }
      length += bias
      // Position: 4 bits, 8 more, then 5 or 13 more for far ones. Distance in images: 0 to 3 bytes, with 6 bits before
      // them for near ones. Longest reference: 7 bytes after the length.
      if (ip + 2 > last) throw new WireError('GLZ image cut short')
      let position = (control & 15) | (src[ip]! << 4)
      const code = src[ip + 1]!
      ip += 2
      const far = (control & 16) !== 0
      let images = 0
      const imageBytes = code >> 6
      if (ip + imageBytes + 1 > last + 1) throw new WireError('GLZ image cut short')
      if (far) {
        position += (code & 31) << 12
        for (let i = 0; i < imageBytes; i++) images += src[ip++]! << (8 * i)
        if ((code & 32) !== 0) {
          if (ip >= last) throw new WireError('GLZ image cut short')
          position += src[ip++]! << 17
        }
      } else {
        images = code & 63
        for (let i = 0; i < imageBytes; i++) images += src[ip++]! << (6 + 8 * i)
      }
      if (images === 0) {
        if (bias !== 2) copyMatch(out, op, position + 1, length)
        else copyAlpha(out, out, op, op - position - 1, length)
      } else {
        const id = this.#header.id - images
        // The server's own window begins there, so such an image is not late: it never was meant.
        if (images > this.#header.reach) throw new WireError(`GLZ reference ${images} images back, of ${this.#header.reach}`)
        const image = id < 0 ? undefined : this.#window.get(id)
        if (image === undefined) {
          if (id < 0) throw new WireError(`GLZ reference ${images} images back`)
          this.#ip = start
          this.#op = op
          return id
        }
        if (bias === 2) copyAlpha(out, image.pixels, op, position, length)
        else copyColors(out, image, op, position, length)
      }
      op += length
    }
    this.#ip = ip
    this.#op = op
    return DONE
  }
}

function checkCopy(out: Uint32Array, from: Uint32Array, op: number, at: number, length: number): void {
  if (at < 0 || at + length > from.length || op + length > out.length) throw new WireError(`GLZ match of ${length} at ${op} from ${at}`)
}

function copyColors(out: Uint32Array, image: GlzImage, op: number, at: number, length: number): void {
  const from = image.pixels
  checkCopy(out, from, op, at, length)
  if (image.alpha) for (let i = 0; i < length; i++) out[op + i] = from[at + i]! | 0xff000000
  else if (length > 48) out.set(from.subarray(at, at + length), op)
  else for (let i = 0; i < length; i++) out[op + i] = from[at + i]!
}

function copyAlpha(out: Uint32Array, from: Uint32Array, op: number, at: number, length: number): void {
  checkCopy(out, from, op, at, length)
  for (let i = 0; i < length; i++) out[op + i] = (out[op + i]! & 0xffffff) | (from[at + i]! & 0xff000000)
}
