// Why: a picture of somebody's desktop goes to a file that only its owner reads. An existing file is replaced, as every
// command with an output option does, but whole or not at all, and never through a link: root writes into /tmp too.
import { randomBytes } from 'node:crypto'
import { lstatSync, statSync } from 'node:fs'
import { rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { AppError } from '../../core/errors.ts'

/** Before the work is done for nothing. Errors: cli.usage when `path` cannot become a file. */
export function checkPictureFile(path: string): void {
  const folder = statSync(dirname(path), { throwIfNoEntry: false })
  if (!folder?.isDirectory()) throw new AppError('cli.usage', `--screenshot: there is no folder ${dirname(path)}`)
  // Not followed: a link may lead anywhere, and a device is not replaced by a file.
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found && !found.isFile()) throw new AppError('cli.usage', `--screenshot: ${path} is not an ordinary file`)
}

/** Mode 0600, whatever was there before. Errors: cli.usage when it cannot be written; then nothing is left behind. */
export async function writePictureFile(path: string, bytes: Uint8Array): Promise<void> {
  const draft = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}`)
  try {
    checkPictureFile(path)
    await writeFile(draft, bytes, { flag: 'wx', mode: 0o600 })
    await rename(draft, path)
  } catch (e) {
    await rm(draft, { force: true }).catch(() => {})
    if (e instanceof AppError) throw e
    throw new AppError('cli.usage', `--screenshot: ${path} cannot be written (${(e as NodeJS.ErrnoException).code ?? 'unknown error'})`, { cause: e })
  }
}
