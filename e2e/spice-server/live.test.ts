import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { whatIsMissing } from './build.ts'
import { readCorpus } from './corpus.ts'
import { compare } from './golden.ts'
import { readOracle, record } from './record.ts'
import { Channel, RecordingClient } from './recorder.ts'
import { startSpiceServer } from './server.ts'
import type { ServerEvent } from './server.ts'
import { messageOf, oraclePixels } from './spcap.ts'
import type { Spcap } from './spcap.ts'

const missing = await whatIsMissing()

/** What a display was sent, without what depends on time and on the connection. */
const draws = (cap: Spcap): string[] => cap.records.flatMap((r) => {
  if (r.kind !== 3 || r.channelType !== 2) return []
  const { type, body } = messageOf(r)
  return type < 100 ? [] : [`${type} ${Buffer.from(body).toString('hex')}`]
})
const pictures = (cap: Spcap): Uint32Array[] => cap.records.flatMap((r) => (r.kind === 4 ? [oraclePixels(r)] : []))

describe.skipIf(missing !== undefined)(`the real server${missing === undefined ? '' : ` (${missing})`}`, () => {
  test('sends the same scene as in the corpus, byte for byte, and draws the same picture', async () => {
    const kept = readCorpus('fill-rop')
    const now = await record('fill-rop', { width: 480, height: 320, compression: 'off' })
    expect(draws(now)).toEqual(draws(kept))
    expect(pictures(now)).toEqual(pictures(kept))
  })

  test('draws other text with another seed, and the same with the same', async () => {
    const scene = async (seed: number): Promise<Uint32Array> => pictures(await record('transparent', { width: 480, height: 320, seed }))[0]!
    const first = await scene(1)
    expect(await scene(1)).toEqual(first)
    expect(await scene(2)).not.toEqual(first)
  })

  test('lets in who has the ticket and nobody else', async () => {
    const options = { width: 160, height: 100, ticket: 'open sesame' }
    expect((await record('plain', options)).records.length).toBeGreaterThan(10)
    await expect(record('plain', { ...options, wrongTicket: 'open barley' })).rejects.toThrow('ticket refused: 7')
  })

  test('an abort of the server ends the recording with its last words', async () => {
    await expect(record('rop3', { width: 160, height: 100, argument: 0x5a })).rejects.toThrow('not implemented')
  })

  test('counts what a load sends', async () => {
    const events: ServerEvent[] = []
    const cap = await record('load-mix', { width: 320, height: 200, compression: 'lz', frames: 48, onEvent: (e) => void events.push(e) })
    const load = events.find((e) => e.event === 'load')!
    expect(load).toMatchObject({ frames: 48, draws: 8 * (1 + 1 + 2 + 32 + 1 + 2) })
    const received = cap.records.reduce((n, r) => n + (r.kind === 4 ? 0 : r.bytes.length), 0)
    expect(Object.values(load.sent).reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(received)
    expect(received).toBeGreaterThan(50_000)
  })

  test('says what keys it was told, and answers with a draw', async () => {
    const out = mkdtempSync(join(tmpdir(), 'latchkey-spice-'))
    const server = await startSpiceServer('input', { out, width: 160, height: 100, frames: 3, step: true })
    const client = new RecordingClient({ port: server.port, capabilities: {}, pixmapCache: 1 << 20, glzWindow: 1 << 20 })
    try {
      await client.connect([Channel.DISPLAY, Channel.INPUTS])
      server.go()
      const KEY_DOWN = 101
      for (const code of [0x1e, 0x3a, 0x45]) client.send(Channel.INPUTS, 0, KEY_DOWN, Uint8Array.of(code, 0, 0, 0))
      const bytes: number[] = []
      let event = await server.next()
      for (; event !== undefined && event.event !== 'oracle'; event = await server.next()) if (event.event === 'key') bytes.push(event.byte)
      expect(bytes).toEqual([0x1e, 0x3a, 0x45])
      // The third answer's colour; the server may have folded the three into one.
      expect(oraclePixels(readOracle(event as Extract<ServerEvent, { event: 'oracle' }>))[0]).toBe(0xff00ff00)
    } finally {
      client.close()
      await server.stop()
      rmSync(out, { recursive: true })
    }
  })

  test('shows both displays of two', async () => {
    const cap = await record('two-displays', { width: 480, height: 320, compression: 'glz', displays: 2 })
    expect(cap.records.flatMap((r) => (r.kind === 4 ? [r.channelId] : []))).toEqual([0, 1])
  })
})

test('a comparison says how much differs and where', () => {
  const oracle = { kind: 4, channelType: 2, channelId: 0, label: 'page', display: 0, surface: 0, format: 32, width: 3, height: 2, bytes: new Uint8Array(24) } as const
  const same = new Uint32Array(6).fill(0xff000000)
  expect(compare(oracle, same)).toEqual({ differ: 0, error: 0, where: '' })
  // Alpha is no part of xRGB; 30 in one of three channels of one of six pixels.
  const other = Uint32Array.from(same)
  other[0] = 0
  other[4] = 0xff001e00
  expect(compare(oracle, other)).toEqual({ differ: 1, error: 30 / 18, where: 'page surface 0: 1 pixels in 1,1 to 1,1' })
  expect(compare({ ...oracle, format: 96 }, new Uint32Array(6).fill(0xff000000)).differ).toBe(6)
})
