// Why: turns the data of a route into a byte stream; adapters know how, core does not.
import type { Duplex } from 'node:stream'
import type { CallContext, ChannelHelper, Hop } from './driver.ts'

export interface Dialer {
  dial(hops: readonly Hop[], ctx: CallContext): Promise<Duplex>
  /** Runs the helper with `socketPath` appended and returns its standard input/output as one stream. */
  runHelper(helper: ChannelHelper, socketPath: string, ctx: CallContext): Promise<Duplex>
  /**
   * Whether somebody still waits in the queue of the unix socket at the end of this route, because it serves one client
   * at a time: asked with a stream of ours open, "true" means that another client is served. Undefined: cannot be told.
   */
  hasQueue?(hops: readonly Hop[], ctx: CallContext): Promise<boolean | undefined>
}
