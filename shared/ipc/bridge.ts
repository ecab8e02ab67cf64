// Why: the type of window.latchkey, which both shells expose to the page, frozen, before any page script runs.
import type { Reply } from './contract.ts'

export interface LatchkeyBridge {
  readonly protocol: 1
  /** Sends one request; the reply is data and never a rejection with an Error of the other side. */
  request(name: string, input: unknown): Promise<Reply>
  /** Gets every event from now on; returns its own removal. */
  subscribe(listener: (name: string, payload: unknown) => void): () => void
}
