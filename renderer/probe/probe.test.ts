// Why: the page's half against the demo's SPICE server; the worker, which a test cannot have, is played.
import { expect, test } from 'vitest'
import { LinkId } from '../../shared/view/ui-command.ts'
import { MAX_PIECE } from '../../shared/ipc/port-protocol.ts'
import { ProbeReport } from '../../shared/ipc/probe.ts'
import type { Bridge } from '../bridge.ts'
import type { WorkerLike } from '../spice/display/proxy.ts'
import type { DisplayStats, FromWorker, Screenshot, ToWorker } from '../spice/display/protocol.ts'
import type { ByteChannel } from '../spice/session/byte-channel.ts'
import { ManualClock } from '../spice/session/testkit.ts'
import { embedded } from '../spice/session/testkit-embedded.ts'
import { runProbe } from './probe.ts'

const link = LinkId.parse('A'.repeat(22))
const stats: DisplayStats = {
  id: 0, messages: 7, draws: 5, pixels: 900, images: { LZ_RGB: 4 }, decodeMs: 1.5, streamFrames: 0, streamDrops: 0,
  channel: { bytes: 1000, messages: 9, lost: 1 }, presentedFrames: 3, presentMs: 1,
}
const screenshot: Screenshot = { width: 300, height: 200, data: Uint32Array.from({ length: 60_000 }, (_, i) => 0xff000000 | i) }

class FakeWorker implements WorkerLike {
  readonly got: ToWorker[] = []
  readonly #blank: boolean
  onmessage: ((e: MessageEvent<FromWorker>) => void) | null = null
  onerror: ((e: ErrorEvent) => void) | null = null
  constructor(blank: boolean) {
    this.#blank = blank
  }
  postMessage(message: ToWorker): void {
    this.got.push(message)
    if (message.t === 'channel' && !this.#blank) this.#say({ t: 'firstFrame', id: message.offer.id })
    if (message.t === 'stats') this.#say({ t: 'stats', ask: message.ask, stats: [stats] })
    if (message.t === 'screenshot') this.#say({ t: 'screenshot', ask: message.ask, screenshot })
  }
  terminate(): void {
    return
  }
  #say(message: FromWorker): void {
    queueMicrotask(() => this.onmessage?.({ data: message } as MessageEvent<FromWorker>))
  }
}

type Server = Awaited<ReturnType<typeof embedded>>['server']

interface Options {
  readonly picture: boolean
  readonly ticket?: string
  /** What happens while main lets the page measure; the measurement is over when it resolves. */
  readonly during?: (server: Server) => Promise<void>
  /** The display never shows anything. */
  readonly blank?: boolean
  readonly clock?: ManualClock
}

async function start(o: Options) {
  const { server, openChannel, openStreams } = await embedded(o.ticket === undefined ? { kind: 'none' } : { kind: 'ticket', value: o.ticket }, () => 4000)
  const asked: string[] = []
  const pieces: Uint8Array[] = []
  let report: ProbeReport | undefined
  let size: unknown
  const sinkPort: ByteChannel = { send: (b) => { pieces.push(b.slice()) }, onBytes: () => undefined, onClosed: () => undefined, close: () => undefined }
  const channels = new Map<MessagePort, ByteChannel>()
  const offer = (channel: ByteChannel): MessagePort => {
    const port = { close: () => { channel.close() } } as MessagePort
    channels.set(port, channel)
    return port
  }
  const bridge = {
    request: async (name: string, input: unknown): Promise<unknown> => {
      asked.push(name)
      if (name === 'probe.start') return { link, picture: o.picture }
      if (name === 'probe.wait') await o.during?.(server)
      if (name === 'probe.picture') size = input
      if (name === 'probe.picture') return { nonce: 'n' }
      if (name === 'probe.report') report = ProbeReport.parse(input)
      return null
    },
    openChannel: async (l: string, type: number, id: number) => {
      expect(l).toBe(link)
      return offer(await openChannel(type, id))
    },
    port: () => Promise.resolve(offer(sinkPort)),
    subscribe: () => () => undefined,
  } as unknown as Bridge
  const worker = new FakeWorker(o.blank === true)
  const going = runProbe({
    bridge,
    worker,
    toChannel: (port) => channels.get(port)!,
    canvas: {} as OffscreenCanvas,
    cost: { longTasksMs: () => 60, heapBytes: () => Promise.resolve(12_500_000) },
    ...(o.clock && { clock: o.clock }),
  })
  return { going, asked, pieces, worker, server, openStreams, told: () => ({ report: report!, size }) }
}

async function probe(o: Options) {
  const { going, told, ...rest } = await start(o)
  await going
  return { ...rest, ...told() }
}

test('one session, watched and left', async () => {
  const { report, asked, worker, openStreams } = await probe({ picture: false })
  expect(asked).toEqual(['probe.start', 'probe.wait', 'probe.report'])
  expect(report).toMatchObject({ draws: 5, pixels: 900, images: { LZ_RGB: 4 }, decodeMs: 1.5, presentedFrames: 3, longTasksMs: 60, heapMB: 12.5 })
  expect(report.end).toBeUndefined()
  const [main] = report.channels
  expect(main).toMatchObject({ type: 1, id: 0, lost: 0 })
  expect(main!.bytes).toBeGreaterThan(200)
  expect(report.channels.at(-1)).toEqual({ type: 2, id: 0, bytes: 1000, messages: 9, lost: 1 })
  expect(report.rttMs).toBeGreaterThanOrEqual(0)
  expect(worker.got.map((m) => m.t)).toContain('canvas')
  expect(worker.got.at(-1)).toEqual({ t: 'end' })
  // The display's stream is the worker's, which is a played one here.
  expect(openStreams()).toBeLessThanOrEqual(1)
})

test('a server without a picture is measured after a while', async () => {
  const clock = new ManualClock()
  const { asked, going } = await start({ picture: false, blank: true, clock })
  for (let i = 0; i < 100 && clock.pending === 0; i++) await new Promise((r) => { setTimeout(r, 5) })
  while (!asked.includes('probe.wait')) {
    clock.advance(500)
    await new Promise((r) => { setTimeout(r, 1) })
  }
  expect(clock.now()).toBeGreaterThanOrEqual(5000)
  await going
  expect(asked.at(-1)).toBe('probe.report')
})

test('the picture goes to main in pieces that a port takes, before the report', async () => {
  const { asked, pieces, size } = await probe({ picture: true })
  expect(asked).toEqual(['probe.start', 'probe.wait', 'probe.picture', 'probe.report'])
  expect(size).toEqual({ width: 300, height: 200 })
  expect(Math.max(...pieces.map((p) => p.length))).toBeLessThanOrEqual(MAX_PIECE)
  const all = new Uint8Array(pieces.reduce((n, p) => n + p.length, 0))
  let at = 0
  for (const p of pieces) {
    all.set(p, at)
    at += p.length
  }
  expect(new Uint32Array(all.buffer)).toEqual(screenshot.data)
})

test('types nothing, asks for no size, offers no clipboard', async () => {
  const { server } = await probe({ picture: false })
  expect(server.stats.pongs).toBeGreaterThanOrEqual(0)
  const events: unknown[] = []
  await probe({ picture: false, during: (s) => { s.onInput((e) => events.push(e)); return new Promise((r) => { setTimeout(r, 20) }) } })
  expect(events).toEqual([])
})

test('a refused ticket is the end before anything was measured', async () => {
  const { report, asked } = await probe({ picture: true, ticket: 'open sesame' })
  expect(asked).toEqual(['probe.start', 'probe.report'])
  expect(report).toMatchObject({ end: { kind: 'refused', code: 7 }, seconds: 0, longTasksMs: 0 })
})

test('a server that ends the session: what was seen until then, and no picture', async () => {
  const { report, asked } = await probe({ picture: true, during: (s) => { s.disconnect(); return new Promise(() => undefined) } })
  expect(asked).toEqual(['probe.start', 'probe.wait', 'probe.report'])
  expect(report.end?.kind).toMatch(/server|ended/)
  expect(report.channels.find((c) => c.type === 1)?.messages).toBeGreaterThan(0)
})
