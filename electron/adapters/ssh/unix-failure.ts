// Why: OpenSSH's sshd answers "connect failed" when it may not forward, when the socket is not there and when its queue
// is full, but a person needs to be told which. One or two harmless commands, run only after a failure, tell them apart.
import { AppError } from '../../core/errors.ts'
import type { CallContext } from '../../core/ports/driver.ts'
import type { SshConnection } from '../../core/ports/ssh.ts'
import { unixQueue } from './unix-queue.ts'

/** Returns the better error, or `original` where the account may not run the commands either. */
export async function explainUnixFailure(connection: SshConnection, path: string, original: AppError, ctx: CallContext): Promise<AppError> {
  try {
    const writable = await connection.exec(['test', '-w', path], {}, ctx)
    if (writable.code === 0 && (await queueIsFull(connection, path, ctx))) return new AppError('agent.channel-busy', `${path}: its queue is full, because another program holds the one connection that is served`, { cause: original })
    if (writable.code === 0) return new AppError('ssh.forward-denied', `${path} may be written by the account, but the server did not forward to it: AllowStreamLocalForwarding, AllowTcpForwarding, PermitOpen, or nothing listens`, { cause: original })
    if (writable.code !== 1) return original
    const listed = await connection.exec(['env', 'LC_ALL=C', 'ls', '-d', '--', path], {}, ctx)
    if (listed.code === 0) return new AppError('ssh.forward-denied', `${path} may not be written by the account`, { cause: original })
    return /permission denied/i.test(listed.stderr) ? new AppError('ssh.forward-denied', `${path}: the account may not enter its folder`, { cause: original }) : original
  } catch (error) {
    return error instanceof AppError && (error.code === 'cancelled' || error.code === 'ssh.lost') ? error : original
  }
}

async function queueIsFull(connection: SshConnection, path: string, ctx: CallContext): Promise<boolean> {
  const queue = await unixQueue(connection, path, ctx)
  return queue !== undefined && queue.length > queue.limit
}
