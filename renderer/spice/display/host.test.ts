import { describe, expect, test } from 'vitest'
import type { Surface } from '../canvas/surface.ts'
import type { Rect } from '../pixels.ts'
import type { ChannelReports } from '../session/sink.ts'
import { plainCipher, ScriptedServer } from '../session/testkit-server.ts'
import { ManualClock, turns } from '../session/testkit.ts'
import { DisplayCap, DisplayMsg, DisplayMsgc, Msg } from '../wire/messages.ts'
import { Reader, WireError } from '../wire/reader.ts'
import { Writer } from '../wire/writer.ts'
import { DisplayHost, type HostCodecs } from './host.ts'
import { fill, rect, streamCreate, surfaceCreate } from './messages.testkit.ts'
import type { Screen } from './presenter.ts'
import type { FromWorker, ToWorker } from './protocol.ts'
import { DisplayProxy, type WorkerLike } from './proxy.ts'

class FakeScreen implements Screen {
  readonly log: unknown[] = []
  resize(width: number, height: number): void {
    this.log.push(`${width}x${height}`)
  }
  put(surface: Surface, r: Rect): void {
    this.log.push([r, (surface.data[r.top * surface.stride + r.left]! & 0xffffff).toString(16)])
  }
}

/** A page and a worker in one thread; ports are scripted servers, canvases are screens. */
function setUp(codecs: Promise<HostCodecs> = Promise.resolve({ codecs: [1], decoder: () => undefined, jpeg: () => Promise.reject(new WireError('none')) })) {
  const servers = new Map<number, ScriptedServer>()
  const told: string[] = []
  const frames: (() => void)[] = []
  let ended = 0
  const clock = new ManualClock()
  const worker: WorkerLike = { postMessage: (m: ToWorker) => { host.receive(m) }, onmessage: null, onerror: null, terminate: () => told.push('terminated') }
  const host = new DisplayHost({
    post: (message: FromWorker) => { worker.onmessage?.({ data: message } as MessageEvent<FromWorker>) },
    toChannel: (port) => (port as unknown as ScriptedServer).stream,
    toScreen: (canvas) => canvas as unknown as FakeScreen,
    requestFrame: (fn) => frames.push(fn),
    end: () => ended++,
    clock,
    codecs,
    cipher: plainCipher,
  })
  const proxy = new DisplayProxy({
    worker,
    clock,
    openPort: (_, id) => {
      const server = new ScriptedServer()
      servers.set(id, server)
      return id === 9 ? Promise.reject(new Error('refused')) : Promise.resolve(server as unknown as MessagePort)
    },
    ticket: () => new TextEncoder().encode('secret'),
    onView: (id, view) => told.push(`view ${id} ${view === null ? '-' : `${view.width}x${view.height}`}`),
    onFirstFrame: (id) => told.push(`first ${id}`),
  })
  const reports = (id: number): ChannelReports => ({
    linked: () => told.push(`linked ${id}`),
    closed: (reason) => told.push(`closed ${id} ${reason.kind}`),
    problem: (type) => told.push(`problem ${id} ${type}`),
    migrating: (flags) => told.push(`migrating ${id} ${flags}`),
  })
  const attach = async (id: number, mmTime = 0) => {
    const end = proxy.attach({ type: 2, id, connectionId: 5, mmTime }, reports(id))
    await turns(30)
    return { end, server: servers.get(id)! }
  }
  const frame = (): void => { for (const fn of frames.splice(0)) fn() }
  const say = (server: ScriptedServer, type: number, r: Reader): void => { server.tell(type, r.bytes) }
  return { proxy, worker, attach, frame, say, told, clock, ended: () => ended }
}

const bits = (words: readonly number[]): number[] => Array.from({ length: 32 }, (_, i) => i).filter((i) => ((words[0] ?? 0) >>> i) & 1)

describe('a display channel in the worker', () => {
  test('is linked with the ticket, told what to count on, and shown', async () => {
    const s = setUp()
    const screen = new FakeScreen()
    s.proxy.show(0, screen as unknown as OffscreenCanvas)
    const { server } = await s.attach(0)
    expect(server.password).toBe('secret')
    expect(server.request).toMatchObject({ type: 2, id: 0, connectionId: 5 })
    expect(bits(server.request!.channelCaps)).toEqual([DisplayCap.SIZED_STREAM, DisplayCap.MONITORS_CONFIG, DisplayCap.COMPOSITE, DisplayCap.A8_SURFACE, DisplayCap.STREAM_REPORT, DisplayCap.LZ4_COMPRESSION, DisplayCap.MULTI_CODEC, DisplayCap.CODEC_MJPEG])
    const [init] = server.bodies(DisplayMsgc.INIT)
    const r = new Reader(init!)
    expect([r.u8(), r.u64(), r.u8(), r.i32()]).toEqual([1, 20n << 20n, 1, 8 << 20])
    s.say(server, DisplayMsg.SURFACE_CREATE, surfaceCreate(0, 20, 10))
    s.say(server, DisplayMsg.DRAW_FILL, fill(0, rect(0, 0, 20, 10), 0x123456))
    s.say(server, DisplayMsg.MARK, new Reader(new Uint8Array(0)))
    s.frame()
    expect(screen.log).toEqual(['20x10', [rect(0, 0, 20, 10), '563412']])
    expect(s.told).toEqual(['linked 0', 'view 0 20x10', 'first 0'])
  })

  test('two of them, one without a screen', async () => {
    const s = setUp()
    const a = await s.attach(0)
    const b = await s.attach(1)
    for (const { server } of [a, b]) s.say(server, DisplayMsg.SURFACE_CREATE, surfaceCreate(0, 4, 4))
    s.say(b.server, DisplayMsg.DRAW_FILL, fill(0, rect(0, 0, 4, 4), 1))
    const stats = await s.proxy.stats()
    expect(stats.map(({ id, draws, channel }) => ({ id, draws, messages: channel.messages }))).toEqual([{ id: 0, draws: 0, messages: 1 }, { id: 1, draws: 1, messages: 2 }])
  })

  test('what a message throws is told, and the channel goes on', async () => {
    const s = setUp()
    const { server } = await s.attach(0)
    s.say(server, DisplayMsg.DRAW_FILL, fill(3, rect(0, 0, 1, 1), 1))
    s.say(server, DisplayMsg.STREAM_CREATE, streamCreate({ codec: 4 }))
    server.tell(Msg.MIGRATE, new Writer(4).u32(1))
    s.say(server, DisplayMsg.SURFACE_CREATE, surfaceCreate(0, 20, 10))
    expect(s.told).toEqual(['linked 0', 'problem 0 302', 'problem 0 122', 'migrating 0 1', 'view 0 20x10'])
  })

  test('a screenshot is the whole surface, and a copy', async () => {
    const s = setUp()
    const { server } = await s.attach(0)
    expect(await s.proxy.screenshot()).toBeNull()
    s.say(server, DisplayMsg.SURFACE_CREATE, surfaceCreate(0, 2, 1))
    s.say(server, DisplayMsg.DRAW_FILL, fill(0, rect(1, 0, 2, 1), 0xff))
    const shot = await s.proxy.screenshot()
    s.say(server, DisplayMsg.DRAW_FILL, fill(0, rect(0, 0, 2, 1), 0x77))
    expect(shot).toEqual({ width: 2, height: 1, data: Uint32Array.of(0xff000000, 0xffff0000) })
  })
})

describe('ends', () => {
  test('by the server', async () => {
    const s = setUp()
    const { server } = await s.attach(0)
    server.stream.end('gone')
    expect(s.told).toEqual(['linked 0', 'closed 0 ended'])
    // What it did may still be asked, what it showed may not.
    expect((await s.proxy.stats()).map((d) => d.channel.messages)).toEqual([0])
    expect(await s.proxy.screenshot()).toBeNull()
  })

  test('by the page, without a report', async () => {
    const s = setUp()
    const { end, server } = await s.attach(0)
    end.close()
    end.close()
    expect(server.stream.closedByEngine).toBe(true)
    expect(s.told).toEqual(['linked 0'])
  })

  test('all at once, and the worker with them', async () => {
    const s = setUp()
    const { server } = await s.attach(0)
    s.proxy.close()
    s.proxy.close()
    expect([server.stream.closedByEngine, s.ended(), s.told]).toEqual([true, 1, ['linked 0']])
    expect([await s.proxy.stats(), await s.proxy.screenshot()]).toEqual([[], null])
    s.clock.advance(2000)
    expect(s.told.at(-1)).toBe('terminated')
  })

  test('a channel that cannot be opened', async () => {
    const s = setUp()
    await s.attach(9)
    expect(s.told).toEqual(['closed 9 unreachable'])
  })

  test('a worker whose script fails takes its channels with it', async () => {
    const s = setUp()
    await s.attach(0)
    s.worker.onerror?.(new Event('error') as ErrorEvent)
    expect(s.told).toEqual(['linked 0', 'closed 0 unreachable'])
    // Also those that come after it: the script may fail before the server has listed its channels.
    await s.attach(1)
    expect(s.told.at(-1)).toBe('closed 1 unreachable')
  })

  test('a worker that has ended or hangs, of which nothing tells', async () => {
    const s = setUp()
    await s.attach(0)
    for (let i = 0; i < 20; i++) s.clock.advance(2000)
    expect(s.told, 'one that answers goes on').toEqual(['linked 0'])
    const post = s.worker.postMessage
    s.worker.postMessage = () => undefined
    const asked = s.proxy.stats()
    for (let i = 0; i < 3; i++) s.clock.advance(2000)
    s.worker.postMessage = post
    s.clock.advance(2000)
    expect(s.told, 'busy for a while is not dead').toEqual(['linked 0'])
    s.worker.postMessage = () => undefined
    for (let i = 0; i < 6; i++) s.clock.advance(2000)
    expect(s.told).toEqual(['linked 0', 'closed 0 unreachable'])
    expect(await asked, 'no question stays open').toEqual([])
    s.proxy.close()
    s.clock.advance(2000)
    expect(s.told.at(-1)).toBe('terminated')
    expect(s.clock.pending).toBe(0)
  })

  test('closed while the browser is asked what it can decode', async () => {
    const codecs = Promise.withResolvers<HostCodecs>()
    const s = setUp(codecs.promise)
    const { end, server } = await s.attach(0)
    expect(server.stream.sent).toHaveLength(0)
    end.close()
    codecs.resolve({ codecs: [], decoder: () => undefined, jpeg: () => Promise.reject(new WireError('none')) })
    await turns()
    expect([server.stream.closedByEngine, s.told]).toEqual([true, []])
  })
})
