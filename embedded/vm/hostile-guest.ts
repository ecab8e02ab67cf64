// Why: a guest belongs to its user, so what it writes is hostile. These are the ways of being hostile that the client
// must survive; each writes real bytes with the transport's own back pressure, so a client that never reads is seen too.
import type { ChannelSocket } from './channel-socket.ts'

export type HostileKind = 'long-lines' | 'invalid-utf8' | 'unknown-messages' | 'broken-json' | 'flood' | 'endless-line'

const MIB = 1024 * 1024
/** Enough to hurt a client without bounds; small enough for a test. */
const FLOOD_MESSAGES = 20_000
const ENDLESS_BYTES = 64 * MIB

function* attack(kind: HostileKind): Generator<string | Buffer> {
  switch (kind) {
    case 'long-lines':
      for (let i = 0; i < 3; i++) {
        yield `{"__name__":"active-user","name":"`
        for (let n = 0; n < 2 * MIB; n += 65536) yield 'A'.repeat(65536)
        yield `"}\n`
      }
      return
    case 'invalid-utf8':
      yield Buffer.concat([Buffer.from('{"__name__":"host-name","name":"'), Buffer.from([0xff, 0xfe, 0xc3, 0x28, 0xed, 0xa0, 0x80, 0x00]), Buffer.from('"}\n')])
      yield Buffer.from([0x80, 0x0a, 0xf8, 0x88, 0x0a, 0x0d, 0x0a, 0x0a])
      return
    case 'unknown-messages':
      yield '{"__name__":"login","username":"root","password":"x"}\n{"__name__":"__proto__","constructor":{"prototype":1}}\n'
      yield '{"__name__":"toString"}\n{"__name__":42}\n{"name":"nameless"}\n{"__name__":"active-user"}\n{"__name__":"active-user","name":{"toString":"x"}}\n'
      return
    case 'broken-json':
      yield '{"__name__":"active-user","name":\n[]\nnull\n"session-logon"\n1e999\n' + '['.repeat(5000) + '\n{"__name__":"heartbeat","apiVersion":1e308}\n'
      return
    case 'flood':
      for (let i = 0; i < FLOOD_MESSAGES; i++) yield `{"__name__":"network-interfaces","interfaces":[{"name":"eth${i}","hw":"52:54:00:00:00:01","inet":["10.0.0.1"]}]}\n`
      return
    case 'endless-line':
      for (let n = 0; n < ENDLESS_BYTES; n += 65536) yield Buffer.alloc(65536, 0x7b)
      yield '\n'
  }
}

/** Writes the attack to the client being served now; ends early when it leaves. */
export async function attackClient(kind: HostileKind, socket: ChannelSocket): Promise<void> {
  const victim = socket.served
  for (const bytes of attack(kind)) {
    if (socket.served !== victim || victim === undefined) return
    if (!socket.write(bytes)) await socket.drained()
  }
}
