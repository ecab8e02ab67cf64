// Why: unpacks the Chromium of npm's @sparticuz/chromium ourselves. The package's own code uses one fixed folder that
// every local user can prepare in advance, and flags that switch the sandbox off; neither is for us.
import { createHash } from 'node:crypto'
import { execFile } from 'node:child_process'
import { createReadStream, createWriteStream } from 'node:fs'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Transform } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { createBrotliDecompress } from 'node:zlib'
import { AppError } from '../../core/errors.ts'

/** SHA-256 of the packed files of @sparticuz/chromium 147.0.0 (the version that package.json pins). */
export const PACKED_SHA256: Readonly<Record<string, string>> = {
  'chromium.br': '64d813a054f76fc32b8010e305d87e6d7a45aa76ee02d36e66c03c8ca6667e8d',
  'al2023.tar.br': '2e22542d8c66b83194172f4bbbef0a79b80bbeb99d69abf3962d85c1351f478d',
  'fonts.tar.br': '78620f052a57d98716b8da709e9de5c14a5ae606e60810009f5051ab46e2a588',
}

export interface Unpacked {
  readonly executable: string
  readonly env: Readonly<Record<string, string>>
}

/**
 * Unpacks into `dir` (private, exists). Takes some 3 s and 200 MB. Errors: shell.unavailable when a packed file is not
 * the one recorded above, or cannot be unpacked.
 */
export async function unpackChromium(packed: string, dir: string, sums: Readonly<Record<string, string>> = PACKED_SHA256): Promise<Unpacked> {
  try {
    const executable = join(dir, 'chromium')
    const fonts = unpackTar(join(packed, 'fonts.tar.br'), sums, join(dir, 'fonts-npm'))
    const program = pipeline(await verified(join(packed, 'chromium.br'), sums), createBrotliDecompress(), createWriteStream(executable, { flags: 'wx', mode: 0o600 }))
    await Promise.all([fonts, program])
    // Executable only now that the sum is known to be right.
    await chmod(executable, 0o755)
    const env: Record<string, string> = { FONTCONFIG_FILE: await writeFontConfig(dir) }
    if (await missesLibraries(executable)) {
      await unpackTar(join(packed, 'al2023.tar.br'), sums, join(dir, 'libs'))
      env['LD_LIBRARY_PATH'] = join(dir, 'libs', 'lib')
    }
    return { executable, env }
  } catch (e) {
    if (e instanceof AppError) throw e
    throw new AppError('shell.unavailable', `the Chromium of @sparticuz/chromium cannot be unpacked: ${e instanceof Error ? e.message : String(e)}`, { cause: e })
  }
}

/** A stream of the file that fails at its end when the sum is wrong. */
async function verified(file: string, sums: Readonly<Record<string, string>>): Promise<NodeJS.ReadableStream> {
  const name = file.slice(dirname(file).length + 1)
  const hash = createHash('sha256')
  const check = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk)
      done(null, chunk)
    },
    flush(done) {
      const sum = hash.digest('hex')
      done(sum === sums[name] ? null : new AppError('shell.unavailable', `${name} of @sparticuz/chromium is not the file we know (sha256 ${sum}). Run npm ci again, or install the package "chromium".`))
    },
  })
  const source = createReadStream(file, { highWaterMark: 1 << 20 })
  source.on('error', (e) => check.destroy(e))
  return source.pipe(check)
}

async function unpackTar(file: string, sums: Readonly<Record<string, string>>, into: string): Promise<void> {
  const stream = createBrotliDecompress()
  const [bytes] = await Promise.all([buffer(stream), pipeline(await verified(file, sums), stream)])
  for (const entry of readTar(bytes)) {
    const target = join(into, ...entry.name.split('/'))
    await mkdir(dirname(target), { recursive: true, mode: 0o755 })
    await writeFile(target, entry.bytes, { flag: 'wx', mode: 0o644 })
  }
}

/**
 * Regular files of a POSIX ustar archive (512-byte blocks: name at 0, size in octal at 124, type at 156, prefix at
 * 345; IEEE Std 1003.1, pax). Other kinds are skipped: these archives need no links. Names that leave the folder throw.
 */
export function* readTar(bytes: Buffer): Generator<{ name: string; bytes: Buffer }> {
  const text = (at: number, length: number) => bytes.toString('latin1', at, at + length).replace(/\0[^]*$/, '')
  for (let at = 0; at + 512 <= bytes.length; ) {
    if (bytes[at] === 0) break
    const size = parseInt(text(at + 124, 12).trim() || '0', 8)
    if (!Number.isSafeInteger(size) || size < 0 || at + 512 + size > bytes.length) throw new AppError('shell.unavailable', 'a packed archive is damaged')
    const type = text(at + 156, 1)
    const prefix = text(at + 257, 5) === 'ustar' ? text(at + 345, 155) : ''
    const parts = `${prefix}/${text(at, 100)}`.split('/').filter((p) => p !== '' && p !== '.')
    if (parts.includes('..')) throw new AppError('shell.unavailable', 'a packed archive names a path outside its folder')
    if ((type === '0' || type === '') && parts.length > 0) yield { name: parts.join('/'), bytes: bytes.subarray(at + 512, at + 512 + size) }
    at += 512 + Math.ceil(size / 512) * 512
  }
}

/** Text must appear on systems without a single font: the system's own come first, then the packed Open Sans. */
async function writeFontConfig(dir: string): Promise<string> {
  const file = join(dir, 'fonts.conf')
  const xml = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>/usr/share/fonts</dir>
  <dir>/usr/local/share/fonts</dir>
  <dir>${escapeXml(join(dir, 'fonts-npm'))}</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
  <include ignore_missing="yes">/etc/fonts/conf.d</include>
  <alias><family>sans-serif</family><prefer><family>DejaVu Sans</family><family>Open Sans</family></prefer></alias>
  <alias><family>system-ui</family><prefer><family>DejaVu Sans</family><family>Open Sans</family></prefer></alias>
</fontconfig>
`
  await writeFile(file, xml, { flag: 'wx', mode: 0o644 })
  return file
}

const escapeXml = (text: string) => text.replace(/[&<>]/g, (c) => `&#${c.charCodeAt(0)};`)

/** ldd prints "not found" for what the system lacks. Where there is no ldd we cannot know and use the packed libraries. */
async function missesLibraries(executable: string): Promise<boolean> {
  const out = await promisify(execFile)('ldd', [executable], { env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' } }).then((r) => r.stdout, () => 'not found')
  return out.includes('not found')
}
