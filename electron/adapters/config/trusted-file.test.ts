import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AppError } from '../../core/errors.ts'
import { MAX_CONFIG_BYTES, openTrustedDirectory, trustPolicy, type TrustPolicy } from './trusted-file.ts'

const me = process.getuid?.() ?? 0
const mine: TrustPolicy = { owners: [me], ancestors: false }
let dir: string

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'latchkey-config-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

function put(name: string, text: string | Uint8Array = 'a: 1\n', mode = 0o644): string {
  const path = join(dir, name)
  writeFileSync(path, text)
  chmodSync(path, mode)
  return path
}

function read(name: string, policy = mine): string {
  const d = openTrustedDirectory(dir, policy)
  try {
    return d.read(name)
  } finally {
    d.close()
  }
}

function refusal(fn: () => unknown): AppError {
  try {
    fn()
  } catch (e) {
    if (e instanceof AppError) return e
    throw e
  }
  throw new Error('was not refused')
}

describe('trusted files', () => {
  it('reads a regular file of a trusted owner', () => {
    put('a.yaml', 'label: Zürich\n')
    expect(read('a.yaml')).toBe('label: Zürich\n')
  })

  it('lists .yaml files only, sorted, without hidden ones', () => {
    for (const n of ['20-b.yaml', '10-a.yaml', '.x.yaml', 'README', 'c.yml', 'd.yaml~']) put(n)
    const d = openTrustedDirectory(dir, mine)
    expect(d.names).toEqual(['10-a.yaml', '20-b.yaml'])
    d.close()
  })

  it('refuses another owner', () => {
    put('a.yaml')
    const e = refusal(() => read('a.yaml', { owners: [me + 1], ancestors: false }))
    expect(e.code).toBe('config.untrusted-file')
    expect(e.detail).toContain(`belongs to user ${me}`)
  })

  it.each([0o664, 0o646, 0o666])('refuses a file of mode %o', (mode) => {
    put('a.yaml', 'a: 1', mode)
    const e = refusal(() => read('a.yaml'))
    expect(e.code).toBe('config.untrusted-file')
    expect(e.detail).toContain('chmod go-w')
  })

  it.each([0o775, 0o777])('refuses a directory of mode %o', (mode) => {
    put('a.yaml')
    chmodSync(dir, mode)
    expect(refusal(() => read('a.yaml')).code).toBe('config.untrusted-file')
  })

  it('refuses a symbolic link, even to a file that would be trusted', () => {
    put('real')
    symlinkSync(join(dir, 'real'), join(dir, 'a.yaml'))
    const e = refusal(() => read('a.yaml'))
    expect(e.code).toBe('config.untrusted-file')
    expect(e.detail).toContain('symbolic link')
  })

  it('refuses a linked directory, with or without a trailing slash', () => {
    mkdirSync(join(dir, 'real'))
    symlinkSync(join(dir, 'real'), join(dir, 'link'))
    for (const tail of ['link', 'link/']) {
      const e = refusal(() => openTrustedDirectory(`${dir}/${tail}`, mine))
      expect(e.code).toBe('config.untrusted-file')
      expect(e.detail).toContain('symbolic link')
    }
  })

  it('refuses a FIFO without waiting for a writer', () => {
    execFileSync('mkfifo', ['-m', '600', join(dir, 'a.yaml')])
    expect(refusal(() => read('a.yaml')).detail).toContain('not a regular file')
  })

  it('refuses a directory in place of a file', () => {
    mkdirSync(join(dir, 'a.yaml'))
    expect(refusal(() => read('a.yaml')).detail).toContain('not a regular file')
  })

  it('refuses a file beyond the limit and takes one at the limit', () => {
    put('a.yaml', Buffer.alloc(MAX_CONFIG_BYTES, 0x20))
    put('b.yaml', Buffer.alloc(MAX_CONFIG_BYTES + 1, 0x20))
    expect(read('a.yaml')).toHaveLength(MAX_CONFIG_BYTES)
    expect(refusal(() => read('b.yaml'))).toMatchObject({ code: 'config.invalid', detail: 'is larger than 256 KiB' })
  })

  it('refuses what is not UTF-8', () => {
    put('a.yaml', Buffer.from([0x61, 0x3a, 0x20, 0xff]))
    expect(refusal(() => read('a.yaml')).detail).toBe('is not valid UTF-8')
  })

  it('says that a directory is missing', () => {
    expect(refusal(() => openTrustedDirectory(join(dir, 'none'), mine)).code).toBe('config.missing')
  })

  it('refuses a trusted directory below one that others may change', () => {
    const outer = join(dir, 'outer')
    mkdirSync(join(outer, 'config.d'), { recursive: true })
    chmodSync(outer, 0o777)
    const strict: TrustPolicy = { owners: [0, me], ancestors: true }
    expect(refusal(() => openTrustedDirectory(join(outer, 'config.d'), strict)).detail).toContain('lies below')
    chmodSync(outer, 0o755)
    openTrustedDirectory(join(outer, 'config.d'), strict).close()
  })

  it('believes root alone, with --dev the invoking user too', () => {
    expect(trustPolicy(false)).toEqual({ owners: [0], ancestors: true })
    expect(trustPolicy(true).owners).toEqual([0, me])
  })
})
