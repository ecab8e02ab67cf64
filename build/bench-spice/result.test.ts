import { describe, expect, test } from 'vitest'
import { cellOf, limitOf, median, otherImages, quantile, ratiosOf, remark, slope, tableOf, type Measured, type Row, type Sample } from './result.ts'
import { judge, type MemoryPoint } from './soak.ts'
import { hottest } from './profile.ts'

const load = (threadCores: number, thread = 'x') => ({ cores: threadCores, thread, threadCores })
const cpu = { client: load(0.5), server: load(1), rssMB: 100 }
const sample = (seconds: number, bytes: number): Sample => ({ at: seconds * 1000, seconds, bytes, draws: bytes / 1000, megapixels: bytes / 500 })
const measured = (MBps: number, more: Partial<Measured> = {}): Measured => ({ seconds: 1, bytes: MBps * 1e6, MBps, serverDraws: 1, serverMpixPerSecond: 1, cpu, ...more })

describe('cellOf', () => {
  test('the rate is that between the first and the last sample', () => {
    expect(cellOf([sample(1, 5000), sample(2, 7000), sample(3, 4_005_000)], undefined, undefined, cpu)).toEqual({
      seconds: 2, bytes: 4_000_000, MBps: 2, serverDraws: 4000, serverMpixPerSecond: 4000, cpu,
    })
  })

  test('the client’s own numbers are by its own seconds', () => {
    const page = { seconds: 2, bytes: 10, draws: 4, pixels: 8e6, images: { QUIC: 4 }, presentedFrames: 3, longTasksMs: [60], problems: 0, firstProblems: [] }
    expect(cellOf([sample(0, 0), sample(1, 1e6)], page, 7, cpu)).toMatchObject({ clientBytes: 10, clientSeconds: 2, mpixPerSecond: 4, draws: 4, presentedFrames: 3, longTasksMs: [60], colours: 7 })
  })

  test.each([[[]], [[sample(1, 1)]]])('too few samples are a failure', (samples) => {
    expect(cellOf(samples, undefined, undefined, cpu)).toHaveProperty('failed')
  })
})

test('the median counts a failure as the worst', () => {
  expect(median([measured(3), { failed: 'x' }, measured(1)])).toEqual(measured(1))
  expect(median([])).toHaveProperty('failed')
})

describe('ratiosOf', () => {
  test('the engine by the others, bytes and pixels', () => {
    const clients = { engine: measured(50, { mpixPerSecond: 30 }), 'spice-html5': measured(8, { mpixPerSecond: 10 }), 'remote-viewer': measured(60) }
    expect(ratiosOf(clients)).toEqual({ toHtml5: 6.25, toRemoteViewer: 0.83, mpixToHtml5: 3 })
  })
  test('what failed, was not run, or stood still has none', () => {
    expect(ratiosOf({ engine: measured(50), 'spice-html5': measured(0), 'remote-viewer': { failed: 'x' } })).toEqual({ toHtml5: null, toRemoteViewer: null, mpixToHtml5: null })
  })
})

test('the limit is the thread that is never idle, if there is one', () => {
  const at = (client: number, server: number) => limitOf(measured(1, { cpu: { client: load(client, 'renderer DedicatedWorker'), server: load(server), rssMB: 1 } }))
  expect([at(0.5, 0.97), at(0.9, 0.2), at(0.5, 0.5)]).toEqual(['server', 'renderer DedicatedWorker', 'none'])
})

test('images that only one was sent', () => {
  const [a, b] = [measured(1, { images: { LZ4: 3 } }), measured(1, { images: { LZ_RGB: 2 } })]
  expect([otherImages(a, b), otherImages(a, a), otherImages(a, { failed: 'x' }), otherImages(a, measured(1))]).toEqual(['was sent LZ_RGB, not LZ4', '', '', ''])
})

describe('for people', () => {
  test('a remark tells what went wrong', () => {
    expect(remark(measured(1, { draws: 0, colours: 1, problems: 2, firstProblems: ['TypeError: t'], longTasksMs: [51, 80] }))).toBe('2 problems: TypeError: t; paints nothing; no draw; 2 long tasks, ≤80 ms')
    expect([remark(measured(1, { draws: 3, colours: 9 })), remark(undefined), remark({ failed: 'hung' })]).toEqual(['', '', 'hung'])
  })

  test('the table has a line a row and its remarks', () => {
    const clients = { engine: measured(50), 'remote-viewer': { failed: 'no screen' } }
    const row: Row = { content: 'text', compression: 'lz', clients, ratios: ratiosOf(clients) }
    const lines = tableOf([row]).split('\n')
    expect(lines).toHaveLength(4)
    expect(lines[1]).toMatch(/^text +lz +50\.0 +failed .* – /)
    expect(lines[3]).toBe('  text lz, remote-viewer: no screen')
  })
})

test('slope', () => {
  expect(slope([[0, 1], [1, 3], [2, 5]])).toBe(2)
  expect(slope([[0, 5], [1, 6], [2, 5]])).toBe(0)
  expect([slope([]), slope([[1, 1]]), slope([[1, 1], [1, 2]])]).toEqual([0, 0, 0])
})

test('quantile', () => {
  expect([quantile([3, 1, 2], 0.5), quantile([3, 1, 2], 1), quantile([3, 1, 2], 0), quantile([], 0.5)]).toEqual([2, 3, 1, 0])
})

describe('memory', () => {
  const points = (mb: (i: number) => number): MemoryPoint[] => Array.from({ length: 30 }, (_, i) => ({ seconds: i * 20, rssMB: 500, pageHeapMB: 1, workerHeapMB: mb(i), workerBuffersMB: 50 }))
  test('warming up is no growth', () => {
    expect(judge(points((i) => Math.min(i, 8)))).toMatchObject({ flat: true, slopes: { workerHeapMB: 0 } })
  })
  test('a few pictures more at the end of a short look are none', () => {
    expect(judge([0, 4, 8, 12].map((seconds) => ({ seconds, rssMB: 1, pageHeapMB: 1, workerHeapMB: 1, workerBuffersMB: 50 + seconds / 4 })))).toMatchObject({ flat: true, slopes: { workerBuffersMB: 15 } })
  })
  test('a leak is', () => {
    expect(judge(points((i) => i))).toMatchObject({ flat: false, slopes: { workerHeapMB: 3 } })
  })
})

test('the hottest functions of a profile, by self time', () => {
  const node = (id: number, functionName: string) => ({ id, callFrame: { functionName, lineNumber: id } })
  expect(hottest({ nodes: [node(1, 'a'), node(2, '')], samples: [1, 2, 2], timeDeltas: [10, 20, 70] }, 5)).toEqual(['90.0% (anonymous):3', '10.0% a:2'])
})
