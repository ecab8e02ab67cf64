// Why: one call before the first draw: what of an image decoder's environment runs compiled.
import type { ImageEnvironment } from '../image/decoder.ts'
import { loadLzWasm } from './lz.ts'
import { loadRowsWasm } from './lz4.ts'
import { loadQuicWasm } from './quic.ts'

export type CompiledDecoders = Required<Pick<ImageEnvironment, 'quic' | 'lz' | 'lz4' | 'raw'>>

/** Rejects where the policy forbids compiling; the decoders in TypeScript give the same pictures then. */
export async function loadWasmDecoders(): Promise<CompiledDecoders> {
  const [quic, lz, rows] = await Promise.all([loadQuicWasm(), loadLzWasm(), loadRowsWasm()])
  return { quic, lz, ...rows }
}
