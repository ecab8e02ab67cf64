// Why: the unlucky moments of one link: it ends while a channel is being opened, the page is gone before it gets its
// port, the server hangs up at once, the ticket runs out. No stream may stay behind and the console must know.
import { duplexPair, type Duplex } from 'node:stream'
import { describe, expect, it } from 'vitest'
import type { CloseReason } from '../../../shared/ipc/port-protocol.ts'
import { AppError } from '../errors.ts'
import type { ConsoleGrant, Hop } from '../ports/driver.ts'
import type { ByteChannel, RendererLink } from '../ports/shell.ts'
import { Redactor } from '../redactor.ts'
import { Secret } from '../secret.ts'
import { callContext, ManualClock, settle } from '../testkit.ts'
import { ConsoleLink, ONE_TIME_LIFE } from './console-link.ts'
import { LINK_TIMEOUT } from './relay.ts'

/** As the shells' channel: who listens to one that has ended is told in the same turn. */
class FakeChannel implements ByteChannel {
  ended: CloseReason | undefined
  #listener: ((r: CloseReason) => void) | undefined
  send(): void {}
  writable(): Promise<void> {
    return Promise.resolve()
  }
  onBytes(): void {}
  onClosed(fn: (r: CloseReason) => void): void {
    if (this.ended) fn(this.ended)
    else this.#listener = fn
  }
  close(reason: CloseReason): void {
    if (this.ended) return
    this.ended = reason
    this.#listener?.(reason)
  }
}

function setUp(over: { kind?: ConsoleGrant['ticketKind']; openByteChannel?: RendererLink['openByteChannel']; grant?: Partial<ConsoleGrant> } = {}) {
  const clock = new ManualClock()
  const lost: string[] = []
  const ours: Duplex[] = []
  const theirs: Duplex[] = []
  const channels: FakeChannel[] = []
  const ticket = Secret.from('one-time-ticket', new Redactor())
  const dialled: (readonly Hop[])[] = []
  const dial = (hops: readonly Hop[]): Promise<Duplex> => {
    dialled.push(hops)
    const [a, b] = duplexPair()
    ours.push(a)
    theirs.push(b)
    b.on('error', () => undefined)
    return Promise.resolve(a)
  }
  const link = new ConsoleLink({ grant: { hops: [], ticket, ticketKind: over.kind ?? 'one-time', ...over.grant }, dialer: { dial, runHelper: () => dial([]) }, clock, ctx: callContext(), onLost: (e) => lost.push(e.code), onLinked: () => undefined })
  const open = (): Promise<ByteChannel> => {
    const c = new FakeChannel()
    channels.push(c)
    return Promise.resolve(c)
  }
  const page: RendererLink = { handle: () => undefined, emit: () => undefined, onGone: () => undefined, onMalformed: () => undefined, openByteChannel: over.openByteChannel ?? open }
  return { link, lost, dialled, clock, ours, theirs, channels, ticket, page }
}

describe('ConsoleLink in unlucky moments', () => {
  it('closed while the page gets its port: neither stream nor port stays', async () => {
    const port = Promise.withResolvers<ByteChannel>()
    const channel = new FakeChannel()
    const t = setUp({ openByteChannel: () => port.promise })
    const opening = t.link.open({ type: 1, id: 0 }, t.page)
    await settle()
    t.link.close()
    port.resolve(channel)
    await expect(opening).rejects.toMatchObject({ code: 'cancelled' })
    expect(t.ours[0]?.destroyed).toBe(true)
    expect(channel.ended).toBe('shutdown')
    expect(t.clock.pending).toBe(0)
  })
  it('the page refuses the port: the stream is closed', async () => {
    const t = setUp({ openByteChannel: () => Promise.reject(new AppError('cancelled', 'the page is gone')) })
    await expect(t.link.open({ type: 1, id: 0 }, t.page)).rejects.toMatchObject({ code: 'cancelled' })
    expect(t.ours[0]?.destroyed).toBe(true)
  })
  it('the page is gone before the relay starts: the console is lost, with a code', async () => {
    const channel = new FakeChannel()
    channel.close('lost')
    const t = setUp({ openByteChannel: () => Promise.resolve(channel) })
    await t.link.open({ type: 1, id: 0 }, t.page)
    expect(t.lost).toEqual(['spice.lost'])
    expect(t.ours[0]?.destroyed).toBe(true)
    expect(t.clock.pending).toBe(0)
  })
  it('the server hangs up before the relay starts: the console is lost at once, not after a time limit', async () => {
    const port = Promise.withResolvers<ByteChannel>()
    const t = setUp({ openByteChannel: () => port.promise })
    const opening = t.link.open({ type: 2, id: 0 }, t.page)
    await settle()
    t.ours[0]?.destroy()
    await settle()
    port.resolve(new FakeChannel())
    await opening
    expect(t.lost).toEqual(['spice.link-failed'])
  })
  it('loses the cursor without losing the console', async () => {
    const t = setUp()
    await t.link.open({ type: 1, id: 0 }, t.page)
    await t.link.open({ type: 4, id: 0 }, t.page)
    t.theirs[1]?.destroy()
    await settle()
    expect(t.lost).toEqual([])
    expect(t.channels.map((c) => c.ended)).toEqual([undefined, 'lost'])
  })
  it('wipes a one-time ticket when it is over anyway; a later channel is refused and the console stays', async () => {
    const t = setUp()
    await t.clock.advance(ONE_TIME_LIFE - 1)
    expect(t.ticket.disposed).toBe(false)
    await t.clock.advance(1)
    expect(t.ticket.disposed).toBe(true)
    await expect(t.link.open({ type: 4, id: 0 }, t.page)).rejects.toMatchObject({ code: 'spice.channel-denied' })
    expect(t.lost).toEqual([])
    expect(t.ours).toEqual([])
  })
  it('keeps a fixed ticket for as long as the console', async () => {
    const t = setUp({ kind: 'fixed' })
    await t.clock.advance(10 * ONE_TIME_LIFE)
    expect(t.ticket.disposed).toBe(false)
    await t.link.open({ type: 4, id: 0 }, t.page)
    t.link.close()
    expect(t.ticket.disposed).toBe(true)
    await t.clock.advance(LINK_TIMEOUT)
    expect(t.clock.pending).toBe(0)
  })
})

describe('what a grant says about channels', () => {
  const plain: Hop = { via: 'tcp', host: 'h', port: 1 }
  const tls: Hop = { via: 'tcp', host: 'h', port: 2 }
  it('those that are named go by TLS, the others do not', async () => {
    const t = setUp({ grant: { hops: [plain], secure: { hops: [tls], channels: [1, 3] } } })
    for (const type of [1, 2, 3, 4]) await t.link.open({ type, id: 0 }, t.page)
    expect(t.dialled).toEqual([[tls], [plain], [tls], [plain]])
    t.link.close()
  })
  it('a channel that is switched off is refused before anything is dialled, and the console stays', async () => {
    const t = setUp({ grant: { disabled: [5] } })
    await expect(t.link.open({ type: 5, id: 0 }, t.page)).rejects.toMatchObject({ code: 'spice.channel-denied' })
    expect(t.dialled).toEqual([])
    expect(t.lost).toEqual([])
  })
  it('a refused ticket is told as the grant has it', async () => {
    const t = setUp({ kind: 'none', grant: { refusal: 'spice.file-used', ticket: undefined } })
    await t.link.open({ type: 1, id: 0 }, t.page)
    // A link reply without capabilities, then "permission denied" (SPICE_LINK_ERR_PERMISSION_DENIED).
    const reply = Buffer.alloc(16 + 178)
    reply.write('REDQ', 'latin1')
    reply.writeUInt32LE(2, 4)
    reply.writeUInt32LE(178, 12)
    const result = Buffer.alloc(4)
    result.writeUInt32LE(7)
    t.theirs[0]!.write(Buffer.concat([reply, result]))
    await settle(20)
    expect(t.lost).toEqual(['spice.file-used'])
  })
  it('the end of the link wipes what the proxies were told', async () => {
    const authorization = Secret.from('Basic eHl6', new Redactor())
    const both = Secret.from('Basic YWJj', new Redactor())
    const t = setUp({ grant: { hops: [plain, { via: 'http-connect', target: 'h:1', authorization }], secure: { hops: [{ via: 'http-connect', target: 'h:1', authorization: both }], channels: [1] } } })
    t.link.close()
    await settle()
    expect([authorization.disposed, both.disposed]).toEqual([true, true])
  })
})
