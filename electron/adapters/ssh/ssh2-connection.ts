// Why: one authenticated connection that carries many channels. Every call ends: by its result, by the caller's
// signal, by its time limit, or by the loss of the connection.
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Client as Ssh2Client, ClientChannel } from 'ssh2'
import { AppError } from '../../core/errors.ts'
import type { CallContext } from '../../core/ports/driver.ts'
import type { ExecOptions, ExecResult, SshConnection } from '../../core/ports/ssh.ts'
import { collect } from './exec.ts'
import { quoteArgv } from './posix-quote.ts'
import { CHANNEL_CONNECT_FAILED, CHANNEL_PROHIBITED, channelReason } from './ssh-errors.ts'
import { explainUnixFailure } from './unix-failure.ts'

type OpenCallback = (error: Error | undefined, channel: ClientChannel) => void

export class Ssh2Connection implements SshConnection {
  readonly #client: Ssh2Client
  readonly #socket: Socket
  readonly #listeners: ((why: AppError | undefined) => void)[] = []
  #cause: Error | undefined
  #closedByUs = false
  #closed = false

  constructor(client: Ssh2Client, socket: Socket) {
    this.#client = client
    this.#socket = socket
    client.on('error', (error: Error) => {
      this.#cause ??= error
      // Whatever went wrong on this level leaves the protocol in an unknown state.
      socket.destroy()
    })
    client.on('close', () => this.#onClose())
    if (socket.destroyed) queueMicrotask(() => this.#onClose())
  }

  get closed(): boolean {
    return this.#closed || this.#closedByUs
  }

  onClosed(fn: (why: AppError | undefined) => void): void {
    if (this.#closed) queueMicrotask(() => fn(this.#why()))
    else this.#listeners.push(fn)
  }

  close(): void {
    if (this.closed) return
    this.#closedByUs = true
    this.#client.end()
    this.#socket.destroySoon()
  }

  async exec(argv: readonly string[], opts: ExecOptions, ctx: CallContext): Promise<ExecResult> {
    return await this.#command(argv, ctx, (channel) => collect(channel, opts, ctx, () => (this.closed ? this.#lostError() : new AppError('ssh.exec-failed', 'a command ended without a status'))))
  }

  async stream(argv: readonly string[], ctx: CallContext): Promise<Duplex> {
    return await this.#command(argv, ctx, (channel) => {
      channel.stderr.on('error', () => {})
      channel.stderr.resume()
      return channel
    })
  }

  async forwardUnix(path: string, ctx: CallContext): Promise<Duplex> {
    if (!path.startsWith('/') || path.includes('\0')) throw new AppError('ssh.forward-failed', 'not an absolute socket path')
    try {
      return await this.#open((cb) => this.#client.openssh_forwardOutStreamLocal(path, cb), ctx, forwardError, (channel) => channel)
    } catch (error) {
      throw error instanceof AppError && error.code === 'ssh.forward-failed' && channelReason(error.cause as Error) === CHANNEL_CONNECT_FAILED ? await explainUnixFailure(this, path, error, ctx) : error
    }
  }

  async forwardTcp(host: string, port: number, ctx: CallContext): Promise<Duplex> {
    return await this.#open((cb) => this.#client.forwardOut('127.0.0.1', 0, host, port, cb), ctx, forwardError, (channel) => channel)
  }

  async #command<T>(argv: readonly string[], ctx: CallContext, use: (channel: ClientChannel) => T | Promise<T>): Promise<T> {
    const command = quoteArgv(argv)
    return await this.#open((cb) => this.#client.exec(command, cb), ctx, (error) => new AppError('ssh.exec-failed', `the server did not run the command: ${error.message}`, { cause: error }), use)
  }

  /**
   * Opens one channel and hands it to `use` in the same turn: a command's whole output and its status may stand in the
   * very packet that opened the channel. A channel that comes after the caller gave up is closed again.
   */
  #open<T>(start: (cb: OpenCallback) => unknown, ctx: CallContext, refused: (error: Error) => AppError, use: (channel: ClientChannel) => T | Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (ctx.signal.aborted) return reject(new AppError('cancelled', 'aborted'))
      if (this.closed) return reject(this.#lostError())
      const onAbort = (): void => reject(new AppError('cancelled', 'aborted while a channel was being opened'))
      ctx.signal.addEventListener('abort', onAbort, { once: true })
      const done: OpenCallback = (error, channel) => {
        ctx.signal.removeEventListener('abort', onAbort)
        if (error) return reject(this.#socket.destroyed ? this.#lostError() : refused(error))
        // Without a listener an error event of one channel would end the whole process; `close` tells the owner.
        channel.on('error', () => {})
        if (ctx.signal.aborted) channel.close()
        else resolve(use(channel))
      }
      try {
        start(done)
      } catch {
        // ssh2 throws where its socket is no longer writable.
        ctx.signal.removeEventListener('abort', onAbort)
        reject(this.#lostError())
      }
    })
  }

  #onClose(): void {
    if (this.#closed) return
    this.#closed = true
    for (const fn of this.#listeners.splice(0)) fn(this.#why())
  }

  #why(): AppError | undefined {
    return this.#closedByUs ? undefined : this.#lostError()
  }

  #lostError(): AppError {
    return new AppError('ssh.lost', this.#closedByUs ? 'the connection was closed' : (this.#cause?.message ?? 'the server closed the connection'), { cause: this.#cause })
  }
}

function forwardError(error: Error): AppError {
  if (channelReason(error) === CHANNEL_PROHIBITED) return new AppError('ssh.forward-denied', `${error.message}: administratively prohibited (AllowTcpForwarding, PermitOpen)`, { cause: error })
  return new AppError('ssh.forward-failed', error.message, { cause: error })
}
