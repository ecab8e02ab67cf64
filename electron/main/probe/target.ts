// Why: what a person names on the command line (an address, or a .vv file as services hand them out) and the ticket that
// belongs to it, as a route. A password comes from a file or from standard input: a command line is read by everybody.
import { open } from 'node:fs/promises'
import { openConnectionFile } from '../../adapters/net/connection-file.ts'
import { AppError } from '../../core/errors.ts'
import type { ConsoleGrant } from '../../core/ports/driver.ts'
import type { Redactor } from '../../core/redactor.ts'
import { Secret } from '../../core/secret.ts'
import { parseSpiceUri } from '../../drivers/spice/spice-uri.ts'
import { disposeTarget, targetToGrant, type SpiceTarget } from '../../drivers/spice/target.ts'
import { disposeVv, MAX_VV_BYTES, parseVvFile } from '../../drivers/spice/vv-file.ts'

export interface NamedTarget {
  readonly grant: ConsoleGrant
  /** For a person: host and port, or the socket. */
  readonly name: string
  /** Sentences that the person should read. */
  readonly warnings: readonly string[]
}

export interface TargetInput {
  /** As written on the command line. */
  readonly text: string
  /** A path, or `-` for standard input. Takes the place of the target's own password. */
  readonly ticketFile: string | undefined
  readonly stdin: AsyncIterable<Uint8Array | string>
  readonly redactor: Redactor
}

/** SPICE's tickets have at most 60 bytes (SPICE_MAX_PASSWORD_LENGTH); a file of more is not one. */
const MAX_TICKET_BYTES = 60
const ADDRESS = /^[a-z][a-z0-9+.-]*:\/\//i

/**
 * Errors: config.invalid (address), vv.invalid, vv.missing (file), cli.usage (ticket). Messages hold no secret.
 * A .vv file that asks to be deleted stays: a probe only looks.
 */
export async function readTarget(o: TargetInput): Promise<NamedTarget> {
  const { target, warnings, dispose } = ADDRESS.test(o.text) ? fromAddress(o) : await fromFile(o)
  try {
    using ticket = o.ticketFile === undefined ? undefined : await readTicket(o.ticketFile, o)
    return { grant: targetToGrant(target, ticket && { ticket }), name: nameOf(target), warnings }
  } finally {
    dispose()
  }
}

interface Found {
  readonly target: SpiceTarget
  readonly warnings: readonly string[]
  dispose(): void
}

function fromAddress({ text, redactor }: TargetInput): Found {
  const target = parseSpiceUri(text, redactor)
  const warnings = target.password ? ['the password on the command line can be read by every user of this machine; use --ticket-file'] : []
  return { target, warnings, dispose: () => disposeTarget(target) }
}

async function fromFile({ text: path, redactor }: TargetInput): Promise<Found> {
  const { text } = await openConnectionFile(path, MAX_VV_BYTES).catch(withHint)
  const file = parseVvFile(text, path, redactor)
  const warnings = file.notes.map((n) => `${path}${n.line === 0 ? '' : `:${n.line}`}: ${n.message}`)
  return { target: file.target, warnings, dispose: () => disposeVv(file) }
}

function nameOf({ unixPath, host = '', port, tlsPort }: SpiceTarget): string {
  if (unixPath !== undefined) return unixPath
  return `${host.includes(':') ? `[${host}]` : host}:${tlsPort ?? port ?? ''}`
}

/** One line; the line end is not part of the ticket. */
async function readTicket(file: string, { stdin, redactor }: TargetInput): Promise<Secret> {
  const bytes = file === '-' ? await readAll(stdin, MAX_TICKET_BYTES + 2) : await readFile(file, MAX_TICKET_BYTES + 2)
  const ticket = bytes.toString('utf8').replace(/\r?\n$/, '')
  bytes.fill(0)
  const what = file === '-' ? 'standard input' : file
  if (ticket === '' || ticket.includes('\n')) throw new AppError('cli.usage', `--ticket-file: ${what} does not hold one line with the ticket`)
  if (Buffer.byteLength(ticket) > MAX_TICKET_BYTES) throw new AppError('cli.usage', `--ticket-file: ${what} holds more than the ${MAX_TICKET_BYTES} bytes of a ticket`)
  return Secret.from(ticket, redactor)
}

function withHint(e: unknown): never {
  if (e instanceof AppError && e.code === 'vv.missing') throw new AppError(e.code, `${e.detail}; an address is written spice://HOST:PORT`, { cause: e })
  throw e
}

/** At most `max` bytes and one more, by which the reader sees that it is too much. A pipe will do (`<(command)`). */
async function readFile(path: string, max: number): Promise<Buffer> {
  try {
    await using file = await open(path, 'r')
    const bytes = Buffer.alloc(max + 1)
    let at = 0
    while (at < bytes.length) {
      const { bytesRead } = await file.read(bytes, at, bytes.length - at, null)
      if (bytesRead === 0) break
      at += bytesRead
    }
    return bytes.subarray(0, at)
  } catch (e) {
    const code = (e as NodeJS.ErrnoException).code
    const why = code === 'ENOENT' ? 'does not exist' : code === 'EACCES' ? 'may not be read' : code === 'EISDIR' ? 'is a directory' : `cannot be read (${code ?? 'unknown error'})`
    throw new AppError('cli.usage', `--ticket-file: ${path} ${why}`, { cause: e })
  }
}

async function readAll(stream: AsyncIterable<Uint8Array | string>, max: number): Promise<Buffer> {
  const parts: Buffer[] = []
  let length = 0
  for await (const piece of stream) {
    const part = Buffer.from(piece)
    parts.push(part)
    length += part.length
    if (length > max) break
  }
  const all = Buffer.concat(parts)
  for (const part of parts) part.fill(0)
  return all
}
