// Why: the fuzzer's thread: episodes until so many messages were mutated. What it does now is in shared memory, so that the
// thread that watches it can tell a hang from work, and says so when this one cannot.
import { decode as decodeJpeg } from 'jpeg-js'
import { setTimeout } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { parentPort, workerData } from 'node:worker_threads'
import { corpusNames, readCorpus } from '../../e2e/spice-server/corpus.ts'
import { loadWasmDecoders } from '../../renderer/spice/wasm/decoders.ts'
import { recordingOf, testJpeg } from '../../renderer/spice/fuzz/corpus-fuzz.testkit.ts'
import { episode, newCounts } from '../../renderer/spice/fuzz/episode.testkit.ts'
import { linkEpisode } from '../../renderer/spice/fuzz/link-fuzz.testkit.ts'
import type { FromRunner, RunnerData } from './protocol.ts'

const EPISODE_MESSAGES = 100
const LINKS_PER_EPISODE = 5
/** Messages between two looks at the memory. */
const LOOK_EVERY = 10_000

async function run({ messages, seed, only, beat }: RunnerData, say: (m: FromRunner) => void): Promise<void> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const pulse = new Int32Array(beat)
  const recordings = corpusNames().map((name) => recordingOf(name, readCorpus(name)))
  let describe: () => string = () => ''
  const options = {
    recordings,
    jpeg: testJpeg(decodeJpeg),
    compiled: await loadWasmDecoders(),
    messages: EPISODE_MESSAGES,
    largest: 16_384,
    now: () => performance.now(),
    onMessage: (d: () => string) => {
      describe = d
      Atomics.add(pulse, 0, 1)
    },
  }
  const counts = newCounts()
  const rejected: string[] = []
  process.on('unhandledRejection', (e) => { rejected.push(`${String(e)} after ${describe()}`) })
  const failures: string[] = []
  let links = 0
  let episodes = 0
  let nextLook = LOOK_EVERY
  for (let n = only ?? 0; counts.mutated < messages && (only === undefined || n === only); n++) {
    Atomics.store(pulse, 1, n)
    try {
      await episode(seed * 1_000_003 + n, options, counts)
      for (let i = 0; i < LINKS_PER_EPISODE; i++, links++) await linkEpisode(seed * 1_000_003 + n * LINKS_PER_EPISODE + i)
    } catch (e) {
      failures.push(`episode ${n}: ${String(e)}\n    ${describe()}`)
    }
    episodes++
    for (const what of rejected.splice(0)) failures.push(`episode ${n}: unhandled rejection: ${what}`)
    if (counts.mutated < nextLook) continue
    nextLook += LOOK_EVERY
    // Memory of buffers is given back behind the collector's back.
    for (let i = 0; i < 3; i++) {
      collect()
      await setTimeout(20)
    }
    const { heapUsed, external, arrayBuffers, rss } = process.memoryUsage()
    say({ t: 'memory', mutated: counts.mutated, heapMB: mb(heapUsed), externalMB: mb(external + arrayBuffers), rssMB: mb(rss) })
  }
  say({ t: 'done', episodes, links, counts, failures })
}

const mb = (bytes: number): number => Math.round(bytes / 2 ** 20)

const port = parentPort
if (port !== null) await run(workerData as RunnerData, (m) => { port.postMessage(m) })
