// Why: the check of the built page is what stands between a changed dependency and a page that breaks its own CSP.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { checkBundle } from './renderer.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'latchkey-page-'))
  await mkdir(join(dir, 'assets'))
  await writeFile(join(dir, 'index.html'), '<script type="module" src="./assets/index.js"></script>')
  await writeFile(join(dir, 'assets/index.js'), 'new ByteSocket("a")')
  await writeFile(join(dir, 'assets/spice-html5.js.map'), '{}')
})
afterEach(() => rm(dir, { recursive: true }))

describe('checkBundle', () => {
  test('a clean page passes', async () => { await expect(checkBundle(dir)).resolves.toBeUndefined() })

  test.each([
    ['assets/index.js', 'x = new WebSocket(u)', 'a native WebSocket'],
    ['assets/index.js', 'MediaSource.isTypeSupported(t)', 'the native MediaSource'],
    ['assets/index.js', 'require("fs")', 'require()'],
    ['assets/index.js', 'import "node:fs"', 'a module of Node'],
    ['assets/index.js', 'import{a}from"./spice-html5.js";import("./engine.js")', 'spice-html5 before it is chosen'],
    ['assets/index.js', 'import "./byte-socket.js"', 'spice-html5 before it is chosen'],
    ['index.html', '<link rel="modulepreload" href="./assets/spice-html5.js">', 'spice-html5 before it is chosen'],
    ['index.html', '<script>alert(1)</script>', 'an inline script'],
    ['index.html', '<p style="color:red">', 'an inline style'],
  ])('%s with %s is refused', async (file, text, what) => {
    await writeFile(join(dir, file), text)
    await expect(checkBundle(dir)).rejects.toThrow(`${file}: ${what}`)
  })

  test('the package that is loaded when it is chosen passes', async () => {
    await writeFile(join(dir, 'assets/index.js'), 'import{a}from"./port-protocol.js";const load=()=>import("./engine.js"),other=()=>import("./spice-html5.js")')
    await writeFile(join(dir, 'assets/engine.js'), 'import{a}from"./spice-html5.js";import"./byte-socket.js"')
    await expect(checkBundle(dir)).resolves.toBeUndefined()
  })

  test('the replaceable chunk must have its source map', async () => {
    await rm(join(dir, 'assets/spice-html5.js.map'))
    await expect(checkBundle(dir)).rejects.toThrow('source map')
  })
})
