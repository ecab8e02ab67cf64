// Why: no request path, however twisted, may reach a file that is not one of the page's own.
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { loadAssets } from './assets.ts'

let root: string
let dir: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'latchkey-test-'))
  dir = join(root, 'renderer')
  await mkdir(join(dir, 'assets'), { recursive: true })
  await writeFile(join(root, 'secret.js'), 'outside')
  await writeFile(join(dir, 'index.html'), '<p>')
  await writeFile(join(dir, 'assets', 'app-B1.js'), 'let a')
  await writeFile(join(dir, '.vite'), 'hidden')
})
afterEach(() => rm(root, { recursive: true, force: true }))

it('serves exactly the files of the folder, the page also at /', async () => {
  const assets = await loadAssets(dir)
  expect([...assets.paths].sort()).toEqual(['/', '/assets/app-B1.js', '/index.html'])
  expect(assets.lookup('/')).toMatchObject({ type: 'text/html; charset=utf-8', bytes: Buffer.from('<p>') })
  expect(assets.lookup('/assets/app-B1.js')?.type).toBe('text/javascript; charset=utf-8')
})

it('has the documents of no other page', async () => {
  await writeFile(join(dir, 'probe.html'), '<b>')
  expect([...(await loadAssets(dir)).paths].sort()).toEqual(['/', '/assets/app-B1.js', '/index.html'])
  const probe = await loadAssets(dir, 'probe.html')
  expect([...probe.paths].sort()).toEqual(['/', '/assets/app-B1.js', '/probe.html'])
  expect(probe.lookup('/')?.bytes).toEqual(Buffer.from('<b>'))
  await expect(loadAssets(dir, 'other.html')).rejects.toMatchObject({ code: 'shell.unavailable' })
})

it('finds nothing at any other path', async () => {
  const assets = await loadAssets(dir)
  const known = new Set(assets.paths)
  const part = fc.constantFrom('..', '.', '/', '\\', '%2e', '%2E%2e', '%2f', '\0', '%00', 'assets', 'app-B1.js', 'index.html', 'secret.js', '//', '?', '#', ' ', 'İ', '\u202e', 'etc/passwd', 'renderer', '__proto__', 'constructor')
  fc.assert(
    fc.property(fc.oneof(fc.array(part, { maxLength: 8 }).map((p) => p.join('')), fc.string(), fc.string({ unit: 'binary' })), (path) => {
      expect(assets.lookup(path) !== undefined).toBe(known.has(path))
    }),
    { numRuns: 2000 },
  )
})

it('does not follow links out of the folder', async () => {
  await symlink(join(root, 'secret.js'), join(dir, 'assets', 'linked.js'))
  await symlink(root, join(dir, 'up'))
  expect([...(await loadAssets(dir)).paths].sort()).toEqual(['/', '/assets/app-B1.js', '/index.html'])
})

it.each([
  ['a folder that is not there', async () => rm(dir, { recursive: true })],
  ['no index.html', async () => rm(join(dir, 'index.html'))],
  ['a file of unknown type', async () => writeFile(join(dir, 'x.exe'), '')],
  ['a strange file name', async () => writeFile(join(dir, 'a b.js'), '')],
])('refuses %s as shell.unavailable', async (_what, change) => {
  await change()
  await expect(loadAssets(dir)).rejects.toMatchObject({ code: 'shell.unavailable' })
})
