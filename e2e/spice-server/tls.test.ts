// The whole way of a console to a real SPICE server: a connection file, the driver's grant, a link whose client knows no
// ticket, TLS to a certificate of an authority made here; and every certificate that must not be believed.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../electron/adapters/clock.ts'
import { HopDialer } from '../../electron/adapters/net/dialer.ts'
import { authority, selfSigned, type Authority, type Issued } from '../../electron/adapters/net/testkit-certificates.ts'
import type { AppError } from '../../electron/core/errors.ts'
import type { RendererLink } from '../../electron/core/ports/shell.ts'
import { Redactor } from '../../electron/core/redactor.ts'
import { ConsoleLink } from '../../electron/core/spice/console-link.ts'
import { callContext } from '../../electron/core/testkit.ts'
import { targetToGrant } from '../../electron/drivers/spice/target.ts'
import { parseVvFile } from '../../electron/drivers/spice/vv-file.ts'
import { whatIsMissing } from './build.ts'
import { readCorpus } from './corpus.ts'
import { DISPLAY_CAPABILITIES } from './record.ts'
import { Channel, RecordingClient } from './recorder.ts'
import { startSpiceServer, type ScriptedServer, type ServerOptions } from './server.ts'
import { asByteChannel } from './socket-channel.ts'
import { messageOf, type SpcapRecord } from './spcap.ts'

const missing = await whatIsMissing()
const SUBJECT = 'O=Lab, CN=display.example'
const TICKET = 'open sesame'

let ca: Authority
let dir: string
let closing: (() => unknown)[]
beforeAll(async () => void (ca = await authority()))
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'latchkey-tls-'))
  closing = [() => rmSync(dir, { recursive: true })]
})
afterEach(async () => {
  for (const close of closing.reverse()) await close()
})

async function serve(own: Issued, options: Omit<ServerOptions, 'out' | 'tls'> = {}): Promise<ScriptedServer> {
  const put = (name: string, text: string): string => {
    writeFileSync(join(dir, name), text, { mode: 0o600 })
    return join(dir, name)
  }
  const server = await startSpiceServer('plain', { width: 160, height: 100, ticket: TICKET, step: true, out: dir, tls: { cert: put('cert.pem', own.cert), key: put('key.pem', own.key), ca: put('ca.pem', ca.cert) }, ...options })
  closing.push(() => server.stop())
  return server
}

const issue = (subject = SUBJECT, over: object = {}): Promise<Issued> => ca.issue({ subject, rsa: true, ...over })

function vv(lines: Record<string, string | number>): string {
  return ['[virt-viewer]', 'type=spice', 'host=127.0.0.1', `password=${TICKET}`, ...Object.entries(lines).map(([k, v]) => `${k}=${v}`), ''].join('\n')
}
const pemLine = (): string => ca.cert.replaceAll('\n', '\\n')

async function listen(server: Server): Promise<number> {
  server.on('connection', (s: Socket) => {
    s.on('error', () => undefined)
    closing.push(() => s.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => server.close())
  return (server.address() as AddressInfo).port
}

interface Opened {
  readonly client: RecordingClient
  readonly lost: AppError[]
  /** Channel types in the order in which the client opened them. */
  readonly channels: number[]
}

/** A client without ticket, for whom ConsoleLink does what it does for the page. */
async function open(file: string): Promise<Opened> {
  const grant = targetToGrant(parseVvFile(file, 'test.vv', new Redactor()).target)
  const lost: AppError[] = []
  const channels: number[] = []
  const link = new ConsoleLink({ grant, dialer: new HopDialer(), clock: systemClock, ctx: callContext(), onLost: (e) => lost.push(e), onLinked: () => undefined })
  closing.push(() => link.close())
  const port = await listen(
    createServer((socket) => {
      socket.once('data', (first: Buffer) => {
        // SpiceLinkMess: connection id, channel type, channel id after the header of 16 bytes.
        const ref = { type: first.readUInt8(20), id: first.readUInt8(21) }
        channels.push(ref.type)
        const page = { openByteChannel: () => Promise.resolve(asByteChannel(socket, first)) } as Partial<RendererLink> as RendererLink
        link.open(ref, page).catch(() => socket.destroy())
      })
    }),
  )
  const capabilities = { [Channel.MAIN]: [2], [Channel.DISPLAY]: DISPLAY_CAPABILITIES, [Channel.INPUTS]: [], [Channel.CURSOR]: [] }
  const client = new RecordingClient({ port, capabilities, pixmapCache: 16 << 20, glzWindow: 8 << 20 })
  closing.push(() => client.close())
  return { client, lost, channels }
}

const draws = (records: readonly SpcapRecord[]): string[] =>
  records.flatMap((r) => {
    if (r.kind !== 3 || r.channelType !== Channel.DISPLAY) return []
    const { type, body } = messageOf(r)
    return type < 100 ? [] : [`${type} ${Buffer.from(body).toString('hex')}`]
  })

/** Plays the scene to its end and waits for as many draws as the corpus has. */
async function play(server: ScriptedServer, client: RecordingClient, count: number): Promise<void> {
  for (let event = await server.next(); event?.event !== 'done'; event = await server.next()) {
    if (event === undefined) throw new Error('the server ended')
    if (event.event === 'client' || event.event === 'oracle') server.go()
  }
  while (draws(client.records).length < count) await new Promise((resolve) => setImmediate(resolve))
}

const ALL = [Channel.DISPLAY, Channel.INPUTS, Channel.CURSOR]

describe.skipIf(missing !== undefined)(`a real SPICE server with TLS${missing === undefined ? '' : ` (${missing})`}`, () => {
  test('every channel by TLS, authority and subject of a connection file: the same scene, draw for draw', async () => {
    const kept = draws(readCorpus('plain').records)
    const { width, height } = readCorpus('plain').header.settings
    const server = await serve(await issue(), { secureOnly: ['main', 'display', 'inputs', 'cursor'], width: Number(width), height: Number(height) })
    const { client, lost, channels } = await open(vv({ 'tls-port': server.tlsPort!, 'ca': pemLine(), 'host-subject': 'O=Lab,CN=display.example' }))
    const connected = client.connect(ALL)
    await Promise.all([connected, play(server, client, kept.length)])
    expect(kept.length).toBeGreaterThan(5)
    expect(draws(client.records)).toEqual(kept)
    expect(channels).toEqual([Channel.MAIN, ...ALL])
    expect(lost).toEqual([])
  })
  test('secure-channels: those by TLS, the others by the plain port, and the server insists on both', async () => {
    const server = await serve(await issue(), { secureOnly: ['main', 'inputs'] })
    const { client, lost } = await open(vv({ 'port': server.port, 'tls-port': server.tlsPort!, 'ca': pemLine(), 'host-subject': 'O=Lab,CN=display.example', 'secure-channels': 'main;inputs' }))
    await client.connect(ALL)
    expect(lost).toEqual([])
  })
  test('a channel that the server wants by TLS does not come by the plain port', async () => {
    const server = await serve(await issue(), { secureOnly: ['main'] })
    const { client, lost } = await open(vv({ port: server.port }))
    await expect(client.connect(ALL)).rejects.toThrow()
    expect(lost.map((e) => e.code)).toEqual(['spice.link-failed'])
  })
  test('through an HTTP proxy that alone understands the host, as Proxmox VE has it', async () => {
    const server = await serve(await issue())
    const asked: (string | undefined)[] = []
    const proxy = createHttpServer().on('connect', (request, socket: Socket) => {
      asked.push(request.url, request.headers['proxy-authorization'])
      const inner = connect(server.tlsPort!, '127.0.0.1', () => {
        socket.write('HTTP/1.0 200 OK\r\n\r\n')
        socket.pipe(inner).pipe(socket)
      })
      inner.on('error', () => socket.destroy())
      closing.push(() => inner.destroy())
    })
    const { client, lost } = await open(
      vv({ 'tls-port': 61000, 'ca': pemLine(), 'host-subject': 'O=Lab,CN=display.example', 'proxy': `http://u:p@127.0.0.1:${await listen(proxy)}` }).replace('host=127.0.0.1', 'host=pvespiceproxy:6563a1b2:100:node::00ff'),
    )
    await client.connect([Channel.DISPLAY])
    expect(asked).toEqual(Array(2).fill(['pvespiceproxy:6563a1b2:100:node::00ff:61000', `Basic ${Buffer.from('u:p').toString('base64')}`]).flat())
    expect(lost).toEqual([])
  })
  test('another ticket', async () => {
    const server = await serve(await issue())
    const { client, lost } = await open(vv({ 'tls-port': server.tlsPort!, 'ca': pemLine(), 'host-subject': 'O=Lab,CN=display.example' }).replace(TICKET, 'open barley'))
    await expect(client.connect([])).rejects.toThrow('ticket refused: 7')
    expect(lost.map((e) => e.code)).toEqual(['spice.ticket-refused'])
  })

  const refused: [string, () => Promise<Issued>, Record<string, string>, string][] = [
    ['another authority', async () => await (await authority('CN=Another CA')).issue({ subject: SUBJECT, rsa: true }), {}, 'tls.untrusted'],
    ['self-signed', () => selfSigned({ subject: SUBJECT, rsa: true }), {}, 'tls.untrusted'],
    ['another subject', () => issue('O=Lab, CN=other.example'), {}, 'tls.subject'],
    ['expired', () => issue(SUBJECT, { from: -5, until: -1 }), {}, 'tls.expired'],
    ['another name, without host-subject', () => issue(SUBJECT, { names: ['10.9.9.9'] }), { 'host-subject': '' }, 'tls.name'],
  ]
  test.each(refused)('%s: nothing is linked', async (_what, make, lines, code) => {
    const server = await serve(await make())
    const { client, lost } = await open(vv({ 'tls-port': server.tlsPort!, 'ca': pemLine(), 'host-subject': 'O=Lab,CN=display.example', ...lines }))
    await expect(client.connect([])).rejects.toThrow()
    expect(lost.map((e) => e.code)).toEqual([code])
    expect(client.records).toEqual([])
  })
})
