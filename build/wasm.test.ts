import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { WASM_MODULE, compileWasm, wasmModule } from './wasm.ts'

it('the committed module is what the source compiles to', async () => {
  expect(await readFile(WASM_MODULE, 'utf8')).toBe(wasmModule(await compileWasm()))
}, 60_000)
