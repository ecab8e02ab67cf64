// Why: the one place where the data of a route becomes a byte stream: a beginning (a socket, or a forward of an SSH
// connection that is open already), then what happens inside it, in order.
import type { Duplex } from 'node:stream'
import { AppError } from '../../core/errors.ts'
import type { Clock } from '../../core/ports/clock.ts'
import type { Dialer } from '../../core/ports/dialer.ts'
import type { CallContext, ChannelHelper, Hop } from '../../core/ports/driver.ts'
import { assertNever } from '../../core/result.ts'
import { systemClock } from '../clock.ts'
import { unixQueue } from '../ssh/unix-queue.ts'
import { httpConnect } from './http-connect.ts'
import { dialSocket } from './socket.ts'
import { secure } from './tls.ts'

/** For each hop by itself: connecting, the proxy's answer, a TLS handshake. */
export const HOP_TIMEOUT_MS = 10_000

export class HopDialer implements Dialer {
  readonly #clock: Clock

  constructor(clock: Clock = systemClock) {
    this.#clock = clock
  }

  /**
   * Errors: ssh.forward-denied, ssh.forward-failed, ssh.lost; spice.display-closed for a display's own socket,
   * proxy.* for a proxy, tls.* for a certificate; cancelled. A route that cannot be is internal.bug.
   */
  async dial(hops: readonly Hop[], ctx: CallContext): Promise<Duplex> {
    const [first, ...inner] = hops
    if (first === undefined) throw new AppError('internal.bug', 'a route without hops cannot be dialled')
    if (inner.some((h) => h.via !== 'tls' && h.via !== 'http-connect')) throw new AppError('internal.bug', `a route cannot go on with ${inner.map((h) => h.via).join(', ')}`)
    let stream = await this.#begin(first, inner, ctx)
    const o = { ctx, clock: this.#clock, timeoutMs: HOP_TIMEOUT_MS }
    for (const hop of inner) {
      if (hop.via === 'http-connect') await httpConnect(stream, hop.target, hop.authorization, o)
      else if (hop.via === 'tls') stream = await secure(stream, hop.host, hop.trust, o)
    }
    return stream
  }

  async #begin(hop: Hop, inner: readonly Hop[], ctx: CallContext): Promise<Duplex> {
    const o = { ctx, clock: this.#clock, timeoutMs: HOP_TIMEOUT_MS }
    const whose = inner.some((h) => h.via === 'http-connect') ? 'proxy.unreachable' : 'spice.display-closed'
    switch (hop.via) {
      case 'tcp':
        return await dialSocket({ host: hop.host, port: hop.port }, whose, o)
      case 'unix':
        return await dialSocket({ path: hop.path }, whose, o)
      case 'ssh-tcp':
        return await hop.ssh.connection.forwardTcp(hop.host, hop.port, ctx)
      case 'ssh-unix':
        return await hop.ssh.connection.forwardUnix(hop.path, ctx)
      case 'tls':
      case 'http-connect':
        throw new AppError('internal.bug', `a route cannot begin with ${hop.via}`)
      default:
        return assertNever(hop)
    }
  }

  async runHelper(helper: ChannelHelper, socketPath: string, ctx: CallContext): Promise<Duplex> {
    return await helper.ssh.connection.stream([...helper.argv, socketPath], ctx)
  }

  async hasQueue(hops: readonly Hop[], ctx: CallContext): Promise<boolean | undefined> {
    const hop = hops.at(-1)
    if (hop?.via !== 'ssh-unix') return undefined
    const queue = await unixQueue(hop.ssh.connection, hop.path, ctx).catch(() => undefined)
    return queue && queue.length > 0
  }
}
