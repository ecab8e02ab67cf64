// Why: the link phase mutated: whatever a server answers, in whatever pieces, a channel is linked, refused, or given up in
// time; it is told once, and nothing is left behind.
import { Channel } from '../session/channel.ts'
import { LINK_TIMEOUT_MS } from '../session/channel.ts'
import { plainCipher } from '../session/testkit-server.ts'
import { FakeStream, ManualClock, turns } from '../session/testkit.ts'
import { MAGIC, TICKET_PUBKEY_BYTES } from '../wire/messages.ts'
import { Writer } from '../wire/writer.ts'
import { FuzzFailure } from './episode.testkit.ts'
import { dice, mutate } from './mutate.testkit.ts'

/** What a server says until the link is done: header, reply, the ticket's result. */
function answers(): readonly [reply: Uint8Array, result: Uint8Array] {
  const body = new Writer(256).u32(0).zeros(TICKET_PUBKEY_BYTES).u32(1).u32(1).u32(178).u32(0b1011).u32(0xff).finish()
  return [new Writer(256).u32(MAGIC).u32(2).u32(2).u32(body.length).raw(body).finish(), new Writer(4).u32(0).finish()]
}

/** Throws a FuzzFailure; the same seed is the same link. */
export async function linkEpisode(seed: number): Promise<void> {
  const d = dice(seed)
  const wrong = (what: string): FuzzFailure => new FuzzFailure(`${what} (link, seed ${seed})`)
  const clock = new ManualClock()
  const stream = new FakeStream()
  const ends: string[] = []
  let linked = 0
  const channel = new Channel(
    { type: 1, id: 0, connectionId: 0, caps: [], open: () => Promise.resolve(stream), clock, cipher: plainCipher },
    { message: () => undefined, linked: () => { linked++ }, closed: (reason) => { ends.push(reason.kind) } },
  )
  await turns()
  for (const part of answers()) {
    const { body } = d.chance(0.7) ? mutate({ type: 0, body: part }, { type: 0, body: part }, d) : { body: part }
    for (let at = 0; at < body.length; ) {
      const n = 1 + d(d.pick([1, 20, 300]))
      void stream.deliver(body.slice(at, at + n))
      at += n
    }
    await turns()
  }
  if (d.chance(0.2)) stream.end('gone')
  clock.advance(LINK_TIMEOUT_MS)
  await turns()
  if (linked > 1 || ends.length > 1) throw wrong('told twice')
  if (linked + ends.length === 0) throw wrong('neither linked nor ended')
  if (channel.ready !== (linked === 1 && ends.length === 0)) throw wrong('does not know whether it is linked')
  channel.close()
  if (ends.length !== 1 || clock.pending !== 0 || !stream.closedByEngine) throw wrong('leaves something behind')
}
