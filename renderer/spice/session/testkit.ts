// Why: the tests' two ends of a byte stream: one with the shape the engine asks for, and time that stands still.
import type { ByteChannel } from './byte-channel.ts'
import type { Clock } from './clock.ts'

/** Time that moves when told. */
export class ManualClock implements Clock {
  #now = 0
  #timers: { readonly at: number; readonly fn: () => void }[] = []
  now(): number {
    return this.#now
  }
  after(ms: number, fn: () => void): () => void {
    const timer = { at: this.#now + ms, fn }
    this.#timers.push(timer)
    return () => { this.#timers = this.#timers.filter((t) => t !== timer) }
  }
  get pending(): number {
    return this.#timers.length
  }
  advance(ms: number): void {
    const end = this.#now + ms
    for (;;) {
      const next = this.#timers.filter((t) => t.at <= end).sort((a, b) => a.at - b.at)[0]
      if (next === undefined) break
      this.#timers = this.#timers.filter((t) => t !== next)
      this.#now = next.at
      next.fn()
    }
    this.#now = end
  }
}

/** A byte channel whose other end is in the test's hands. */
export class FakeStream implements ByteChannel {
  #bytes: ((bytes: Uint8Array) => void | Promise<void>) | undefined
  #closed: ((reason?: string) => void) | undefined
  /** Everything the engine has sent, in the pieces it was sent in. */
  readonly sent: Uint8Array[] = []
  closedByEngine = false
  /** Called at every piece, to play the server. */
  onSent: ((bytes: Uint8Array) => void) | undefined

  send(bytes: Uint8Array): void {
    if (this.closedByEngine) throw new Error('sent after close')
    this.sent.push(bytes.slice())
    this.onSent?.(bytes.slice())
  }
  onBytes(fn: (bytes: Uint8Array) => void | Promise<void>): void {
    this.#bytes = fn
  }
  onClosed(fn: (reason?: string) => void): void {
    this.#closed = fn
  }
  close(): void {
    this.closedByEngine = true
    this.#bytes = undefined
    this.#closed = undefined
  }

  /** What the server says, in one piece. @returns what the engine's listener returned */
  deliver(bytes: Uint8Array): void | Promise<void> {
    return this.#bytes?.(bytes)
  }
  end(reason?: string): void {
    this.#closed?.(reason)
  }
  get listening(): boolean {
    return this.#bytes !== undefined
  }
}

export function join(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

/** Lets promises run. */
export async function turns(n = 10): Promise<void> {
  for (let i = 0; i < n; i++) await Promise.resolve()
}
