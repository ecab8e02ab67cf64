import { execFileSync } from 'node:child_process'
import { existsSync, linkSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openConnectionFile } from './connection-file.ts'

let dir: string
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), 'latchkey-vv-'))))
afterEach(() => rmSync(dir, { recursive: true }))
const put = (name: string, content: string | Buffer = '[virt-viewer]\n'): string => {
  writeFileSync(join(dir, name), content)
  return join(dir, name)
}

describe('reading', () => {
  it('gives the text; also through a link', async () => {
    const path = put('a.vv', '[virt-viewer]\ntitle=ä\n')
    symlinkSync(path, join(dir, 'link.vv'))
    expect((await openConnectionFile(path, 100)).text).toBe('[virt-viewer]\ntitle=ä\n')
    expect((await openConnectionFile(join(dir, 'link.vv'), 100)).text).toBe('[virt-viewer]\ntitle=ä\n')
  })
  it('refuses what is no file, too large, or no text', async () => {
    const refused = (path: string) => expect(openConnectionFile(path, 100)).rejects
    await refused(join(dir, 'none')).toMatchObject({ code: 'vv.missing' })
    mkdirSync(join(dir, 'd'))
    await refused(join(dir, 'd')).toMatchObject({ code: 'vv.invalid' })
    execFileSync('mkfifo', [join(dir, 'fifo')])
    await refused(join(dir, 'fifo')).toMatchObject({ code: 'vv.invalid', detail: expect.stringContaining('no regular file') as string })
    await refused(put('big', 'x'.repeat(101))).toMatchObject({ code: 'vv.invalid', detail: expect.stringContaining('larger') as string })
    await refused(put('latin1', Buffer.from([0xe4]))).toMatchObject({ code: 'vv.invalid', detail: expect.stringContaining('UTF-8') as string })
  })
})

describe('deleting', () => {
  it('the file that was read', async () => {
    const path = put('a.vv')
    expect(await (await openConnectionFile(path, 100)).remove()).toBeUndefined()
    expect(existsSync(path)).toBe(false)
  })
  it('one that is gone already is as good', async () => {
    const path = put('a.vv')
    const file = await openConnectionFile(path, 100)
    rmSync(path)
    expect(await file.remove()).toBeUndefined()
  })
  it.each<[string, (path: string) => void, string]>([
    ['another file in its place', (path) => { const other = put('b'); renameSync(path, `${path}.old`); renameSync(other, path) }, 'taken its place'],
    ['a link in its place', (path) => { renameSync(path, `${path}.old`); symlinkSync(`${path}.old`, path) }, 'link'],
    ['a directory in its place', (path) => { renameSync(path, `${path}.old`); mkdirSync(path) }, 'no regular file'],
    ['a second name', (path) => linkSync(path, `${path}.too`), 'another name'],
  ])('never %s', async (_what, happen, words) => {
    const path = put('a.vv')
    const file = await openConnectionFile(path, 100)
    happen(path)
    expect(await file.remove()).toContain(words)
    expect(existsSync(path)).toBe(true)
  })
})
