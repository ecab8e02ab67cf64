// Why: a guest may have several displays, each with its own pointer; what belongs to one must not reach another, and a further
// display that goes away must not take the console with it.
import { afterEach, expect, test } from 'vitest'
import { MouseMode } from '../wire/enums.ts'
import { Channel, CursorMsg, InputsMsgc, MainMsg } from '../wire/messages.ts'
import { Writer } from '../wire/writer.ts'
import { SpiceSession } from './session.ts'
import type { SessionEvents } from './session-events.ts'
import type { ChannelOffer, ChannelReports } from './sink.ts'
import { plainCipher, ScriptedServer } from './testkit-server.ts'
import { ManualClock, turns } from './testkit.ts'

let session: SpiceSession | undefined
afterEach(() => { session?.close() })

const list = (...refs: [number, number][]): Writer => refs.reduce((w, [type, id]) => w.u8(type).u8(id), new Writer().u32(refs.length))

async function twoDisplays(): Promise<{ s: SpiceSession; servers: Map<string, ScriptedServer>; displays: Map<number, ChannelReports>; offers: ChannelOffer[]; closed: number[] }> {
  const servers = new Map<string, ScriptedServer>()
  const displays = new Map<number, ChannelReports>()
  const offers: ChannelOffer[] = []
  const closed: number[] = []
  const s = new SpiceSession({
    openChannel: (type, id) => {
      const server = new ScriptedServer()
      servers.set(`${type}.${id}`, server)
      return Promise.resolve(server.stream)
    },
    clock: new ManualClock(),
    cipher: plainCipher,
    display: {
      attach: (offer, reports) => {
        offers.push(offer)
        displays.set(offer.id, reports)
        return { close: () => { closed.push(offer.id) } }
      },
    },
  })
  session = s
  await turns()
  const main = servers.get('1.0')
  main?.tell(MainMsg.INIT, new Writer().u32(5).u32(2).u32(3).u32(MouseMode.CLIENT).u32(0).u32(0).u32(0).u32(0))
  main?.tell(MainMsg.CHANNELS_LIST, list([Channel.DISPLAY, 0], [Channel.DISPLAY, 1], [Channel.INPUTS, 0], [Channel.CURSOR, 0], [Channel.CURSOR, 1]))
  await turns(30)
  return { s, servers, displays, offers, closed }
}

test('each display is offered under its own number, each pointer told with its display’s', async () => {
  const { s, servers, offers } = await twoDisplays()
  expect(offers.map((o) => [o.type, o.id])).toEqual([[Channel.DISPLAY, 0], [Channel.DISPLAY, 1]])
  const seen: SessionEvents['cursor'][] = []
  s.on('cursor', (state) => { seen.push(state) })
  // i16 x, y, u16 trail length and frequency, u8 visible, u16 flags: no shape.
  const init = (x: number, y: number): Writer => new Writer().u16(x).u16(y).u16(0).u16(0).u8(1).u16(1)
  servers.get('4.0')?.tell(CursorMsg.INIT, init(10, 20))
  servers.get('4.1')?.tell(CursorMsg.INIT, init(30, 40))
  servers.get('4.1')?.tell(CursorMsg.MOVE, new Writer().u16(31).u16(41))
  expect(seen.map((c) => [c.channelId, c.x, c.y])).toEqual([[0, 10, 20], [1, 30, 40], [1, 31, 41]])
})

test('a position says on which display it is', async () => {
  const { s, servers } = await twoDisplays()
  s.inputs.position(3, 4)
  s.inputs.position(5, 6, 1)
  expect(servers.get('3.0')?.bodies(InputsMsgc.MOUSE_POSITION).map((b) => [b[0], b[4], b[10]])).toEqual([[3, 4, 0], [5, 6, 1]])
})

test('the second display may go, the first may not', async () => {
  const { s, displays, closed } = await twoDisplays()
  const ends: SessionEvents['channelClosed'][] = []
  s.on('channelClosed', (end) => { ends.push(end) })
  displays.get(1)?.closed({ kind: 'protocol', detail: 'broken' })
  expect([s.closed, ends]).toEqual([false, [{ reason: { kind: 'protocol', detail: 'broken' }, channel: { type: Channel.DISPLAY, id: 1 } }]])
  displays.get(0)?.closed({ kind: 'protocol', detail: 'broken' })
  expect([s.closed, closed]).toEqual([true, []])
})
