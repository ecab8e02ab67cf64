import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AgentCap, AgentMsg, ClipboardType } from '../wire/agent-messages.ts'
import { Reader } from '../wire/reader.ts'
import { Writer } from '../wire/writer.ts'
import { clip, grab, Guest, LINUX_CAPS, request, sentText, utf8 } from './testkit-agent.ts'

describe('clipboard', () => {
  test('guest to us: asked for at once, terminator dropped', () => {
    const guest = new Guest('fromGuest').connect()
    guest.say(AgentMsg.CLIPBOARD_GRAB, grab(0, ClipboardType.IMAGE_PNG, ClipboardType.UTF8_TEXT))
    expect(guest.last(AgentMsg.CLIPBOARD_REQUEST)).toEqual([0, 0, 0, 0, ClipboardType.UTF8_TEXT, 0, 0, 0])
    guest.say(AgentMsg.CLIPBOARD, clip('Grüße\n€\0'))
    expect(guest.texts).toEqual(['Grüße\n€'])
  })

  test('us to guest: offered, asked for, given', () => {
    const guest = new Guest('toGuest').connect()
    expect(guest.agent.offerText('für dich')).toBe(true)
    expect(guest.last(AgentMsg.CLIPBOARD_GRAB)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, ClipboardType.UTF8_TEXT, 0, 0, 0])
    guest.say(AgentMsg.CLIPBOARD_REQUEST, request())
    expect(sentText(guest.last(AgentMsg.CLIPBOARD))).toBe('für dich')
    expect(guest.last(AgentMsg.CLIPBOARD)?.slice(0, 8)).toEqual([0, 0, 0, 0, ClipboardType.UTF8_TEXT, 0, 0, 0])
  })

  test('an offer made before there is an agent is kept for it', () => {
    const guest = new Guest('both')
    expect(guest.agent.offerText('early')).toBe(true)
    guest.connect()
    guest.say(AgentMsg.CLIPBOARD_REQUEST, request())
    expect(sentText(guest.last(AgentMsg.CLIPBOARD))).toBe('early')
  })

  test('what cannot be given is answered with nothing', () => {
    const guest = new Guest('both').connect()
    const none = [0, 0, 0, 0, ClipboardType.NONE, 0, 0, 0]
    guest.say(AgentMsg.CLIPBOARD_REQUEST, request())
    expect(guest.last(AgentMsg.CLIPBOARD)).toEqual(none)
    guest.agent.offerText('text')
    guest.say(AgentMsg.CLIPBOARD_REQUEST, request(ClipboardType.IMAGE_PNG))
    expect(guest.last(AgentMsg.CLIPBOARD)).toEqual(none)
    guest.say(AgentMsg.CLIPBOARD_REQUEST, request(ClipboardType.UTF8_TEXT, 1))
    expect(guest.last(AgentMsg.CLIPBOARD)).toEqual([1, ...none.slice(1)])
  })

  test.each([
    ['off', false, false],
    ['toGuest', true, false],
    ['fromGuest', false, true],
    ['both', true, true],
  ] as const)('policy %s', (policy, toGuest, fromGuest) => {
    const guest = new Guest(policy).connect()
    expect(guest.agent.offerText('mine')).toBe(toGuest)
    expect(guest.count(AgentMsg.CLIPBOARD_GRAB)).toBe(toGuest ? 1 : 0)
    guest.say(AgentMsg.CLIPBOARD_REQUEST, request())
    expect(guest.told.some((t) => t.type === AgentMsg.CLIPBOARD && sentText(t.data) === 'mine')).toBe(toGuest)
    guest.say(AgentMsg.CLIPBOARD_GRAB, grab(5, ClipboardType.UTF8_TEXT))
    guest.say(AgentMsg.CLIPBOARD, clip('theirs'))
    expect(guest.texts).toEqual(fromGuest ? ['theirs'] : [])
    expect(guest.count(AgentMsg.CLIPBOARD_REQUEST)).toBe(fromGuest ? 1 : 0)
    const caps = new Reader(Uint8Array.from(guest.last(AgentMsg.ANNOUNCE_CAPABILITIES) ?? [])).at(4).u32()
    expect((caps & (1 << AgentCap.CLIPBOARD_BY_DEMAND)) !== 0).toBe(policy !== 'off')
  })

  test('is off unless told otherwise at run time; turning it off takes the offer back', () => {
    const guest = new Guest('both').connect()
    guest.agent.offerText('mine')
    guest.agent.clipboardPolicy = 'fromGuest'
    expect(guest.count(AgentMsg.CLIPBOARD_RELEASE)).toBe(1)
    guest.say(AgentMsg.CLIPBOARD_REQUEST, request())
    expect(sentText(guest.last(AgentMsg.CLIPBOARD))).toBe('')
    guest.agent.clipboardPolicy = 'off'
    guest.say(AgentMsg.CLIPBOARD_GRAB, grab(9, ClipboardType.UTF8_TEXT))
    guest.say(AgentMsg.CLIPBOARD, clip('secret'))
    expect(guest.texts).toEqual([])
    expect(guest.count(AgentMsg.ANNOUNCE_CAPABILITIES)).toBe(2)
    guest.agent.clipboardPolicy = 'both'
    expect(guest.count(AgentMsg.ANNOUNCE_CAPABILITIES)).toBe(3)
  })

  test('unasked data, other types and text beyond the limit are dropped', () => {
    const guest = new Guest('both', 100).connect()
    guest.say(AgentMsg.CLIPBOARD, clip('unasked'))
    guest.say(AgentMsg.CLIPBOARD_GRAB, grab(0, ClipboardType.IMAGE_PNG))
    guest.say(AgentMsg.CLIPBOARD, clip('not offered'))
    guest.say(AgentMsg.CLIPBOARD_GRAB, grab(1, ClipboardType.UTF8_TEXT))
    guest.say(AgentMsg.CLIPBOARD, new Writer().u32(0).u32(ClipboardType.IMAGE_PNG).raw(utf8('png')))
    guest.say(AgentMsg.CLIPBOARD, clip('z'.repeat(101)))
    guest.say(AgentMsg.CLIPBOARD_RELEASE, new Writer().u32(0))
    guest.say(AgentMsg.CLIPBOARD, clip('released'))
    expect(guest.texts).toEqual([])
    expect(guest.excesses).toEqual([{ direction: 'fromGuest', bytes: 101, limit: 100 }])
    expect(guest.agent.offerText('z'.repeat(101))).toBe(false)
    expect(guest.agent.offerText('€'.repeat(34))).toBe(false)
    expect(guest.agent.offerText('€'.repeat(33))).toBe(true)
    expect(guest.excesses.slice(1)).toEqual([{ direction: 'toGuest', bytes: 101, limit: 100 }, { direction: 'toGuest', bytes: 102, limit: 100 }])
  })

  test('a text is passed on whole or not at all, and which is told: any length, any line ends', () => {
    const limit = 64
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'é', '€', '😀', '\n', '\r\n'), { maxLength: 90, size: 'max' }), fc.boolean(), (parts, windows) => {
        const guest = new Guest('both', limit).connect([AgentCap.CLIPBOARD_BY_DEMAND, windows ? AgentCap.GUEST_LINEEND_CRLF : AgentCap.GUEST_LINEEND_LF])
        const text = parts.join('')
        const lines = text.replaceAll('\r\n', '\n')
        const inGuest = windows ? lines.replaceAll('\n', '\r\n') : lines
        const fits = utf8(inGuest).length <= limit
        expect(guest.agent.offerText(text)).toBe(fits)
        guest.say(AgentMsg.CLIPBOARD_REQUEST, new Writer().u32(ClipboardType.UTF8_TEXT))
        const sent = Uint8Array.from(guest.last(AgentMsg.CLIPBOARD) ?? [])
        expect(new TextDecoder().decode(sent.subarray(4))).toBe(fits ? inGuest : '')
        guest.say(AgentMsg.CLIPBOARD_GRAB, new Writer().u32(ClipboardType.UTF8_TEXT))
        guest.say(AgentMsg.CLIPBOARD, new Writer().u32(ClipboardType.UTF8_TEXT).raw(utf8(inGuest)))
        expect(guest.texts).toEqual(fits ? [lines] : [])
        expect(guest.excesses.map((e) => e.direction)).toEqual(fits ? [] : ['toGuest', 'fromGuest'])
      }),
    )
  })

  test('a message too large to be kept is told as well', () => {
    const guest = new Guest('both', 4096).connect()
    guest.say(AgentMsg.CLIPBOARD_GRAB, grab(0, ClipboardType.UTF8_TEXT))
    guest.say(AgentMsg.CLIPBOARD, clip('z'.repeat(100_000)))
    expect(guest.excesses).toEqual([{ direction: 'fromGuest', bytes: 100_008, limit: 4096 }])
    expect(guest.texts).toEqual([])
  })

  test('an offer that line ends make too long when the agent comes is answered with nothing, and told', () => {
    const guest = new Guest('both', 100)
    expect(guest.agent.offerText('\n'.repeat(60))).toBe(true)
    guest.connect([AgentCap.CLIPBOARD_BY_DEMAND, AgentCap.GUEST_LINEEND_CRLF])
    guest.say(AgentMsg.CLIPBOARD_REQUEST, new Writer().u32(ClipboardType.UTF8_TEXT))
    expect(guest.last(AgentMsg.CLIPBOARD)).toEqual([ClipboardType.NONE, 0, 0, 0])
    expect(guest.excesses).toEqual([{ direction: 'toGuest', bytes: 120, limit: 100 }])
  })

  test("the primary selection stays the guest's", () => {
    const guest = new Guest('both').connect()
    guest.say(AgentMsg.CLIPBOARD_GRAB, new Writer().u8(1).zeros(3).u32(0).u32(ClipboardType.UTF8_TEXT))
    expect(guest.count(AgentMsg.CLIPBOARD_REQUEST)).toBe(0)
  })

  test('of two grabs at once the older serial loses', () => {
    const guest = new Guest('both').connect()
    guest.agent.offerText('one')
    guest.agent.offerText('two')
    guest.say(AgentMsg.CLIPBOARD_GRAB, grab(1, ClipboardType.UTF8_TEXT))
    expect(guest.count(AgentMsg.CLIPBOARD_REQUEST)).toBe(0)
    guest.say(AgentMsg.CLIPBOARD_REQUEST, request())
    expect(sentText(guest.last(AgentMsg.CLIPBOARD))).toBe('two')
    guest.say(AgentMsg.CLIPBOARD_GRAB, grab(2, ClipboardType.UTF8_TEXT))
    expect(guest.count(AgentMsg.CLIPBOARD_REQUEST)).toBe(1)
    guest.agent.offerText('three')
    expect(guest.last(AgentMsg.CLIPBOARD_GRAB)?.[4]).toBe(3)
  })

  test("the guest's own text is not offered back to it", () => {
    const guest = new Guest('both').connect()
    guest.say(AgentMsg.CLIPBOARD_GRAB, grab(0, ClipboardType.UTF8_TEXT))
    guest.say(AgentMsg.CLIPBOARD, clip('round'))
    expect(guest.agent.offerText('round')).toBe(true)
    expect(guest.count(AgentMsg.CLIPBOARD_GRAB)).toBe(0)
    guest.agent.offerText('other')
    expect(guest.count(AgentMsg.CLIPBOARD_GRAB)).toBe(1)
  })

  test('line ends become what each side knows', () => {
    const caps = [AgentCap.CLIPBOARD_BY_DEMAND, AgentCap.GUEST_LINEEND_CRLF]
    const guest = new Guest('both').connect(caps)
    guest.agent.offerText('a\nb\r\nc')
    // Neither selections nor serials here: old agents know a bare list of types.
    expect(guest.last(AgentMsg.CLIPBOARD_GRAB)).toEqual([1, 0, 0, 0])
    guest.say(AgentMsg.CLIPBOARD_REQUEST, new Writer().u32(ClipboardType.UTF8_TEXT))
    expect(new TextDecoder().decode(Uint8Array.from(guest.last(AgentMsg.CLIPBOARD) ?? []).subarray(4))).toBe('a\r\nb\r\nc')
    guest.say(AgentMsg.CLIPBOARD_GRAB, new Writer().u32(ClipboardType.UTF8_TEXT))
    guest.say(AgentMsg.CLIPBOARD, new Writer().u32(ClipboardType.UTF8_TEXT).raw(utf8('x\r\ny')))
    expect(guest.texts).toEqual(['x\ny'])
  })

  test('an agent that can be told the largest text is told', () => {
    const guest = new Guest('both', 5000).connect([...LINUX_CAPS, AgentCap.MAX_CLIPBOARD])
    expect(guest.last(AgentMsg.MAX_CLIPBOARD)).toEqual([0x88, 0x13, 0, 0])
  })
})
