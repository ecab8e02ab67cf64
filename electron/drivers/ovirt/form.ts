// Why: a form that holds a password is made as bytes that can be wiped, at the moment it is sent, and never as a string.
import type { Secret } from '../../core/secret.ts'

const UNRESERVED = /[A-Za-z0-9._~-]/
const SAFE: readonly boolean[] = Array.from({ length: 256 }, (_, b) => UNRESERVED.test(String.fromCharCode(b)) && b < 128)
const HEX = Buffer.from('0123456789ABCDEF', 'latin1')
const AMP = 0x26
const EQUALS = 0x3d
const PERCENT = 0x25

/** application/x-www-form-urlencoded (WHATWG URL §5), every byte that could mean something encoded. */
export function formBody(fields: readonly (readonly [string, string | Secret])[]): Buffer {
  const size = fields.reduce((n, [k, v]) => n + 2 + 3 * (Buffer.byteLength(k) + (typeof v === 'string' ? Buffer.byteLength(v) : v.byteLength)), 0)
  // Not from the shared pool, so that wiping what is returned is wiping all of it.
  const out = Buffer.allocUnsafeSlow(size)
  let at = 0
  const put = (bytes: Buffer): void => {
    for (const byte of bytes) {
      if (SAFE[byte] === true) out[at++] = byte
      else {
        out[at++] = PERCENT
        out[at++] = HEX[byte >> 4]!
        out[at++] = HEX[byte & 15]!
      }
    }
  }
  for (const [i, [key, value]] of fields.entries()) {
    if (i > 0) out[at++] = AMP
    put(Buffer.from(key, 'utf8'))
    out[at++] = EQUALS
    if (typeof value === 'string') put(Buffer.from(value, 'utf8'))
    else value.use(put)
  }
  return out.subarray(0, at)
}

export const FORM_TYPE = 'application/x-www-form-urlencoded'
