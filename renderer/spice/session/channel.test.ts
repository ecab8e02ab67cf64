import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LinkErr } from '../wire/enums.ts'
import { CommonCap, MAGIC, Msg, Msgc } from '../wire/messages.ts'
import type { Reader } from '../wire/reader.ts'
import { Writer } from '../wire/writer.ts'
import { ChannelGroup, WAIT_LIMIT_MS } from './channel-group.ts'
import { Channel, LINK_TIMEOUT_MS, MAX_MESSAGE_BYTES, type ChannelEvents, type ChannelOptions } from './channel.ts'
import type { CloseReason } from './close-reason.ts'
import type { Notice } from './common-messages.ts'
import { ManualClock, turns } from './testkit.ts'
import { plainCipher, ScriptedServer, type ScriptOptions } from './testkit-server.ts'

interface Rig {
  readonly server: ScriptedServer
  readonly channel: Channel
  readonly clock: ManualClock
  readonly got: { type: number; body: number[] }[]
  readonly reasons: CloseReason[]
  readonly lost: number[]
  readonly notices: Notice[]
}

async function rig(script: ScriptOptions = {}, events: Partial<ChannelEvents> = {}, options: Partial<ChannelOptions> = {}): Promise<Rig> {
  const server = new ScriptedServer(script)
  const clock = (options.clock as ManualClock | undefined) ?? new ManualClock()
  const got: Rig['got'] = []
  const reasons: CloseReason[] = []
  const lost: number[] = []
  const notices: Notice[] = []
  const channel = new Channel(
    { type: 2, id: 0, connectionId: 7, caps: [], open: () => Promise.resolve(server.stream), clock, cipher: plainCipher, ...options },
    {
      message: (type, r) => { got.push({ type, body: [...r.take(r.left)] }) },
      closed: (reason) => { reasons.push(reason) },
      lost: (type) => { lost.push(type) },
      notice: (n) => { notices.push(n) },
      ...events,
    },
  )
  await turns()
  return { server, channel, clock, got, reasons, lost, notices }
}
const u32 = (...words: number[]): Uint8Array => words.reduce((w, x) => w.u32(x), new Writer()).finish()

describe('link', () => {
  test('asks for the channel, chooses the SPICE ticket and sends the password', async () => {
    const { server, channel } = await rig({}, {}, { type: 2, id: 3, connectionId: 99, caps: [0, 1, 34], ticket: () => new TextEncoder().encode('geheim') })
    expect(server.request).toEqual({ connectionId: 99, type: 2, id: 3, common: 0b1011, channelCaps: [3, 4] })
    expect(server.mechanism).toBe(CommonCap.AUTH_SPICE)
    expect(server.password).toBe('geheim')
    expect(channel.ready).toBe(true)
  })

  test('without auth selection the ticket comes alone', async () => {
    const { server, channel } = await rig({ commonCaps: 1 << CommonCap.MINI_HEADER })
    expect(server.mechanism).toBeUndefined()
    expect(server.stream.sent.at(-1)?.length).toBe(128)
    expect(channel.ready).toBe(true)
  })

  test("tells the server's capabilities and how long it took", async () => {
    const told: unknown[] = []
    await rig({ channelCaps: [0b10, 1] }, { linked: (caps, ms) => { told.push(caps.has(1), caps.has(0), caps.has(32), caps.has(99), ms) } })
    expect(told).toEqual([true, false, true, false, 0])
  })

  test.each([
    ['the link reply', { replyError: LinkErr.NEED_SECURED }, LinkErr.NEED_SECURED],
    ['the ticket', { result: LinkErr.PERMISSION_DENIED }, LinkErr.PERMISSION_DENIED],
  ])('a refusal by %s is told with its code', async (_, script, code) => {
    const { reasons, server, clock, channel } = await rig(script)
    expect(reasons).toEqual([{ kind: 'refused', code }])
    expect(server.stream.closedByEngine).toBe(true)
    expect(clock.pending).toBe(0)
    expect(channel.send(101)).toBe(false)
  })

  test('a server that takes SASL only is told apart from a broken one', async () => {
    const { reasons } = await rig({ commonCaps: (1 << CommonCap.PROTOCOL_AUTH_SELECTION) | (1 << CommonCap.AUTH_SASL) })
    expect(reasons).toMatchObject([{ kind: 'protocol', detail: expect.stringContaining('tickets') as string }])
  })

  test('a password that the protocol cannot carry is not cut off', async () => {
    const { reasons } = await rig({}, {}, { ticket: () => new Uint8Array(61) })
    expect(reasons).toMatchObject([{ kind: 'protocol' }])
  })

  test.each([
    ['another protocol', new TextEncoder().encode('HTTP/1.1 400 Bad Request\r\n')],
    ['another major version', u32(MAGIC, 1, 0, 178)],
    ['a reply that is too short', u32(MAGIC, 2, 2, 177)],
    ['a reply that is too long', u32(MAGIC, 2, 2, 4097)],
  ])('%s ends it', async (_, bytes) => {
    const server = new ScriptedServer()
    server.stream.onSent = undefined
    const reasons: CloseReason[] = []
    new Channel({ type: 1, id: 0, connectionId: 0, caps: [], open: () => Promise.resolve(server.stream), clock: new ManualClock() }, { message: () => undefined, closed: (r) => { reasons.push(r) } })
    await turns()
    void server.stream.deliver(bytes)
    expect(reasons.map((r) => r.kind)).toEqual(['protocol'])
  })

  test('silence ends it after its time, and an opener that fails at once', async () => {
    const clock = new ManualClock()
    const reasons: CloseReason[] = []
    const closed = (r: CloseReason): void => { reasons.push(r) }
    const server = new ScriptedServer()
    server.stream.onSent = undefined
    const base = { type: 1, id: 0, connectionId: 0, caps: [], clock }
    new Channel({ ...base, open: () => Promise.resolve(server.stream) }, { message: () => undefined, closed })
    await turns()
    clock.advance(LINK_TIMEOUT_MS)
    new Channel({ ...base, open: () => Promise.reject(new Error('no route')) }, { message: () => undefined, closed })
    await turns()
    new Channel({ ...base, open: () => { throw new Error('at once') } }, { message: () => undefined, closed })
    await turns()
    expect(reasons).toEqual([{ kind: 'timeout' }, { kind: 'unreachable', detail: 'Error: no route' }, { kind: 'unreachable', detail: 'Error: at once' }])
    expect(clock.pending).toBe(0)
  })

  test('a stream that comes after close() is closed', async () => {
    const server = new ScriptedServer()
    const reasons: CloseReason[] = []
    const channel = new Channel({ type: 1, id: 0, connectionId: 0, caps: [], clock: new ManualClock(), open: () => Promise.resolve(server.stream) }, { message: () => undefined, closed: (r) => { reasons.push(r) } })
    channel.close()
    channel.close()
    await turns()
    expect(server.stream.closedByEngine).toBe(true)
    expect(reasons).toEqual([{ kind: 'closed' }])
  })
})

describe('messages', () => {
  test.each([true, false])('arrive whole and in order, whatever the pieces (mini header: %s)', async (mini) => {
    const message = fc.record({ type: fc.integer({ min: 101, max: 500 }), body: fc.uint8Array({ maxLength: 300 }) })
    await fc.assert(
      fc.asyncProperty(fc.array(message, { maxLength: 30, size: 'max' }), fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 9, size: 'max' }), async (messages, cuts) => {
        const { server, got, channel } = await rig({ mini })
        server.tellCut(messages.map((m) => server.frame(m.type, m.body)), cuts)
        expect(got).toEqual(messages.map((m) => ({ type: m.type, body: [...m.body] })))
        expect(channel.stats).toMatchObject({ messages: messages.length, lost: 0 })
      }),
      { numRuns: 40 },
    )
  })

  test('an exception costs its message, thrown at once or later', async () => {
    const seen: number[] = []
    const { server, lost, channel } = await rig({}, {
      message: (type) => {
        seen.push(type)
        if (type === 102) throw new Error('at once')
        if (type === 103) return Promise.reject(new Error('later'))
        return undefined
      },
    })
    server.tellCut([101, 102, 103, 104].map((t) => server.frame(t)), [3])
    await turns()
    expect(seen).toEqual([101, 102, 103, 104])
    expect(lost).toEqual([102, 103])
    expect(channel.stats.lost).toBe(2)
    expect(channel.ready).toBe(true)
  })

  test('a message larger than can be believed ends the channel', async () => {
    const { server, reasons } = await rig()
    void server.stream.deliver(new Writer().u16(101).u32(MAX_MESSAGE_BYTES + 1).finish())
    expect(reasons.map((r) => r.kind)).toEqual(['protocol'])
    expect(server.stream.listening).toBe(false)
  })

  test('a slow message holds back those behind it, and the credit of their bytes', async () => {
    const order: string[] = []
    let finish = (): void => undefined
    const { server } = await rig({}, {
      message: (type) => {
        order.push(`start ${type}`)
        return type === 101 ? new Promise<void>((r) => { finish = () => { order.push('done 101'); r() } }) : undefined
      },
    })
    const credit: string[] = []
    void Promise.resolve(server.tellSlow(101)).then(() => credit.push('101'))
    void Promise.resolve(server.tellSlow(102)).then(() => credit.push('102'))
    await turns()
    expect(order).toEqual(['start 101'])
    expect(credit).toEqual([])
    finish()
    await turns()
    expect(order).toEqual(['start 101', 'done 101', 'start 102'])
    expect(credit).toEqual(['101', '102'])
    expect(server.tellSlow(103)).toBeUndefined()
  })

  test('closing during a slow message gives the credit back and delivers nothing more', async () => {
    const seen: number[] = []
    let finish = (): void => undefined
    const { server, channel } = await rig({}, { message: (type) => { seen.push(type); return new Promise<void>((r) => { finish = r }) } })
    const credit = Promise.resolve(server.tellSlow(101))
    server.tell(102)
    channel.close()
    await credit
    finish()
    await turns()
    expect(seen).toEqual([101])
  })

  test('our own messages are framed as agreed', async () => {
    for (const mini of [true, false]) {
      const { server, channel } = await rig({ mini })
      expect(channel.send(105, Uint8Array.of(1, 2))).toBe(true)
      channel.send(106)
      expect(server.said).toEqual([{ type: 105, body: Uint8Array.of(1, 2) }, { type: 106, body: new Uint8Array(0) }])
    }
  })
})

describe('what every channel does', () => {
  test('acknowledges every window, counted from the message after SET_ACK', async () => {
    const { server } = await rig()
    server.tell(101)
    server.tell(Msg.SET_ACK, u32(5, 3))
    expect(server.said).toEqual([{ type: Msgc.ACK_SYNC, body: u32(5) }])
    const acks: number[] = []
    for (let i = 1; i <= 7; i++) {
      server.tell(101)
      acks.push(server.bodies(Msgc.ACK).length)
    }
    expect(acks).toEqual([0, 0, 1, 1, 1, 2, 2])
    server.tell(Msg.SET_ACK, u32(6, 0))
    for (let i = 1; i <= 7; i++) server.tell(101)
    expect(server.bodies(Msgc.ACK).length).toBe(2)
  })

  test('acknowledges when a message is done, not when it has come', async () => {
    let finish = (): void => undefined
    const { server } = await rig({}, { message: () => new Promise<void>((r) => { finish = r }) })
    server.tell(Msg.SET_ACK, u32(1, 1))
    server.tell(101)
    expect(server.types()).not.toContain(Msgc.ACK)
    finish()
    await turns()
    expect(server.types()).toContain(Msgc.ACK)
  })

  test('answers a ping with id and time stamp, not with its padding', async () => {
    const { server } = await rig()
    server.tell(Msg.PING, new Writer().u32(4).u64(123n).zeros(5000))
    expect(server.said).toEqual([{ type: Msgc.PONG, body: new Writer().u32(4).u64(123n).finish() }])
  })

  test('a goodbye is the reason of the end that follows', async () => {
    const { server, reasons } = await rig()
    server.tell(Msg.DISCONNECTING, new Writer().u64(1n).u32(LinkErr.CHANNEL_NOT_AVAILABLE))
    expect(reasons).toEqual([])
    server.stream.end()
    expect(reasons).toEqual([{ kind: 'server', code: LinkErr.CHANNEL_NOT_AVAILABLE }])
  })

  test('an end without a word is an end', async () => {
    const { server, reasons } = await rig()
    server.stream.end('reset')
    expect(reasons).toEqual([{ kind: 'ended', detail: 'reset' }])
  })

  test('notices and migration are told, broken ones cost themselves', async () => {
    const flags: number[] = []
    const { server, notices, lost } = await rig({}, { migrating: (f) => { flags.push(f) } })
    const text = new TextEncoder().encode('insecure')
    server.tell(Msg.NOTIFY, new Writer().u64(1n).u32(1).u32(2).u32(3).u32(text.length).raw(text).u8(0))
    server.tell(Msg.NOTIFY, new Writer().u64(1n).u32(1).u32(2).u32(3).u32(0xffffffff))
    server.tell(Msg.MIGRATE, u32(3))
    server.tell(Msg.MIGRATE_DATA, u32(1, 2, 3))
    expect(notices).toEqual([{ severity: 1, visibility: 2, what: 3, text: 'insecure' }])
    expect(flags).toEqual([3])
    expect(lost).toEqual([Msg.NOTIFY])
  })

  test('messages in lists are taken one after the other, in both header forms', async () => {
    const list = (before: number): Writer => {
      const at = before + 2 + 8
      return new Writer().zeros(before).u16(2).u32(at).u32(at + 6 + 2).u16(201).u32(2).u8(1).u8(2).u16(202).u32(0)
    }
    const mini = await rig()
    mini.server.tell(Msg.LIST, list(0))
    await turns()
    expect(mini.got).toEqual([{ type: 201, body: [1, 2] }, { type: 202, body: [] }])

    const full = await rig({ mini: false })
    void full.server.stream.deliver(full.server.frame(203, list(1).finish(), 1))
    void full.server.stream.deliver(full.server.frame(204))
    await turns()
    expect(full.got.map((g) => g.type)).toEqual([201, 202, 203, 204])
  })

  test('a list that points outside or at itself is only lost', async () => {
    const { server, lost, channel } = await rig()
    server.tell(Msg.LIST, new Writer().u16(1).u32(9999))
    await turns()
    expect(lost).toEqual([Msg.LIST])
    server.tell(Msg.LIST, new Writer().u16(1).u32(6).u16(Msg.LIST).u32(0))
    await turns()
    expect(channel.ready).toBe(true)
  })
})

describe('waiting for another channel', () => {
  const wait = (type: number, id: number, serial: number): Writer => new Writer().u8(1).u8(type).u8(id).u64(BigInt(serial))
  async function pair(): Promise<{ a: Rig; b: Rig; clock: ManualClock }> {
    const clock = new ManualClock()
    const group = new ChannelGroup(clock)
    const a = await rig({}, {}, { group, clock, id: 0 })
    const b = await rig({}, {}, { group, clock, id: 1 })
    return { a, b, clock }
  }

  test('goes on when it has handled the message', async () => {
    const { a, b, clock } = await pair()
    a.server.tell(Msg.WAIT_FOR_CHANNELS, wait(2, 1, 2))
    a.server.tell(101)
    b.server.tell(201)
    await turns()
    expect(a.got).toEqual([])
    b.server.tell(202)
    await turns()
    expect(a.got.map((g) => g.type)).toEqual([101])
    expect(clock.pending).toBe(0)
  })

  test('does not wait for what is done, for a channel that is not there, or for itself', async () => {
    const { a, b } = await pair()
    b.server.tell(201)
    expect(a.server.tellSlow(Msg.WAIT_FOR_CHANNELS, wait(2, 1, 1))).toBeUndefined()
    expect(a.server.tellSlow(Msg.WAIT_FOR_CHANNELS, wait(2, 9, 1))).toBeUndefined()
    expect(a.server.tellSlow(Msg.WAIT_FOR_CHANNELS, wait(2, 0, 1_000_000))).toBeUndefined()
    expect(a.server.tellSlow(101)).toBeUndefined()
    expect(a.got.map((g) => g.type)).toEqual([101])
  })

  test('ends with the other channel, and after its time', async () => {
    const { a, b, clock } = await pair()
    a.server.tell(Msg.WAIT_FOR_CHANNELS, wait(2, 1, 1_000_000))
    a.server.tell(101)
    await turns()
    expect(a.got).toEqual([])
    clock.advance(WAIT_LIMIT_MS)
    await turns()
    expect(a.got.map((g) => g.type)).toEqual([101])
    a.server.tell(Msg.WAIT_FOR_CHANNELS, wait(2, 1, 5))
    a.server.tell(102)
    b.channel.close()
    await turns()
    expect(a.got.map((g) => g.type)).toEqual([101, 102])
    expect(clock.pending).toBe(0)
  })
})

test('mutated messages never hang the channel and never kill it while frames are whole', async () => {
  const message = fc.record({ type: fc.oneof(fc.integer({ min: 0, max: 9 }), fc.nat({ max: 0xffff })), body: fc.uint8Array({ maxLength: 80 }) })
  await fc.assert(
    fc.asyncProperty(fc.array(message, { maxLength: 60, size: 'max' }), fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 5, size: 'max' }), async (messages, cuts) => {
      const clock = new ManualClock()
      const group = new ChannelGroup(clock)
      const read = (r: Reader): void => { for (;;) r.u32() }
      const { server, channel } = await rig({}, { message: (_, r) => { read(r) } }, { clock, group })
      server.tellCut(messages.map((m) => server.frame(m.type, m.body)), cuts)
      await turns(20 * messages.length + 4)
      // Every wait that was asked for is over after its time.
      for (let i = 0; i < messages.length && clock.pending > 0; i++) {
        clock.advance(WAIT_LIMIT_MS)
        await turns(20 * messages.length)
      }
      const before = server.bodies(Msgc.PONG).length
      server.tell(Msg.PING, new Writer().u32(1).u64(1n))
      await turns(4)
      expect(server.bodies(Msgc.PONG).length).toBe(before + 1)
      expect(channel.ready).toBe(true)
    }),
    { numRuns: 150 },
  )
})
