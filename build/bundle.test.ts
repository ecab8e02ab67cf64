import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compileFunction } from 'node:vm'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { bundle, bundleNames, bundles, repository } from './bundle.ts'
import { checkBundles, guards, violations } from './checks/bundle-guards.ts'

let out: string
beforeAll(async () => void (out = await mkdtemp(join(tmpdir(), 'latchkey-bundle-'))))
afterAll(() => rm(out, { recursive: true, force: true }))

it('makes a preload that exposes window.latchkey by electron alone', async () => {
  await bundle(['preload'], repository, out)
  const text = await readFile(join(out, 'preload.cjs'), 'utf8')
  const exposeInMainWorld = vi.fn()
  const electron = { contextBridge: { exposeInMainWorld }, ipcRenderer: { on: () => {}, invoke: () => Promise.resolve() } }
  const require = vi.fn(() => electron)
  compileFunction(text, ['require', 'module', 'exports', 'window'])(require, { exports: {} }, {}, { location: { origin: 'app://latchkey' } })
  expect(require.mock.calls).toEqual([['electron']])
  expect(exposeInMainWorld.mock.calls.map(([key, api]: unknown[]) => [key, Object.keys(api as object)])).toEqual([['latchkey', ['protocol', 'request', 'subscribe']]])
  expect(violations(guards.find((g) => g.files.test('preload.cjs'))!, new Map([['preload.cjs', text]]))).toEqual([])
})

it('makes programs that pass their guards, parse, and name no path of this machine', async () => {
  await bundle(bundleNames, repository, out)
  expect((await checkBundles(out)).filter((v) => !v.includes('renderer'))).toEqual([])
  for (const name of bundleNames) {
    const file = join(out, bundles[name].file)
    // The prelude declares names; a source that declares one of them again would only fail at start.
    expect(spawnSync(process.execPath, ['--check', file], { encoding: 'utf8' }), name).toMatchObject({ status: 0, stderr: '' })
    expect(await readFile(file, 'utf8')).not.toContain(repository)
  }
  expect(await readFile(join(out, 'cli.mjs'), 'utf8')).toContain('native addons are not used')
})

it('names the entries that are missing and writes nothing', async () => {
  await expect(bundle(bundleNames, join(out, 'empty'), join(out, 'x'))).rejects.toThrow(/missing: electron\/main\/electron\.ts, electron\/preload\/index\.ts, electron\/main\/chromium\.ts, electron\/main\/cli\.ts/)
})
