// Why: turns the data of a route into a byte stream; adapters know how, core does not.
import type { Duplex } from 'node:stream'
import type { CallContext, ChannelHelper, Hop } from './driver.ts'

export interface Dialer {
  dial(hops: readonly Hop[], ctx: CallContext): Promise<Duplex>
  /** Runs the helper with `socketPath` appended and returns its standard input/output as one stream. */
  runHelper(helper: ChannelHelper, socketPath: string, ctx: CallContext): Promise<Duplex>
}
