// Why: what the engine costs the page that it runs in: tasks that block the main thread, and memory. Asked of the browser,
// so behind an interface that tests fill in.

export interface PageCost {
  /** Sum of the main thread's tasks of 50 ms and more that began at `since` (performance.now()) or later, ms. */
  longTasksMs(since: number): number
  /** JavaScript memory of the page and its workers, bytes; undefined: the browser does not tell. */
  heapBytes(): Promise<number | undefined>
}

interface MemoryPerformance {
  /** Of a cross-origin isolated page, its workers included: performance.memory knows one thread, and none that is a worker's. */
  measureUserAgentSpecificMemory?(): Promise<{ readonly bytes: number }>
}

/** The shell of a probe makes the browser collect garbage and answer at once; another one may take its time, ms. */
const MEASURE_MS = 5000
const MAX_TASKS = 100_000

export function browserCost(scope: { readonly performance: Performance } = globalThis): PageCost {
  const memory: Performance & MemoryPerformance = scope.performance
  const tasks: { readonly startTime: number; readonly duration: number }[] = []
  const add = (entries: readonly PerformanceEntry[]): void => {
    // Those of a probe of a day are few, or there is something to be told.
    if (tasks.length < MAX_TASKS) tasks.push(...entries.map(({ startTime, duration }) => ({ startTime, duration })))
  }
  const observer = new PerformanceObserver((list) => { add(list.getEntries()) })
  observer.observe({ type: 'longtask' })
  return {
    longTasksMs: (since) => {
      add(observer.takeRecords())
      return tasks.reduce((sum, t) => (t.startTime < since ? sum : sum + t.duration), 0)
    },
    heapBytes: async () => {
      const late = new Promise<undefined>((resolve) => { setTimeout(() => { resolve(undefined) }, MEASURE_MS) })
      const all = await Promise.race([late, memory.measureUserAgentSpecificMemory?.().catch(() => undefined)])
      return all?.bytes
    },
  }
}
