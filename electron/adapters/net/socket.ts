// Why: the beginning of every route that does not go through SSH: a TCP connection, or a socket of this device.
import { connect, type Socket } from 'node:net'
import { AppError } from '../../core/errors.ts'
import type { ErrorCode } from '../../../shared/error-codes.ts'
import { stage, type StageOptions } from './stage.ts'

export type Address = { readonly host: string; readonly port: number } | { readonly path: string }

/** A desktop nobody touches is silent; routers and proxies forget connections that are silent for minutes. */
const IDLE_MS = 30_000

/** Connects, or rejects with `code` or cancelled. */
export function dialSocket(address: Address, code: ErrorCode, o: Omit<StageOptions, 'onTimeout'>): Promise<Socket> {
  if (o.ctx.signal.aborted) return Promise.reject(new AppError('cancelled', 'aborted'))
  const where = 'path' in address ? address.path : `${address.host}:${address.port}`
  const socket = 'path' in address ? connect({ path: address.path }) : connect({ host: address.host, port: address.port, noDelay: true, keepAlive: true, keepAliveInitialDelay: IDLE_MS })
  const onTimeout = (): AppError => new AppError(code, `${where} did not answer within ${o.timeoutMs} ms`, { params: { why: 'timeout' } })
  return stage(socket, { ...o, onTimeout }, (done, fail) => {
    const onError = (cause: Error): void => fail(new AppError(code, `${where}: ${cause.message}`, { cause, params: { why: whyOf(cause) } }))
    const onConnect = (): void => done(socket)
    socket.on('error', onError)
    socket.on('connect', onConnect)
    return () => {
      // The owner learns of the end by `close`; an error event without a listener would end the process.
      socket.on('error', () => {})
      socket.off('error', onError)
      socket.off('connect', onConnect)
    }
  })
}

function whyOf(cause: Error): string {
  switch ((cause as NodeJS.ErrnoException).code) {
    case 'ECONNREFUSED':
      return 'refused'
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'unknown-host'
    case 'EACCES':
    case 'EPERM':
      return 'permission'
    case 'ENOENT':
      return 'missing'
    default:
      return 'unreachable'
  }
}
