import { afterEach, describe, expect, test, vi } from 'vitest'
import { LinkErr, MouseButton, MouseMode } from '../wire/enums.ts'
import { Channel as ChannelType, DisplayMsg, DisplayMsgc, InputsMsg, MainMsg, MainMsgc, Msg } from '../wire/messages.ts'
import { Writer } from '../wire/writer.ts'
import type { ChannelOpener } from './byte-channel.ts'
import { ChannelGroup } from './channel-group.ts'
import type { CloseReason } from './close-reason.ts'
import { SILENCE_MS } from './probe.ts'
import { SpiceSession, type SessionOptions } from './session.ts'
import type { SessionEnd, SessionEvents } from './session-events.ts'
import { localSink, type ChannelOffer, type ChannelReports, type ChannelSink } from './sink.ts'
import { embedded, type InputEvent } from './testkit-embedded.ts'
import { plainCipher, ScriptedServer } from './testkit-server.ts'
import { ManualClock, turns } from './testkit.ts'

const sessions: SpiceSession[] = []
afterEach(() => { for (const s of sessions.splice(0)) s.close() })
function start(options: SessionOptions): SpiceSession {
  const session = new SpiceSession(options)
  sessions.push(session)
  return session
}
const next = <K extends keyof SessionEvents>(s: SpiceSession, name: K, is: (p: SessionEvents[K]) => boolean = () => true): Promise<SessionEvents[K]> =>
  new Promise((resolve) => {
    const off = s.on(name, (p) => {
      if (!is(p)) return
      off()
      resolve(p)
    })
  })
const ticketOf = (text: string) => (): Uint8Array => new TextEncoder().encode(text)

describe('against the demo server', () => {
  test('with RSA and a ticket: channels, name, mouse mode, locks, cursor, picture', async () => {
    let seed = 1
    const { server, openChannel, opened, openStreams } = await embedded({ kind: 'ticket', value: 'geheim' }, () => (seed = (seed * 48271) % 0x7fffffff) % 97)
    const clock = new ManualClock()
    const drawn: number[] = []
    const marked = Promise.withResolvers<void>()
    const display = localSink({ openChannel, clock, ticket: ticketOf('geheim'), group: new ChannelGroup(clock) }, (_, send) => ({
      caps: [],
      linked: () => { send(DisplayMsgc.INIT, new Writer().u8(1).u64(0n).u8(0).u32(0).finish()) },
      message: (type) => {
        drawn.push(type)
        if (type === DisplayMsg.MARK) marked.resolve()
      },
    }))
    const s = start({ openChannel, ticket: ticketOf('geheim'), display, clock })
    const all = [next(s, 'linked'), next(s, 'vm', (v) => v.name === 'demo'), next(s, 'vm', (v) => v.uuid === '00112233-4455-6677-8899-aabbccddeeff'), next(s, 'mouseMode', (m) => m.current === MouseMode.CLIENT), next(s, 'lockKeys', (b) => b === 2), next(s, 'cursor', (c) => c.shape?.pixels.width === 24), next(s, 'rtt', (r) => r.source === 'probe'), marked.promise]
    await Promise.all(all)
    expect(opened.toSorted()).toEqual(['1.0', '2.0', '3.0', '4.0'])
    expect(drawn).toContain(DisplayMsg.SURFACE_CREATE)
    expect(s.channels().map((c) => c.stats?.lost)).toEqual([0, 0, 0, 0])

    const heard: InputEvent[] = []
    server.onInput((e) => { heard.push(e) })
    s.inputs.position(12, 34)
    s.inputs.button(MouseButton.LEFT, true)
    s.inputs.keyDown('ArrowUp')
    s.inputs.syncLocks(4)
    await next(s, 'lockKeys', (b) => b === 4)
    expect(heard).toContainEqual({ kind: 'pointer', x: 12, y: 34, buttons: 1 })
    expect(heard).toContainEqual({ kind: 'key', down: true, code: 0x48, extended: true })
    expect(heard).toContainEqual(expect.objectContaining({ kind: 'locks', caps: true, num: false }))

    const ended = next(s, 'closed')
    s.close()
    expect((await ended).reason).toEqual({ kind: 'closed' })
    expect(openStreams()).toBe(0)
    expect(clock.pending).toBe(0)
  })

  test('a wrong ticket is a refusal with its code', async () => {
    const { openChannel, openStreams } = await embedded({ kind: 'ticket', value: 'geheim' }, () => 1000)
    const s = start({ openChannel, ticket: ticketOf('falsch') })
    expect(await next(s, 'closed')).toEqual({ reason: { kind: 'refused', code: LinkErr.PERMISSION_DENIED }, channel: { type: 1, id: 0 } })
    expect(s.closed).toBe(true)
    expect(openStreams()).toBe(0)
  })

  test('a server that turns the session out ends it', async () => {
    const { server, openChannel, openStreams } = await embedded({ kind: 'none' }, () => 1000)
    const clock = new ManualClock()
    const s = start({ openChannel, clock })
    await next(s, 'cursor')
    const ended = next(s, 'closed')
    server.disconnect()
    expect((await ended).reason.kind).toBe('ended')
    expect(openStreams()).toBe(0)
    expect(clock.pending).toBe(0)
  })

  test('two sessions live side by side', async () => {
    const one = await embedded({ kind: 'none' }, () => 50)
    const two = await embedded({ kind: 'none' }, () => 60)
    const a = start({ openChannel: one.openChannel })
    const b = start({ openChannel: two.openChannel })
    await Promise.all([next(a, 'cursor'), next(b, 'cursor')])
    a.close()
    expect(b.closed).toBe(false)
    expect(one.openStreams()).toBe(0)
    expect(two.openStreams()).toBe(3)
  })
})

interface Rig {
  readonly s: SpiceSession
  readonly clock: ManualClock
  readonly events: { name: string; payload: unknown }[]
  readonly servers: Map<string, ScriptedServer>
  main(): ScriptedServer
  of(name: keyof SessionEvents): unknown[]
}
const initBody = (o: { modes?: number; current?: number; agent?: number; tokens?: number } = {}): Writer =>
  new Writer().u32(77).u32(1).u32(o.modes ?? 3).u32(o.current ?? 1).u32(o.agent ?? 0).u32(o.tokens ?? 10).u32(0xffffff00).u32(0)
const list = (...refs: [number, number][]): Writer => refs.reduce((w, [t, i]) => w.u8(t).u8(i), new Writer().u32(refs.length))

async function rig(options: Partial<SessionOptions> = {}, fail: (type: number) => boolean = () => false): Promise<Rig> {
  const clock = new ManualClock()
  const servers = new Map<string, ScriptedServer>()
  const openChannel: ChannelOpener = (type, id) => {
    if (fail(type)) return Promise.reject(new Error('denied'))
    const server = new ScriptedServer()
    servers.set(`${type}.${id}`, server)
    return Promise.resolve(server.stream)
  }
  const s = start({ openChannel, clock, cipher: plainCipher, ...options })
  const events: Rig['events'] = []
  const names: (keyof SessionEvents)[] = ['linked', 'closed', 'channelLinked', 'channelClosed', 'rtt', 'silent', 'mouseMode', 'lockKeys', 'agent', 'clipboard', 'cursor', 'vm', 'notice', 'migration', 'monitorsRefused', 'problem']
  for (const name of names) s.on(name, (payload) => { events.push({ name, payload }) })
  await turns()
  const main = (): ScriptedServer => {
    const server = servers.get('1.0')
    if (server === undefined) throw new Error('no main channel')
    return server
  }
  return { s, clock, events, servers, main, of: (name) => events.filter((e) => e.name === name).map((e) => e.payload) }
}

describe('against a script', () => {
  test('opens each listed channel once, with the session id, and only what it can use', async () => {
    const r = await rig()
    r.main().tell(MainMsg.INIT, initBody())
    expect(r.main().types()).toEqual([MainMsgc.MOUSE_MODE_REQUEST, MainMsgc.ATTACH_CHANNELS])
    r.main().tell(MainMsg.CHANNELS_LIST, list([3, 0], [4, 0], [2, 0], [5, 0], [6, 0], [9, 0], [9, 1], [1, 0], [200, 0], [4, 1]))
    r.main().tell(MainMsg.CHANNELS_LIST, list([3, 0], [4, 0]))
    await turns()
    expect([...r.servers.keys()]).toEqual(['1.0', '3.0', '4.0', '4.1'])
    expect(r.servers.get('3.0')?.request).toMatchObject({ connectionId: 77, type: 3, id: 0 })
    expect(r.main().request).toMatchObject({ connectionId: 0 })
  })

  test('a list without end opens no more channels than the limit', async () => {
    const r = await rig({ limits: { channels: 5 } })
    r.main().tell(MainMsg.INIT, initBody())
    r.main().tell(MainMsg.CHANNELS_LIST, list(...Array.from({ length: 200 }, (_, i): [number, number] => [4, i])))
    r.main().tell(MainMsg.CHANNELS_LIST, list(...Array.from({ length: 257 }, (): [number, number] => [4, 201])))
    r.main().tell(MainMsg.CHANNELS_LIST, new Writer().u32(0xffffffff))
    await turns()
    expect(r.servers.size).toBe(5)
    expect(r.of('problem').length).toBe(2)
  })

  test('sinks are handed display and sound, with the clock, and their end is heard', async () => {
    const offers: ChannelOffer[] = []
    const reports: ChannelReports[] = []
    const times: number[] = []
    let closed = 0
    const sink: ChannelSink = {
      attach(offer, report) {
        offers.push(offer)
        reports.push(report)
        return { mmTime: (ms) => { times.push(ms) }, close: () => { closed++ } }
      },
    }
    const r = await rig({ display: sink, audio: sink })
    r.main().tell(MainMsg.INIT, initBody())
    r.clock.advance(300)
    r.main().tell(MainMsg.CHANNELS_LIST, list([2, 0], [2, 1], [5, 0]))
    // 0xffffff00 and 300 ms: the clock wraps.
    expect(offers).toEqual([[2, 0], [2, 1], [5, 0]].map(([type, id]) => ({ type, id, connectionId: 77, mmTime: 44 })))
    r.main().tell(MainMsg.MULTI_MEDIA_TIME, new Writer().u32(5000))
    expect(times).toEqual([5000, 5000, 5000])
    r.clock.advance(7)
    expect(r.s.mmTime).toBe(5007)
    reports[0]?.linked()
    reports[2]?.closed({ kind: 'ended', detail: '' })
    reports[2]?.closed({ kind: 'ended', detail: '' })
    expect(r.of('channelLinked')).toContainEqual({ type: 2, id: 0 })
    expect(r.of('channelClosed').length).toBe(1)
    r.s.close()
    expect(closed).toBe(2)
  })

  test('asks for the client mouse mode whenever the guest can, or for what the page wants', async () => {
    const r = await rig()
    const asked = (): number[] => r.main().bodies(MainMsgc.MOUSE_MODE_REQUEST).map((b) => b[0] ?? 0)
    r.main().tell(MainMsg.INIT, initBody({ modes: 1 }))
    expect(asked()).toEqual([])
    r.main().tell(MainMsg.MOUSE_MODE, new Writer().u16(3).u16(1))
    expect(asked()).toEqual([MouseMode.CLIENT])
    r.main().tell(MainMsg.MOUSE_MODE, new Writer().u16(3).u16(2))
    expect(r.s.inputs.mouseMode).toBe(MouseMode.CLIENT)
    r.s.requestMouseMode(MouseMode.SERVER)
    expect(asked()).toEqual([MouseMode.CLIENT, MouseMode.SERVER])
    expect(r.of('mouseMode')).toEqual([{ supported: 1, current: 1 }, { supported: 3, current: 1 }, { supported: 3, current: 2 }])
  })

  test('measures the round trip again and again, one question at a time', async () => {
    const r = await rig({ probeEvery: 1000 })
    r.main().tell(MainMsg.INIT, initBody())
    r.clock.advance(40)
    r.main().tell(MainMsg.CHANNELS_LIST, list())
    r.clock.advance(960)
    r.clock.advance(1500)
    r.main().tell(MainMsg.CHANNELS_LIST, list())
    expect(r.of('rtt')).toEqual([{ ms: 0, source: 'link' }, { ms: 40, source: 'probe' }, { ms: 1500, source: 'probe' }])
    expect(r.main().bodies(MainMsgc.ATTACH_CHANNELS).length).toBe(2)
    // Once, after a second and a half without an answer, and not for the question that was answered in time.
    expect(r.of('silent')).toEqual([{ ms: SILENCE_MS }])
  })

  test('a sink that fails costs its channel; closing inside an event is an end like any other', async () => {
    const failing: ChannelSink = { attach: () => { throw new Error('no worker') } }
    const r = await rig({ audio: failing, display: failing, vital: [] })
    r.main().tell(MainMsg.INIT, initBody())
    r.main().tell(MainMsg.CHANNELS_LIST, list([5, 0], [2, 0], [3, 0]))
    await turns()
    expect(r.of('channelClosed').map((e) => (e as SessionEnd).reason)).toEqual(Array(2).fill({ kind: 'unreachable', detail: 'Error: no worker' }))
    expect([...r.servers.keys()]).toEqual(['1.0', '3.0'])

    const quick = await rig({ display: { attach: () => ({ close: () => undefined }) } })
    quick.s.on('linked', () => { quick.s.close() })
    quick.main().tell(MainMsg.INIT, initBody({ agent: 1 }))
    quick.main().tell(MainMsg.CHANNELS_LIST, list([3, 0], [2, 0]))
    await turns()
    expect([...quick.servers.keys()]).toEqual(['1.0'])
    expect(quick.events.at(-1)?.name).toBe('closed')
    expect(quick.clock.pending).toBe(0)
  })

  test('the agent: connected in INIT, gone, back with tokens', async () => {
    const r = await rig({ clipboard: 'both' })
    r.main().tell(MainMsg.INIT, initBody({ agent: 1, tokens: 3 }))
    expect(r.main().types()).toContain(MainMsgc.AGENT_START)
    expect(r.main().bodies(MainMsgc.AGENT_DATA).length).toBe(1)
    const announce = new Writer().u32(1).u32(6).u64(0n).u32(8).u32(0).u32(0xffffffff).finish()
    r.main().tell(MainMsg.AGENT_DATA, announce.slice(0, 9))
    r.main().tell(MainMsg.AGENT_DATA, announce.slice(9))
    expect(r.of('agent')).toEqual([{ up: true, resizes: true, clipboard: true }])
    r.main().tell(MainMsg.AGENT_DISCONNECTED, new Writer().u32(0))
    r.main().tell(MainMsg.AGENT_CONNECTED_TOKENS, new Writer().u32(10))
    expect(r.of('agent')).toEqual([{ up: true, resizes: true, clipboard: true }, { up: false, resizes: false, clipboard: false }])
    expect(r.main().bodies(MainMsgc.AGENT_START).length).toBe(2)
    expect(r.s.clipboardPolicy).toBe('both')
  })

  test('the clipboard is off unless the page says otherwise', async () => {
    const r = await rig()
    expect(r.s.clipboardPolicy).toBe('off')
    expect(r.s.offerClipboard('text')).toBe(false)
  })

  test('a vital channel that ends waits for the reason that main has', async () => {
    const r = await rig()
    r.main().tell(MainMsg.INIT, initBody())
    r.main().tell(MainMsg.CHANNELS_LIST, list([3, 0], [4, 0]))
    await turns()
    r.servers.get('4.0')?.stream.end()
    expect(r.of('channelClosed')).toEqual([{ reason: { kind: 'ended', detail: '' }, channel: { type: 4, id: 0 } }])
    r.servers.get('3.0')?.stream.end()
    expect(r.s.closed).toBe(false)
    r.main().tell(Msg.DISCONNECTING, new Writer().u64(1n).u32(LinkErr.ERROR))
    r.main().stream.end()
    expect(r.of('closed')).toEqual([{ reason: { kind: 'server', code: LinkErr.ERROR }, channel: { type: 1, id: 0 } }])
    expect(r.clock.pending).toBe(0)
  })

  test('without such a word it ends by itself, soon', async () => {
    const r = await rig()
    r.main().tell(MainMsg.INIT, initBody())
    r.main().tell(MainMsg.CHANNELS_LIST, list([3, 0]))
    await turns()
    r.servers.get('3.0')?.stream.end('reset')
    r.clock.advance(300)
    expect(r.of('closed')).toEqual([{ reason: { kind: 'ended', detail: 'reset' }, channel: { type: 3, id: 0 } }])
    expect(r.main().stream.closedByEngine).toBe(true)
  })

  test('a vital channel that cannot be opened ends it at once, another one does not', async () => {
    const cursorless = await rig({}, (type) => type === ChannelType.CURSOR)
    cursorless.main().tell(MainMsg.INIT, initBody())
    cursorless.main().tell(MainMsg.CHANNELS_LIST, list([3, 0], [4, 0]))
    await turns()
    expect(cursorless.of('channelClosed').map((e) => (e as SessionEnd).reason.kind)).toEqual(['unreachable'])
    expect(cursorless.s.closed).toBe(false)
    const mute = await rig({}, (type) => type === ChannelType.INPUTS)
    mute.main().tell(MainMsg.INIT, initBody())
    mute.main().tell(MainMsg.CHANNELS_LIST, list([3, 0]))
    await turns()
    expect(mute.of('closed').map((e) => (e as SessionEnd).reason satisfies CloseReason)).toEqual([{ kind: 'unreachable', detail: 'Error: denied' }])
  })

  test('migration is told: announced, where to, and no seamless one is promised', async () => {
    const r = await rig()
    r.main().tell(Msg.MIGRATE, new Writer().u32(1))
    const host = new TextEncoder().encode('host2\0')
    // As spice-server 0.15 was seen to write it: sizes and offsets of host and subject, then both texts.
    r.main().tell(MainMsg.MIGRATE_BEGIN, new Writer().u16(5900).u16(5901).u32(6).u32(20).u32(0).u32(26).raw(host))
    r.main().tell(MainMsg.MIGRATE_SWITCH_HOST, new Writer().u16(5900).u16(0).u32(6).u32(20).u32(0).u32(26).raw(host))
    r.main().tell(MainMsg.MIGRATE_CANCEL)
    expect(r.of('migration')).toEqual([
      { step: 'announced' },
      { step: 'begin', target: { host: 'host2', port: 5900, tlsPort: 5901 } },
      { step: 'switch-host', target: { host: 'host2', port: 5900, tlsPort: 0 } },
      { step: 'cancel' },
    ])
    expect(r.main().types()).toEqual([MainMsgc.MIGRATE_CONNECT_ERROR])
  })

  test('a listener that throws harms nobody, and its error is not hidden', async () => {
    const r = await rig()
    const later: (() => void)[] = []
    const queue = vi.spyOn(globalThis, 'queueMicrotask').mockImplementation((fn) => { later.push(fn) })
    const heard: number[] = []
    r.s.on('linked', () => { throw new Error('a mistake of the page') })
    r.s.on('linked', (e) => { heard.push(e.sessionId) })
    r.main().tell(MainMsg.INIT, initBody())
    queue.mockRestore()
    expect(heard).toEqual([77])
    expect(r.main().types()).toContain(MainMsgc.ATTACH_CHANNELS)
    expect(later.length).toBe(1)
    expect(() => { later[0]?.() }).toThrow('a mistake of the page')
  })

  test('a message that is broken costs itself', async () => {
    const r = await rig()
    r.main().tell(MainMsg.INIT, new Writer().u32(1))
    r.main().tell(999)
    expect(r.of('problem')).toEqual([MainMsg.INIT, 999].map((messageType) => ({ channel: { type: 1, id: 0 }, messageType, detail: expect.stringContaining('WireError') as string })))
    r.main().tell(MainMsg.INIT, initBody())
    expect(r.of('linked')).toEqual([{ sessionId: 77 }])
    r.main().tell(MainMsg.INIT, initBody({ modes: 1 }))
    expect(r.of('linked').length).toBe(1)
  })

  test('after close() nothing is called, sent or pending', async () => {
    const r = await rig()
    r.main().tell(MainMsg.INIT, initBody({ agent: 1 }))
    r.main().tell(MainMsg.CHANNELS_LIST, list([3, 0], [4, 0]))
    await turns()
    r.servers.get('3.0')?.tell(InputsMsg.INIT, new Writer().u16(0))
    r.s.inputs.keyDown('ShiftLeft')
    r.s.setMonitors([{ width: 800, height: 600 }])
    r.s.close()
    expect(r.servers.get('3.0')?.said.map((m) => m.type)).toEqual([101, 102])
    const before = r.events.length
    r.s.close()
    r.s.setMonitors([{ width: 900, height: 600 }])
    r.s.inputs.keyDown('KeyA')
    r.main().stream.end()
    r.main().tell(MainMsg.NAME, new Writer().u32(1).u8(65))
    expect(r.events.at(-1)?.name).toBe('closed')
    expect(r.events.length).toBe(before)
    expect(r.clock.pending).toBe(0)
    expect(r.s.channels()).toEqual([])
    for (const server of r.servers.values()) {
      expect(server.stream.closedByEngine).toBe(true)
      expect(server.stream.listening).toBe(false)
    }
    expect(r.s.on('closed', () => undefined)).toBeTypeOf('function')
  })

  test('closing in the middle of a link leaves no stream behind', async () => {
    const r = await rig()
    r.main().tell(MainMsg.INIT, initBody())
    r.main().tell(MainMsg.CHANNELS_LIST, list([3, 0]))
    r.s.close()
    await turns(20)
    for (const server of r.servers.values()) expect(server.stream.closedByEngine).toBe(true)
    expect(r.clock.pending).toBe(0)
  })
})
