// Why: the ticket's whole way: spliced for the right key, never towards the page, under any chunking; and the relay's
// promises (bounds, time limit, one end) on real stream pairs.
import { constants, generateKeyPairSync, privateDecrypt, type KeyObject } from 'node:crypto'
import { duplexPair, type Duplex } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CloseReason } from '../../../shared/ipc/port-protocol.ts'
import { AppError } from '../errors.ts'
import type { ByteChannel, RendererLink } from '../ports/shell.ts'
import { Redactor } from '../redactor.ts'
import { Secret } from '../secret.ts'
import { callContext, ManualClock, settle } from '../testkit.ts'
import { ConsoleLink } from './console-link.ts'
import { LINK_TIMEOUT, startRelay } from './relay.ts'
import { TicketSplice } from './ticket-splice.ts'

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
const spki = publicKey.export({ format: 'der', type: 'spki' })

const framed = (body: Buffer): Buffer => {
  const header = Buffer.alloc(16)
  header.write('REDQ', 'latin1')
  header.writeUInt32LE(2, 4)
  header.writeUInt32LE(2, 8)
  header.writeUInt32LE(body.length, 12)
  return Buffer.concat([header, body])
}
function linkMessage(type: number, caps = 0b1011, id = 0): Buffer {
  const b = Buffer.alloc(22)
  b.writeUInt8(type, 4)
  b.writeUInt8(id, 5)
  b.writeUInt32LE(1, 6)
  b.writeUInt32LE(18, 14)
  b.writeUInt32LE(caps, 18)
  return framed(b)
}
function linkReply(error = 0, caps = 0b1011): Buffer {
  const b = Buffer.alloc(4 + 162 + 12 + 4)
  b.writeUInt32LE(error, 0)
  spki.copy(b, 4)
  b.writeUInt32LE(1, 166)
  b.writeUInt32LE(178, 174)
  b.writeUInt32LE(caps, 178)
  return framed(b)
}
const auth = (): Buffer => Buffer.concat([Buffer.from([1, 0, 0, 0]), Buffer.alloc(128, 0xdd)])
const accepted = Buffer.alloc(4)
const denied = Buffer.from([7, 0, 0, 0])
const decrypt = (key: KeyObject, bytes: Buffer): string => privateDecrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }, bytes).toString('latin1')
const ticket = (): Secret => Secret.from('one-time-ticket', new Redactor())

function chunks(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const out: Buffer[] = []
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const n = sizes[i % sizes.length] ?? 1
    out.push(bytes.subarray(at, at + n))
    at += n
  }
  return out
}

describe('TicketSplice', () => {
  it('replaces the page\'s 128 bytes by the ticket for the server\'s key, however both sides cut their bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 8 }), (sizes) => {
        const toServer: Buffer[] = []
        const toPage: Buffer[] = []
        let linked = 0
        const s = new TicketSplice(ticket(), { type: 1, id: 0 }, { toServer: (b) => toServer.push(Buffer.from(b)), toPage: (b) => toPage.push(Buffer.from(b)), onLinked: () => linked++ })
        const hello = linkMessage(1)
        for (const c of chunks(hello, sizes)) s.fromPage(c)
        for (const c of chunks(linkReply(), sizes)) s.fromServer(c)
        for (const c of chunks(Buffer.concat([auth(), Buffer.from('early')]), sizes)) s.fromPage(c)
        for (const c of chunks(Buffer.concat([accepted, Buffer.from('data')]), sizes)) s.fromServer(c)
        s.fromPage(Buffer.from('later'))
        const sent = Buffer.concat(toServer)
        expect(sent.subarray(0, hello.length).equals(hello)).toBe(true)
        const at = hello.length + 4
        expect(decrypt(privateKey, sent.subarray(at, at + 128))).toBe('one-time-ticket\0')
        expect(sent.subarray(at + 128).toString()).toBe('earlylater')
        expect(Buffer.concat(toPage).equals(Buffer.concat([linkReply(), accepted, Buffer.from('data')]))).toBe(true)
        expect(linked).toBe(1)
      }),
      { numRuns: 60 },
    )
  })
  it('splices for a client without authentication selection too', () => {
    const toServer: Buffer[] = []
    const s = new TicketSplice(ticket(), { type: 1, id: 0 }, { toServer: (b) => toServer.push(Buffer.from(b)), toPage: () => undefined, onLinked: () => undefined })
    s.fromPage(linkMessage(1, 0))
    s.fromServer(linkReply())
    s.fromPage(Buffer.alloc(128, 1))
    expect(decrypt(privateKey, toServer.at(-1) as Buffer)).toBe('one-time-ticket\0')
  })
  it('seals nothing but the end of the text where the display asks for no ticket', () => {
    const toServer: Buffer[] = []
    const s = new TicketSplice(undefined, { type: 1, id: 0 }, { toServer: (b) => toServer.push(Buffer.from(b)), toPage: () => undefined, onLinked: () => undefined })
    s.fromPage(linkMessage(1))
    s.fromServer(linkReply())
    s.fromPage(auth())
    expect(toServer.at(-1)?.length).toBe(132)
    expect(decrypt(privateKey, toServer.at(-1)?.subarray(4) as Buffer)).toBe('\0')
  })
  const drive = (...steps: ((s: TicketSplice) => void)[]): unknown => {
    const s = new TicketSplice(ticket(), { type: 1, id: 0 }, { toServer: () => undefined, toPage: () => undefined, onLinked: () => undefined })
    try {
      for (const step of steps) step(s)
    } catch (e) {
      return (e as AppError).code
    }
    return 'nothing'
  }
  it('refuses by name', () => {
    const big = linkReply()
    big.writeUInt32LE(0x7fffffff, 12)
    expect(drive((s) => s.fromPage(Buffer.from('GET / HTTP/1.1\r\n')))).toBe('spice.link-failed')
    expect(drive((s) => s.fromPage(linkMessage(1)), (s) => s.fromServer(Buffer.from('HTTP/1.1 400 Bad Request\r\n')))).toBe('spice.link-failed')
    expect(drive((s) => s.fromPage(linkMessage(1)), (s) => s.fromServer(big))).toBe('spice.link-failed')
    expect(drive((s) => s.fromPage(linkMessage(9)))).toBe('spice.channel-denied')
    expect(drive((s) => s.fromPage(linkMessage(1, 0b1011, 1)))).toBe('spice.channel-denied')
    expect(drive((s) => s.fromPage(linkMessage(1)), (s) => s.fromServer(linkReply(1)))).toBe('spice.link-failed')
    expect(drive((s) => s.fromPage(linkMessage(1)), (s) => s.fromPage(Buffer.alloc(4000)))).toBe('spice.link-failed')
    const noKey = linkReply()
    noKey.fill(0xab, 20, 182)
    expect(drive((s) => s.fromPage(linkMessage(1)), (s) => s.fromServer(noKey), (s) => s.fromPage(auth()))).toBe('spice.link-failed')
    expect(drive((s) => s.fromPage(linkMessage(1)), (s) => s.fromServer(linkReply()), (s) => s.fromPage(auth()), (s) => s.fromServer(denied))).toBe('spice.ticket-refused')
  })
  it('refuses a channel whose ticket has been wiped meanwhile', () => {
    const secret = ticket()
    const s = new TicketSplice(secret, { type: 1, id: 0 }, { toServer: () => undefined, toPage: () => undefined, onLinked: () => undefined })
    s.fromPage(linkMessage(1))
    s.fromServer(linkReply())
    secret.dispose()
    expect(() => s.fromPage(auth())).toThrow(expect.objectContaining({ code: 'spice.ticket-refused' }) as Error)
  })
  it('meets random bytes with a code, never with another exception', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 12 }), fc.boolean(), (pieces, honest) => {
        const s = new TicketSplice(ticket(), { type: 1, id: 0 }, { toServer: () => undefined, toPage: () => undefined, onLinked: () => undefined })
        if (honest) s.fromPage(linkMessage(1))
        try {
          for (const p of pieces) {
            const head = Buffer.from(linkReply().subarray(0, 16))
            s.fromServer(Buffer.concat([head, p]))
          }
        } catch (e) {
          expect(e).toBeInstanceOf(AppError)
        }
      }),
    )
  })
})

class FakeChannel implements ByteChannel {
  sent: Buffer[] = []
  closedWith: CloseReason | undefined
  credit = Promise.resolve()
  #bytes: (b: Uint8Array) => void = () => undefined
  #closed: (r: CloseReason) => void = () => undefined
  send(bytes: Uint8Array): void {
    this.sent.push(Buffer.from(bytes))
  }
  writable(): Promise<void> {
    return this.credit
  }
  onBytes(fn: (b: Uint8Array) => void): void {
    this.#bytes = fn
  }
  onClosed(fn: (r: CloseReason) => void): void {
    this.#closed = fn
  }
  close(reason: CloseReason): void {
    this.closedWith ??= reason
  }
  fromPage(bytes: Buffer): void {
    this.#bytes(bytes)
  }
  pageCloses(): void {
    this.#closed('closed-by-page')
  }
}

/** The server's half of the link phase. */
function honestServer(stream: Duplex, result = accepted): Buffer[] {
  const got: Buffer[] = []
  let state = 0
  stream.on('error', () => undefined)
  stream.on('data', (b: Buffer) => {
    got.push(b)
    const n = Buffer.concat(got).length
    if (state === 0 && n >= 38) stream.write(linkReply(), () => (state = 1))
    if (state < 2 && n >= 38 + 132) {
      state = 2
      stream.write(result)
    }
  })
  return got
}

describe('relay', () => {
  function setUp() {
    const [ours, theirs] = duplexPair()
    const channel = new FakeChannel()
    const clock = new ManualClock()
    const ends: (AppError | undefined)[] = []
    let linked = 0
    const relay = startRelay({ channel, stream: ours, ticket: ticket(), ref: { type: 1, id: 0 }, clock, onLinked: () => linked++, onEnd: (e) => ends.push(e) })
    return { channel, clock, ends, theirs, relay, linked: () => linked }
  }
  it('links, carries both ways, ends once', async () => {
    const t = setUp()
    honestServer(t.theirs)
    t.channel.fromPage(linkMessage(1))
    await settle(10)
    t.channel.fromPage(auth())
    await settle(10)
    expect(t.linked()).toBe(1)
    expect(t.clock.pending).toBe(0)
    t.theirs.write(Buffer.alloc(200_000, 7))
    await settle(30)
    expect(Buffer.concat(t.channel.sent.slice(-4)).length).toBeGreaterThan(100_000)
    expect(Math.max(...t.channel.sent.map((b) => b.length))).toBeLessThanOrEqual(65536)
    t.channel.pageCloses()
    t.theirs.destroy()
    await settle()
    expect(t.ends).toEqual([undefined])
  })
  it('tells a refused ticket from a lost display', async () => {
    const t = setUp()
    honestServer(t.theirs, denied)
    t.channel.fromPage(linkMessage(1))
    await settle(10)
    t.channel.fromPage(auth())
    await settle(10)
    expect(t.ends.map((e) => e?.code)).toEqual(['spice.ticket-refused'])
    expect(t.channel.closedWith).toBe('ticket-refused')
    const u = setUp()
    u.theirs.destroy()
    await settle()
    expect(u.ends.map((e) => e?.code)).toEqual(['spice.link-failed'])
  })
  it('gives up on a server that does not answer', async () => {
    const t = setUp()
    t.channel.fromPage(linkMessage(1))
    await t.clock.advance(LINK_TIMEOUT)
    expect(t.ends.map((e) => e?.code)).toEqual(['spice.timeout'])
  })
  it('stops reading from the hypervisor while the page has no credit', async () => {
    const t = setUp()
    honestServer(t.theirs)
    t.channel.fromPage(linkMessage(1))
    await settle(10)
    t.channel.fromPage(auth())
    await settle(10)
    t.channel.credit = new Promise(() => undefined)
    const before = t.channel.sent.length
    for (let i = 0; i < 100; i++) t.theirs.write(Buffer.alloc(16384))
    await settle(30)
    expect(t.channel.sent.length - before).toBeLessThanOrEqual(2)
    expect(t.theirs.writableLength).toBeGreaterThan(500_000)
  })
})

describe('ConsoleLink', () => {
  const page = (channels: FakeChannel[]): RendererLink => ({
    handle: () => undefined,
    emit: () => undefined,
    onGone: () => undefined,
    onMalformed: () => undefined,
    openByteChannel: () => {
      const c = new FakeChannel()
      channels.push(c)
      return Promise.resolve(c)
    },
  })
  function setUp(dial: () => Promise<Duplex> = () => Promise.resolve(duplexPair()[0])) {
    const lost: AppError[] = []
    const channels: FakeChannel[] = []
    const secret = ticket()
    const link = new ConsoleLink({ grant: { hops: [], ticket: secret, ticketKind: 'one-time' }, dialer: { dial, runHelper: dial }, clock: new ManualClock(), ctx: callContext(), onLost: (e) => lost.push(e), onLinked: () => undefined })
    return { link, lost, channels, secret, page: page(channels) }
  }
  it('refuses channels that this client does not use, and a flood of them', async () => {
    const t = setUp()
    await expect(t.link.open({ type: 9, id: 0 }, t.page)).rejects.toMatchObject({ code: 'spice.channel-denied' })
    for (let i = 0; i < 16; i++) await t.link.open({ type: 3, id: 0 }, t.page)
    await expect(t.link.open({ type: 3, id: 0 }, t.page)).rejects.toMatchObject({ code: 'spice.channel-denied' })
  })
  it('wipes the ticket and closes every channel at its end, and opens no more', async () => {
    const t = setUp()
    await t.link.open({ type: 1, id: 0 }, t.page)
    await t.link.open({ type: 2, id: 0 }, t.page)
    t.link.close()
    expect(t.channels.map((c) => c.closedWith)).toEqual(['shutdown', 'shutdown'])
    expect(t.secret.disposed).toBe(true)
    expect(t.lost).toEqual([])
    await expect(t.link.open({ type: 2, id: 0 }, t.page)).rejects.toMatchObject({ code: 'spice.channel-denied' })
  })
  it('names a closed display port as such', async () => {
    const t = setUp(() => Promise.reject(new AppError('ssh.forward-failed', 'connect failed')))
    await expect(t.link.open({ type: 1, id: 0 }, t.page)).rejects.toMatchObject({ code: 'spice.display-closed' })
    expect(t.lost.map((e) => e.code)).toEqual(['spice.display-closed'])
  })
})
