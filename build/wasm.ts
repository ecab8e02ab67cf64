// Why: the renderer's WebAssembly is built from the AssemblyScript beside it, and lands as a TypeScript module that holds
// its bytes: the page's policy forbids fetching, and a worker needs them before it can draw. The module is in the
// repository, small and the same on every machine; build/wasm.test.ts builds it again and compares.
//   node build/wasm.ts [--check]
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import asc from 'assemblyscript/asc'

const SOURCE = fileURLToPath(new URL('../renderer/spice/wasm/quic.as', import.meta.url))
export const WASM_MODULE = fileURLToPath(new URL('../renderer/spice/wasm/quic-bytes.ts', import.meta.url))
/** The compiler knows `.ts` alone, and the type checker should not read its dialect: so `quic.as` is `quic.ts` to it. */
const ENTRY = 'quic.ts'
const OUT = 'quic.wasm'
const LINE = 160

/** The compiled bytes. An Error with the compiler's words if it refuses. */
export async function compileWasm(): Promise<Uint8Array> {
  const source = await readFile(SOURCE, 'utf8')
  let out: Uint8Array | undefined
  const { error, stderr } = await asc.main([ENTRY, '--outFile', OUT, '-O3', '--converge', '--noAssert', '--runtime', 'stub'], {
    readFile: (name) => (name === ENTRY ? source : null),
    writeFile: (name, contents) => {
      if (name === OUT && typeof contents !== 'string') out = contents
    },
    listFiles: () => [],
  })
  if (error !== null || out === undefined) throw new Error(`AssemblyScript: ${error?.message ?? 'no output'}\n${stderr.toString()}`)
  return out
}

/** The TypeScript module for these bytes. */
export function wasmModule(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('base64')
  const lines = text.match(new RegExp(`.{1,${LINE}}`, 'g')) ?? []
  return `// Why: quic.as, compiled, as bytes that need no fetch. Made by build/wasm.ts; do not edit.\nexport const QUIC_WASM =\n  '${lines.join("' +\n  '")}'\n`
}

async function main(): Promise<void> {
  const made = wasmModule(await compileWasm())
  if (!process.argv.includes('--check')) return writeFile(WASM_MODULE, made)
  if ((await readFile(WASM_MODULE, 'utf8')) !== made) throw new Error('renderer/spice/wasm/quic-bytes.ts is not what quic.as compiles to: run node build/wasm.ts')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main()
