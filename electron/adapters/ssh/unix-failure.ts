// Why: OpenSSH's sshd answers "connect failed" when it may not forward, when the socket is not there and when its queue
// is full, but a person needs to be told which. One or two harmless commands, run only after a failure, tell them apart.
import { AppError } from '../../core/errors.ts'
import type { CallContext } from '../../core/ports/driver.ts'
import type { SshConnection } from '../../core/ports/ssh.ts'

/** Returns the better error, or `original` where the account may not run the commands either. */
export async function explainUnixFailure(connection: SshConnection, path: string, original: AppError, ctx: CallContext): Promise<AppError> {
  try {
    const writable = await connection.exec(['test', '-w', path], {}, ctx)
    if (writable.code === 0 && (await queueIsFull(connection, path, ctx))) return new AppError('agent.channel-busy', `${path}: its queue is full, because another program holds the one connection that is served`, { cause: original })
    if (writable.code === 0) return new AppError('ssh.forward-denied', `${path} may be written by the account, but the server did not forward to it: AllowStreamLocalForwarding, or nothing listens`, { cause: original })
    if (writable.code !== 1) return original
    const listed = await connection.exec(['env', 'LC_ALL=C', 'ls', '-d', '--', path], {}, ctx)
    if (listed.code === 0) return new AppError('ssh.forward-denied', `${path} may not be written by the account`, { cause: original })
    return /permission denied/i.test(listed.stderr) ? new AppError('ssh.forward-denied', `${path}: the account may not enter its folder`, { cause: original }) : original
  } catch (error) {
    return error instanceof AppError && (error.code === 'cancelled' || error.code === 'ssh.lost') ? error : original
  }
}

/**
 * QEMU serves one client of a channel and queues one more; every further one gets EAGAIN. `ss` prints the queue's length
 * and its limit, and the kernel refuses once the length is above it: `u_str LISTEN 2 1 /path …`.
 */
async function queueIsFull(connection: SshConnection, path: string, ctx: CallContext): Promise<boolean> {
  const { code, stdout } = await connection.exec(['ss', '-xlnH', 'src', path], {}, ctx)
  const queue = code === 0 ? /\sLISTEN\s+(\d+)\s+(\d+)\s/.exec(stdout) : null
  return queue !== null && Number(queue[1]) > Number(queue[2])
}
