// Why: whatever a server sends costs at most a message: no other error than WireError, no promise that never ends.
import { expect, test } from 'vitest'
import { SharedImages } from '../image/decoder.ts'
import { ManualClock } from '../session/testkit.ts'
import { DisplayMsg } from '../wire/messages.ts'
import { Reader, WireError } from '../wire/reader.ts'
import { openCorpus } from './corpus.testkit.ts'
import { surfaceCreate } from './messages.testkit.ts'
import { DisplayModel } from './renderer.ts'
import { seeded } from './replay.testkit.ts'
import { Streams } from './streams.ts'

const { readCorpus, messageOf } = await openCorpus()
const MESSAGES = 6000
const LONGEST = 20_000
const FIRST_DISPLAY_MESSAGE = 101

function model(): DisplayModel {
  const m = new DisplayModel({
    shared: new SharedImages(1 << 22, 1 << 22),
    jpeg: () => { throw new WireError('no JPEG here') },
    now: () => 0,
    streams: (of) => new Streams({
      clock: new ManualClock(),
      counter: of.counter,
      decoder: () => ({ decode: () => Promise.reject(new WireError('no frame')), close: () => undefined }),
      surface: (id) => of.surfaces.find(id),
      drawn: () => undefined,
      send: () => undefined,
      mmTime: () => 0,
      audioDelay: () => undefined,
    }),
  })
  void m.message(DisplayMsg.SURFACE_CREATE, surfaceCreate(0, 480, 320))
  return m
}

test('mutated recordings', async () => {
  const random = seeded(20)
  const messages = ['copy-auto_glz', 'copy-lz4', 'composite-masks', 'text', 'stroke', 'rop3', 'copy-scale', 'stream', 'palettes', 'clip', 'surfaces']
    .flatMap((name) => readCorpus(name).records)
    .filter((r) => r.kind === 3 && r.channelType === 2)
    .map(messageOf)
    .filter((m) => m.type >= FIRST_DISPLAY_MESSAGE && m.body.length < LONGEST)
  let m = model()
  let lost = 0
  for (let i = 0; i < MESSAGES; i++) {
    if (i % 1000 === 999) {
      m.close()
      m = model()
    }
    const { type, body } = messages[Math.floor(random() * messages.length)]!
    const bytes = body.slice(0, random() < 0.05 ? Math.floor(random() * body.length) : body.length)
    // Mostly near the front, where the counts, types and offsets are.
    for (let n = Math.floor(random() * 4); n >= 0; n--) {
      const at = Math.floor((random() < 0.7 ? random() ** 2 : random()) * bytes.length)
      bytes[at] = [random() * 256, bytes[at]! ^ (1 << (random() * 8)), 255, 0, bytes[at]! + 1][Math.floor(random() * 5)]!
    }
    try {
      await m.message(type, new Reader(bytes))
    } catch (e) {
      expect(e, `message ${i} of type ${type}`).toBeInstanceOf(WireError)
      lost++
    }
  }
  expect(lost).toBeGreaterThan(MESSAGES / 4)
  expect(lost).toBeLessThan(MESSAGES)
})
