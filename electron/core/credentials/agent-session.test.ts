// Why: the promises towards a guest that talks but does not read: no secret stays behind in a buffer, nothing of ours
// piles up, and nobody has to wait for it.
import { Duplex } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { ManualClock, settle } from '../testkit.ts'
import { AgentSession } from './agent-session.ts'

/** A channel without room: it takes writes and never says that they are through, as SSH does with a full window. */
class Stuck extends Duplex {
  override _read(): void {}
  override _write(): void {}
}

function setUp(stream: Duplex = new Stuck()) {
  const clock = new ManualClock()
  let closed = 0
  let messages = 0
  const session = new AgentSession({ stream, now: () => clock.now(), after: (ms, fn) => clock.after(ms, fn), onMessage: () => messages++, onFacts: () => undefined, onClosed: () => closed++ })
  return { stream, clock, session, closed: () => closed, messages: () => messages }
}

describe('AgentSession with a guest that does not read', () => {
  it('zeroes the login line that was never taken', async () => {
    const t = setUp()
    const first = Buffer.from('login one')
    const second = Buffer.from('login two')
    t.session.sendSecret(first)
    t.session.sendSecret(second)
    t.session.close()
    await settle()
    expect(first.equals(Buffer.alloc(9)) && second.equals(Buffer.alloc(9))).toBe(true)
  })
  it('zeroes the login line that comes too late', () => {
    const t = setUp()
    t.session.close()
    const late = Buffer.from('login')
    expect(t.session.sendSecret(late)).toBe(false)
    expect(late.equals(Buffer.alloc(5))).toBe(true)
  })
  it('does not hold up the way out', async () => {
    const t = setUp()
    let gone = false
    void t.session.farewell(Buffer.from('log-off')).then(() => (gone = true))
    await settle()
    expect(gone).toBe(false)
    await t.clock.advance(1000)
    expect(gone).toBe(true)
    t.session.close()
    expect(t.clock.pending).toBe(0)
  })
  it('gives up on one that makes us answer without end', async () => {
    const t = setUp()
    for (let round = 0; round < 40 && t.closed() === 0; round++) {
      for (let i = 0; i < 200; i++) t.stream.push(`{"__name__":"heartbeat","apiVersion":${1 + (i % 2)}}\n`)
      await t.clock.advance(1000)
    }
    expect(t.closed()).toBe(1)
    expect(t.stream.writableLength).toBeLessThan(128 * 1024)
    expect(t.clock.pending).toBe(0)
  })
  it('brakes by bytes too: few but huge lines', async () => {
    const t = setUp()
    const huge = `{"__name__":"x","pad":"${'y'.repeat(900_000)}"}\n`
    for (let i = 0; i < 20; i++) t.stream.push(huge)
    await settle(30)
    expect(t.messages()).toBeLessThan(10)
    expect(t.stream.isPaused()).toBe(true)
    await t.clock.advance(20_000)
    expect(t.messages()).toBe(20)
    t.session.close()
  })
  it('notices a stream that was gone before it', async () => {
    const stream = new Stuck()
    stream.destroy()
    await settle()
    const t = setUp(stream)
    await settle()
    expect(t.closed()).toBe(1)
  })
})
