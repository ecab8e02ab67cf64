// Why: what the fuzzer's two threads say to each other.
import type { FuzzCounts } from '../../renderer/spice/fuzz/episode.testkit.ts'

export interface RunnerData {
  readonly messages: number
  readonly seed: number
  /** One episode only. */
  readonly only: number | undefined
  /** Two words: messages begun, the episode's number. */
  readonly beat: SharedArrayBuffer
}

export interface MemoryLook {
  readonly t: 'memory'
  readonly mutated: number
  readonly heapMB: number
  readonly externalMB: number
  readonly rssMB: number
}

export interface RunDone {
  readonly t: 'done'
  readonly episodes: number
  readonly links: number
  readonly counts: FuzzCounts
  readonly failures: readonly string[]
}

export type FromRunner = MemoryLook | RunDone
