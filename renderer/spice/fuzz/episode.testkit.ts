// Why: one episode of the fuzzer: a session is set up, and a stretch of a recording goes over its channels with most
// messages mutated. After each of them the channel must answer, paint a good draw right, hold no more than its limits
// allow, and have failed with nothing but a WireError.
import { MAX_AREA } from '../pixels.ts'
import { MAX_SURFACE_PIXELS } from '../display/surfaces.ts'
import { MAX_WAITING_BYTES } from '../display/streams.ts'
import { fill, rect, surfaceCreate } from '../display/messages.testkit.ts'
import type { ScriptedServer } from '../session/testkit-server.ts'
import { join, turns } from '../session/testkit.ts'
import type { Picture } from '../pixels.ts'
import type { CompiledDecoders } from '../wasm/decoders.ts'
import { Channel, DisplayMsg, Msg, Msgc } from '../wire/messages.ts'
import { Writer } from '../wire/writer.ts'
import { dice, mutate, type Dice, type Message } from './mutate.testkit.ts'
import { rig, serverKey, type Rig } from './rig.testkit.ts'

/** The server's messages of one session, in the order of their arrival. */
export interface Recording {
  readonly name: string
  readonly messages: readonly (Message & { readonly channel: number; readonly id: number })[]
}

export interface FuzzCounts {
  mutated: number
  good: number
  /** Messages that cost themselves, all of them WireErrors. */
  lost: number
  /** Messages after which time had to pass before the channel answered. */
  held: number
  /** Episodes that ended because the surfaces' room was used up. */
  full: number
  /** Of messages, from their delivery to the answer, ms. */
  slowest: number
  over100: number
  readonly slow: { readonly ms: number; readonly what: string }[]
  /** Largest seen, in the units of DisplayUsage. */
  readonly most: Record<string, number>
}

export const newCounts = (): FuzzCounts => ({ mutated: 0, good: 0, lost: 0, held: 0, full: 0, slowest: 0, over100: 0, slow: [], most: {} })

export interface EpisodeOptions {
  readonly recordings: readonly Recording[]
  readonly jpeg: (bytes: Uint8Array) => Picture
  readonly compiled: CompiledDecoders
  /** Messages of this episode that are mutated. */
  readonly messages: number
  /** Longest side of the surfaces that are made on purpose; those of the largest size take their time. */
  readonly largest: number
  /** Monotonic ms, for the count of slow ones. */
  readonly now: () => number
  /** Told before every message, for a watchdog. */
  readonly onMessage?: (describe: () => string) => void
}

/** What was wrong, and with what. */
export class FuzzFailure extends Error {
  override readonly name = 'FuzzFailure'
}

/** Messages at a channel's start that make its surfaces. */
const SET_UP = 8
/** A surface of our own, on which the good draws are made. */
const PROBE = 0xfffe
const LONGEST_BODY = 400_000

/** Ids that the server can count to, and others. */
const surfaceId = (d: Dice): number => (d.chance(0.3) ? 0 : d(40))
/** Small, a screen, and what does not fit. */
const side = (d: Dice, largest: number): number => d.pick([1, 8, 64, 640, Math.min(largest, 3840), largest, largest, 16_385, 0xffffffff])

/** What is in no recording: waits, lists, and waits of two channels for each other. */
function made(d: Dice, largest: number): Message {
  const w = new Writer(64)
  switch (d(8)) {
    case 6:
      return { type: DisplayMsg.SURFACE_CREATE, body: w.u32(surfaceId(d)).u32(side(d, largest)).u32(d.chance(0.7) ? d(Math.min(largest, 4100)) : side(d, largest)).u32(d.pick([32, 96, 16, 80, 8, 1])).u32(d(4)).finish() }
    case 7:
      return { type: d.pick([DisplayMsg.SURFACE_DESTROY, DisplayMsg.STREAM_DESTROY, DisplayMsg.STREAM_DESTROY_ALL, DisplayMsg.RESET, DisplayMsg.MARK]), body: w.u32(surfaceId(d)).finish() }
    case 0: {
      const n = d(4)
      w.u8(n)
      for (let i = 0; i < n; i++) w.u8(d.pick([1, 2, 2, 2, 4])).u8(d(2)).u64(d.pick([1n, 5n, 100n, 0xffffffffffffffffn]))
      return { type: Msg.WAIT_FOR_CHANNELS, body: w.finish() }
    }
    case 1:
      return { type: DisplayMsg.INVAL_ALL_PIXMAPS, body: w.u8(2).u8(2).u8(0).u64(d.pick([3n, 1n << 40n])).u8(2).u8(1).u64(BigInt(d(2000))).finish() }
    case 2:
      return { type: Msg.LIST, body: w.u16(2).u32(10).u32(d.pick([10, 0, 28, 0xffff])).u16(Msg.PING).u32(12).zeros(12).finish() }
    case 3:
      return { type: Msg.SET_ACK, body: w.u32(d(100)).u32(d.pick([0, 1, 20, 0xffffffff])).finish() }
    case 4:
      return { type: DisplayMsg.STREAM_CREATE, body: w.u32(0).u32(d(100)).u8(d(2)).u8(d(7)).u64(0n).u32(64).u32(64).u32(64).u32(64).i32(0).i32(0).i32(64).i32(64).u8(0).finish() }
    default:
      return { type: DisplayMsg.STREAM_DATA, body: w.u32(d(100)).u32(1000 + d(10_000)).u32(2000).u32(d(0x7fffffff)).u32(d(256)).zeros(1992).finish() }
  }
}

/** Runs one; throws a FuzzFailure. The same seed is the same episode. */
export async function episode(seed: number, o: EpisodeOptions, counts: FuzzCounts): Promise<void> {
  const d = dice(seed)
  // Only where two displays share their images can one wait for the other.
  const shared = o.recordings.filter((r) => r.messages.some((m) => m.channel === Channel.DISPLAY && m.id > 0))
  const recording = d.pick(d.chance(0.2) && shared.length > 0 ? shared : o.recordings)
  const channels = [...new Map(recording.messages.map((m) => [serverKey(m.channel, m.id), { type: m.channel, id: m.id }])).values()].filter((c) => c.type !== Channel.MAIN)
  let step = 'the link'
  const wrong = (what: string): FuzzFailure => new FuzzFailure(`${what} (seed ${seed}, ${recording.name}, ${step})`)
  const problems: string[] = []
  const limits = { cachePixels: d.pick([20_000, 2 << 20]), glzPixels: d.pick([40_000, 1 << 20]) }
  const r = await rig({
    channels,
    jpeg: o.jpeg,
    compiled: d.chance(0.5) ? o.compiled : undefined,
    mini: d.chance(0.8),
    ...limits,
    sound: d.chance(0.3),
    onProblem: (channel, type, detail) => {
      counts.lost++
      if (!/^(agent: )?WireError: /.test(detail)) problems.push(`message ${type} of channel ${channel} failed with ${detail}`)
    },
  })
  try {
    const seen = new Map<number, number>()
    const from = d(Math.max(1, recording.messages.length - 20))
    const rate = d.pick([0.3, 0.8, 1])
    let mutated = 0
    let previous: Message | undefined
    let queue = recording.messages.map((m, i) => ({ m, i }))
    while (mutated < o.messages && queue.length > 0) {
      const { m, i } = queue.shift()!
      const key = serverKey(m.channel, m.id)
      const server = r.servers.get(key)
      if (server === undefined || m.body.length > LONGEST_BODY) continue
      const before = seen.get(key) ?? 0
      seen.set(key, before + 1)
      const setUp = before < SET_UP
      if (!setUp && i < from) continue
      let message: Message = m
      const changed = !setUp && d.chance(rate)
      if (changed) {
        const other = recording.messages[d(recording.messages.length)]!
        const kind = d(24)
        // Bursts of them, so that the tables fill up.
        if (kind < 4) message = made(d, o.largest)
        else if (kind === 4) message = mutate(made(d, o.largest), other, d)
        else if (kind === 5 && previous !== undefined) message = previous
        else if (kind === 6) message = other
        else message = mutate(m, other.channel === m.channel ? other : m, d)
        // Out of its turn, once more, or with its neighbour first.
        if (d.chance(0.05)) queue.splice(d(Math.min(queue.length, 30)), 0, { m, i })
        mutated++
        counts.mutated++
      } else counts.good++
      if (queue.length === 0 && mutated < o.messages) queue = recording.messages.map((again, n) => ({ m: again, i: n }))
      previous = m
      const sent = message
      step = `message ${mutated} on channel ${m.channel}.${m.id}, type ${sent.type}, ${sent.body.length} bytes`
      o.onMessage?.(() => `seed ${seed}, ${recording.name}, ${step}: ${hex(sent.body)}`)
      const start = o.now()
      send(server, sent, d)
      await answered(r, server, counts, wrong)
      const ms = o.now() - start
      if (ms > counts.slowest) counts.slowest = ms
      if (ms > 100) {
        counts.over100++
        counts.slow.push({ ms: Math.round(ms), what: `seed ${seed}, ${recording.name}, ${step}: ${hex(sent.body)}` })
        counts.slow.sort((a, b) => b.ms - a.ms).splice(8)
      }
      if (problems.length > 0) throw wrong(problems.join('; '))
      const over = r.ended()
      if (over !== undefined) throw wrong(`lost ${over}`)
      bounded(r, channels.filter((c) => c.type === Channel.DISPLAY).length, limits, counts, wrong)
      if (m.channel === Channel.DISPLAY && !(await paints(r, m.id, server, mutated, counts, wrong))) return
      server.said.length = 0
    }
  } finally {
    r.close()
    await turns(20)
  }
}

const hex = (b: Uint8Array): string => Array.from(b.subarray(0, 200), (v) => v.toString(16).padStart(2, '0')).join('')

function send(server: ScriptedServer, m: Message, d: Dice): void {
  const frame = server.frame(m.type & 0xffff, m.body, d.chance(0.1) ? d.pick([0, 4, m.body.length, 0xffffffff]) : 0)
  const most = d.pick([frame.length, frame.length, 1 + d(frame.length), frame.length < 400 ? 1 : 3000, 64])
  server.tellCut([frame], Array.from({ length: 7 }, () => 1 + d(Math.max(most, frame.length / 500))))
}

/** A ping behind the message comes back: at once, or once waits are over. */
async function answered(r: Rig, server: ScriptedServer, counts: FuzzCounts, wrong: (what: string) => Error): Promise<void> {
  const back = (): boolean => server.said.some((m) => m.type === Msgc.PONG && m.body[0] === 0x5a && m.body[1] === 0xf0)
  server.tell(Msg.PING, new Writer(12).u32(0xf05a).u64(1n))
  for (let i = 0; i < 8 && !back(); i++) await turns(30)
  if (back()) return
  counts.held++
  for (let i = 0; i < 120 && !back(); i++) {
    r.clock.advance(250)
    await turns(30)
  }
  if (!back()) throw wrong('hangs')
}

function bounded(r: Rig, displays: number, announced: { readonly cachePixels: number; readonly glzPixels: number }, counts: FuzzCounts, wrong: (what: string) => Error): void {
  const u = r.usage()
  for (const [name, n] of Object.entries(u)) counts.most[name] = Math.max(counts.most[name] ?? 0, n)
  const limits: Record<keyof typeof u, number> = {
    surfacePixels: MAX_SURFACE_PIXELS,
    cachedPixels: 2 * announced.cachePixels,
    cachedImages: 1 << 18,
    // The newest image is kept, whatever its size.
    glzPixels: u.glzImages <= 1 ? MAX_AREA : announced.glzPixels,
    glzImages: 1 << 17,
    pooledWords: 16 * 1024 * 1024,
    waitingDraws: displays,
    palettes: 1024 * displays,
    streams: 64 * displays,
    waitingFrameBytes: MAX_WAITING_BYTES * displays,
  }
  for (const [name, limit] of Object.entries(limits)) if (u[name as keyof typeof u] > limit) throw wrong(`${name} is ${u[name as keyof typeof u]}, above ${limit}`)
  if (r.session.channels().length > 16) throw wrong('too many channels')
}

/** A good draw after it. @returns false when there is no room for another surface, which ends the episode */
async function paints(r: Rig, id: number, server: ScriptedServer, n: number, counts: FuzzCounts, wrong: (what: string) => Error): Promise<boolean> {
  const color = (n * 0x10305 + 0x123456) & 0xffffff
  const frames = [server.frame(DisplayMsg.DRAW_FILL, fill(PROBE, rect(0, 0, 4, 4), color).bytes)]
  if (r.surface(id, PROBE) === undefined) frames.unshift(server.frame(DisplayMsg.SURFACE_CREATE, surfaceCreate(PROBE, 4, 4, 0).bytes))
  const lost = counts.lost
  void server.stream.deliver(join(...frames))
  const surface = r.surface(id, PROBE)
  if (surface === undefined) {
    counts.full++
    counts.lost = lost
    if (r.usage().surfacePixels + 16 <= MAX_SURFACE_PIXELS) throw wrong('makes no surface any more')
    return false
  }
  const want = ((color & 0xff) << 16) | (color & 0xff00) | (color >>> 16)
  for (const word of surface.data) if ((word & 0xffffff) !== want) throw wrong('does not paint any more')
  return await Promise.resolve(true)
}
