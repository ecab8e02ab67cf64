import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { WASM_NAMES, compileWasm, wasmModule, wasmModulePath } from './wasm.ts'

it.each(WASM_NAMES)('the committed module of %s is what its source compiles to', async (name) => {
  expect(await readFile(wasmModulePath(name), 'utf8')).toBe(wasmModule(name, await compileWasm(name)))
}, 60_000)
