// Why: a connection file somebody opens is a one-time permission in a file: it is read once, from one descriptor, and
// deleted where it asks for that, but never anything else in its place.
import { constants, type Stats } from 'node:fs'
import { lstat, open, unlink, type FileHandle } from 'node:fs/promises'
import { AppError } from '../../core/errors.ts'

export interface ConnectionFile {
  readonly path: string
  readonly text: string
  /**
   * Deletes the file, for `delete-this-file=1`: only the very file that was read, a regular one of this account with one
   * name. Never rejects.
   * @returns why it is still there, for the log; undefined: it is gone
   */
  remove(): Promise<string | undefined>
}

/** @param maxBytes larger files are refused. Errors: vv.missing, vv.invalid */
export async function openConnectionFile(path: string, maxBytes: number): Promise<ConnectionFile> {
  // O_NONBLOCK: a named pipe must not keep us waiting for a writer.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') throw new AppError('vv.missing', `${path} does not exist`, { cause })
    throw invalid(path, `cannot be opened: ${cause.code ?? cause.message}`)
  })
  try {
    const stats = await file.stat()
    if (!stats.isFile()) throw invalid(path, 'is no regular file')
    const text = decode(path, await readBounded(file, path, maxBytes))
    return { path, text, remove: () => remove(path, stats) }
  } finally {
    await file.close()
  }
}

/** The size of fstat is not believed: a file may grow while it is read. */
async function readBounded(file: FileHandle, path: string, maxBytes: number): Promise<Buffer> {
  const buffer = Buffer.alloc(maxBytes + 1)
  let length = 0
  for (;;) {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length, null)
    if (bytesRead === 0) return buffer.subarray(0, length)
    length += bytesRead
    if (length > maxBytes) throw invalid(path, `is larger than ${maxBytes / 1024} KiB`)
  }
}

function decode(path: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw invalid(path, 'is not valid UTF-8')
  } finally {
    bytes.fill(0)
  }
}

async function remove(path: string, read: Stats): Promise<string | undefined> {
  try {
    const now = await lstat(path)
    if (!now.isFile()) return 'it is no regular file any more, or a link to one'
    if (now.ino !== read.ino || now.dev !== read.dev) return 'another file has taken its place'
    if (now.uid !== process.getuid?.()) return 'it belongs to another account'
    if (now.nlink > 1) return 'it has another name besides this one'
    await unlink(path)
    return undefined
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code
    return code === 'ENOENT' ? undefined : `it cannot be deleted: ${code ?? String(cause)}`
  }
}

function invalid(path: string, what: string): AppError {
  return new AppError('vv.invalid', `${path} ${what}`, { params: { what } })
}
