import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { createServer as createTlsServer } from 'node:tls'
import { afterEach, describe, expect, it } from 'vitest'
import type { Hop } from '../../core/ports/driver.ts'
import type { SshConnection } from '../../core/ports/ssh.ts'
import { Redactor } from '../../core/redactor.ts'
import { Secret } from '../../core/secret.ts'
import { callContext, ManualClock } from '../../core/testkit.ts'
import { HOP_TIMEOUT_MS, HopDialer } from './dialer.ts'
import { authority } from './testkit-certificates.ts'

const closing: (() => void)[] = []
afterEach(() => closing.splice(0).forEach((close) => close()))

async function listen(server: Server = createServer((s) => s.pipe(s)), at?: string): Promise<number> {
  server.on('connection', (s: Socket) => {
    s.on('error', () => {})
    closing.push(() => s.destroy())
  })
  closing.push(() => server.close())
  await new Promise<void>((resolve) => (at === undefined ? server.listen(0, '127.0.0.1', resolve) : server.listen(at, resolve)))
  return at === undefined ? (server.address() as AddressInfo).port : 0
}

const tcp = (port: number): Hop => ({ via: 'tcp', host: '127.0.0.1', port })

async function echo(stream: Duplex): Promise<string> {
  closing.push(() => stream.destroy())
  const back = once(stream, 'data')
  stream.write('ping')
  return String((await back)[0])
}

/** A proxy that reaches `port` whatever it is asked for, if the authorization is right. */
async function proxyTo(port: number, asked: string[] = [], authorization?: string): Promise<number> {
  const proxy = createHttpServer().on('connect', (request, socket: Socket) => {
    asked.push(request.url ?? '')
    if (request.headers['proxy-authorization'] !== authorization) return void socket.end('HTTP/1.1 407 x\r\n\r\n')
    const inner = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.0 200 OK\r\n\r\n')
      socket.pipe(inner).pipe(socket)
    })
    inner.on('error', () => socket.destroy())
    socket.on('close', () => inner.destroy())
  })
  return await listen(proxy)
}

// The hops through SSH are tested against a real sshd in ../ssh/ssh2-connection.test.ts.
describe('one hop', () => {
  const dialer = new HopDialer()
  it('gives a stream whose end does not end the process', async () => {
    const stream = await dialer.dial([tcp(await listen())], callContext())
    expect(await echo(stream)).toBe('ping')
    const closed = new Promise((resolve) => stream.once('close', resolve))
    stream.destroy(new Error('as a reset would'))
    await closed
  })
  it('a closed port: spice.display-closed; in front of a proxy: proxy.unreachable', async () => {
    const server = createServer()
    const hop = tcp(await listen(server))
    await new Promise((resolve) => server.close(resolve))
    await expect(dialer.dial([hop], callContext())).rejects.toMatchObject({ code: 'spice.display-closed', params: { why: 'refused' } })
    await expect(dialer.dial([hop, { via: 'http-connect', target: 'a:1' }], callContext())).rejects.toMatchObject({ code: 'proxy.unreachable', params: { why: 'refused' } })
  })
  it('cancelled before and while connecting', async () => {
    const hop = tcp(await listen())
    await expect(dialer.dial([hop], callContext(AbortSignal.abort()))).rejects.toMatchObject({ code: 'cancelled' })
    const abort = new AbortController()
    const dialled = dialer.dial([hop], callContext(abort.signal))
    abort.abort()
    await expect(dialled).rejects.toMatchObject({ code: 'cancelled' })
  })
  it('a socket of this device, and one that is not there', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'latchkey-dial-'))
    closing.push(() => rmSync(dir, { recursive: true }))
    const path = join(dir, 's')
    await listen(undefined, path)
    expect(await echo(await dialer.dial([{ via: 'unix', path }], callContext()))).toBe('ping')
    await expect(dialer.dial([{ via: 'unix', path: join(dir, 'none') }], callContext())).rejects.toMatchObject({ code: 'spice.display-closed', params: { why: 'missing' } })
  })
})

describe('several hops', () => {
  it('TCP, proxy, TLS inside: the way to a display of Proxmox VE', async () => {
    const ca = await authority()
    const own = await ca.issue({ subject: 'O=Lab, CN=node' })
    const port = await listen(createTlsServer({ cert: own.cert, key: own.key }, (s) => s.pipe(s)))
    const asked: string[] = []
    const proxy = await proxyTo(port, asked, 'Basic dTpw')
    const authorization = Secret.from('Basic dTpw', new Redactor())
    const connectHop: Hop = { via: 'http-connect', target: 'pvespiceproxy:1:2::3:61000', authorization }
    const tls: Hop = { via: 'tls', host: 'pvespiceproxy:1:2::3', trust: { ca: ca.cert, subject: 'O=Lab,CN=node' } }
    const dialer = new HopDialer(new ManualClock())
    expect(await echo(await dialer.dial([tcp(proxy), connectHop, tls], callContext()))).toBe('ping')
    expect(asked).toEqual(['pvespiceproxy:1:2::3:61000'])
    await expect(dialer.dial([tcp(proxy), { via: 'http-connect', target: 'a:1' }, tls], callContext())).rejects.toMatchObject({ code: 'proxy.sign-in' })
    await expect(dialer.dial([tcp(proxy), connectHop, { ...tls, trust: { ca: ca.cert, subject: 'CN=node' } }], callContext())).rejects.toMatchObject({ code: 'tls.subject' })
  })
  it('a proxy that is itself spoken to by TLS: TLS inside TLS', async () => {
    const ca = await authority()
    const own = await ca.issue({ names: ['display.example', 'proxy.example'] })
    const display = await listen(createTlsServer({ cert: own.cert, key: own.key }, (s) => s.pipe(s)))
    const plain = await proxyTo(display)
    const outer = await listen(createTlsServer({ cert: own.cert, key: own.key }, (s) => s.pipe(connect(plain, '127.0.0.1')).pipe(s)))
    const trust = { ca: ca.cert }
    const hops: Hop[] = [tcp(outer), { via: 'tls', host: 'proxy.example', trust }, { via: 'http-connect', target: 'display.example:1' }, { via: 'tls', host: 'display.example', trust }]
    expect(await echo(await new HopDialer(new ManualClock()).dial(hops, callContext()))).toBe('ping')
  })
  it('an SSH forward, TLS inside', async () => {
    const ca = await authority()
    const own = await ca.issue({ names: ['display.example'] })
    const port = await listen(createTlsServer({ cert: own.cert, key: own.key }, (s) => s.pipe(s)))
    const connection = { forwardTcp: async () => await new HopDialer().dial([tcp(port)], callContext()) } as Partial<SshConnection> as SshConnection
    const stream = await new HopDialer(new ManualClock()).dial([{ via: 'ssh-tcp', ssh: { connection }, host: 'x', port: 1 }, { via: 'tls', host: 'display.example', trust: { ca: ca.cert } }], callContext())
    expect(await echo(stream)).toBe('ping')
  })
  it('each hop has its own deadline, and what was open is closed', async () => {
    const clock = new ManualClock()
    const closed = Promise.withResolvers<undefined>()
    const arrived = Promise.withResolvers<undefined>()
    const silent = await listen(createServer((s) => void s.once('data', () => arrived.resolve(undefined)).on('close', () => closed.resolve(undefined))))
    const dialled = new HopDialer(clock).dial([tcp(silent), { via: 'http-connect', target: 'a:1' }], callContext())
    const failed = expect(dialled).rejects.toMatchObject({ code: 'proxy.failed', params: { why: 'timeout' } })
    await arrived.promise
    await clock.advance(HOP_TIMEOUT_MS)
    await failed
    await closed.promise
    expect(clock.pending).toBe(0)
  })
  it('a route that cannot be is a mistake of ours, found before anything is dialled', async () => {
    const dialer = new HopDialer()
    const ssh = { connection: {} as SshConnection }
    const routes: Hop[][] = [
      [],
      [tcp(1), tcp(1)],
      [tcp(1), { via: 'unix', path: '/x' }],
      [tcp(1), { via: 'ssh-unix', ssh, path: '/x' }],
      [{ via: 'tls', host: 'a', trust: {} }],
      [{ via: 'http-connect', target: 'a:1' }, { via: 'tls', host: 'a', trust: {} }],
    ]
    for (const hops of routes) await expect(dialer.dial(hops, callContext())).rejects.toMatchObject({ code: 'internal.bug' })
  })
})
