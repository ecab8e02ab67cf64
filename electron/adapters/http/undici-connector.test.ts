import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type AddressInfo } from 'node:net'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { AppError } from '../../core/errors.ts'
import type { HttpClient, HttpClientOptions, HttpRequest } from '../../core/ports/http.ts'
import { Redactor } from '../../core/redactor.ts'
import { Secret } from '../../core/secret.ts'
import { callContext, ManualClock, settle } from '../../core/testkit.ts'
import { authority, selfSigned, type Authority, type Issued } from '../net/testkit-certificates.ts'
import { testServer, type Answer, type TestServer } from './testkit-server.ts'
import { UndiciConnector, WHOLE } from './undici-connector.ts'

let ca: Authority
let own: Issued
beforeAll(async () => {
  ca = await authority()
  own = await ca.issue({ names: ['127.0.0.1'] })
})

const closing: (() => void)[] = []
afterEach(() => closing.splice(0).forEach((close) => close()))

const PAUSE = 5_000
const get = (path = '/x'): HttpRequest => ({ method: 'GET', path })

interface Rig {
  readonly server: TestServer
  readonly client: HttpClient
  readonly clock: ManualClock
}

async function rig(answer: Answer, options: Partial<HttpClientOptions> = {}, identity: Issued | undefined = own): Promise<Rig> {
  const server = await testServer(answer, identity)
  const clock = new ManualClock()
  const client = new UndiciConnector(clock).client({ base: `https://127.0.0.1:${server.port}/base`, trust: { ca: ca.cert }, timeoutMs: PAUSE, ...options })
  closing.push(() => client.close(), () => server.close())
  return { server, client, clock }
}

async function failure(work: Promise<unknown>): Promise<AppError> {
  const error: unknown = await work.then((v) => new Error(`it worked: ${JSON.stringify(v)}`), (e: unknown) => e)
  if (!(error instanceof AppError)) throw error
  return error
}

const says = (body: string, status = 200): Answer => (_r, response) => response.writeHead(status, { 'Content-Type': 'text/plain', 'X-Two': ['a', 'b'] }).end(body)

describe('a request', () => {
  it('brings status, headers and body back, whatever the status', async () => {
    const { client, server } = await rig(says('{"a":1}', 418), { headers: { 'X-Always': '1' } })
    const reply = await client.request({ ...get('/x?a=%20b'), headers: { Accept: 'application/json' } }, callContext())
    expect(reply).toMatchObject({ status: 418, headers: { 'content-type': 'text/plain', 'x-two': 'a, b' } })
    expect(reply.json()).toEqual({ a: 1 })
    expect(server.seen).toMatchObject([{ method: 'GET', url: '/base/x?a=%20b', headers: { 'x-always': '1', accept: 'application/json' } }])
  })
  it('sends text and secret headers', async () => {
    const { client, server } = await rig(says('ok'))
    const token = Secret.from('token-1', new Redactor())
    const authorization = { secret: () => token.use((b) => `Bearer ${b.toString('utf8')}`) }
    await client.request({ method: 'POST', path: '/x', headers: { Authorization: authorization }, body: { type: 'text/plain', content: 'grüß' } }, callContext())
    expect(server.seen[0]).toMatchObject({ method: 'POST', headers: { authorization: 'Bearer token-1', 'content-type': 'text/plain', 'content-length': '6' } })
    expect(server.seen[0]?.body.toString()).toBe('grüß')
  })
  it('wipes bytes that were made for it, whether it works or not', async () => {
    const made: Buffer[] = []
    const content = (): Buffer => {
      const b = Buffer.from('password=hunter2')
      made.push(b)
      return b
    }
    const post: HttpRequest = { method: 'POST', path: '/x', body: { type: 'application/x-www-form-urlencoded', content } }
    const { client, server } = await rig(says('ok'))
    await client.request(post, callContext())
    expect(server.seen[0]?.body.toString()).toBe('password=hunter2')
    const broken = await rig((_q, r) => r.destroy())
    await failure(broken.client.request(post, callContext()))
    expect(made.map((b) => b.every((x) => x === 0))).toEqual([true, true])
  })
  it('uses a connection again, and no more than four', async () => {
    const { client, server } = await rig(says('ok'))
    await Promise.all(Array.from({ length: 12 }, () => client.request(get(), callContext())))
    await client.request(get(), callContext())
    expect(server.seen).toHaveLength(13)
    expect(server.connections()).toBeLessThanOrEqual(4)
  })
  it('hands a redirect over instead of following it', async () => {
    const { client, server } = await rig((_r, response) => response.writeHead(302, { Location: 'https://127.0.0.1:1/elsewhere' }).end())
    expect(await client.request(get(), callContext())).toMatchObject({ status: 302, headers: { location: 'https://127.0.0.1:1/elsewhere' } })
    expect(server.seen).toHaveLength(1)
  })
  it('cannot leave the base', async () => {
    const { client, server } = await rig(says('ok'))
    expect((await failure(client.request(get('/../x'), callContext()))).code).toBe('internal.bug')
    expect(server.connections()).toBe(0)
  })
  it('that holds a line end in a header is a mistake of ours', async () => {
    const { client, server } = await rig(says('ok'))
    const error = await failure(client.request({ ...get(), headers: { 'X-A': 'hunter2\r\nX-B: 1' } }, callContext()))
    expect(error.code).toBe('internal.bug')
    expect(error.detail).not.toContain('hunter2')
    expect(server.seen).toHaveLength(0)
  })
})

describe('cookies', () => {
  const setting: Answer = (q, r) => r.writeHead(200, { 'Set-Cookie': ['a=1; Path=/base; Secure; HttpOnly', 'b=2; Path=/other', 'c=3; Domain=example.com', 'nonsense'] }).end(q.headers.cookie ?? 'none')
  it('are kept for the client that wants them, where they belong', async () => {
    const { client } = await rig(setting, { cookies: true })
    expect((await client.request(get(), callContext())).text()).toBe('none')
    expect((await client.request(get(), callContext())).text()).toBe('a=1')
  })
  it('are not kept by others', async () => {
    const { client } = await rig(setting)
    await client.request(get(), callContext())
    expect((await client.request(get(), callContext())).text()).toBe('none')
  })
})

describe('who the server is', () => {
  it.each([
    ['tls.untrusted', () => selfSigned({ names: ['127.0.0.1'] }), () => ({ ca: ca.cert })],
    ['tls.untrusted', () => Promise.resolve(own), () => ({})],
    ['tls.name', () => ca.issue({ names: ['engine.example.com'] }), () => ({ ca: ca.cert })],
    ['tls.expired', () => ca.issue({ names: ['127.0.0.1'], from: -9, until: -1 }), () => ({ ca: ca.cert })],
    ['tls.fingerprint', () => Promise.resolve(own), () => ({ sha256: 'ab'.repeat(32) })],
  ] as const)('%s: no byte of a request is sent', async (code, identity, trust) => {
    const { client, server } = await rig(says('ok'), { trust: trust() }, await identity())
    const secret = { method: 'POST', path: '/x', body: { type: 'text/plain', content: 'hunter2' } } as const
    expect((await failure(client.request(secret, callContext()))).code).toBe(code)
    expect((await failure(client.handshake(callContext()))).code).toBe(code)
    expect(server.seen).toEqual([])
  })
  it('a fingerprint is enough', async () => {
    const { client } = await rig(says('ok'), { trust: { sha256: own.sha256 } })
    expect((await client.request(get(), callContext())).text()).toBe('ok')
  })
  it('is told by a handshake that asks for nothing', async () => {
    const { client, server } = await rig(says('ok'))
    await client.handshake(callContext())
    expect(server.seen).toEqual([])
    await expect.poll(() => server.open.size).toBe(0)
  })
  it('plain http is taken with insecure only', async () => {
    const server = await testServer(says('ok'))
    closing.push(() => server.close())
    const connector = new UndiciConnector(new ManualClock())
    const options = { base: `http://127.0.0.1:${server.port}`, trust: {}, timeoutMs: PAUSE }
    expect(() => connector.client(options)).toThrowError(/config\.invalid/)
    const client = connector.client({ ...options, insecure: true })
    closing.push(() => client.close())
    await client.handshake(callContext())
    expect((await client.request(get(), callContext())).text()).toBe('ok')
  })
  it('a port that does not speak TLS', async () => {
    const server = await testServer(says('ok'))
    closing.push(() => server.close())
    const client = new UndiciConnector(new ManualClock()).client({ base: `https://127.0.0.1:${server.port}`, trust: {}, timeoutMs: PAUSE })
    closing.push(() => client.close())
    expect(await failure(client.request(get(), callContext()))).toMatchObject({ code: 'tls.handshake', params: { why: 'no-tls' } })
  })
})

describe('a server that is not there', () => {
  it('refuses all who wait, more than there are connections', async () => {
    const server = await testServer(says('ok'))
    server.close()
    const client = new UndiciConnector(new ManualClock()).client({ base: `https://127.0.0.1:${server.port}`, trust: {}, timeoutMs: PAUSE })
    closing.push(() => client.close())
    const errors = await Promise.all(Array.from({ length: 9 }, () => failure(client.request(get(), callContext()))))
    expect(errors.map((e) => e.code)).toEqual(Array.from({ length: 9 }, () => 'http.refused'))
    expect((await failure(client.handshake(callContext()))).code).toBe('http.refused')
  })
  it('has a name nobody knows', async () => {
    const client = new UndiciConnector(new ManualClock()).client({ base: 'https://nobody.invalid', trust: {}, timeoutMs: PAUSE })
    closing.push(() => client.close())
    expect((await failure(client.request(get(), callContext()))).code).toBe('http.unreachable')
  })
  it('takes the connection and says nothing', async () => {
    const mute = createServer()
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve))
    closing.push(() => mute.close())
    const clock = new ManualClock()
    const client = new UndiciConnector(clock).client({ base: `https://127.0.0.1:${(mute.address() as AddressInfo).port}`, trust: {}, timeoutMs: PAUSE })
    closing.push(() => client.close())
    const waiting = failure(client.request(get(), callContext()))
    await once(mute, 'connection')
    await clock.advance(PAUSE)
    expect((await waiting).code).toBe('http.timeout')
  })
})

describe('a reply', () => {
  /** Resolves with the response once the request has come, for a test that plays the rest. */
  function played(): { answer: Answer; response: Promise<ServerResponse>; gone: Promise<unknown> } {
    const { promise, resolve } = Promise.withResolvers<ServerResponse>()
    const raw = Promise.withResolvers<IncomingMessage>()
    return {
      answer: (_q, r, m) => {
        resolve(r)
        raw.resolve(m)
      },
      response: promise,
      gone: promise.then((r) => (r.closed ? undefined : once(r, 'close'))),
    }
  }
  const body = async (r: ServerResponse, text: string): Promise<void> => {
    await new Promise<void>((resolve) => r.write(text, () => resolve()))
    // Until the client has had it: it is all on this machine.
    await new Promise((resolve) => setTimeout(resolve, 30))
  }

  it('whose head does not come', async () => {
    const p = played()
    const { client, clock } = await rig(p.answer)
    const waiting = failure(client.request(get(), callContext()))
    await p.response
    await clock.advance(PAUSE)
    expect((await waiting).code).toBe('http.timeout')
    await p.gone
  })
  it('that stops in the middle', async () => {
    const p = played()
    const { client, clock } = await rig(p.answer)
    const waiting = failure(client.request(get(), callContext()))
    await body(await p.response, 'half')
    await clock.advance(PAUSE)
    expect((await waiting).code).toBe('http.timeout')
    await p.gone
  })
  it('that drips is given up in the end', async () => {
    const p = played()
    const { client, clock } = await rig(p.answer)
    const waiting = failure(client.request(get(), callContext()))
    const response = await p.response
    const turns: number[] = []
    for (let i = 1; i < WHOLE * 2 && !response.closed; i++) {
      await body(response, '.')
      await clock.advance(PAUSE / 2)
      turns.push(i)
    }
    expect(turns.length).toBe(WHOLE * 2 - 1)
    await clock.advance(PAUSE / 2)
    expect(await waiting).toMatchObject({ code: 'http.timeout', detail: expect.stringContaining(`${PAUSE * WHOLE} ms`) as string })
    expect(clock.pending).toBe(0)
    await p.gone
  })
  it('that breaks off', async () => {
    const cut: Answer = (_q, r) => {
      r.writeHead(200, { 'Content-Length': '100' })
      r.write('half', () => setTimeout(() => r.destroy(), 20))
    }
    const { client } = await rig(cut)
    expect((await failure(client.request({ method: 'POST', path: '/x' }, callContext()))).code).toBe('http.lost')
  })
  it('that says it is too long, and one that does not say so', async () => {
    const honest = await rig((_q, r) => r.writeHead(200, { 'Content-Length': '1001' }).end(Buffer.alloc(1001)))
    expect((await failure(honest.client.request({ ...get(), maxBytes: 1000 }, callContext()))).code).toBe('hypervisor.protocol')
    let sent = 0
    const { promise: givenUp, resolve } = Promise.withResolvers<undefined>()
    const endless = await rig((_q, r) => {
      const more = (): void => {
        while (!r.destroyed && r.write(Buffer.alloc(65_536))) sent += 65_536
      }
      r.on('drain', more)
      r.on('close', () => resolve(undefined))
      more()
    })
    expect((await failure(endless.client.request(get(), callContext()))).code).toBe('hypervisor.protocol')
    expect(sent).toBeLessThan(64 * 1024 * 1024)
    await givenUp
  })
  it('that is just as long as allowed', async () => {
    const { client } = await rig(says('x'.repeat(1000)))
    expect((await client.request({ ...get(), maxBytes: 1000 }, callContext())).body).toHaveLength(1000)
  })
  it('that is compressed without being asked', async () => {
    const { client } = await rig((_q, r) => r.writeHead(200, { 'Content-Encoding': 'gzip' }).end('x'))
    expect((await failure(client.request(get(), callContext()))).code).toBe('hypervisor.protocol')
  })
  it('that is no HTTP, or has an endless head', async () => {
    const { client } = await rig((_q, _r, raw) => void raw.socket.end('SSH-2.0-x\r\n'))
    expect((await failure(client.request(get(), callContext()))).code).toBe('hypervisor.protocol')
    const big = await rig((_q, _r, raw) => void raw.socket.write(`HTTP/1.1 200 OK\r\n${'X-A: 1\r\n'.repeat(10_000)}`))
    expect((await failure(big.client.request(get(), callContext()))).code).toBe('hypervisor.protocol')
  })
  it('that is not JSON', async () => {
    const { client } = await rig(says('<html>502</html>', 502))
    const reply = await client.request(get(), callContext())
    expect(() => reply.json()).toThrowError(/hypervisor\.protocol/)
  })
})

describe('a lost connection', () => {
  it('is opened again for whoever only reads', async () => {
    let n = 0
    const { client, server } = await rig((_q, r) => (n++ === 0 ? r.destroy() : r.end('ok')))
    expect((await client.request(get(), callContext())).text()).toBe('ok')
    expect(server.seen).toHaveLength(2)
  })
  it('is told to whoever does something', async () => {
    const { client, server } = await rig((_q, r) => r.destroy())
    expect((await failure(client.request({ method: 'POST', path: '/x' }, callContext()))).code).toBe('http.lost')
    expect(server.seen).toHaveLength(1)
    expect((await failure(client.request(get(), callContext()))).code).toBe('http.lost')
    expect(server.seen).toHaveLength(3)
  })
})

describe('giving up', () => {
  it('before, while waiting, and by closing the client', async () => {
    const { promise: came, resolve } = Promise.withResolvers<undefined>()
    const { client, server, clock } = await rig(() => resolve(undefined))
    expect((await failure(client.request(get(), callContext(AbortSignal.abort())))).code).toBe('cancelled')
    expect(server.connections()).toBe(0)
    const abort = new AbortController()
    const waiting = failure(client.request(get(), callContext(abort.signal)))
    await came
    abort.abort()
    expect((await waiting).code).toBe('cancelled')
    const other = failure(client.request(get(), callContext()))
    await expect.poll(() => server.seen.length).toBe(2)
    client.close()
    client.close()
    expect((await other).code).toBe('cancelled')
    expect((await failure(client.request(get(), callContext()))).code).toBe('cancelled')
    expect((await failure(client.handshake(callContext()))).code).toBe('cancelled')
    await settle()
    expect(clock.pending).toBe(0)
    await expect.poll(() => server.open.size).toBe(0)
  })
})
