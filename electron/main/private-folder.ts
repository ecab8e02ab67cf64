// Why: Electron keeps its lock in a folder with a name that anybody can guess. Whoever made it first could read and
// replace what lies in it, so it is used only if it is really ours.
import { lstatSync, mkdirSync } from 'node:fs'
import { AppError } from '../core/errors.ts'

/** Makes `path` (mode 0700) or finds it as we would have made it. Errors: shell.unavailable */
export function privateFolder(path: string, uid: number = process.getuid?.() ?? 0): string {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  const found = lstatSync(path)
  // Not followed: a link of somebody else's would lead us to a folder of ours, or of theirs.
  if (!found.isDirectory() || found.uid !== uid || (found.mode & 0o077) !== 0) {
    throw new AppError('shell.unavailable', `${path} is not a directory of this user's alone`)
  }
  return path
}
