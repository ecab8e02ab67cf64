// Why: what the helper in the guest reads: one line, {"username":…,"password":…}. Only ASCII, because the bytes pass
// through a server, a host's monitor and a guest's agent, which do not agree on what a character is; and the password is
// escaped code point by code point, so that no string of it comes to be. Format: RFC 8259 §7.
import type { Credentials } from '../../core/ports/driver.ts'

/** The caller wipes it. */
export function guestLine({ user, password }: Credentials): Buffer {
  return password.use((bytes) => {
    const name = Buffer.from(user, 'utf8')
    // A byte becomes at most six characters, as does every half of a code point of four bytes.
    const out = Buffer.allocUnsafeSlow(64 + 6 * (name.length + bytes.length))
    let at = 0
    const put = (text: string): void => void (at += out.write(text, at, 'latin1'))
    put('{"username":"')
    at = escape(name, out, at)
    put('","password":"')
    at = escape(bytes, out, at)
    put('"}\n')
    return out.subarray(0, at)
  })
}

/** @param bytes UTF-8 without errors, as Secret makes it @returns where it ended */
function escape(bytes: Buffer, out: Buffer, from: number): number {
  let at = from
  const unit = (code: number): void => void (at += out.write(`\\u${code.toString(16).padStart(4, '0')}`, at, 'latin1'))
  for (let i = 0; i < bytes.length; ) {
    const first = bytes[i++]!
    if (first >= 0x20 && first < 0x7f) {
      if (first === 0x22 || first === 0x5c) out[at++] = 0x5c
      out[at++] = first
      continue
    }
    const more = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3
    let code = more === 0 ? first : first & (0x3f >> more)
    for (let n = 0; n < more; n++) code = (code << 6) | (bytes[i++]! & 0x3f)
    if (code < 0x10000) unit(code)
    else {
      unit(0xd800 + ((code - 0x10000) >> 10))
      unit(0xdc00 + ((code - 0x10000) & 0x3ff))
    }
  }
  return at
}
