// Why: the configuration names the host that gets everybody's password, so whoever can write it owns the sign-in.
// A file is therefore believed only if nobody but root (with --dev also the invoking user) could have written it.
// The argument, step by step:
//  - every check is made by fstat on the descriptor that is then read, so there is no moment between check and use;
//  - O_NOFOLLOW refuses a link in the last component; O_NONBLOCK keeps a planted FIFO from hanging the start;
//  - files are opened through the descriptor of the directory that was checked (/proc/self/fd/N is openat for Node),
//    so a directory that is renamed away meanwhile changes nothing;
//  - without --dev every directory above is checked too: who may rename /etc/latchkey needs no write right inside.
// What it does not stop: root, a hypervisor below this machine, and a disk mounted by somebody else.
import { closeSync, constants, fstatSync, lstatSync, openSync, readdirSync, readSync, type Stats } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { AppError } from '../../core/errors.ts'

/** 256 KiB: a hundred endpoints fit many times over. */
export const MAX_CONFIG_BYTES = 256 * 1024
/** Files looked at in one directory. */
export const MAX_CONFIG_FILES = 64

export interface TrustPolicy {
  /** User ids whose files are believed. */
  readonly owners: readonly number[]
  /** Also check every directory above. Off with --dev, where a checkout may lie anywhere. */
  readonly ancestors: boolean
}

/** Root alone; with --dev the invoking user too. */
export function trustPolicy(dev: boolean): TrustPolicy {
  return dev ? { owners: [0, process.getuid?.() ?? 0], ancestors: false } : { owners: [0], ancestors: true }
}

export interface TrustedDirectory {
  readonly path: string
  /** Names of the regular candidates, sorted by code unit, the order in which they are merged. */
  readonly names: readonly string[]
  /** UTF-8 text of one file. Rejects with config.untrusted-file, config.missing or config.invalid. */
  read(name: string): string
  close(): void
}

/** Opens a directory of configuration files and lists those that end in `.yaml`. Errors: config.missing, config.untrusted-file. */
export function openTrustedDirectory(dir: string, policy: TrustPolicy): TrustedDirectory {
  // resolve() drops a trailing slash, with which open() would follow a link in spite of O_NOFOLLOW.
  const path = resolve(dir)
  if (policy.ancestors) checkAncestors(path, policy)
  const fd = open(path, constants.O_DIRECTORY)
  try {
    assertTrusted(path, fstatSync(fd), policy)
    const all = readdirSync(`/proc/self/fd/${fd}`)
    const names = all.filter((n) => n.endsWith('.yaml') && !n.startsWith('.')).sort()
    if (names.length > MAX_CONFIG_FILES) throw new AppError('config.invalid', `more than ${MAX_CONFIG_FILES} .yaml files in the directory`)
    return { path, names, read: (name) => readTrusted(`/proc/self/fd/${fd}/${name}`, join(path, name), policy), close: () => closeSync(fd) }
  } catch (e) {
    closeSync(fd)
    throw e
  }
}

/** Reads one file under the policy; `shown` is its name in messages. */
export function readTrusted(at: string, shown: string, policy: TrustPolicy): string {
  const fd = open(at, constants.O_NONBLOCK)
  try {
    const stats = fstatSync(fd)
    if (!stats.isFile()) throw untrusted('is not a regular file')
    assertTrusted(shown, stats, policy)
    return decode(readBounded(fd))
  } finally {
    closeSync(fd)
  }
}

function open(at: string, flags: number): number {
  try {
    return openSync(at, constants.O_RDONLY | constants.O_NOFOLLOW | flags)
  } catch (e) {
    const code = (e as NodeJS.ErrnoException).code
    if (code === 'ENOENT') throw new AppError('config.missing', 'does not exist', { cause: e })
    if (code === 'ELOOP') throw untrusted('is a symbolic link, which is not followed', e)
    // O_DIRECTORY | O_NOFOLLOW answers ENOTDIR for a link as well as for a file.
    if (code === 'ENOTDIR') throw untrusted(isLink(at) ? 'is a symbolic link, which is not followed' : 'is not a directory', e)
    if (code === 'EACCES' || code === 'EPERM') throw new AppError('config.missing', 'may not be read by this account', { cause: e })
    throw untrusted(`cannot be opened (${code ?? String(e)})`, e)
  }
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false
}

function assertTrusted(path: string, stats: Stats, policy: TrustPolicy): void {
  if (!policy.owners.includes(stats.uid)) throw untrusted(`belongs to user ${stats.uid}, not to ${policy.owners.includes(0) && policy.owners.length === 1 ? 'root' : `one of ${policy.owners.join(', ')}`} (chown root ${path})`)
  if ((stats.mode & 0o022) !== 0) throw untrusted(`may be written by its group or by others, mode ${(stats.mode & 0o7777).toString(8)} (chmod go-w ${path})`)
}

/** A sticky directory (like /tmp) is acceptable above: others cannot rename what is not theirs in it. */
function checkAncestors(path: string, policy: TrustPolicy): void {
  for (let dir = dirname(path); ; dir = dirname(dir)) {
    const stats = lstatSync(dir, { throwIfNoEntry: false })
    if (!stats) throw new AppError('config.missing', 'does not exist')
    if (stats.isSymbolicLink()) throw untrusted(`lies below ${dir}, which is a symbolic link`)
    if (!policy.owners.includes(stats.uid)) throw untrusted(`lies below ${dir}, which belongs to user ${stats.uid}`)
    const sticky = (stats.mode & 0o1000) !== 0
    if ((stats.mode & 0o022) !== 0 && !sticky) throw untrusted(`lies below ${dir}, which its group or others may write to`)
    if (dir === dirname(dir)) return
  }
}

/** Reads to the end, at most MAX_CONFIG_BYTES. The size of fstat is not believed: the file may grow while it is read. */
function readBounded(fd: number): Buffer {
  const buffer = Buffer.alloc(MAX_CONFIG_BYTES + 1)
  let length = 0
  for (;;) {
    const n = readSync(fd, buffer, length, buffer.length - length, null)
    if (n === 0) return buffer.subarray(0, length)
    length += n
    if (length > MAX_CONFIG_BYTES) throw new AppError('config.invalid', `is larger than ${MAX_CONFIG_BYTES / 1024} KiB`)
  }
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (e) {
    throw new AppError('config.invalid', 'is not valid UTF-8', { cause: e })
  }
}

function untrusted(detail: string, cause?: unknown): AppError {
  return new AppError('config.untrusted-file', detail, cause === undefined ? {} : { cause })
}
