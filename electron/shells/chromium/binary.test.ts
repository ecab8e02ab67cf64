// Why: which browser is started is decided by files on disk; each decision and each refusal is shown on made-up ones.
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, constants } from 'node:zlib'
import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findExecutable, INSTALLED, npmBinFolder, type FindOptions } from './binary.ts'
import { readTar, unpackChromium } from './unpack.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'latchkey-test-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

const program = async (name: string, text = '\x7fELF', mode = 0o755) => {
  const path = join(dir, name)
  await writeFile(path, text)
  await chmod(path, mode)
  return path
}
const find = (o: Partial<FindOptions>) => findExecutable({ headless: false, path: '', unpackInto: () => Promise.reject(new Error('not to be unpacked')), npmBin: undefined, candidates: [], ...o })

describe('which browser', () => {
  it('takes the configured one, and no other in its place', async () => {
    const own = await program('mine')
    const other = await program('other')
    expect(await find({ configured: own, candidates: [other] })).toMatchObject({ path: own, origin: 'configured', headlessShell: false })
    for (const configured of [join(dir, 'nowhere'), dir, 'relative/chromium', await program('data', 'x', 0o644)]) {
      await expect(find({ configured, candidates: [other] })).rejects.toMatchObject({ code: 'shell.unavailable' })
    }
  })

  it('knows that a headless build cannot open a window', async () => {
    const shell = await program('chrome-headless-shell')
    expect(await find({ configured: shell, headless: true })).toMatchObject({ headlessShell: true })
    await expect(find({ configured: shell })).rejects.toMatchObject({ code: 'shell.unavailable', detail: expect.stringContaining('headless') as string })
  })

  it('prefers the first candidate that can run, and passes over snaps', async () => {
    const snap = await program('chromium-browser', '#!/bin/sh\nif ! [ -x /snap/bin/chromium ]; then exit 1; fi\nexec /snap/bin/chromium "$@"\n')
    const real = await program('chromium')
    expect(await find({ candidates: [join(dir, 'none'), snap, real] })).toMatchObject({ path: real, origin: 'installed' })
  })

  it('looks on PATH for the usual names, after the real binaries', async () => {
    await program('google-chrome')
    const chromium = await program('chromium')
    const { candidates: _none, ...rest } = { candidates: undefined }
    const found = await findExecutable({ headless: false, path: `relative:${dir}`, unpackInto: () => Promise.reject(new Error()), npmBin: undefined, ...rest })
    expect([...INSTALLED, chromium]).toContain(found.path)
  })

  it('says how to get one when there is none', async () => {
    await expect(find({})).rejects.toMatchObject({ code: 'shell.unavailable', detail: expect.stringMatching(/apt install chromium.*Electron/) as string })
    await expect(find({ headless: true })).rejects.toMatchObject({ code: 'shell.unavailable', detail: expect.stringContaining('@sparticuz/chromium') as string })
  })

  it('never unpacks the headless binary for a window', async () => {
    await expect(find({ npmBin: dir })).rejects.toMatchObject({ code: 'shell.unavailable', detail: expect.stringContaining('no Chromium is installed') as string })
  })

  it('finds the packed files of npm', () => {
    expect(npmBinFolder()).toMatch(/@sparticuz\/chromium\/bin$/)
  })
})

describe('unpacking', () => {
  const pack = (bytes: Buffer) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })
  const tar = (name: string, text: string, type = '0') => {
    const head = Buffer.alloc(512)
    head.write(name, 0)
    head.write(text.length.toString(8).padStart(11, '0'), 124)
    head.write(type, 156)
    head.write('ustar', 257)
    const body = Buffer.alloc(Math.ceil(text.length / 512) * 512)
    body.write(text)
    return Buffer.concat([head, body])
  }
  /** A package of made-up files and the sums that belong to them. */
  const packed = async (files: Record<string, Buffer>) => {
    const folder = join(dir, 'packed')
    await mkdir(folder)
    const sums: Record<string, string> = {}
    for (const [name, bytes] of Object.entries(files)) {
      const data = pack(bytes)
      await writeFile(join(folder, name), data)
      sums[name] = createHash('sha256').update(data).digest('hex')
    }
    const into = join(dir, 'out')
    await mkdir(into)
    return { folder, sums, into }
  }
  const good = () => ({
    'chromium.br': Buffer.from('#!/bin/sh\n'),
    'fonts.tar.br': Buffer.concat([tar('fonts/a.ttf', 'font'), Buffer.alloc(1024)]),
    'al2023.tar.br': Buffer.concat([tar('lib/libnss3.so', 'lib'), Buffer.alloc(1024)]),
  })

  it('makes an executable and a font configuration that names the packed fonts', async () => {
    const p = await packed(good())
    const made = await unpackChromium(p.folder, p.into, p.sums)
    expect(made.executable).toBe(join(p.into, 'chromium'))
    expect(made.env['FONTCONFIG_FILE']).toBe(join(p.into, 'fonts.conf'))
    // A script is nothing that ldd can read, so the packed libraries are taken: better too many than none.
    expect(made.env['LD_LIBRARY_PATH']).toBe(join(p.into, 'libs', 'lib'))
  })

  it.each(['chromium.br', 'fonts.tar.br'])('refuses a changed %s and leaves nothing executable', async (name) => {
    const p = await packed(good())
    await expect(unpackChromium(p.folder, p.into, { ...p.sums, [name]: '0'.repeat(64) })).rejects.toMatchObject({ code: 'shell.unavailable', detail: expect.stringMatching(new RegExp(`${name.replace('.', '\\.')}.*is not the file we know`)) as string })
    const { stat } = await import('node:fs/promises')
    const left = await stat(join(p.into, 'chromium')).catch(() => undefined)
    if (name === 'chromium.br') expect((left?.mode ?? 0) & 0o111).toBe(0)
  })

  it('refuses a package with a missing or damaged file', async () => {
    const p = await packed(good())
    await rm(join(p.folder, 'fonts.tar.br'))
    await expect(unpackChromium(p.folder, p.into, p.sums)).rejects.toMatchObject({ code: 'shell.unavailable' })
  })

  it('does not write over what is there', async () => {
    const p = await packed(good())
    await writeFile(join(p.into, 'chromium'), 'planted')
    await expect(unpackChromium(p.folder, p.into, p.sums)).rejects.toMatchObject({ code: 'shell.unavailable' })
  })

  it('reads regular files of an archive, and refuses paths that leave it and sizes that lie', () => {
    expect([...readTar(Buffer.concat([tar('./a/b', 'hi'), tar('d/', '', '5'), tar('l', '', '2'), Buffer.alloc(512)]))].map((e) => [e.name, e.bytes.toString()])).toEqual([['a/b', 'hi']])
    expect(() => [...readTar(tar('../x', 'hi'))]).toThrow(/outside/)
    expect(() => [...readTar(tar('x', 'hi').subarray(0, 513))]).toThrow(/damaged/)
  })
})
