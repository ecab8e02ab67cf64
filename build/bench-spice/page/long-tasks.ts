/// <reference lib="dom" />
// Why: how long the page's main thread was not there for the person, as the browser itself tells it (tasks over 50 ms).

export class LongTasks {
  #ms: number[] = []
  readonly #observer: PerformanceObserver

  constructor() {
    this.#observer = new PerformanceObserver((list) => { this.#add(list.getEntries()) })
    this.#observer.observe({ entryTypes: ['longtask'] })
  }

  #add(entries: readonly PerformanceEntry[]): void {
    for (const e of entries) this.#ms.push(Math.round(e.duration))
  }

  /** Those since the last call, ms. */
  take(): readonly number[] {
    this.#add(this.#observer.takeRecords())
    const ms = this.#ms
    this.#ms = []
    return ms
  }
}
