// Why: the renderer's WebAssembly is built from the AssemblyScript beside it, and lands as a TypeScript module that holds
// its bytes: the page's policy forbids fetching, and a worker needs them before it can draw. The module is in the
// repository, small and the same on every machine; build/wasm.test.ts builds it again and compares.
//   node build/wasm.ts [--check]
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import asc from 'assemblyscript/asc'

/** Each is `NAME.as` and becomes `NAME-bytes.ts`. */
export const WASM_NAMES = ['quic', 'lz', 'lz4'] as const
export type WasmName = (typeof WASM_NAMES)[number]
/** The compiler knows `.ts` alone, and the type checker should not read its dialect: so `quic.as` has another name to it. */
const ENTRY = 'decoder.ts'
const OUT = 'decoder.wasm'
const LINE = 160

const folder = (file: string): string => fileURLToPath(new URL(`../renderer/spice/wasm/${file}`, import.meta.url))
export const wasmModulePath = (name: WasmName): string => folder(`${name}-bytes.ts`)

/** The compiled bytes. An Error with the compiler's words if it refuses. */
export async function compileWasm(name: WasmName): Promise<Uint8Array> {
  const source = await readFile(folder(`${name}.as`), 'utf8')
  let out: Uint8Array | undefined
  const { error, stderr } = await asc.main([ENTRY, '--outFile', OUT, '-O3', '--converge', '--noAssert', '--runtime', 'stub', '--enable', 'simd'], {
    readFile: (file) => (file === ENTRY ? source : null),
    writeFile: (file, contents) => {
      if (file === OUT && typeof contents !== 'string') out = contents
    },
    listFiles: () => [],
  })
  if (error !== null || out === undefined) throw new Error(`AssemblyScript: ${error?.message ?? 'no output'}\n${stderr.toString()}`)
  return out
}

/** The TypeScript module for these bytes. */
export function wasmModule(name: WasmName, bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('base64')
  const lines = text.match(new RegExp(`.{1,${LINE}}`, 'g')) ?? []
  return `// Why: ${name}.as, compiled, as bytes that need no fetch. Made by build/wasm.ts; do not edit.\nexport const ${name.toUpperCase()}_WASM =\n  '${lines.join("' +\n  '")}'\n`
}

async function main(): Promise<void> {
  for (const name of WASM_NAMES) {
    const made = wasmModule(name, await compileWasm(name))
    if (!process.argv.includes('--check')) await writeFile(wasmModulePath(name), made)
    else if ((await readFile(wasmModulePath(name), 'utf8')) !== made) throw new Error(`${wasmModulePath(name)} is not what ${name}.as compiles to: run node build/wasm.ts`)
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main()
