// Why: ssh2's server cannot say why it refuses a channel, nor send a banner after the first message, and both are part
// of what a client sees of OpenSSH. The few lines that reach into ssh2 1.17 for that are here and nowhere else.
import type { Connection } from 'ssh2'

/** RFC 4254, 5.1 */
export const openFailure = { prohibited: 1, connectFailed: 2 } as const
/** RFC 4253, 11.1; OpenSSH ends with it at MaxAuthTries. */
const DISCONNECT_PROTOCOL_ERROR = 2
const USERAUTH_BANNER = 53

interface Protocol {
  channelOpenFail(remote: number, reason: number, text: string): void
  disconnect(reason: number): void
  readonly _packetRW: { readonly write: { readonly allocStart: number; alloc(n: number): Buffer; finalize(b: Buffer): Buffer } }
  readonly _cipher: { encrypt(b: Buffer): void }
}
const protocolOf = (c: Connection): Protocol => (c as unknown as { readonly _protocol: Protocol })._protocol

/** Refuses a channel with this reason and text instead of ssh2's fixed ones. */
export function refuseChannel(c: Connection, reject: () => void, reason: number, text: string): void {
  const protocol = protocolOf(c)
  const original = protocol.channelOpenFail
  protocol.channelOpenFail = (remote) => original.call(protocol, remote, reason, text)
  try {
    reject()
  } finally {
    protocol.channelOpenFail = original
  }
}

/** SSH_MSG_USERAUTH_BANNER (RFC 4252, 5.4). */
export function sendBanner(c: Connection, text: string): void {
  const { _packetRW: rw, _cipher: cipher } = protocolOf(c)
  const bytes = Buffer.from(text, 'utf8')
  const at = rw.write.allocStart
  const packet = rw.write.alloc(1 + 4 + bytes.length + 4)
  packet[at] = USERAUTH_BANNER
  packet.writeUInt32BE(bytes.length, at + 1)
  bytes.copy(packet, at + 5)
  packet.writeUInt32BE(0, at + 5 + bytes.length)
  cipher.encrypt(rw.write.finalize(packet))
}

/** As sshd after too many tries. */
export function disconnectTooMany(c: Connection): void {
  protocolOf(c).disconnect(DISCONNECT_PROTOCOL_ERROR)
  c.end()
}
