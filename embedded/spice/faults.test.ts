import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { DesktopScreen } from './desktop-screen.ts'
import type { SpiceFaults } from './faults.ts'
import { linkError, mainMsg, mainMsgc } from './protocol.ts'
import { SpiceServer } from './server.ts'
import { connect, link, linkBytes, openDisplay, openMain, settle, StillClock } from './testkit.ts'

const servers: SpiceServer[] = []
afterEach(() => {
  for (const s of servers.splice(0)) s.reset()
})
const clock = new StillClock()
function make(faults: SpiceFaults = {}): SpiceServer {
  const server = new SpiceServer({ screen: new DesktopScreen({ user: 'Ada', host: 'vm', width: 320, height: 200 }), ticket: () => ({ kind: 'none' }), clock, faults })
  servers.push(server)
  return server
}

describe('faults', () => {
  test('refuseTicket refuses the right one, until it is switched off', async () => {
    const server = make({ refuseTicket: true })
    expect((await link(server)).code).toBe(linkError.permissionDenied)
    server.faults.refuseTicket = false
    expect((await link(server)).code).toBe(linkError.ok)
  })

  test('closeAfterLink says OK and goes', async () => {
    const { code, client } = await link(make({ closeAfterLink: true }))
    expect(code).toBe(linkError.ok)
    await client.wire.gone()
    expect(client.wire.buffered).toBe(0)
  })

  test('hang answers nothing and keeps the stream', async () => {
    const wire = connect(make({ hang: true }))
    wire.stream.write(linkBytes())
    await settle()
    clock.advance(60_000)
    await settle()
    expect(wire.received).toBe(0)
    expect(wire.ended).toBe(false)
  })

  test('resetAfterMessages and reset() break streams without a goodbye', async () => {
    const { client } = await link(make({ resetAfterMessages: 1 }))
    expect((await client.next()).type).toBe(mainMsg.init)
    client.send(mainMsgc.attachChannels)
    await client.wire.gone()
    const server = make()
    const { main, sessionId } = await openMain(server)
    const { display } = await openDisplay(server, sessionId)
    server.reset()
    await main.wire.gone()
    await display.wire.gone()
  })

  test('delayMs holds each message and keeps the order', async () => {
    const server = make()
    const { main } = await openMain(server)
    server.faults.delayMs = 250
    main.send(mainMsgc.attachChannels)
    await settle()
    clock.advance(249)
    await settle()
    expect(main.wire.buffered).toBe(0)
    clock.advance(1)
    expect((await main.next()).type).toBe(mainMsg.channelsList)
    clock.advance(250)
    expect((await main.next()).type).toBe(4)
  })

  test('dropAfterBytes cuts in the middle of a message', async () => {
    const wire = connect(make({ dropAfterBytes: 100 }))
    wire.stream.write(linkBytes())
    await wire.gone()
    expect(wire.received).toBe(100)
  })

  test('garbage replaces messages by as many other bytes', async () => {
    const server = make()
    const { main } = await openMain(server)
    server.faults.garbage = true
    main.send(mainMsgc.attachChannels)
    const bytes = await main.wire.read(6 + 4 + 6)
    expect(bytes.readUInt32LE(2) === 10 && bytes.readUInt16LE(0) === mainMsg.channelsList).toBe(false)
  })
})

describe('hostile bytes', () => {
  const chunked = (bytes: Uint8Array, cuts: readonly number[]) => {
    const out: Uint8Array[] = []
    let at = 0
    for (const n of cuts) {
      out.push(bytes.subarray(at, at + n))
      at += n
    }
    return [...out, bytes.subarray(at)].filter((c) => c.length > 0)
  }

  test('a link cut anywhere into any chunks still links', async () => {
    const server = make()
    await server.prepare()
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 20 }), async (cuts) => {
        const wire = connect(server)
        for (const chunk of chunked(linkBytes(), cuts)) wire.stream.write(chunk)
        expect((await wire.read(20)).readUInt32LE(16)).toBe(linkError.ok)
        wire.stream.destroy()
      }),
      { numRuns: 40 },
    )
  })

  test('random bytes before, in and after the link never throw, and other sessions live on', async () => {
    const server = make()
    const { main } = await openMain(server)
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 8 }), fc.nat({ max: 50 }), async (noise, cuts, keep) => {
        const wire = connect(server)
        const bytes = Buffer.concat([linkBytes({ channel: 'inputs', connectionId: 1 }).subarray(0, keep), noise])
        for (const chunk of chunked(bytes, cuts)) wire.stream.write(chunk)
        await settle(3)
        wire.stream.destroy()
      }),
      { numRuns: 60 },
    )
    await settle()
    expect(server.stats.open).toBe(1)
    main.send(mainMsgc.attachChannels)
    expect((await main.until(mainMsg.channelsList)).body.readUInt32LE(0)).toBe(3)
  })

  test('random messages on every channel never throw', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom('main', 'display', 'inputs', 'cursor'), fc.array(fc.tuple(fc.integer({ min: 0, max: 120 }), fc.uint8Array({ maxLength: 40 })), { maxLength: 12 }), async (channel, messages) => {
        const server = make()
        const { main, sessionId } = await openMain(server)
        const client = channel === 'main' ? main : (await link(server, { channel, connectionId: sessionId })).client
        for (const [type, body] of messages) client.send(type, body)
        await settle(3)
        server.reset()
        await settle(2)
        expect(server.stats.open).toBe(0)
      }),
      { numRuns: 15 },
    )
  })

  test('a flood of questions without reading the answers ends the channel', async () => {
    const server = make()
    const { main } = await openMain(server)
    main.wire.stream.pause()
    const flood = Buffer.concat(Array.from({ length: 4_000 }, () => Buffer.from([104, 0, 0, 0, 0, 0])))
    for (let i = 0; i < 400 && !main.wire.stream.destroyed; i++) {
      main.wire.stream.write(flood)
      await settle(1)
      if (server.stats.open === 0) break
    }
    expect(server.stats.open).toBe(0)
  })
})
