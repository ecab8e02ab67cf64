import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AgentCap, AgentMsg, AgentResult, ClipboardType } from '../wire/agent-messages.ts'
import { Reader } from '../wire/reader.ts'
import { Writer } from '../wire/writer.ts'
import { TOKENS_GRANTED } from './agent-stream.ts'
import { ASK_AGAIN_MS, RESIZE_QUIET_MS } from './monitors.ts'
import { ALL_CAPS, clip, grab, Guest, LINUX_CAPS, request, sentText } from './testkit-agent.ts'
import { join } from './testkit.ts'

describe('stream', () => {
  test('starts with our tokens and our capabilities, and asks for theirs', () => {
    const guest = new Guest().connect()
    expect(guest.starts).toBe(1)
    const r = new Reader(Uint8Array.from(guest.last(AgentMsg.ANNOUNCE_CAPABILITIES) ?? []))
    expect(r.u32()).toBe(1)
    const caps = r.u32()
    expect(caps & (1 << AgentCap.CLIPBOARD_BY_DEMAND)).not.toBe(0)
    expect(caps & (1 << AgentCap.CLIPBOARD)).toBe(0)
    expect(guest.states).toEqual([true])
  })

  test('a message of any length arrives, whatever the pieces and the tokens', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9000 }), fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 6, size: 'max' }), fc.integer({ min: 1, max: 3 }), (length, cuts, step) => {
        const guest = new Guest().connect(LINUX_CAPS, 1)
        const text = 'äb€'.repeat(Math.ceil(length / 3)).slice(0, length)
        guest.sayBytes(guest.frame(AgentMsg.CLIPBOARD_GRAB, grab(0, ClipboardType.UTF8_TEXT).finish()), cuts)
        guest.sayBytes(guest.frame(AgentMsg.CLIPBOARD, clip(text).finish()), cuts)
        expect(guest.texts).toEqual([text])
        guest.agent.offerText(`${text}!`)
        guest.sayBytes(guest.frame(AgentMsg.CLIPBOARD_REQUEST, request().finish()), cuts)
        for (let i = 0; i < 40; i++) guest.give(step)
        expect(sentText(guest.last(AgentMsg.CLIPBOARD))).toBe(`${text}!`)
      }),
      { numRuns: 60 },
    )
  })

  test('no piece without a token; what waits goes when tokens come', () => {
    const guest = new Guest().connect(LINUX_CAPS, 0)
    expect(guest.pieces).toBe(0)
    guest.give(1)
    expect(guest.count(AgentMsg.ANNOUNCE_CAPABILITIES)).toBe(1)
    guest.agent.offerText('x'.repeat(5000))
    guest.say(AgentMsg.CLIPBOARD_REQUEST, request())
    guest.give(2)
    expect(guest.count(AgentMsg.CLIPBOARD)).toBe(0)
    guest.give(2)
    expect(guest.count(AgentMsg.CLIPBOARD)).toBe(1)
  })

  test('gives tokens back for what it has taken', () => {
    const guest = new Guest().connect()
    for (let i = 0; i < 1000; i++) guest.say(AgentMsg.REPLY, new Writer().u32(1).u32(1))
    expect(1001 - guest.grantedBack).toBeLessThanOrEqual(TOKENS_GRANTED / 2)
    expect(guest.grantedBack).toBeLessThanOrEqual(1001)
  })

  test('what is too large or of another protocol is stepped over, and what follows is understood', () => {
    const guest = new Guest('both', 4096).connect()
    guest.say(AgentMsg.CLIPBOARD_GRAB, grab(0, ClipboardType.UTF8_TEXT))
    guest.sayBytes(join(guest.frame(AgentMsg.CLIPBOARD, new Uint8Array(100_000)), guest.frame(99, new Uint8Array(10), 2), guest.frame(AgentMsg.CLIPBOARD, clip('after').finish())))
    expect(guest.lost).toEqual([AgentMsg.CLIPBOARD, 99])
    expect(guest.texts).toEqual(['after'])
  })

  test('a guest that asks and asks is answered in bounded memory', () => {
    const guest = new Guest('both', 100_000).connect(LINUX_CAPS, 2)
    guest.agent.offerText('y'.repeat(100_000))
    for (let i = 0; i < 500; i++) guest.say(AgentMsg.CLIPBOARD_REQUEST, request())
    guest.give(1_000_000)
    const bytes = guest.told.filter((t) => t.type === AgentMsg.CLIPBOARD).reduce((n, t) => n + t.data.length, 0)
    expect(bytes).toBeGreaterThan(100_000)
    expect(bytes).toBeLessThan(2 * 102_000)
  })

  test('garbage never throws, and a new agent starts afresh', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 60 }), { maxLength: 30, size: 'max' }), fc.array(fc.record({ type: fc.integer({ min: 0, max: 17 }), data: fc.uint8Array({ maxLength: 30 }) }), { maxLength: 30, size: 'max' }), (noise, messages) => {
        const guest = new Guest().connect(ALL_CAPS)
        for (const m of messages) guest.say(m.type, m.data)
        for (const bytes of noise) guest.sayBytes(bytes)
        guest.agent.disconnected()
        guest.connect()
        guest.say(AgentMsg.CLIPBOARD_GRAB, grab(0, ClipboardType.UTF8_TEXT))
        guest.say(AgentMsg.CLIPBOARD, clip('hello'))
        expect(guest.texts.at(-1)).toBe('hello')
      }),
    )
  })

  test('an agent that goes is told once, and data without one is ignored', () => {
    const guest = new Guest().connect()
    guest.agent.disconnected()
    guest.agent.disconnected()
    guest.say(AgentMsg.ANNOUNCE_CAPABILITIES, new Writer().u32(1).u32(0xffffffff))
    expect(guest.states).toEqual([true, undefined])
  })
})

describe('monitors', () => {
  const config = (data: number[] | undefined): number[] => {
    const r = new Reader(Uint8Array.from(data ?? []))
    return Array.from({ length: r.length / 4 }, () => r.i32())
  }

  test('are asked for once they stand still, in whole steps', () => {
    const guest = new Guest().connect()
    for (let w = 1000; w < 1283; w++) {
      guest.agent.setMonitors([{ width: w, height: 777 }])
      guest.clock.advance(10)
    }
    expect(guest.count(AgentMsg.MONITORS_CONFIG)).toBe(0)
    guest.clock.advance(RESIZE_QUIET_MS)
    expect(guest.count(AgentMsg.MONITORS_CONFIG)).toBe(1)
    expect(config(guest.last(AgentMsg.MONITORS_CONFIG))).toEqual([1, 0, 776, 1280, 32, 0, 0])
    guest.agent.setMonitors([{ width: 1285, height: 777 }])
    guest.clock.advance(RESIZE_QUIET_MS)
    expect(guest.count(AgentMsg.MONITORS_CONFIG)).toBe(1)
    expect(guest.clock.pending).toBe(0)
  })

  test('several with places; one of no size is off where the agent knows that', () => {
    const two = [{ width: 800, height: 600 }, { width: 1024, height: 768, x: 800, y: -8 }]
    const guest = new Guest().connect()
    guest.agent.setMonitors([...two, { width: 0, height: 0 }])
    guest.clock.advance(RESIZE_QUIET_MS)
    expect(config(guest.last(AgentMsg.MONITORS_CONFIG))).toEqual([3, 1, 600, 800, 32, 0, 0, 768, 1024, 32, 800, -8, 0, 0, 32, 0, 0])
    const old = new Guest().connect([AgentCap.MONITORS_CONFIG])
    old.agent.setMonitors([...two, { width: 0, height: 0 }])
    old.clock.advance(RESIZE_QUIET_MS)
    expect(config(old.last(AgentMsg.MONITORS_CONFIG))).toEqual([2, 0, 600, 800, 32, 0, 0, 768, 1024, 32, 800, -8])
  })

  test('an agent that comes later, or again, is asked then', () => {
    const guest = new Guest()
    guest.agent.setMonitors([{ width: 800, height: 600 }])
    guest.clock.advance(RESIZE_QUIET_MS)
    guest.connect()
    expect(guest.count(AgentMsg.MONITORS_CONFIG)).toBe(1)
    guest.agent.disconnected()
    guest.connect()
    expect(guest.count(AgentMsg.MONITORS_CONFIG)).toBe(2)
  })

  test('an agent that does not take them is not asked', () => {
    const without = new Guest().connect([AgentCap.REPLY])
    without.agent.setMonitors([{ width: 800, height: 600 }])
    without.clock.advance(RESIZE_QUIET_MS)
    expect(without.count(AgentMsg.MONITORS_CONFIG)).toBe(0)
  })

  test('one that refuses is asked again twice, and then it is told', () => {
    const guest = new Guest().connect()
    const refuse = (): void => { guest.say(AgentMsg.REPLY, new Writer().u32(AgentMsg.MONITORS_CONFIG).u32(AgentResult.ERROR)) }
    // A refusal of nothing that was asked.
    refuse()
    guest.agent.setMonitors([{ width: 800, height: 600 }])
    guest.clock.advance(RESIZE_QUIET_MS)
    for (const [i, wait] of ASK_AGAIN_MS.entries()) {
      refuse()
      guest.clock.advance(wait - 1)
      expect(guest.count(AgentMsg.MONITORS_CONFIG)).toBe(i + 1)
      guest.clock.advance(1)
      expect(guest.count(AgentMsg.MONITORS_CONFIG)).toBe(i + 2)
    }
    expect(guest.refused).toBe(0)
    refuse()
    expect([guest.refused, guest.clock.pending]).toEqual([1, 0])
    // Another size is another question.
    guest.agent.setMonitors([{ width: 1024, height: 768 }])
    guest.clock.advance(RESIZE_QUIET_MS)
    guest.say(AgentMsg.REPLY, new Writer().u32(AgentMsg.MONITORS_CONFIG).u32(AgentResult.SUCCESS))
    expect([guest.count(AgentMsg.MONITORS_CONFIG), guest.refused, guest.clock.pending]).toEqual([4, 1, 0])
  })

  test('a window smaller than any guest can be asks for the smallest', () => {
    const guest = new Guest().connect()
    guest.agent.setMonitors([{ width: 90.4, height: 40 }])
    guest.clock.advance(RESIZE_QUIET_MS)
    expect(config(guest.last(AgentMsg.MONITORS_CONFIG))).toEqual([1, 0, 200, 320, 32, 0, 0])
  })

  test('closing leaves no timer', () => {
    const guest = new Guest().connect()
    guest.agent.setMonitors([{ width: 800, height: 600 }])
    guest.agent.close()
    expect(guest.clock.pending).toBe(0)
  })
})
