// Why: the compiled QUIC decoder behind the same function as the TypeScript one. Compiling WebAssembly takes
// 'wasm-unsafe-eval' in the script-src that governs the place: for a worker that is the policy on the response of its own
// script (tried in Chromium), so the page's policy can stay without. Where it is not allowed loading is refused, and the
// caller keeps the TypeScript decoder.
import { WireError } from '../wire/reader.ts'
import type { Picture } from '../pixels.ts'
import { QuicType, quicHeader, type QuicDecode } from '../image/quic/decode.ts'
import { fresh, type Allocate } from '../image/pool.ts'
import { HALVE_AT, RUN_BITS, gaps } from '../image/quic/tables.ts'
import { QUIC_WASM } from './quic-bytes.ts'
import { instances, type DecoderExports } from './load.ts'

interface Exports extends DecoderExports {
  readonly reserve: (bytes: number, width: number, height: number) => number
  readonly decode: (type: number) => number
  readonly gapsAt: () => number
  readonly halveAtAt: () => number
  readonly runBitsAt: () => number
}

/** Compiles; rejects (CompileError, or the policy's refusal) where that is not allowed. */
export async function loadQuicWasm(): Promise<QuicDecode> {
  const use = await instances<Exports>(QUIC_WASM, ['reserve', 'output', 'decode', 'gapsAt', 'halveAtAt', 'runBitsAt'], prepare)
  return (src, allocate = fresh) => use((e) => decodeWith(e, src, allocate))
}

function prepare(e: Exports): void {
  new Uint8Array(e.memory.buffer).set(gaps(), e.gapsAt())
  new Uint16Array(e.memory.buffer).set(HALVE_AT, e.halveAtAt() >> 1)
  new Uint8Array(e.memory.buffer).set(RUN_BITS, e.runBitsAt())
}

function decodeWith(e: Exports, src: Uint8Array, allocate: Allocate): Picture {
  const { type, width, height } = quicHeader(src)
  const at = e.reserve(src.length, width, height)
  if (at === 0) throw new WireError(`no memory for a QUIC image of ${width}×${height}`)
  new Uint8Array(e.memory.buffer).set(src, at)
  if (e.decode(type) === 0) throw new WireError('QUIC image damaged')
  const data = allocate(width * height)
  data.set(new Uint32Array(e.memory.buffer, e.output(), width * height))
  return { width, height, stride: width, data, alpha: type === QuicType.RGBA, ...(type === QuicType.RGB16 ? { bits: 16 } : {}) }
}
