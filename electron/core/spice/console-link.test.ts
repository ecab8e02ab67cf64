// Why: the unlucky moments of one link: it ends while a channel is being opened, the page is gone before it gets its
// port, the server hangs up at once, the ticket runs out. No stream may stay behind and the console must know.
import { duplexPair, type Duplex } from 'node:stream'
import { describe, expect, it } from 'vitest'
import type { CloseReason } from '../../../shared/ipc/port-protocol.ts'
import { AppError } from '../errors.ts'
import type { ConsoleGrant } from '../ports/driver.ts'
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

function setUp(over: { kind?: ConsoleGrant['ticketKind']; openByteChannel?: RendererLink['openByteChannel'] } = {}) {
  const clock = new ManualClock()
  const lost: string[] = []
  const ours: Duplex[] = []
  const theirs: Duplex[] = []
  const channels: FakeChannel[] = []
  const ticket = Secret.from('one-time-ticket', new Redactor())
  const dial = (): Promise<Duplex> => {
    const [a, b] = duplexPair()
    ours.push(a)
    theirs.push(b)
    b.on('error', () => undefined)
    return Promise.resolve(a)
  }
  const link = new ConsoleLink({ grant: { hops: [], ticket, ticketKind: over.kind ?? 'one-time' }, dialer: { dial, runHelper: dial }, clock, ctx: callContext(), onLost: (e) => lost.push(e.code), onLinked: () => undefined })
  const open = (): Promise<ByteChannel> => {
    const c = new FakeChannel()
    channels.push(c)
    return Promise.resolve(c)
  }
  const page: RendererLink = { handle: () => undefined, emit: () => undefined, onGone: () => undefined, onMalformed: () => undefined, openByteChannel: over.openByteChannel ?? open }
  return { link, lost, clock, ours, theirs, channels, ticket, page }
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
