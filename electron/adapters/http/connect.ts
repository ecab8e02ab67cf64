// Why: the server proves who it is before one byte of a request exists on the wire; the library gets a stream on which
// that has been done, so that no option of the library can undo it.
import type { Duplex } from 'node:stream'
import type { Clock } from '../../core/ports/clock.ts'
import type { CallContext } from '../../core/ports/driver.ts'
import type { TlsTrust } from '../../core/ports/tls.ts'
import { dialSocket } from '../net/socket.ts'
import { secure } from '../net/tls.ts'
import type { BaseUrl } from './base-url.ts'
import { dialError } from './failures.ts'

export interface ConnectOptions {
  readonly base: BaseUrl
  readonly trust: TlsTrust
  /** For connecting and for the handshake, each, ms. */
  readonly timeoutMs: number
  readonly clock: Clock
}

/** A proved connection. Errors: http.unreachable, http.refused, http.timeout, tls.*, cancelled. */
export async function connectTo({ base, trust, timeoutMs, clock }: ConnectOptions, ctx: CallContext): Promise<Duplex> {
  const o = { ctx, clock, timeoutMs }
  const socket = await dialSocket({ host: base.host, port: base.port }, 'http.unreachable', o).catch((e: unknown) => {
    throw dialError(e)
  })
  return base.tls ? await secure(socket, base.host, trust, o) : socket
}
