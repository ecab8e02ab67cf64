import { chmodSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { checkPictureFile, writePictureFile } from './picture-file.ts'

let dir: string
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), 'latchkey-picture-'))))
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const bytes = Buffer.from('a picture')
const usage = expect.objectContaining({ code: 'cli.usage' }) as Error

it('writes a file for its owner alone, also in the place of one that was open to all', async () => {
  const path = join(dir, 'a.png')
  await writePictureFile(path, bytes)
  expect(statSync(path).mode & 0o777).toBe(0o600)
  writeFileSync(path, 'older')
  chmodSync(path, 0o644)
  checkPictureFile(path)
  await writePictureFile(path, bytes)
  expect(readFileSync(path, 'utf8')).toBe('a picture')
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(readdirSync(dir)).toEqual(['a.png'])
})

it('goes through no link, replaces no folder, and makes none', async () => {
  const target = join(dir, 'target')
  symlinkSync(target, join(dir, 'link.png'))
  mkdirSync(join(dir, 'folder.png'))
  for (const path of [join(dir, 'link.png'), join(dir, 'folder.png'), '/dev/null', join(dir, 'none/a.png')]) {
    expect(() => checkPictureFile(path)).toThrow(usage)
    await expect(writePictureFile(path, bytes)).rejects.toEqual(usage)
  }
  expect(existsSync(target)).toBe(false)
  expect(lstatSync(join(dir, 'link.png')).isSymbolicLink()).toBe(true)
  expect(readdirSync(dir).sort()).toEqual(['folder.png', 'link.png'])
})
