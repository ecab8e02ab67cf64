import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { checkKeyFile, checkKnownHosts } from './key-files.ts'

let dir: string
let file: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'latchkey-key-'))
  file = join(dir, 'k')
  writeFileSync(file, '')
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

/** Modes are checked as the connection checks them: a group (the kiosk's) may read the key, nobody else. */
it.each([
  [0o600, 0],
  [0o400, 0],
  [0o640, 0],
  [0o660, 1],
  [0o604, 1],
])('a key file of mode %o has %i errors', (mode, n) => {
  chmodSync(file, mode)
  expect(checkKeyFile(file).filter((f) => f.severity === 'error')).toHaveLength(n)
})

it.each([
  [0o644, 0],
  [0o646, 1],
])('a known_hosts file of mode %o has %i errors', (mode, n) => {
  chmodSync(file, mode)
  expect(checkKnownHosts(file).filter((f) => f.severity === 'error')).toHaveLength(n)
})

it('what chmod is advised makes it good', () => {
  chmodSync(file, 0o666)
  expect(checkKeyFile(file)[0]?.message).toContain('(chmod go-w,o-r ')
  execFileSync('chmod', ['go-w,o-r', file])
  expect(checkKeyFile(file)).toEqual([])
  chmodSync(file, 0o666)
  execFileSync('chmod', ['o-w', file])
  expect(checkKnownHosts(file)).toEqual([])
})

it('absence is a warning, a relative path or a directory an error', () => {
  expect(checkKeyFile(join(dir, 'none'))).toMatchObject([{ severity: 'warning' }])
  expect(checkKeyFile('k')).toMatchObject([{ severity: 'error' }])
  expect(checkKnownHosts(dir)).toMatchObject([{ severity: 'error' }])
})
