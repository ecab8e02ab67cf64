// Why: the short form of `npm run fuzz:spice`: the same episodes, a few thousand messages, always the same ones.
import { decode as decodeJpeg } from 'jpeg-js'
import { expect, test } from 'vitest'
import { openCorpus } from '../display/corpus.testkit.ts'
import { loadWasmDecoders } from '../wasm/decoders.ts'
import { recordingOf, testJpeg } from './corpus-fuzz.testkit.ts'
import { episode, newCounts } from './episode.testkit.ts'
import { linkEpisode } from './link-fuzz.testkit.ts'

const { corpusNames, readCorpus } = await openCorpus()
const EPISODES = 50
const MESSAGES = 60
const LINKS = 1500

test('mutated sessions: no hang, no lost channel, memory within its bound', async () => {
  const names = corpusNames().filter((_, i) => i % 3 === 0).concat('two-displays', 'stream', 'glz-window-small', 'copy-auto_glz')
  const options = { recordings: names.map((n) => recordingOf(n, readCorpus(n))), jpeg: testJpeg(decodeJpeg), compiled: await loadWasmDecoders(), messages: MESSAGES, largest: 640, now: () => 0 }
  const counts = newCounts()
  for (let i = 0; i < EPISODES; i++) await episode(1000 + i, options, counts)
  expect(counts.mutated).toBeGreaterThan((EPISODES * MESSAGES) / 2)
  expect(counts.lost).toBeGreaterThan(counts.mutated / 4)
}, 60_000)

test('mutated answers to the link: linked, refused or given up in time, and told once', async () => {
  for (let i = 0; i < LINKS; i++) await linkEpisode(i)
}, 60_000)
