// Why: the compiled LZ_RGB decoder behind the same function as the TypeScript one; quic.ts says what a page's policy has
// to allow for that. Small pictures and 16-bit ones stay with the TypeScript decoder.
import { WireError } from '../wire/reader.ts'
import type { Picture } from '../pixels.ts'
import { LZ_HEADER, LzType, decodeLzRgb, fillable, lzHeader, type LzDecode } from '../image/lz.ts'
import { fresh } from '../image/pool.ts'
import { LZ_WASM } from './lz-bytes.ts'
import { instances, type DecoderExports } from './load.ts'

interface Exports extends DecoderExports {
  readonly reserve: (bytes: number, pixels: number) => number
  readonly decode: (bytes: number, alpha: number) => number
}

/** Below, the calls cost more than they save. */
const LEAST_PIXELS = 1024

/** Compiles; rejects (CompileError, or the policy's refusal) where that is not allowed. */
export async function loadLzWasm(): Promise<LzDecode> {
  const use = await instances<Exports>(LZ_WASM, ['reserve', 'output', 'decode'])
  return (src, allocate = fresh) => {
    const { width, height, type, topDown } = lzHeader(src)
    const alpha = type === LzType.RGBA
    if (width * height < LEAST_PIXELS || (type !== LzType.RGB24 && type !== LzType.RGB32 && !alpha)) return decodeLzRgb(src, allocate)
    return use((e): Picture => {
      const commands = src.subarray(LZ_HEADER)
      const at = e.reserve(commands.length, fillable(width * height, src))
      if (at === 0) throw new WireError(`no memory for an LZ image of ${width}×${height}`)
      new Uint8Array(e.memory.buffer).set(commands, at)
      if (e.decode(commands.length, alpha ? 1 : 0) === 0) throw new WireError('LZ image damaged')
      const data = allocate(width * height)
      const pixels = new Uint32Array(e.memory.buffer, e.output(), width * height)
      if (topDown) data.set(pixels)
      else for (let y = 0, from = (height - 1) * width; from >= 0; y += width, from -= width) data.set(pixels.subarray(from, from + width), y)
      return { width, height, stride: width, data, alpha }
    })
  }
}
