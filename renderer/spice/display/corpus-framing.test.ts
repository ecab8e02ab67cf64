// Why: the network cuts a stream where it likes. Every recording, every channel, cut in every way that could matter, comes
// out of the channel as the messages that went in; that these give the server's pictures is corpus.test.ts's business.
import { describe, expect, test } from 'vitest'
import { Channel } from '../session/channel.ts'
import { FakeStream, join, ManualClock, turns } from '../session/testkit.ts'
import { openCorpus } from './corpus.testkit.ts'
import { seeded, type ReplayRecord } from './replay.testkit.ts'

const { corpusNames, readCorpus, channelChunks } = await openCorpus()
const MESSAGE = 3
const MINI_HEADER = 6

type Cut = (records: readonly ReplayRecord[]) => Iterable<Uint8Array>

/** Pieces of one byte around every header and every end of a message; what is between them whole. */
function* crumbs(records: readonly ReplayRecord[]): Iterable<Uint8Array> {
  for (const { bytes } of records) {
    const [front, back] = bytes.length > 200 ? [60, bytes.length - 10] : [bytes.length, bytes.length]
    for (let i = 0; i < front; i++) yield bytes.slice(i, i + 1)
    if (back > front) yield bytes.slice(front, back)
    for (let i = back; i < bytes.length; i++) yield bytes.slice(i, i + 1)
  }
}

/** From within one header to within the next: all places in turn. */
function* acrossHeaders(records: readonly ReplayRecord[]): Iterable<Uint8Array> {
  let rest: Uint8Array = new Uint8Array(0)
  for (const [i, { bytes }] of records.entries()) {
    const cut = Math.min(1 + (i % (MINI_HEADER + 1)), bytes.length)
    yield join(rest, bytes.subarray(0, cut))
    rest = bytes.slice(cut)
  }
  yield rest
}

const pieces = (size: number): Cut => function* (records) {
  const all = join(...records.map((r) => r.bytes))
  for (let at = 0; at < all.length; at += size) yield all.slice(at, at + size)
}

const cuts: Readonly<Record<string, Cut>> = {
  'one byte around headers and ends': crumbs,
  'from header to header': acrossHeaders,
  'message by message': (records) => records.map((r) => r.bytes.slice()),
  'a socket\'s 1448 bytes': pieces(1448),
  'a port\'s 64 KiB': pieces(65_536),
  'all at once': pieces(Infinity),
  'at random': (records) => {
    const first = records[0]!
    return channelChunks(records, first.channelType, first.channelId, seeded(records.length), true)
  },
}

/** FNV-1a over the front, the end, and samples of what is between: a place lost in the stream shifts them all. */
function digest(b: Uint8Array): number {
  let h = 0x811c9dc5
  for (let i = 0; i < b.length; i += i < 64 || i > b.length - 64 ? 1 : 61) h = Math.imul(h ^ b[i]!, 0x01000193)
  return h >>> 0
}
const FIRST_OF_A_CHANNEL = 101

async function framed(records: readonly ReplayRecord[], cut: Cut): Promise<{ readonly got: string[]; readonly ended: string[]; readonly stats: { readonly messages: number; readonly bytes: number } }> {
  const first = records[0]!
  const stream = new FakeStream()
  const got: string[] = []
  const ended: string[] = []
  const channel = new Channel(
    { type: first.channelType, id: first.channelId, connectionId: 1, caps: [], open: () => Promise.resolve(stream), clock: new ManualClock(), cipher: () => Promise.resolve(new Uint8Array(128)) },
    { message: (type, r) => { got.push(`${type}:${r.length}:${digest(r.bytes)}`) }, closed: (reason) => { ended.push(reason.kind) } },
  )
  await turns()
  for (const piece of cut(records)) {
    void stream.deliver(piece)
    if (!channel.ready) await turns()
  }
  await turns()
  const stats = channel.stats
  const alive = ended.length === 0
  channel.close()
  return { got, ended: alive ? [] : ended, stats }
}

describe('every recording, in pieces of any kind, is the same messages', () => {
  test.each(corpusNames())('%s', async (name) => {
    const channels = new Map<number, ReplayRecord[]>()
    for (const r of readCorpus(name).records) {
      const key = r.channelType * 256 + r.channelId
      if (r.kind <= MESSAGE) channels.set(key, [...(channels.get(key) ?? []), r])
    }
    for (const records of channels.values()) {
      const messages = records.filter((r) => r.kind === MESSAGE).map((r) => ({ type: r.bytes[0]! | (r.bytes[1]! << 8), body: r.bytes.subarray(MINI_HEADER) }))
      const want = messages.filter((m) => m.type >= FIRST_OF_A_CHANNEL).map((m) => `${m.type}:${m.body.length}:${digest(m.body)}`)
      for (const [how, cut] of Object.entries(cuts)) {
        const { got, ended, stats } = await framed(records, cut)
        expect(got, how).toEqual(want)
        expect(ended, how).toEqual([])
        expect(stats, how).toMatchObject({ messages: messages.length, bytes: records.reduce((n, r) => n + r.bytes.length, 0) })
      }
    }
  })
})
