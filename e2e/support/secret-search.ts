// Why: "the password is nowhere" is only worth something if the search would find it. One search takes all needles at
// once, secrets and planted markers, and says where each was; the markers prove every place that was looked at.
import { closeSync, lstatSync, openSync, readSync, readdirSync, readlinkSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { heapSnapshots } from './heap.ts'

export interface Hit {
  /** Name of the needle, never its value: this ends up in a report. */
  readonly needle: string
  readonly form: string
  readonly where: string
}

/** Needles by name. Values are ASCII letters and digits, so that JSON, URLs and shells leave them as they are. */
export type Needles = Readonly<Record<string, string>>

interface Form {
  readonly needle: string
  readonly form: string
  readonly bytes: Buffer
}

const PIECE = 4 * 1024 * 1024

export class SecretSearch {
  readonly #forms: readonly Form[]
  readonly #longest: number

  constructor(needles: Needles) {
    this.#forms = Object.entries(needles).flatMap(([needle, value]) => formsOf(value).map((f) => ({ needle, ...f })))
    this.#longest = Math.max(...this.#forms.map((f) => f.bytes.length))
  }

  bytes(where: string, bytes: Buffer): Hit[] {
    return this.#forms.filter((f) => bytes.includes(f.bytes)).map(({ needle, form }) => ({ needle, form, where }))
  }

  text(where: string, text: string): Hit[] {
    return this.bytes(where, Buffer.from(text, 'utf8'))
  }

  /** In pieces that overlap by more than the longest needle. A file that has gone or may not be read has no hits. */
  file(where: string, path: string): Hit[] {
    const found = new Map<string, Hit>()
    const piece = Buffer.alloc(PIECE)
    let fd
    try {
      fd = openSync(path, 'r')
      let kept = 0
      for (;;) {
        const n = readSync(fd, piece, kept, PIECE - kept, null)
        if (n === 0) break
        for (const hit of this.bytes(where, piece.subarray(0, kept + n))) found.set(`${hit.needle} ${hit.form}`, hit)
        const tail = Math.min(this.#longest, kept + n)
        piece.copyWithin(0, kept + n - tail, kept + n)
        kept = tail
      }
    } catch {
      // Temporary files come and go while we look.
    } finally {
      if (fd !== undefined) closeSync(fd)
    }
    return [...found.values()]
  }

  /** Every regular file below `folders` that was written or made since `since` (epoch, ms). */
  changedFiles(folders: readonly string[], since: number): Hit[] {
    return folders.flatMap((folder) => changed(folder, since)).flatMap((path) => this.file(`file ${path}`, path))
  }

  /** Command line and environment of every process that we may read. */
  processes(): Hit[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((pid) => ['cmdline', 'environ'].flatMap((what) => this.file(`${what} of ${pid}`, `/proc/${pid}/${what}`)))
  }

  /** Regular files that these processes hold open, deleted ones too. */
  openFiles(pids: readonly number[]): Hit[] {
    return pids.flatMap((pid) => {
      const dir = `/proc/${pid}/fd`
      return list(dir).flatMap((fd) => {
        const path = join(dir, fd)
        const target = link(path)
        // Programs and libraries are the system's; what is left was opened for reading or writing data.
        if (!target.startsWith('/') || /^\/(usr|lib|dev\/(null|pts|urandom|tty))/.test(target)) return []
        return this.file(`open file ${target} of ${pid}`, path)
      })
    })
  }

  /** All strings that the page's JavaScript and its workers' can still reach; V8 collects garbage before it takes a snapshot. */
  async heap(page: Page): Promise<Hit[]> {
    return (await heapSnapshots(page)).flatMap(({ of, snapshot }) => this.text(`heap of ${of}`, snapshot))
  }
}

/** Where a program may leave something: temporary folders, the run-time folder, the home. Without doubles. */
export function places(): string[] {
  const all = [tmpdir(), '/tmp', '/var/tmp', '/dev/shm', process.env['XDG_RUNTIME_DIR'], homedir()].filter((p) => p !== undefined)
  return [...new Set(all)].filter((p) => !all.some((other) => other !== p && p.startsWith(`${other}/`)))
}

function formsOf(value: string): { form: string; bytes: Buffer }[] {
  const utf8 = Buffer.from(value, 'utf8')
  // Inside a longer text, base64 has three forms; the outermost characters depend on the neighbours.
  const base64 = [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), utf8]).toString('base64').replace(/=+$/, '')
    return { form: `base64+${shift}`, bytes: Buffer.from(text.slice(shift === 0 ? 0 : shift + 1, -2)) }
  })
  return [
    { form: 'utf-8', bytes: utf8 },
    { form: 'utf-16', bytes: Buffer.from(value, 'utf16le') },
    { form: 'hex', bytes: Buffer.from(utf8.toString('hex')) },
    ...base64,
  ]
}

function changed(folder: string, since: number): string[] {
  return list(folder).flatMap((name) => {
    const path = join(folder, name)
    let s
    try {
      s = lstatSync(path)
    } catch {
      return []
    }
    if (s.isDirectory()) return changed(path, since)
    return s.isFile() && s.ctimeMs >= since ? [path] : []
  })
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function link(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}

/** Names of the needles that were found, each with its places, for a message that a person can read. */
export const summary = (hits: readonly Hit[]): string[] => hits.map((h) => `${h.needle} (${h.form}) in ${h.where}`)
