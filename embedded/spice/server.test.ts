import { createPublicKey } from 'node:crypto'
import { afterEach, describe, expect, test } from 'vitest'
import { DesktopScreen } from './desktop-screen.ts'
import type { Ticket } from './link.ts'
import { channelType, linkError, mainMsg, mainMsgc, PUBKEY_BYTES } from './protocol.ts'
import { SpiceServer, type SpiceServerOptions } from './server.ts'
import { connect, link, linkBytes, openDisplay, openMain, readReply, settle, StillClock } from './testkit.ts'
import { Writer } from './wire.ts'

const servers: SpiceServer[] = []
afterEach(() => {
  for (const s of servers.splice(0)) s.reset()
})
const clock = new StillClock()
function make(ticket: Ticket = { kind: 'none' }, more: Partial<SpiceServerOptions> = {}): SpiceServer {
  const server = new SpiceServer({ screen: new DesktopScreen({ user: 'Ada', host: 'vm', width: 320, height: 200 }), ticket: () => ticket, clock, ...more })
  servers.push(server)
  return server
}

describe('link', () => {
  test('answers with an SPKI key of 162 bytes, auth selection and mini header', async () => {
    const wire = connect(make())
    wire.stream.write(linkBytes())
    const reply = await readReply(wire)
    expect(reply.error).toBe(linkError.ok)
    expect(reply.pubKey.length).toBe(PUBKEY_BYTES)
    expect(createPublicKey({ key: reply.pubKey, format: 'der', type: 'spki' }).asymmetricKeyDetails?.modulusLength).toBe(1024)
    expect(reply.commonCaps & 0b1011).toBe(0b1011)
  })

  test('keeps one key for all its links', async () => {
    const server = make()
    const keys = await Promise.all(
      [1, 2].map(async () => {
        const wire = connect(server)
        wire.stream.write(linkBytes())
        return (await readReply(wire)).pubKey.toString('hex')
      }),
    )
    expect(keys[0]).toBe(keys[1])
  })

  test.each([
    ['a wrong magic', linkBytes({ magic: 0x12345678 }), linkError.invalidMagic],
    ['another major version', linkBytes({ major: 3 }), linkError.versionMismatch],
    ['a size beyond the limit', Buffer.concat([linkBytes().subarray(0, 12), new Writer().u32(4097).finish()]), linkError.invalidData],
    ['a size too small', Buffer.concat([linkBytes().subarray(0, 12), new Writer().u32(17).finish()]), linkError.invalidData],
    ['capabilities outside the message', Buffer.concat([linkBytes().subarray(0, 22), new Writer().u32(0xffffffff).u32(0xffffffff).u32(18).u32(0).u32(0).finish()]), linkError.invalidData],
  ])('refuses %s and closes', async (_, bytes, error) => {
    const wire = connect(make())
    wire.stream.write(bytes)
    expect((await readReply(wire)).error).toBe(error)
    await wire.gone()
  })

  test('takes a client without auth selection and without mini header', async () => {
    const server = make({ kind: 'ticket', value: 'geheim' })
    const { code, client } = await link(server, { password: 'geheim', authSelection: false, mini: false })
    expect(code).toBe(linkError.ok)
    expect((await client.next()).type).toBe(mainMsg.init)
  })

  test('refuses another authentication mechanism', async () => {
    const wire = connect(make())
    wire.stream.write(linkBytes())
    await readReply(wire)
    wire.stream.write(new Writer().u32(2).finish())
    expect((await wire.read(4)).readUInt32LE()).toBe(linkError.invalidData)
    await wire.gone()
  })

  test('a link that stops half-way is cut off after its time', async () => {
    const wire = connect(make())
    wire.stream.write(linkBytes().subarray(0, 20))
    await settle()
    expect(wire.ended).toBe(false)
    clock.advance(10_000)
    await wire.gone()
  })
})

describe('ticket', () => {
  test('the right one opens, a wrong one, an empty one and one cut short do not', async () => {
    const server = make({ kind: 'ticket', value: 'k0rrekt' })
    expect((await link(server, { password: 'k0rrekt' })).code).toBe(linkError.ok)
    for (const password of ['K0rrekt', '', 'k0rrek', 'k0rrekt ']) {
      const { code, client } = await link(server, { password })
      expect(code, password).toBe(linkError.permissionDenied)
      await client.wire.gone()
    }
  })

  test('garbage instead of a ticket is refused like a wrong one', async () => {
    const wire = connect(make({ kind: 'ticket', value: 'x' }))
    wire.stream.write(linkBytes())
    await readReply(wire)
    wire.stream.write(Buffer.concat([new Writer().u32(1).finish(), Buffer.alloc(128, 0x5a)]))
    expect((await wire.read(4)).readUInt32LE()).toBe(linkError.permissionDenied)
  })

  test('an expired one is refused, for every channel, to the millisecond', async () => {
    const server = make({ kind: 'ticket', value: 't', validUntil: clock.wall() + 30_000 })
    const { sessionId } = await openMain(server, 't')
    clock.advance(29_999)
    expect((await link(server, { channel: 'cursor', connectionId: sessionId, password: 't' })).code).toBe(linkError.ok)
    clock.advance(1)
    expect((await link(server, { channel: 'inputs', connectionId: sessionId, password: 't' })).code).toBe(linkError.permissionDenied)
    expect((await link(server, { password: 't' })).code).toBe(linkError.permissionDenied)
  })

  test('a one-time ticket serves one session with all its channels, and the next one is a new ticket', async () => {
    const ticket = { kind: 'ticket', value: 'once', oneTime: true } as { kind: 'ticket'; value: string; oneTime: boolean }
    const server = make(ticket)
    const { sessionId } = await openMain(server, 'once')
    for (const channel of ['display', 'inputs', 'cursor'] as const) {
      expect((await link(server, { channel, connectionId: sessionId, password: 'once' })).code).toBe(linkError.ok)
    }
    expect((await link(server, { password: 'once' })).code).toBe(linkError.permissionDenied)
    ticket.value = 'again'
    expect((await link(server, { password: 'again' })).code).toBe(linkError.ok)
  })

  test('a ticket without a value lets nobody in', async () => {
    expect((await link(make({ kind: 'ticket', value: '' }), { password: '' })).code).toBe(linkError.permissionDenied)
  })

  test('without ticketing anything opens', async () => {
    expect((await link(make(), { password: 'whatever' })).code).toBe(linkError.ok)
  })
})

describe('session', () => {
  test('main tells session, modes, channels, name and uuid', async () => {
    const server = make({ kind: 'none' }, { name: 'büro', uuid: '01234567-89ab-cdef-0123-456789abcdef' })
    const { client } = await link(server, { channelCaps: 0b10 })
    const init = (await client.next()).body
    expect(init.length).toBe(32)
    expect(init.readUInt32LE(0)).toBeGreaterThan(0)
    expect([init.readUInt32LE(8), init.readUInt32LE(12), init.readUInt32LE(16)]).toEqual([3, 1, 0])
    const name = (await client.until(mainMsg.name)).body
    expect(name.subarray(4).toString('utf8')).toBe('büro\0')
    expect((await client.until(mainMsg.uuid)).body.toString('hex')).toBe('0123456789abcdef0123456789abcdef')
    client.send(mainMsgc.attachChannels)
    const list = (await client.until(mainMsg.channelsList)).body
    expect(list.readUInt32LE(0)).toBe(3)
    expect([list[4], list[6], list[8]]).toEqual([channelType.display, channelType.inputs, channelType.cursor])
    client.send(mainMsgc.mouseModeRequest, new Writer().u16(2).finish())
    const mode = (await client.until(mainMsg.mouseMode)).body
    expect([mode.readUInt16LE(0), mode.readUInt16LE(2)]).toEqual([3, 2])
    await settle()
    expect(server.stats.pongs).toBe(1)
  })

  test('a channel needs the id of the living session, and exists once', async () => {
    const server = make()
    const { sessionId } = await openMain(server)
    expect((await link(server, { channel: 'display', connectionId: sessionId + 1 })).code).toBe(linkError.badConnectionId)
    expect((await link(server, { connectionId: sessionId })).code).toBe(linkError.badConnectionId)
    expect((await link(server, { channel: 5, connectionId: sessionId })).code).toBe(linkError.channelNotAvailable)
    expect((await link(server, { channel: 'display', channelId: 1, connectionId: sessionId })).code).toBe(linkError.channelNotAvailable)
    expect((await link(server, { channel: 'display', connectionId: sessionId })).code).toBe(linkError.ok)
    expect((await link(server, { channel: 'display', connectionId: sessionId })).code).toBe(linkError.channelNotAvailable)
  })

  test('the end of main ends the session; a second client takes over', async () => {
    const server = make()
    const first = await openMain(server)
    const { display } = await openDisplay(server, first.sessionId)
    const second = await openMain(server)
    await first.main.wire.gone()
    await display.wire.gone()
    second.main.wire.stream.end()
    await second.main.wire.gone()
    await settle()
    expect((await link(server, { channel: 'display', connectionId: second.sessionId })).code).toBe(linkError.badConnectionId)
  })

  test('a bad message closes its channel only', async () => {
    const server = make()
    const { main, sessionId } = await openMain(server)
    const { client: inputs } = await link(server, { channel: 'inputs', connectionId: sessionId })
    inputs.send(101, new Writer().u8(1).finish())
    await inputs.wire.gone()
    main.send(mainMsgc.attachChannels)
    expect((await main.until(mainMsg.channelsList)).type).toBe(mainMsg.channelsList)
  })

  test.each([
    ['an unknown type', 999, 0],
    ['a size beyond the limit', 101, 65_537],
  ])('%s closes the channel', async (_, type, size) => {
    const { main } = await openMain(make())
    main.wire.stream.write(new Writer().u16(type).u32(size).finish())
    await main.wire.gone()
  })

  test('closing turns later clients away and leaves no timer behind', async () => {
    const own = new StillClock()
    const server = make({ kind: 'none' }, { clock: own })
    const { main, sessionId } = await openMain(server)
    await openDisplay(server, sessionId)
    server.close()
    await main.wire.gone()
    main.wire.stream.end()
    const late = connect(server)
    await late.gone()
    own.advance(2_000)
    await settle()
    expect(server.stats.open).toBe(0)
    expect(own.pending).toBe(0)
  })
})
