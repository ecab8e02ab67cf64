// Why: the compiled QUIC decoder behind the same function as the TypeScript one. Compiling WebAssembly takes
// 'wasm-unsafe-eval' in the page's script-src (and in the worker's own policy); without it loading is refused and the
// caller keeps the TypeScript decoder.
import { WireError } from '../wire/reader.ts'
import type { Picture } from '../pixels.ts'
import { QuicType, quicHeader, type QuicDecode } from '../image/quic/decode.ts'
import { fresh, type Allocate } from '../image/pool.ts'
import { HALVE_AT, RUN_BITS, gaps } from '../image/quic/tables.ts'
import { QUIC_WASM } from './quic-bytes.ts'

interface Exports {
  readonly memory: WebAssembly.Memory
  readonly reserve: (bytes: number, width: number, height: number) => number
  readonly output: () => number
  readonly decode: (type: number) => number
  readonly gapsAt: () => number
  readonly halveAtAt: () => number
  readonly runBitsAt: () => number
}

/** After an image that took more memory than this, the instance is replaced: WebAssembly memory never shrinks. */
const KEEP_BYTES = 96 * 1024 * 1024

/** Compiles; rejects (CompileError, or the policy's refusal) where that is not allowed. */
export async function loadQuicWasm(): Promise<QuicDecode> {
  const module = await WebAssembly.compile(Uint8Array.from(atob(QUIC_WASM), (c) => c.charCodeAt(0)))
  let exports = await instance(module)
  let next: Promise<void> | undefined
  return (src, allocate = fresh) => {
    const picture = decodeWith(exports, src, allocate)
    if (exports.memory.buffer.byteLength > KEEP_BYTES && next === undefined)
      next = instance(module).then((fresh) => {
        exports = fresh
        next = undefined
      })
    return picture
  }
}

async function instance(module: WebAssembly.Module): Promise<Exports> {
  const { exports } = await WebAssembly.instantiate(module, { env: { abort: refuse } })
  if (!isDecoder(exports)) throw new WireError('QUIC WebAssembly lacks an export')
  new Uint8Array(exports.memory.buffer).set(gaps(), exports.gapsAt())
  new Uint16Array(exports.memory.buffer).set(HALVE_AT, exports.halveAtAt() >> 1)
  new Uint8Array(exports.memory.buffer).set(RUN_BITS, exports.runBitsAt())
  return exports
}

function refuse(): never {
  throw new WireError('QUIC WebAssembly stopped')
}

function isDecoder(e: object): e is Exports {
  return 'memory' in e && e.memory instanceof WebAssembly.Memory && ['reserve', 'output', 'decode', 'gapsAt', 'halveAtAt', 'runBitsAt'].every((name) => typeof Reflect.get(e, name) === 'function')
}

function decodeWith(e: Exports, src: Uint8Array, allocate: Allocate): Picture {
  const { type, width, height } = quicHeader(src)
  const at = e.reserve(src.length, width, height)
  if (at === 0) throw new WireError(`no memory for a QUIC image of ${width}×${height}`)
  new Uint8Array(e.memory.buffer).set(src, at)
  if (e.decode(type) === 0) throw new WireError('QUIC image damaged')
  const data = allocate(width * height)
  data.set(new Uint32Array(e.memory.buffer, e.output(), width * height))
  return { width, height, stride: width, data, alpha: type === QuicType.RGBA }
}
