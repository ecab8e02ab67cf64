import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { duplexPair } from 'node:stream'
import { afterEach, describe, expect, it } from 'vitest'
import type { AppError } from '../../core/errors.ts'
import { Redactor } from '../../core/redactor.ts'
import { Secret } from '../../core/secret.ts'
import { callContext, ManualClock, settle } from '../../core/testkit.ts'
import { httpConnect, MAX_HEAD } from './http-connect.ts'

const closing: (() => void)[] = []
afterEach(() => closing.splice(0).forEach((close) => close()))

async function listen(server: Server): Promise<number> {
  server.on('connection', (s: Socket) => {
    s.on('error', () => {})
    closing.push(() => s.destroy())
  })
  closing.push(() => server.close())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

/** A proxy that answers with these bytes, one piece at a time. */
const answering = (...pieces: (string | Buffer)[]): Promise<number> =>
  listen(
    createServer((s) => {
      s.once('data', () => {
        for (const piece of pieces) s.write(piece)
        if (pieces.length === 0) s.end()
      })
    }),
  )

async function ask(port: number, over: { target?: string; authorization?: Secret; clock?: ManualClock; signal?: AbortSignal } = {}): Promise<{ error?: AppError; stream: Socket }> {
  const stream = connect(port, '127.0.0.1')
  await once(stream, 'connect')
  closing.push(() => stream.destroy())
  return await httpConnect(stream, over.target ?? 'display:5900', over.authorization, { ctx: callContext(over.signal), clock: over.clock ?? new ManualClock(), timeoutMs: 10_000 }).then(
    () => ({ stream }),
    (error: AppError) => ({ error, stream }),
  )
}

describe('CONNECT', () => {
  it('through node\'s own HTTP server: target, host and authorization arrive as they are, bytes go both ways', async () => {
    const seen: unknown[] = []
    const proxy = createHttpServer().on('connect', (request, socket: Socket) => {
      seen.push(request.url, request.headers.host, request.headers['proxy-authorization'], request.httpVersion)
      socket.write('HTTP/1.1 200 Connection established\r\nProxy-agent: x\r\n\r\n')
      socket.pipe(socket)
    })
    const authorization = Secret.from('Basic dTpw', new Redactor())
    const { stream } = await ask(await listen(proxy), { target: 'pvespiceproxy:65f0:100:pve1::ab:61000', authorization })
    expect(seen).toEqual(['pvespiceproxy:65f0:100:pve1::ab:61000', 'pvespiceproxy:65f0:100:pve1::ab:61000', 'Basic dTpw', '1.1'])
    const back = once(stream, 'data')
    stream.write('REDQ')
    expect(String((await back)[0])).toBe('REDQ')
    expect(authorization.disposed).toBe(false)
  })
  it('an answer in pieces, without a reason, and with the first bytes of what comes after', async () => {
    for (const pieces of [['HTTP/1.0 200 OK\r\n\r\n', 'hello'], ['HT', 'TP/1.1 2', '00\r\n', '\r', '\nhel', 'lo'], ['HTTP/1.1 299 x\r\nA: b\r\n\r\nhello']]) {
      const { stream, error } = await ask(await answering(...pieces))
      expect(error).toBeUndefined()
      let text = ''
      stream.on('data', (b: Buffer) => (text += b.toString()))
      while (text.length < 5) await once(stream, 'data')
      expect(text).toBe('hello')
    }
  })
  it.each([
    ['407', 'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="x"\r\n\r\n', { code: 'proxy.sign-in', params: { status: '407' } }],
    ['403', 'HTTP/1.1 403 Forbidden\r\n\r\n', { code: 'proxy.denied' }],
    ['401 (a ticket of Proxmox VE that has run out)', 'HTTP/1.1 401 invalid ticket\r\n\r\n', { code: 'proxy.denied', params: { status: '401' } }],
    ['500', 'HTTP/1.1 500 x\r\nContent-Length: 3\r\n\r\n<b>', { code: 'proxy.failed', params: { status: '500' } }],
    ['503', 'HTTP/1.0 503 Service Unavailable\r\n\r\n', { code: 'proxy.failed', params: { status: '503', why: 'status' } }],
    ['302 elsewhere', 'HTTP/1.1 302 Found\r\nLocation: http://evil.example/\r\n\r\n', { code: 'proxy.failed', params: { status: '302' } }],
    ['100', 'HTTP/1.1 100 Continue\r\n\r\n', { code: 'proxy.failed' }],
    ['no status', 'HTTP/1.1 2000 OK\r\n\r\n', { code: 'proxy.failed', params: { why: 'no-http' } }],
    ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n', { code: 'proxy.failed', params: { why: 'no-http' } }],
    ['a TLS alert', '\x15\x03\x01\x00\x02\x02\x46', { code: 'proxy.failed', params: { why: 'no-http' } }],
    ['a head without end', `HTTP/1.1 200 OK\r\n${'A: b\r\n'.repeat(MAX_HEAD / 6)}`, { code: 'proxy.failed', params: { why: 'too-long' } }],
  ])('refused: %s', async (_what, answer, expected) => {
    const { error, stream } = await ask(await answering(Buffer.from(answer, 'latin1')))
    expect(error).toMatchObject(expected)
    expect(stream.destroyed).toBe(true)
  })
  it('hung up, reset', async () => {
    expect((await ask(await answering())).error).toMatchObject({ code: 'proxy.failed', params: { why: 'closed' } })
    const reset = await listen(createServer((s) => void s.once('data', () => s.resetAndDestroy())))
    expect((await ask(reset)).error).toMatchObject({ code: 'proxy.failed', params: { why: 'closed' } })
  })
  it('a proxy that drips is given up at the deadline', async () => {
    const clock = new ManualClock()
    const [ours, theirs] = duplexPair()
    const asked = httpConnect(ours, 'a:1', undefined, { ctx: callContext(), clock, timeoutMs: 10_000 }).catch((e: unknown) => e)
    theirs.write('HTTP/1.1 200 OK\r\n')
    for (let i = 0; i < 9; i++) {
      await clock.advance(1000)
      theirs.write('A')
    }
    expect(clock.pending).toBe(1)
    await clock.advance(1000)
    expect(await asked).toMatchObject({ code: 'proxy.failed', params: { why: 'timeout' } })
    expect(ours.destroyed).toBe(true)
    expect(clock.pending).toBe(0)
  })
  it('cancelled', async () => {
    const abort = new AbortController()
    const asked = ask(await listen(createServer(() => undefined)), { signal: abort.signal })
    await settle()
    abort.abort()
    const { error, stream } = await asked
    expect(error).toMatchObject({ code: 'cancelled' })
    expect(stream.destroyed).toBe(true)
  })
  it.each(['', 'a b:1', 'a:1\r\nX: y', 'ä:1', `${'a'.repeat(1025)}`])('a target that would be more than a target is never sent: %j', async (target) => {
    const [ours, theirs] = duplexPair()
    await expect(httpConnect(ours, target, undefined, { ctx: callContext(), clock: new ManualClock(), timeoutMs: 1 })).rejects.toMatchObject({ code: 'internal.bug' })
    expect(theirs.read()).toBe(null)
    expect(ours.destroyed).toBe(true)
  })
})
