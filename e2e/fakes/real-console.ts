// Why: test code. A grant is right when a display lets its holder in: the app's own link and dialer between a client that
// knows no ticket and a real SPICE server.
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { systemClock } from '../../electron/adapters/clock.ts'
import { HopDialer } from '../../electron/adapters/net/dialer.ts'
import type { AppError } from '../../electron/core/errors.ts'
import type { ConsoleGrant } from '../../electron/core/ports/driver.ts'
import type { RendererLink } from '../../electron/core/ports/shell.ts'
import { ConsoleLink } from '../../electron/core/spice/console-link.ts'
import { callContext } from '../../electron/core/testkit.ts'
import { DISPLAY_CAPABILITIES } from '../spice-server/record.ts'
import { Channel, RecordingClient } from '../spice-server/recorder.ts'
import { asByteChannel } from '../spice-server/socket-channel.ts'

export interface RealConsole {
  /** Main, display, inputs and cursor: resolves when each was let in and said its first word. */
  connect(): Promise<void>
  readonly lost: readonly AppError[]
  close(): Promise<void>
}

/** The grant belongs to the console from now on. */
export async function realConsole(grant: ConsoleGrant): Promise<RealConsole> {
  const lost: AppError[] = []
  const sockets = new Set<Socket>()
  const link = new ConsoleLink({ grant, dialer: new HopDialer(), clock: systemClock, ctx: callContext(), onLost: (e) => lost.push(e), onLinked: () => undefined })
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('data', (first: Buffer) => {
      // SpiceLinkMess: connection id, channel type, channel id after the header of 16 bytes.
      const ref = { type: first.readUInt8(20), id: first.readUInt8(21) }
      const page = { openByteChannel: () => Promise.resolve(asByteChannel(socket, first)) } as Partial<RendererLink> as RendererLink
      link.open(ref, page).catch(() => socket.destroy())
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const capabilities = { [Channel.MAIN]: [2], [Channel.DISPLAY]: DISPLAY_CAPABILITIES, [Channel.INPUTS]: [], [Channel.CURSOR]: [] }
  const client = new RecordingClient({ port: (server.address() as AddressInfo).port, capabilities, pixmapCache: 16 << 20, glzWindow: 8 << 20 })
  return {
    lost,
    connect: () => client.connect([Channel.DISPLAY, Channel.INPUTS, Channel.CURSOR]),
    close: async () => {
      client.close()
      link.close()
      for (const s of sockets) s.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}
