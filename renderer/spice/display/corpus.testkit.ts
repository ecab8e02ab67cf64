// Why: the recordings and their reader belong to another project of the compiler (they read files): for the renderer's tests
// they come through the bundler.
import type { ReplayCapture, ReplayOracle, ReplayRecord } from './replay.testkit.ts'

interface Spcap {
  oraclePixels(oracle: ReplayOracle): Uint32Array
  channelChunks(records: readonly ReplayRecord[], type: number, id: number, random: () => number, withLink: boolean): Iterable<Uint8Array>
  messageOf(record: ReplayRecord): { readonly type: number; readonly body: Uint8Array }
}
interface Corpus {
  corpusNames(): string[]
  readCorpus(name: string): ReplayCapture
}
declare global {
  interface ImportMeta {
    /** The bundler's: modules by pattern. */
    glob<T>(pattern: string): Record<string, () => Promise<T>>
  }
}

const [spcap] = Object.values(import.meta.glob<Spcap>('../../../e2e/spice-server/spcap.ts'))
const [corpus] = Object.values(import.meta.glob<Corpus>('../../../e2e/spice-server/corpus.ts'))

/** See e2e/spice-server/README.md. */
export async function openCorpus(): Promise<Spcap & Corpus> {
  if (spcap === undefined || corpus === undefined) throw new Error('e2e/spice-server is not there')
  return { ...(await spcap()), ...(await corpus()) }
}
