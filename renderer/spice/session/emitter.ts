// Why: events with their types, and an end after which nothing is called and nothing is held.

export class Emitter<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<(payload: never) => void>>()
  #over = false

  /** Calls `fn` at every such event; the result stops that. */
  on<K extends keyof Events>(name: K, fn: (payload: Events[K]) => void): () => void {
    if (this.#over) return () => undefined
    const set = this.#listeners.get(name) ?? new Set()
    this.#listeners.set(name, set)
    // A wrapper, so that the same function may listen twice.
    const entry = (payload: Events[K]): void => { fn(payload) }
    set.add(entry)
    return () => { set.delete(entry) }
  }

  emit<K extends keyof Events>(name: K, payload: Events[K]): void {
    for (const fn of [...(this.#listeners.get(name) ?? [])]) {
      try {
        (fn as (payload: Events[K]) => void)(payload)
      } catch (e) {
        // A listener's mistake is the page's to see, and must not keep the next one or a close() from its work.
        queueMicrotask(() => { throw e })
      }
    }
  }

  /** Forgets every listener, for good. */
  close(): void {
    this.#over = true
    this.#listeners.clear()
  }
}
