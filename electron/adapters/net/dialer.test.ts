import { createServer, type Server } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { Hop } from '../../core/ports/driver.ts'
import { callContext } from '../../core/testkit.ts'
import { HopDialer } from './dialer.ts'

const servers: Server[] = []
afterEach(() => servers.splice(0).forEach((s) => void s.close()))

async function listen(): Promise<Extract<Hop, { via: 'tcp' }>> {
  const server = createServer((s) => s.on('error', () => {}).pipe(s))
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { via: 'tcp', host: '127.0.0.1', port: (server.address() as { port: number }).port }
}

// The hops through SSH are tested against a real sshd in ../ssh/ssh2-connection.test.ts.
describe('plain TCP', () => {
  const dialer = new HopDialer()
  it('gives a stream whose end does not end the process', async () => {
    const stream = await dialer.dial([await listen()], callContext())
    const echoed = new Promise<string>((resolve) => stream.once('data', (b: Buffer) => resolve(b.toString())))
    stream.write('ping')
    expect(await echoed).toBe('ping')
    const closed = new Promise((resolve) => stream.once('close', resolve))
    stream.destroy(new Error('as a reset would'))
    await closed
  })
  it('a closed port: spice.display-closed', async () => {
    const hop = await listen()
    await new Promise((resolve) => servers.pop()!.close(resolve))
    await expect(dialer.dial([hop], callContext())).rejects.toMatchObject({ code: 'spice.display-closed' })
  })
  it('cancelled before and while connecting', async () => {
    const hop = await listen()
    await expect(dialer.dial([hop], callContext(AbortSignal.abort()))).rejects.toMatchObject({ code: 'cancelled' })
    const abort = new AbortController()
    const dialled = dialer.dial([hop], callContext(abort.signal))
    abort.abort()
    await expect(dialled).rejects.toMatchObject({ code: 'cancelled' })
  })
  it('a route that is not one hop is a mistake of ours', async () => {
    await expect(dialer.dial([], callContext())).rejects.toMatchObject({ code: 'internal.bug' })
    const hop = await listen()
    await expect(dialer.dial([hop, hop], callContext())).rejects.toMatchObject({ code: 'internal.bug' })
  })
})
