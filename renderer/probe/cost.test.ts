import { afterEach, expect, test, vi } from 'vitest'
import { browserCost } from './cost.ts'

type Entry = { startTime: number; duration: number }
let observed: ((list: { getEntries(): Entry[] }) => void) | undefined
let waiting: Entry[] = []

function setup(performance: object) {
  vi.stubGlobal('PerformanceObserver', class {
    constructor(fn: typeof observed) { observed = fn }
    observe(o: unknown): void { expect(o).toEqual({ type: 'longtask' }) }
    takeRecords(): Entry[] { return waiting.splice(0) }
  })
  return browserCost({ performance: performance as Performance })
}
afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

test('long tasks are those of the measurement, also such as nobody was told of yet', () => {
  const cost = setup({})
  observed?.({ getEntries: () => [{ startTime: 90, duration: 200 }, { startTime: 110, duration: 70 }] })
  waiting = [{ startTime: 300, duration: 55 }]
  expect(cost.longTasksMs(100)).toBe(125)
  expect(cost.longTasksMs(100)).toBe(125)
})

test('memory is the browser’s answer, or none', async () => {
  expect(await setup({ measureUserAgentSpecificMemory: () => Promise.resolve({ bytes: 7 }) }).heapBytes()).toBe(7)
  expect(await setup({ measureUserAgentSpecificMemory: () => Promise.reject(new Error('not isolated')) }).heapBytes()).toBeUndefined()
  expect(await setup({}).heapBytes()).toBeUndefined()
  vi.useFakeTimers()
  const late = setup({ measureUserAgentSpecificMemory: () => new Promise(() => undefined) }).heapBytes()
  await vi.advanceTimersByTimeAsync(5000)
  expect(await late).toBeUndefined()
})
