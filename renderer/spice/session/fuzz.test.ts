// Why: a guest or a server that means harm, or is broken, says things that are almost right. Whatever it says in whole
// frames, the channels live, the answers come, and memory stays where it was told to stay.
import { expect, test } from 'vitest'
import { CursorFlags, CursorType } from '../wire/enums.ts'
import { CursorMsg, InputsMsg, MainMsg, Msg, Msgc } from '../wire/messages.ts'
import { Writer } from '../wire/writer.ts'
import { WAIT_LIMIT_MS } from './channel-group.ts'
import { SpiceSession } from './session.ts'
import { plainCipher, ScriptedServer } from './testkit-server.ts'
import { ManualClock, turns } from './testkit.ts'

/** Messages in this run; raise it by hand for a night. */
const MESSAGES = 20_000

/** xorshift: the same run every time. */
function random(seed: number): (below: number) => number {
  let x = seed
  return (below) => {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    return (x >>> 0) % below
  }
}

type Sample = readonly [type: number, body: Uint8Array]
const w = (): Writer => new Writer()
const agentFrame = (type: number, data: Uint8Array): Uint8Array => w().u32(1).u32(type).u64(0n).u32(data.length).raw(data).finish()
const shape = (type: number, flags: number, bytes: number): Uint8Array => w().u16(1).u16(2).u8(1).u16(flags).u64(9n).u8(type).u16(16).u16(16).u16(0).u16(0).zeros(bytes).finish()
const common: readonly Sample[] = [
  [Msg.SET_ACK, w().u32(1).u32(20).finish()],
  [Msg.PING, w().u32(1).u64(5n).zeros(100).finish()],
  [Msg.NOTIFY, w().u64(1n).u32(0).u32(0).u32(0).u32(4).zeros(5).finish()],
  [Msg.WAIT_FOR_CHANNELS, w().u8(1).u8(4).u8(0).u64(3n).finish()],
  [Msg.LIST, w().u16(1).u32(6).u16(Msg.PING).u32(12).zeros(12).finish()],
  [Msg.DISCONNECTING, w().u64(1n).u32(0).finish()],
]
const samples: Readonly<Record<string, readonly Sample[]>> = {
  '1.0': [
    ...common,
    [MainMsg.INIT, w().u32(77).u32(1).u32(3).u32(1).u32(1).u32(10).u32(0).u32(0).finish()],
    [MainMsg.CHANNELS_LIST, w().u32(2).u8(3).u8(0).u8(4).u8(0).finish()],
    [MainMsg.MOUSE_MODE, w().u16(3).u16(1).finish()],
    [MainMsg.AGENT_CONNECTED_TOKENS, w().u32(10).finish()],
    [MainMsg.AGENT_DATA, agentFrame(6, w().u32(1).u32(0xffffffff).finish())],
    [MainMsg.AGENT_DATA, agentFrame(7, w().u32(0).u32(0).u32(1).finish())],
    [MainMsg.AGENT_DATA, agentFrame(4, w().u32(0).u32(1).zeros(30).finish())],
    [MainMsg.AGENT_DATA, agentFrame(8, w().u32(0).u32(1).finish())],
    [MainMsg.AGENT_TOKEN, w().u32(2).finish()],
    [MainMsg.NAME, w().u32(4).zeros(4).finish()],
    [MainMsg.MIGRATE_SWITCH_HOST, w().u16(1).u16(2).u32(4).u32(12).zeros(4).finish()],
  ],
  '3.0': [...common, [InputsMsg.INIT, w().u16(2).finish()], [InputsMsg.KEY_MODIFIERS, w().u16(7).finish()], [InputsMsg.MOUSE_MOTION_ACK, new Uint8Array(0)]],
  '4.0': [
    ...common,
    [CursorMsg.INIT, w().u16(1).u16(1).u16(0).u16(0).u8(1).u16(CursorFlags.NONE).finish()],
    [CursorMsg.SET, shape(CursorType.ALPHA, CursorFlags.CACHE_ME, 1024)],
    [CursorMsg.SET, shape(CursorType.MONO, 0, 64)],
    [CursorMsg.SET, shape(CursorType.COLOR8, CursorFlags.CACHE_ME, 256 + 1024 + 32)],
    [CursorMsg.SET, shape(0, CursorFlags.FROM_CACHE, 0)],
    [CursorMsg.MOVE, w().u16(1).u16(1).finish()],
    [CursorMsg.INVAL_ONE, w().u64(9n).finish()],
    [CursorMsg.RESET, new Uint8Array(0)],
  ],
}

/** One of: as it is, some bytes other, cut short, longer, another type, noise. */
function mutate([type, body]: Sample, rnd: (below: number) => number): Sample {
  const bytes = body.slice()
  switch (rnd(6)) {
    case 0:
      return [type, bytes]
    case 1:
      for (let i = rnd(4); i >= 0 && bytes.length > 0; i--) bytes[rnd(bytes.length)] = rnd(2) === 0 ? 0xff : rnd(256)
      return [type, bytes]
    case 2:
      return [type, bytes.subarray(0, rnd(bytes.length + 1))]
    case 3:
      return [type, w().raw(bytes).zeros(rnd(64)).finish()]
    case 4:
      return [rnd(120), bytes]
    default:
      return [type, Uint8Array.from({ length: rnd(80) }, () => rnd(256))]
  }
}

/** Waits that nothing ends are over after their time; then every channel answers a ping, or it hangs. */
async function catchUp(servers: ReadonlyMap<string, ScriptedServer>, clock: ManualClock): Promise<void> {
  const ping = w().u32(0xabcdef).u64(1n).finish()
  await turns(20)
  const live = [...servers.values()].filter((server) => server.linked)
  for (const server of live) server.tell(Msg.PING, ping)
  expect(live.length).toBeGreaterThanOrEqual(3)
  const answered = (): boolean => live.every((server) => server.bodies(Msgc.PONG).some((b) => b[0] === 0xef && b[1] === 0xcd && b[2] === 0xab))
  for (let i = 0; i < 60 && !answered(); i++) {
    await turns(6)
    clock.advance(WAIT_LIMIT_MS)
  }
  expect(answered()).toBe(true)
}

test(`${MESSAGES} mutated messages: no hang, no lost channel, bounded memory`, async () => {
  const clock = new ManualClock()
  const servers = new Map<string, ScriptedServer>()
  const s = new SpiceSession({
    clock,
    cipher: plainCipher,
    clipboard: 'both',
    limits: { clipboardBytes: 10_000 },
    openChannel: (type, id) => {
      const server = new ScriptedServer()
      servers.set(`${type}.${id}`, server)
      return Promise.resolve(server.stream)
    },
  })
  const ended: unknown[] = []
  let lost = 0
  s.on('closed', (e) => { ended.push(e) })
  s.on('problem', () => { lost++ })
  s.offerClipboard('to give')
  await turns()
  servers.get('1.0')?.tell(...(samples['1.0']?.find(([type]) => type === MainMsg.INIT) ?? [0, new Uint8Array(0)]))
  servers.get('1.0')?.tell(MainMsg.CHANNELS_LIST, w().u32(2).u8(3).u8(0).u8(4).u8(0))
  await turns()

  const rnd = random(20261124)
  const names = Object.keys(samples)
  for (let i = 0; i < MESSAGES; i++) {
    const name = names[rnd(names.length)] ?? '1.0'
    const server = servers.get(name)
    const set = samples[name] ?? []
    const sample = set[rnd(set.length)]
    if (server === undefined || sample === undefined) throw new Error(`no ${name}`)
    const [type, body] = mutate(sample, rnd)
    server.tellCut([server.frame(type, body)], [1 + rnd(40)])
    if (i % 50 !== 0) continue
    await catchUp(servers, clock)
    for (const each of servers.values()) each.said.length = 0
  }
  await catchUp(servers, clock)
  expect(ended).toEqual([])
  expect(lost).toBeGreaterThan(MESSAGES / 20)
  expect(s.channels().length).toBeLessThanOrEqual(16)
  s.close()
  expect(clock.pending).toBe(0)
}, 60_000)
