// Why: test code. The console's relay on a socket instead of a page: what a client on the other end would say and hear.
import type { Socket } from 'node:net'
import type { ByteChannel } from '../../electron/core/ports/shell.ts'

/** A page's byte channel whose other end is a socket. @param early what was read of the socket already */
export function asByteChannel(socket: Socket, early: Buffer): ByteChannel {
  let ended = false
  return {
    send: (bytes) => void socket.write(bytes),
    writable: () => Promise.resolve(),
    onBytes: (fn) => {
      fn(early)
      socket.on('data', fn)
    },
    onClosed: (fn) => void socket.on('close', () => ended || fn('closed-by-page')),
    close: () => {
      ended = true
      socket.end()
    },
  }
}
