// Why: the life of one remote command: input, then end of file, bounded output, an exit status, a time limit.
import type { ClientChannel } from 'ssh2'
import { AppError } from '../../core/errors.ts'
import type { CallContext } from '../../core/ports/driver.ts'
import type { ExecOptions, ExecResult } from '../../core/ports/ssh.ts'

const MAX_STDOUT = 8 * 1024 * 1024
const MAX_STDERR = 16 * 1024
const TIMEOUT_MS = 30_000

/** Feeds and reads an exec channel to its end. `lost` says why the connection is gone, where no status came. */
export function collect(channel: ClientChannel, opts: ExecOptions, ctx: CallContext, lost: () => AppError): Promise<ExecResult> {
  const limit = opts.maxStdout ?? MAX_STDOUT
  const timeoutMs = opts.timeoutMs ?? TIMEOUT_MS
  return new Promise((resolve, reject) => {
    const stdout: Buffer[] = []
    const stderr: Buffer[] = []
    let outBytes = 0
    let errBytes = 0
    let status: { code: number | undefined } | undefined
    let settled = false

    const settle = (act: () => void): void => {
      if (settled) return
      settled = true
      clearTimeout(timer)
      ctx.signal.removeEventListener('abort', onAbort)
      act()
    }
    const stop = (why: AppError): void =>
      settle(() => {
        channel.close()
        reject(why)
      })
    const onAbort = (): void => stop(new AppError('cancelled', 'a command was cancelled'))
    const timer = setTimeout(() => stop(new AppError('ssh.exec-failed', `a command did not end within ${timeoutMs} ms`)), timeoutMs)
    if (ctx.signal.aborted) return onAbort()
    ctx.signal.addEventListener('abort', onAbort, { once: true })

    channel.on('data', (chunk: Buffer) => {
      outBytes += chunk.length
      if (outBytes > limit) stop(new AppError('hypervisor.protocol', `a command printed more than ${limit} bytes`))
      else stdout.push(chunk)
    })
    channel.stderr.on('data', (chunk: Buffer) => {
      // The rest is read and dropped, or the command would block on a full pipe.
      if (errBytes < MAX_STDERR) stderr.push(chunk.subarray(0, MAX_STDERR - errBytes))
      errBytes += chunk.length
    })
    channel.stderr.on('error', () => {})
    channel.on('exit', (code: number | null) => (status = { code: code ?? undefined }))
    channel.on('close', () =>
      settle(() => {
        if (status === undefined) reject(lost())
        else resolve({ code: status.code, stdout: Buffer.concat(stdout).toString('utf8'), stderr: Buffer.concat(stderr).toString('utf8') })
      }),
    )
    channel.end(opts.stdin === undefined ? undefined : Buffer.from(opts.stdin))
  })
}
