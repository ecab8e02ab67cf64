// Why: time is injected, so that timeouts and retries are tested without waiting.
export interface Clock {
  /** Monotonic milliseconds, for durations. */
  now(): number
  /** Wall-clock milliseconds since the epoch, for tickets and log lines. */
  wall(): number
  /** Calls `fn` once after `ms`; returns the cancellation. */
  after(ms: number, fn: () => void): () => void
}

/** Resolves after `ms`, rejects with the signal's reason if aborted first. */
export function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error)
    const cancel = clock.after(ms, () => {
      signal.removeEventListener('abort', onAbort)
      resolve()
    })
    const onAbort = () => {
      cancel()
      reject(signal.reason as Error)
    }
    signal.addEventListener('abort', onAbort, { once: true })
  })
}
