// Why: a password goes into an HTML form's encoding without becoming a string on the way.
// Format: application/x-www-form-urlencoded of the URL standard (space as +, all but *-._ and alphanumerics as %XX).
import type { Secret } from './secret.ts'

const plain = (byte: number): boolean =>
  (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a) || byte === 0x2a || byte === 0x2d || byte === 0x2e || byte === 0x5f

/** A list is the same field several times; a function's bytes are UTF-8, made when they are sent and wiped then. */
export type FormValue = string | Secret | (() => Buffer) | readonly string[]

/** A request body for HttpRequest; its bytes are made when they are sent. */
export function formBody(fields: Readonly<Record<string, FormValue>>): { readonly type: string; readonly content: () => Buffer } {
  return { type: 'application/x-www-form-urlencoded', content: () => encode(fields) }
}

function encode(fields: Readonly<Record<string, FormValue>>): Buffer {
  const parts = Object.entries(fields).flatMap(([name, value]): [Buffer, string | Secret | Buffer][] => {
    const key = Buffer.from(name, 'utf8')
    if (typeof value === 'function') return [[key, value()]]
    return isList(value) ? value.map((one) => [key, one]) : [[key, value]]
  })
  const bytesOf = (value: string | Secret | Buffer): number => (typeof value === 'string' ? Buffer.byteLength(value, 'utf8') : value.byteLength)
  // Never from the shared pool, so that whoever wipes it wipes all of it.
  const out = Buffer.allocUnsafeSlow(parts.reduce((sum, [name, value]) => sum + 3 * (name.length + bytesOf(value)) + 2, 0))
  let at = 0
  const put = (bytes: Uint8Array): void => {
    for (const byte of bytes) {
      if (plain(byte)) out[at++] = byte
      else if (byte === 0x20) out[at++] = 0x2b
      else at += out.write(`%${byte.toString(16).toUpperCase().padStart(2, '0')}`, at, 'latin1')
    }
  }
  parts.forEach(([name, value], i) => {
    if (i > 0) out[at++] = 0x26
    put(name)
    out[at++] = 0x3d
    if (typeof value === 'string') put(Buffer.from(value, 'utf8'))
    else if (Buffer.isBuffer(value)) {
      put(value)
      value.fill(0)
    } else value.use(put)
  })
  return out.subarray(0, at)
}

function isList(value: FormValue): value is readonly string[] {
  return Array.isArray(value)
}
