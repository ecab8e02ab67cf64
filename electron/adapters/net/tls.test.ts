import { once } from 'node:events'
import { connect as connectTcp, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { duplexPair, type Duplex } from 'node:stream'
import { createServer as createTlsServer, type TlsOptions, type TLSSocket } from 'node:tls'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { AppError } from '../../core/errors.ts'
import type { TlsTrust } from '../../core/ports/tls.ts'
import { callContext, ManualClock, settle } from '../../core/testkit.ts'
import { authority, selfSigned, type Authority, type Issued, type IssueOptions } from './testkit-certificates.ts'
import { secure } from './tls.ts'

let ca: Authority
let other: Authority
beforeAll(async () => {
  ca = await authority()
  other = await authority('O=Latchkey tests, CN=Another CA')
})

const closing: (() => void)[] = []
afterEach(() => closing.splice(0).forEach((close) => close()))

async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (s: Socket) => {
    sockets.add(s)
    s.on('error', () => {})
  })
  closing.push(() => {
    server.close()
    for (const s of sockets) s.destroy()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

interface Served {
  readonly port: number
  /** SNI names that came, false for a hello without one; bytes of application data that came. */
  readonly seen: { readonly sni: (string | false)[]; bytes: number }
}

async function serve(own: Issued, options: TlsOptions = {}): Promise<Served> {
  const seen: Served['seen'] = { sni: [], bytes: 0 }
  const server = createTlsServer({ cert: own.cert, key: own.key, ...options }, (s) => {
    seen.sni.push(s.servername as string | false)
    s.on('error', () => {})
    s.on('data', (b: Buffer) => {
      seen.bytes += b.length
      s.write(b)
    })
  })
  server.on('tlsClientError', () => {})
  return { port: await listen(server), seen }
}

async function attempt(port: number, host: string, trust: TlsTrust, over: { clock?: ManualClock; signal?: AbortSignal } = {}): Promise<{ socket?: TLSSocket; error?: AppError; under: Socket }> {
  const under = connectTcp(port, '127.0.0.1')
  await once(under, 'connect')
  closing.push(() => under.destroy())
  const o = { ctx: callContext(over.signal), clock: over.clock ?? new ManualClock(), timeoutMs: 10_000 }
  return await secure(under, host, trust, o).then(
    (socket) => ({ socket, under }),
    (error: AppError) => ({ error, under }),
  )
}

async function echo(stream: Duplex): Promise<string> {
  const answer = once(stream, 'data')
  stream.write('ping')
  return String((await answer)[0])
}

describe('a server that proves who it is', () => {
  const cases: [string, IssueOptions, string, (own: Issued) => TlsTrust][] = [
    ['by name', { names: ['display.example'] }, 'display.example', () => ({ ca: ca.cert })],
    ['by the name in capitals', { names: ['display.example'] }, 'DISPLAY.example', () => ({ ca: ca.cert })],
    ['by a wildcard', { names: ['*.example.com'] }, 'node1.example.com', () => ({ ca: ca.cert })],
    ['by its address', { names: ['127.0.0.1'] }, '127.0.0.1', () => ({ ca: ca.cert })],
    ['by its common name where it has no other', { subject: 'CN=old.example' }, 'old.example', () => ({ ca: ca.cert })],
    ['by its subject, whatever its name', { subject: 'OU=PVE Cluster Node, O=Proxmox Virtual Environment, CN=pve1.example.com', names: ['pve1.example.com'] }, 'pvespiceproxy:65f0:100:pve1::x', () => ({ ca: ca.cert, subject: 'OU=PVE Cluster Node,O=Proxmox Virtual Environment,CN=pve1.example.com' })],
    ['by one of several authorities', { names: ['display.example'] }, 'display.example', () => ({ ca: `${other.cert}${ca.cert}` })],
    ['by its fingerprint alone', { names: [] }, '10.0.0.1', (own) => ({ sha256: own.sha256 })],
    ['by its fingerprint although its date is over', { until: -0.5 }, '10.0.0.1', (own) => ({ sha256: own.sha256 })],
    ['by its fingerprint with colons and authority', { names: [] }, '10.0.0.1', (own) => ({ ca: ca.cert, sha256: own.sha256.toUpperCase().replace(/..(?!$)/g, '$&:') })],
  ]
  it.each(cases)('%s', async (_how, options, host, trust) => {
    const own = await ca.issue(options)
    const { port, seen } = await serve(own)
    const { socket, error } = await attempt(port, host, trust(own))
    expect(error).toBeUndefined()
    expect(await echo(socket!)).toBe('ping')
    // RFC 6066: a name is sent, an address and a proxy's token are not.
    expect(seen.sni).toEqual([/^[a-z0-9*.]*[a-z]$/i.test(host) ? host : false])
  })
  it('a self-signed certificate that is itself what is trusted', async () => {
    const own = await selfSigned({ names: ['display.example'] })
    const { port } = await serve(own)
    expect((await attempt(port, 'display.example', { ca: own.cert })).error).toBeUndefined()
    expect((await attempt(port, 'display.example', { sha256: own.sha256 })).error).toBeUndefined()
  })
  it('an intermediate authority that is itself what is trusted', async () => {
    const middle = await ca.intermediate('CN=Site CA')
    const own = await middle.issue({ names: ['display.example'] })
    const { port } = await serve(own)
    expect((await attempt(port, 'display.example', { ca: middle.cert })).error).toBeUndefined()
    const chain = await serve({ ...own, cert: own.cert + middle.cert })
    expect((await attempt(chain.port, 'display.example', { ca: ca.cert })).error).toBeUndefined()
  })
  it('TLS inside a stream that is no socket (an SSH forward), and both end together', async () => {
    const own = await ca.issue({ names: ['display.example'] })
    const { port } = await serve(own)
    const [ours, theirs] = duplexPair()
    const real = connectTcp(port, '127.0.0.1')
    theirs.pipe(real).pipe(theirs)
    const socket = await secure(ours, 'display.example', { ca: ca.cert }, { ctx: callContext(), clock: new ManualClock(), timeoutMs: 1000 })
    expect(await echo(socket)).toBe('ping')
    const ended = once(ours, 'close')
    socket.destroy()
    await ended
    real.destroy()
  })
})

describe('a server that does not', () => {
  const cases: [string, () => Promise<Issued>, string, () => TlsTrust, { code: string; params?: object }][] = [
    ['issued by another authority', () => other.issue({ names: ['display.example'] }), 'display.example', () => ({ ca: ca.cert }), { code: 'tls.untrusted', params: { why: 'unknown-authority' } }],
    ['issued by an authority of the same name', async () => (await authority()).issue({ names: ['display.example'] }), 'display.example', () => ({ ca: ca.cert }), { code: 'tls.untrusted' }],
    ['self-signed', () => selfSigned({ names: ['display.example'] }), 'display.example', () => ({ ca: ca.cert }), { code: 'tls.untrusted', params: { why: 'self-signed' } }],
    ['issued by nobody the system knows', () => ca.issue({ names: ['display.example'] }), 'display.example', () => ({}), { code: 'tls.untrusted', params: { why: 'unknown-authority' } }],
    ['expired', () => ca.issue({ names: ['display.example'], from: -5, until: -1 }), 'display.example', () => ({ ca: ca.cert }), { code: 'tls.expired', params: { why: 'expired' } }],
    ['not valid yet', () => ca.issue({ names: ['display.example'], from: 1 }), 'display.example', () => ({ ca: ca.cert }), { code: 'tls.expired', params: { why: 'not-yet-valid' } }],
    ['made out to another name', () => ca.issue({ names: ['other.example'] }), 'display.example', () => ({ ca: ca.cert }), { code: 'tls.name', params: { host: 'display.example' } }],
    ['made out to another address', () => ca.issue({ names: ['10.0.0.2'] }), '127.0.0.1', () => ({ ca: ca.cert }), { code: 'tls.name' }],
    ['made out to a name that a token only contains', () => ca.issue({ names: ['pve1'] }), 'pvespiceproxy:1:100:pve1::x', () => ({ ca: ca.cert }), { code: 'tls.name' }],
    ['of another subject', () => ca.issue({ subject: 'O=Lab, CN=node2' }), 'node1', () => ({ ca: ca.cert, subject: 'O=Lab,CN=node1' }), { code: 'tls.subject', params: { subject: 'O=Lab,CN=node2' } }],
    ['of another subject although the name is right', () => ca.issue({ subject: 'O=Lab, CN=node2', names: ['node1'] }), 'node1', () => ({ ca: ca.cert, subject: 'O=Lab,CN=node1' }), { code: 'tls.subject' }],
    ['of the right subject from another authority', () => other.issue({ subject: 'O=Lab, CN=node1' }), 'node1', () => ({ ca: ca.cert, subject: 'O=Lab,CN=node1' }), { code: 'tls.untrusted' }],
    ['expired, of the right subject', () => ca.issue({ subject: 'CN=node1', until: -0.5 }), 'node1', () => ({ ca: ca.cert, subject: 'CN=node1' }), { code: 'tls.expired' }],
    ['of another fingerprint', () => ca.issue({ names: ['display.example'] }), 'display.example', () => ({ sha256: 'ab'.repeat(32) }), { code: 'tls.fingerprint' }],
    ['of another fingerprint from the right authority', () => ca.issue({ names: ['display.example'] }), 'display.example', () => ({ ca: ca.cert, sha256: 'ab'.repeat(32) }), { code: 'tls.fingerprint' }],
  ]
  it.each(cases)('%s', async (_how, make, host, trust, expected) => {
    const { port, seen } = await serve(await make())
    const { error, under } = await attempt(port, host, trust())
    expect(error).toMatchObject(expected)
    expect(under.destroyed).toBe(true)
    await settle()
    expect(seen.bytes).toBe(0)
  })
  it('the right fingerprint from an authority that does not count', async () => {
    const own = await other.issue({ names: ['display.example'] })
    const { port } = await serve(own)
    expect((await attempt(port, 'display.example', { ca: ca.cert, sha256: own.sha256 })).error).toMatchObject({ code: 'tls.untrusted' })
  })
  it('has a trust that cannot be read', async () => {
    const { port } = await serve(await ca.issue())
    const torn = await attempt(port, 'display.example', { ca: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n' })
    expect(torn.error).toMatchObject({ code: 'tls.untrusted', params: { why: 'bad-authority' } })
    expect(torn.under.destroyed).toBe(true)
    expect((await attempt(port, 'display.example', { ca: ca.cert, subject: 'nonsense' })).error).toMatchObject({ code: 'tls.subject' })
    expect((await attempt(port, 'display.example', { ca: '' })).error).toMatchObject({ code: 'tls.untrusted', params: { why: 'bad-authority' } })
  })
})

describe('a handshake that fails', () => {
  it('an old protocol', async () => {
    const { port } = await serve(await ca.issue({ rsa: true }), { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' })
    expect((await attempt(port, 'display.example', { ca: ca.cert })).error).toMatchObject({ code: 'tls.handshake', params: { why: 'too-old' } })
  })
  it('a port that does not speak TLS', async () => {
    const port = await listen(createServer((s) => s.once('data', () => s.end('HTTP/1.0 400 Bad Request\r\n\r\n'))))
    expect((await attempt(port, 'display.example', { ca: ca.cert })).error).toMatchObject({ code: 'tls.handshake', params: { why: 'no-tls' } })
  })
  it('a server that hangs up', async () => {
    const port = await listen(createServer((s) => s.once('data', () => s.end())))
    expect((await attempt(port, 'display.example', { ca: ca.cert })).error).toMatchObject({ code: 'tls.handshake', params: { why: 'closed' } })
    const reset = await listen(createServer((s) => s.once('data', () => s.resetAndDestroy())))
    expect((await attempt(reset, 'display.example', { ca: ca.cert })).error).toMatchObject({ code: 'tls.handshake', params: { why: 'closed' } })
  })
  it('a server that says nothing is given up after the deadline, one that drips too', async () => {
    const clock = new ManualClock()
    const got = Promise.withResolvers<Socket>()
    const port = await listen(createServer((s) => s.once('data', () => got.resolve(s))))
    const attempted = attempt(port, 'display.example', { ca: ca.cert }, { clock })
    const server = await got.promise
    // The header of a handshake record of 16 KiB, whose bytes then come one at a time.
    server.write(Buffer.from([0x16, 3, 3, 0x40, 0]))
    for (let i = 0; i < 9; i++) {
      await clock.advance(1000)
      server.write(Buffer.from([2]))
    }
    expect(clock.pending).toBe(1)
    await clock.advance(1000)
    const { error, under } = await attempted
    expect(error).toMatchObject({ code: 'tls.handshake', params: { why: 'timeout' } })
    expect(under.destroyed).toBe(true)
    expect(clock.pending).toBe(0)
  })
  it('cancelled before and during', async () => {
    const port = await listen(createServer(() => undefined))
    const abort = new AbortController()
    const attempted = attempt(port, 'display.example', { ca: ca.cert }, { signal: abort.signal })
    await settle()
    abort.abort()
    expect((await attempted).error).toMatchObject({ code: 'cancelled' })
    const late = await attempt(port, 'display.example', { ca: ca.cert }, { signal: AbortSignal.abort() })
    expect(late.error).toMatchObject({ code: 'cancelled' })
    expect(late.under.destroyed).toBe(true)
  })
})
