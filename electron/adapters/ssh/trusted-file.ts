// Why: the files that decide whom we trust (known hosts, the device's key) are read from one descriptor that was
// checked, so that what was checked is what is read.
import { constants, type Stats } from 'node:fs'
import { open } from 'node:fs/promises'
import { AppError } from '../../core/errors.ts'
import type { ErrorCode } from '../../../shared/error-codes.ts'

export interface FileRules {
  readonly what: string
  readonly maxBytes: number
  /** Permission bits that must be off. */
  readonly forbiddenMode: number
  readonly missing: ErrorCode
  readonly untrusted: ErrorCode
}

/** `known_hosts`: others may read it, nobody but owner and group may write it. */
export const KNOWN_HOSTS_RULES: FileRules = { what: 'known_hosts file', maxBytes: 4 * 1024 * 1024, forbiddenMode: 0o002, missing: 'config.missing', untrusted: 'config.untrusted-file' }
/** Private key: others may not even read it (a kiosk's group may). */
export const KEY_RULES: FileRules = { what: 'device key', maxBytes: 64 * 1024, forbiddenMode: 0o027, missing: 'ssh.device-key', untrusted: 'ssh.device-key' }

/** Certificates and .vv files: whoever writes them says whom we trust. */
export const CA_RULES: FileRules = { what: 'certificate file', maxBytes: 1024 * 1024, forbiddenMode: 0o002, missing: 'config.missing', untrusted: 'config.untrusted-file' }
/** A token or a display's ticket. */
export const TOKEN_RULES: FileRules = { what: 'token file', maxBytes: 16 * 1024, forbiddenMode: 0o027, missing: 'config.missing', untrusted: 'config.untrusted-file' }

/** Throws the codes of `rules`. O_NONBLOCK: opening a named pipe must not wait for a writer. */
export async function readTrustedFile(path: string, rules: FileRules): Promise<Buffer> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((cause: NodeJS.ErrnoException) => {
    throw unreadable(path, cause, rules)
  })
  try {
    assertRules(path, await file.stat(), rules)
    return await file.readFile()
  } finally {
    await file.close()
  }
}

/** What an open descriptor must be. Throws `rules.untrusted`. */
export function assertRules(path: string, stat: Stats, rules: FileRules): void {
  if (!stat.isFile()) throw new AppError(rules.untrusted, `${rules.what} ${path} is not a regular file`)
  if ((stat.mode & rules.forbiddenMode) !== 0) throw new AppError(rules.untrusted, `${rules.what} ${path} has the mode ${(stat.mode & 0o777).toString(8)}; none of ${rules.forbiddenMode.toString(8)} may be set`)
  if (stat.size > rules.maxBytes) throw new AppError(rules.untrusted, `${rules.what} ${path} is larger than ${rules.maxBytes} bytes`)
}

export function unreadable(path: string, cause: NodeJS.ErrnoException, rules: FileRules): AppError {
  return new AppError(cause.code === 'ENOENT' ? rules.missing : rules.untrusted, `${rules.what} ${path} cannot be read: ${cause.code ?? 'error'}`, { cause })
}
