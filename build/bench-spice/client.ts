// Why: three clients that have nothing in common are started, watched and ended by the same few calls.
import type { ClientName } from './args.ts'
import type { PageCounts } from './page/contract.ts'

export interface RunningClient {
  /** The root of its processes. */
  readonly pid: number
  begin(): Promise<void>
  /** What it says of itself; undefined for one that says nothing. */
  end(): Promise<PageCounts | undefined>
  /** Colours among some points of its picture, see BenchPage; undefined where nobody looks. */
  colours(): Promise<number | undefined>
  stop(): Promise<void>
}

export interface Client {
  readonly name: ClientName
  /** A running one, connected or about to be. */
  start(port: number): Promise<RunningClient>
  /** Everything that was started for it. */
  close(): Promise<void>
}
