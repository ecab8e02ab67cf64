// Why: the long run of the engine's fuzzer: every recording of e2e/spice-server/corpus, mutated, through the code that the
// page and the worker run, until 200,000 messages have passed. Ends with 1 if one of them hung, cost more than itself, or
// left memory above its limits.
//   node build/fuzz-spice/main.ts [--messages N] [--seed N] [--episode N] [--json]
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import type { FromRunner, MemoryLook, RunDone, RunnerData } from './protocol.ts'

/** One message that takes longer than this is a hang, ms. */
const HANG_MS = 15_000
/** What the heap may grow by after its first look, MB: caches of the engine and of the compiler fill up until then. */
const GROWTH_MB = 48

interface Outcome {
  readonly done: RunDone | undefined
  readonly looks: readonly MemoryLook[]
  readonly trouble: readonly string[]
}

/** The run, watched. */
async function watched(data: Omit<RunnerData, 'beat'>): Promise<Outcome> {
  const beat = new SharedArrayBuffer(8)
  const pulse = new Int32Array(beat)
  const looks: MemoryLook[] = []
  const { promise, resolve } = Promise.withResolvers<Outcome>()
  const worker = new Worker(new URL('runner.ts', import.meta.url), { workerData: { ...data, beat } satisfies RunnerData })
  let last = -1
  const timer = setInterval(() => {
    const now = Atomics.load(pulse, 0)
    if (now === last && now > 0) end({ done: undefined, looks, trouble: [`message ${now} hangs, in episode ${Atomics.load(pulse, 1)}`] })
    last = now
  }, HANG_MS)
  const end = (outcome: Outcome): void => {
    clearInterval(timer)
    resolve(outcome)
    void worker.terminate()
  }
  worker.on('message', (m: FromRunner) => {
    if (m.t === 'memory') looks.push(m)
    else end({ done: m, looks, trouble: m.failures })
  })
  worker.on('error', (e) => { end({ done: undefined, looks, trouble: [`the run ended with ${String(e)}`] }) })
  return await promise
}

const { values } = parseArgs({ options: { messages: { type: 'string', default: '200000' }, seed: { type: 'string', default: '1' }, episode: { type: 'string' }, json: { type: 'boolean', default: false } } })
const started = performance.now()
const { done, looks, trouble } = await watched({ messages: Number(values.messages), seed: Number(values.seed), only: values.episode === undefined ? undefined : Number(values.episode) })
const heap = looks.map((l) => l.heapMB + l.externalMB)
const growth = heap.length < 2 ? 0 : heap.at(-1)! - heap[0]!
const failures = growth > GROWTH_MB ? [...trouble, `memory has grown by ${growth} MB`] : trouble
const seconds = Math.round((performance.now() - started) / 100) / 10
if (values.json) console.log(JSON.stringify({ ok: failures.length === 0, seconds, seed: Number(values.seed), episodes: done?.episodes, links: done?.links, ...done?.counts, growthMB: growth, memory: looks, failures }, undefined, 1))
else {
  const c = done?.counts
  if (c !== undefined) console.log(`${c.mutated} mutated and ${c.good} good messages, ${done?.links} links, ${done?.episodes} episodes, ${seconds} s: ${c.lost} lost, ${c.held} held for a time, slowest ${Math.round(c.slowest)} ms, ${c.over100} above 100 ms, memory grown by ${growth} MB`)
  for (const failure of failures) console.log(failure)
  console.log(failures.length === 0 ? 'passed' : 'FAILED')
}
process.exitCode = failures.length === 0 ? 0 : 1
