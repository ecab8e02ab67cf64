// Why: the one place where the data of a route becomes a byte stream.
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { AppError } from '../../core/errors.ts'
import type { Dialer } from '../../core/ports/dialer.ts'
import type { CallContext, ChannelHelper, Hop } from '../../core/ports/driver.ts'
import { assertNever } from '../../core/result.ts'
import { unixQueue } from '../ssh/unix-queue.ts'

const TCP_TIMEOUT_MS = 10_000

export class HopDialer implements Dialer {
  /**
   * Every route we have is one hop (an SSH connection is already open where one is needed); an empty or longer one is
   * a driver's mistake. Errors: ssh.forward-denied, ssh.forward-failed, ssh.lost; spice.display-closed for plain TCP.
   */
  async dial(hops: readonly Hop[], ctx: CallContext): Promise<Duplex> {
    const hop = hops[0]
    if (hop === undefined || hops.length > 1) throw new AppError('internal.bug', `a route of ${hops.length} hops cannot be dialled`)
    switch (hop.via) {
      case 'tcp':
        return await dialTcp(hop.host, hop.port, ctx)
      case 'ssh-tcp':
        return await hop.ssh.connection.forwardTcp(hop.host, hop.port, ctx)
      case 'ssh-unix':
        return await hop.ssh.connection.forwardUnix(hop.path, ctx)
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

function dialTcp(host: string, port: number, ctx: CallContext): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    if (ctx.signal.aborted) return reject(new AppError('cancelled', 'aborted'))
    const socket = connect({ host, port, noDelay: true })
    const settle = (act: () => void): void => {
      clearTimeout(timer)
      ctx.signal.removeEventListener('abort', onAbort)
      act()
    }
    const fail = (why: AppError): void =>
      settle(() => {
        socket.on('error', () => {})
        socket.destroy()
        reject(why)
      })
    const onAbort = (): void => fail(new AppError('cancelled', 'dialling was cancelled'))
    const timer = setTimeout(() => fail(new AppError('spice.display-closed', `${host}:${port} did not answer within ${TCP_TIMEOUT_MS} ms`)), TCP_TIMEOUT_MS)
    ctx.signal.addEventListener('abort', onAbort, { once: true })
    socket.once('error', (cause) => fail(new AppError('spice.display-closed', `${host}:${port}: ${cause.message}`, { cause })))
    socket.once('connect', () =>
      settle(() => {
        socket.removeAllListeners('error')
        // The owner learns of the end by `close`; an error event without a listener would end the process.
        socket.on('error', () => {})
        resolve(socket)
      }),
    )
  })
}
