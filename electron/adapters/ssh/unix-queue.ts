// Why: QEMU serves one client of a channel and leaves the next ones in the kernel's queue, where a connection looks like
// any other to whoever made it. The queue's length tells them apart.
import type { CallContext } from '../../core/ports/driver.ts'
import type { SshConnection } from '../../core/ports/ssh.ts'

export interface UnixQueue {
  /** Connections that nobody has accepted yet. */
  readonly length: number
  /** The backlog: the kernel refuses a further one once `length` is above it. */
  readonly limit: number
}

/**
 * The queue of the listening socket at `path`, by `ss` of iproute2: `u_str LISTEN 1 1 /path 478117 * 0`. Measured with
 * QEMU 7.2: nobody 0, one client 0, a second behind it 1, a third 2, and the fourth is refused. Undefined where `ss`
 * is not there or knows no such socket.
 */
export async function unixQueue(connection: SshConnection, path: string, ctx: CallContext): Promise<UnixQueue | undefined> {
  const { code, stdout } = await connection.exec(['ss', '-xlnH', 'src', path], {}, ctx)
  const queue = code === 0 ? /\sLISTEN\s+(\d+)\s+(\d+)\s/.exec(stdout) : null
  return queue === null ? undefined : { length: Number(queue[1]), limit: Number(queue[2]) }
}
