// Why: two displays of one session share the picture cache and the GLZ window, and the network mixes their bytes as it
// likes. Whatever the mixture, both pictures are the server's; and what one waits for and never gets costs one draw.
import { describe, expect, test } from 'vitest'
import type { FromWorker } from './protocol.ts'
import { ARRIVAL_LIMIT_MS } from '../image/arrivals.ts'
import { WAIT_LIMIT_MS } from '../session/channel-group.ts'
import { MAX_BACKLOG_BYTES } from '../session/channel.ts'
import { plainCipher, ScriptedServer } from '../session/testkit-server.ts'
import { ManualClock, turns } from '../session/testkit.ts'
import { loadWasmDecoders } from '../wasm/decoders.ts'
import { DisplayMsg, Msg } from '../wire/messages.ts'
import { WireError } from '../wire/reader.ts'
import { Writer } from '../wire/writer.ts'
import { openCorpus } from './corpus.testkit.ts'
import { DisplayHost } from './host.ts'
import { fill, rect, surfaceCreate } from './messages.testkit.ts'
import type { Decoders } from './renderer.ts'
import { seeded, type ReplayOracle } from './replay.testkit.ts'

const { readCorpus, oraclePixels, channelChunks } = await openCorpus()
const MESSAGE = 3
const ORACLE = 4
const GLZ = 102
const ZLIB_GLZ = 107

interface Problem {
  readonly id: number
  readonly type: number
  readonly detail: string
}

/** A host with displays 0 and 1, linked. */
async function twoDisplays(announced: { readonly pixmapCache: number; readonly glzWindow: number }, decoders?: Decoders) {
  const clock = new ManualClock()
  const problems: Problem[] = []
  const ended: number[] = []
  const host = new DisplayHost({
    post: (m: FromWorker) => {
      if (m.t === 'problem') problems.push({ id: m.id, type: m.messageType, detail: m.detail })
      if (m.t === 'closed') ended.push(m.id)
    },
    toChannel: (port) => (port as unknown as ScriptedServer).stream,
    toScreen: () => { throw new Error('no screen') },
    requestFrame: () => undefined,
    end: () => undefined,
    clock,
    cachePixels: announced.pixmapCache,
    glzPixels: announced.glzWindow,
    cipher: plainCipher,
    codecs: Promise.resolve({ codecs: [1], decoder: () => undefined, jpeg: () => Promise.reject(new WireError('none')), ...(decoders && { decoders }) }),
  })
  const servers = [0, 1].map((id) => {
    const server = new ScriptedServer()
    host.receive({ t: 'channel', offer: { type: 2, id, connectionId: 1, mmTime: 0 }, port: server as unknown as MessagePort })
    return server
  })
  await turns(40)
  return { clock, problems, ended, host, servers }
}

const cap = readCorpus('two-displays')
const ofDisplay = (id: number) => cap.records.filter((r) => r.channelType === 2 && r.channelId === id)
/** What a channel's bytes are until its picture is looked at; here that is the end. */
const pieces = (id: number, random: () => number): Uint8Array[] => [...channelChunks(ofDisplay(id), 2, id, random, false)]

function wrongPixels(host: DisplayHost, id: number): number {
  const oracle = ofDisplay(id).find((r) => r.kind === ORACLE) as ReplayOracle
  const want = oraclePixels(oracle)
  const got = host.surface(id, oracle.surface)!.data
  return want.reduce((n, v, i) => n + (((v ^ got[i]!) & 0xffffff) === 0 ? 0 : 1), 0)
}

const mixtures: readonly (readonly [name: string, next: (random: () => number, at: number) => number])[] = [
  ['the first one first', () => 0],
  ['the second one first', () => 1],
  ['in turn', (_, at) => at & 1],
  ...Array.from({ length: 8 }, (_, i): [string, (random: () => number) => number] => [`at random, ${i}`, (random) => (random() < 0.5 ? 0 : 1)]),
]

describe('the recording of two displays, its channels mixed anew', () => {
  test('an oracle is the last record of each', () => {
    for (const id of [0, 1]) expect(ofDisplay(id).map((r) => r.kind).lastIndexOf(MESSAGE)).toBeLessThan(ofDisplay(id).findIndex((r) => r.kind === ORACLE))
  })

  test.each(mixtures)('%s', async (name, next) => {
    const random = seeded(name.length * 77 + name.charCodeAt(name.length - 1))
    for (const decoders of [undefined, await loadWasmDecoders()]) {
      const { host, servers, problems, clock } = await twoDisplays(cap.header, decoders)
      const left = [pieces(0, random), pieces(1, random)]
      for (let at = 0; left.some((l) => l.length > 0); at++) {
        const wanted = next(random, at)
        const id = left[wanted]!.length > 0 ? wanted : 1 - wanted
        void servers[id]!.stream.deliver(left[id]!.shift()!)
        if (random() < 0.3) await turns(3)
      }
      await turns(500)
      expect(problems).toEqual([])
      expect([wrongPixels(host, 0), wrongPixels(host, 1)]).toEqual([0, 0])
      expect(clock.pending).toBe(0)
    }
  })
})

/** A GLZ COPY of 1×1 to (0, 0) of surface 0 that copies from the image `back` images before it, which is nowhere. */
function lostReference(id: number, back: number): Uint8Array {
  const recorded = ofDisplay(0).map((r) => r.bytes).find((b) => b.length > 100 && (b[0]! | (b[1]! << 8)) === DisplayMsg.DRAW_COPY && (b[6 + imageOf(b.subarray(6)) + 8] === GLZ || b[6 + imageOf(b.subarray(6)) + 8] === ZLIB_GLZ))
  const head = recorded!.slice(6, 6 + imageOf(recorded!.subarray(6)) + 22 + 33)
  const v = new DataView(head.buffer)
  const image = imageOf(head)
  for (const [at, n] of [[4, 0], [8, 0], [12, 1], [16, 1]] as const) v.setInt32(at, n, true)
  for (const [at, n] of [[0, 0], [4, 0], [8, 1], [12, 1]] as const) v.setInt32(25 + at, n, true)
  head[image + 8] = GLZ
  head[image + 9] = 0
  v.setUint32(image + 10, 1, true)
  v.setUint32(image + 14, 1, true)
  v.setUint32(image + 18, 33 + 3, true)
  const glz = image + 22
  for (const [at, n] of [[0, 0x20205a4c], [4, 0x10001], [9, 1], [13, 1], [17, 4], [21, 0], [25, id], [29, 1000]] as const) v.setUint32(glz + at, n)
  head[glz + 8] = 0x18
  return Uint8Array.from([...head, 0x20, 0, back])
}
const imageOf = (body: Uint8Array): number => new DataView(body.buffer, body.byteOffset).getUint32(21, true)

describe('an image that never comes', () => {
  /** Display 0 waits for GLZ image 5, which nobody sends. */
  async function waiting() {
    const s = await twoDisplays(cap.header)
    const [a, b] = s.servers as [ScriptedServer, ScriptedServer]
    for (const server of [a, b]) server.tell(DisplayMsg.SURFACE_CREATE, surfaceCreate(0, 4, 4).bytes)
    a.tell(DisplayMsg.DRAW_COPY, lostReference(9, 4))
    await turns()
    expect(s.host.usage().waitingDraws).toBe(1)
    const held = a.tellSlow(DisplayMsg.DRAW_FILL, fill(0, rect(0, 0, 4, 4), 0x112233).bytes)
    expect(held).toBeInstanceOf(Promise)
    const paints = (id: number, color: number): void => { expect(s.host.surface(id, 0)!.data[0]! & 0xffffff).toBe(color) }
    return { ...s, a, b, held, paints }
  }

  test('costs its draw once its time is over; the channel goes on, and so does the other all the while', async () => {
    const s = await waiting()
    s.b.tell(DisplayMsg.DRAW_FILL, fill(0, rect(0, 0, 4, 4), 0x010203).bytes)
    s.paints(1, 0x030201)
    s.clock.advance(ARRIVAL_LIMIT_MS - 1)
    await turns()
    expect(s.problems).toEqual([])
    s.clock.advance(1)
    await s.held
    expect(s.problems).toEqual([{ id: 0, type: DisplayMsg.DRAW_COPY, detail: expect.stringContaining('GLZ image 5') }])
    s.paints(0, 0x332211)
    // The next one that needs it does not wait.
    s.a.tell(DisplayMsg.DRAW_COPY, lostReference(10, 5))
    s.a.tell(DisplayMsg.DRAW_FILL, fill(0, rect(0, 0, 4, 4), 0x445566).bytes)
    s.paints(0, 0x665544)
    expect([s.problems.length, s.ended, s.clock.pending]).toEqual([2, [], 0])
  })

  test('and once as much has come in behind it as should not be kept', async () => {
    const s = await waiting()
    const piece = s.a.frame(Msg.PING, new Uint8Array(MAX_BACKLOG_BYTES / 8))
    for (let i = 0; i < 3; i++) void s.a.stream.deliver(piece)
    await turns()
    expect(s.problems).toEqual([])
    for (let i = 0; i < 3; i++) void s.a.stream.deliver(piece)
    await turns(30)
    expect([s.problems.length, s.ended]).toEqual([1, []])
    s.paints(0, 0x332211)
  })

  test('and once both wait', async () => {
    const s = await waiting()
    s.b.tell(DisplayMsg.DRAW_COPY, lostReference(20, 4))
    await turns(30)
    expect(s.problems.map((p) => p.id)).toEqual([1])
    s.clock.advance(ARRIVAL_LIMIT_MS)
    await s.held
    expect(s.problems.map((p) => p.id)).toEqual([1, 0])
  })
})

test('all surfaces of a session share one limit', async () => {
  const { servers, problems, host } = await twoDisplays(cap.header)
  const huge = (id: number) => surfaceCreate(id, 8192, 8192, 0).bytes
  servers[0]!.tell(DisplayMsg.SURFACE_CREATE, huge(1))
  servers[1]!.tell(DisplayMsg.SURFACE_CREATE, huge(1))
  servers[1]!.tell(DisplayMsg.SURFACE_CREATE, surfaceCreate(2, 4, 4, 0).bytes)
  expect(problems).toMatchObject([{ id: 1, type: DisplayMsg.SURFACE_CREATE }])
  host.receive({ t: 'close', id: 0 })
  servers[1]!.tell(DisplayMsg.SURFACE_CREATE, surfaceCreate(2, 4, 4, 0).bytes)
  expect(host.surface(1, 2)).toBeDefined()
  expect(problems).toHaveLength(1)
})

test('a channel that is told to wait for itself does not, nor two of them for each other for ever', async () => {
  const { servers, host, clock, problems } = await twoDisplays(cap.header)
  const [a, b] = servers as [ScriptedServer, ScriptedServer]
  for (const server of [a, b]) server.tell(DisplayMsg.SURFACE_CREATE, surfaceCreate(0, 4, 4).bytes)
  const waitFor = (id: number) => new Writer(16).u8(1).u8(2).u8(id).u64(1000n)
  a.tell(DisplayMsg.INVAL_ALL_PIXMAPS, waitFor(0))
  a.tell(DisplayMsg.DRAW_FILL, fill(0, rect(0, 0, 4, 4), 0x010203).bytes)
  expect(host.surface(0, 0)!.data[0]! & 0xffffff).toBe(0x030201)
  a.tell(DisplayMsg.INVAL_ALL_PIXMAPS, waitFor(1))
  b.tell(Msg.WAIT_FOR_CHANNELS, waitFor(0))
  for (const server of [a, b]) server.tell(DisplayMsg.DRAW_FILL, fill(0, rect(0, 0, 4, 4), 0x040506).bytes)
  await turns()
  expect(host.surface(0, 0)!.data[0]! & 0xffffff).toBe(0x030201)
  clock.advance(WAIT_LIMIT_MS)
  await turns()
  for (const id of [0, 1]) expect(host.surface(id, 0)!.data[0]! & 0xffffff).toBe(0x060504)
  expect(problems).toEqual([])
})
