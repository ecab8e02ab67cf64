// Why: `latchkey probe` on servers of every kind: the demo's, the real one (whose own picture is the measure), and things
// that are no SPICE server. It must tell them apart by its exit status and leave nothing behind.
import { once } from 'node:events'
import { cpSync, linkSync, copyFileSync, chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import { bundle, repository } from '../../build/bundle.ts'
import { authority } from '../../electron/adapters/net/testkit-certificates.ts'
import { findExecutable } from '../../electron/shells/chromium/binary.ts'
import { DesktopScreen } from '../../embedded/spice/desktop-screen.ts'
import { SpiceServer } from '../../embedded/spice/server.ts'
import { expect, test } from '../app-fixture.ts'
import { whatIsMissing } from '../spice-server/build.ts'
import { readOracle } from '../spice-server/record.ts'
import { startSpiceServer, type ServerOptions } from '../spice-server/server.ts'
import { oraclePixels, type OracleRecord } from '../spice-server/spcap.ts'
import { decodePng } from '../support/png.ts'
import { runProbe, startProbe, type Ended } from '../support/probe-cli.ts'

let dir: string
const ends: (() => unknown)[] = []
test.beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'latchkey-probe-'))
  ends.push(() => rmSync(dir, { recursive: true, force: true }))
})
test.afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

/** A TCP server on a free port of 127.0.0.1 until the test's end. */
async function listen(onSocket: (socket: Socket) => void): Promise<{ readonly port: number; readonly server: Server }> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined))
    onSocket(socket)
  }).listen(0, '127.0.0.1')
  ends.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port, server }
}

async function demoDisplay(ticket?: string): Promise<{ readonly port: number; readonly display: SpiceServer }> {
  const display = new SpiceServer({ screen: new DesktopScreen({ user: 'Ada', host: 'vm', width: 800, height: 600 }), ticket: () => (ticket === undefined ? { kind: 'none' } : { kind: 'ticket', value: ticket }) })
  const { port } = await listen((socket) => display.accept(socket))
  return { port, display }
}

/** Of a run with --json: it went well, and says why if it did not. */
function expectGood({ status, err, left, result: { error } }: Ended): void {
  expect({ status, err, left, error }).toEqual({ status: 0, err: '', left: [], error: undefined })
}

test('the demo’s display: numbers, and a picture equal to the guest’s own', async () => {
  const { port, display } = await demoDisplay()
  const png = join(dir, 'a.png')
  writeFileSync(png, 'an older picture', { mode: 0o644 })
  const ended = await runProbe([`spice://127.0.0.1:${port}`, '--seconds', '2', '--screenshot', png, '--json'])
  expectGood(ended)
  const { result } = ended
  expect(result.channels.map((c) => c.type).sort()).toEqual(['cursor', 'display', 'inputs', 'main'])
  expect(result).toMatchObject({ ok: true, longTasksMs: expect.any(Number) as unknown as number })
  expect(result.seconds).toBeGreaterThanOrEqual(1.9)
  expect(result.draws).toBe(Object.values(result.images).reduce((a, b) => a + b, 0))
  expect(result.pixels).toBeGreaterThanOrEqual(800 * 600)
  for (const key of ['bytes', 'messages', 'presentedFrames', 'decodeMs', 'rttMs', 'heapMB'] as const) expect(result[key], key).toBeGreaterThan(0)
  expect(statSync(png).mode & 0o777).toBe(0o600)
  const { width, height, pixels } = decodePng(readFileSync(png))
  expect([width, height]).toEqual([800, 600])
  // The bar at the top shows the time, which goes on.
  const below = 40 * width
  expect(pixels.subarray(below)).toEqual(display.canvas.pixels.subarray(below).map((p) => p & 0xffffff))
  expect(display.stats.inputEvents).toBe(0)
  await expect.poll(() => display.stats.open).toBe(0)
})

test('words for a person', async () => {
  const { port } = await demoDisplay('open sesame')
  const url = `spice://127.0.0.1:${port}`
  const { status, out, err } = await runProbe([url, '--seconds', '0.5', '--ticket-file', '-'], { input: 'open sesame\n' })
  expect({ status, err }).toEqual({ status: 0, err: '' })
  expect(out).toMatch(new RegExp(`^display {5}127\\.0\\.0\\.1:${port}, connected for \\d+\\.\\d s\\nchannels {4}`))
  const none = await runProbe([url])
  expect(none).toMatchObject({ status: 77, out: '' })
  expect(none.err).toContain('give the ticket by --ticket-file FILE')
})

test('tickets: from a .vv file, from a file, in the address with a warning; a wrong one has its own status', async () => {
  const { port } = await demoDisplay('open sesame')
  const url = `spice://127.0.0.1:${port}`
  const vv = join(dir, 'a.vv')
  writeFileSync(vv, `[virt-viewer]\ntype=spice\nhost=127.0.0.1\nport=${port}\npassword=open sesame\ndelete-this-file=1\n`)
  expectGood(await runProbe([vv, '--seconds', '0.2', '--json']))
  expect(readFileSync(vv, 'utf8'), 'a probe only looks').toContain('password')
  const ticket = join(dir, 'ticket')
  writeFileSync(ticket, 'open barley')
  const wrong = await runProbe([vv, '--ticket-file', ticket, '--json'])
  expect(wrong).toMatchObject({ status: 77, err: '', left: [] })
  expect(wrong.result).toMatchObject({ ok: false, error: { code: 'spice.ticket-refused' } })
  expect(wrong.out).not.toContain('barley')
  const named = await runProbe([`${url}?password=open%20sesame`, '--seconds', '0.2', '--json'])
  expect(named).toMatchObject({ status: 0, result: { ok: true } })
  expect(named.err).toContain('--ticket-file')
  expect(named.err + named.out).not.toContain('sesame')
})

test('by TLS, by its own authority or not at all; and by a socket of this machine', async () => {
  const display = new SpiceServer({ screen: new DesktopScreen({ user: 'Ada', host: 'vm', width: 320, height: 200 }), ticket: () => ({ kind: 'none' }) })
  const [ours, other] = [await authority(), await authority('CN=somebody else')]
  const { cert, key } = await ours.issue({ subject: 'O=Lab, CN=display' })
  const tls = createTlsServer({ cert, key }, (socket) => display.accept(socket.on('error', () => undefined))).listen(0, '127.0.0.1')
  ends.push(() => tls.close())
  await once(tls, 'listening')
  const vv = (name: string, ca: string): string => {
    const lines = ['[virt-viewer]', 'type=spice', 'host=127.0.0.1', `tls-port=${(tls.address() as AddressInfo).port}`, 'host-subject=O=Lab,CN=display', `ca=${ca.replaceAll('\n', '\\n')}`]
    writeFileSync(join(dir, name), `${lines.join('\n')}\n`)
    return join(dir, name)
  }
  const trusted = await runProbe([vv('ours.vv', ours.cert), '--seconds', '0.5', '--json'])
  expectGood(trusted)
  expect(trusted.result.draws).toBeGreaterThan(0)
  const foreign = await runProbe([vv('other.vv', other.cert), '--json'])
  expect(foreign).toMatchObject({ status: 69, result: { ok: false, error: { code: 'tls.untrusted' } } })

  const path = join(dir, 'display.sock')
  const unix = createServer((socket) => display.accept(socket.on('error', () => undefined))).listen(path)
  ends.push(() => unix.close())
  await once(unix, 'listening')
  const local = await runProbe([`spice+unix://${path}`, '--seconds', '0.5', '--json'])
  expectGood(local)
  expect(local.result.draws).toBeGreaterThan(0)
})

test('what is no SPICE display, or none any more, is told apart', async () => {
  const html = await listen((socket) => void socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')))
  const silent = await listen(() => undefined)
  const shut = await listen((socket) => void socket.destroy())
  const closed = await listen(() => undefined)
  closed.server.close()
  const [a, b, c, d] = await Promise.all([html, silent, shut, closed].map(({ port }) => runProbe([`spice://127.0.0.1:${port}`, '--json'])))
  expect(a).toMatchObject({ status: 76, result: { ok: false, error: { code: 'spice.link-failed' } } })
  expect(b).toMatchObject({ status: 75, result: { ok: false, error: { code: 'spice.timeout' } } })
  expect(c).toMatchObject({ status: 76 })
  expect(d).toMatchObject({ status: 68, result: { ok: false, error: { code: 'spice.display-closed', detail: expect.stringContaining('ECONNREFUSED') as unknown as string } } })
  for (const ended of [a, b, c, d]) expect(ended?.left).toEqual([])
})

test('a display that goes away while it is watched: what was seen, and why it ended', async () => {
  const { port, display } = await demoDisplay()
  const probe = startProbe([`spice://127.0.0.1:${port}`, '--seconds', '600', '--json'])
  await expect.poll(() => display.stats.linked, { timeout: 60_000 }).toBeGreaterThanOrEqual(4)
  display.reset()
  const { status, result } = await probe.ended
  expect(status).toBe(74)
  expect(result).toMatchObject({ ok: false, error: { code: 'spice.lost' } })
  expect(result.channels.map((c) => c.type)).toContain('main')
  expect(result.bytes).toBeGreaterThan(0)
})

test('options and files that are wrong cost nothing', async () => {
  const bad = join(dir, 'bad.vv')
  writeFileSync(bad, '[virt-viewer]\ntype=spice\nhost=h\nport=many\n')
  const cases: readonly (readonly [readonly string[], number, string])[] = [
    [['spice://127.0.0.1:1', '--screnshot', 'x'], 64, 'did you mean "--screenshot"?'],
    [['spice://127.0.0.1:1', '--screenshot', '/dev/null'], 64, 'is not an ordinary file'],
    [[join(dir, 'none.vv')], 66, 'does not exist'],
    [[bad], 65, 'port'],
    [['spice://127.0.0.1:0'], 78, 'port'],
  ]
  for (const [args, status, words] of cases) {
    const ended = await runProbe(args)
    expect(ended, args.join(' ')).toMatchObject({ status, out: '' })
    expect(ended.err).toContain(words)
  }
})

test('the page of a kiosk gets nothing of it', async ({ launch }) => {
  const d = await launch()
  await d.expectSignInScreen()
  const codes = await d.page.evaluate(async () => {
    const said: string[] = []
    for (const [name, input] of [['probe.start', { protocol: 1 }], ['probe.wait', null], ['probe.picture', { width: 1, height: 1 }]] as const) {
      const reply = await (window as unknown as { latchkey: { request(n: string, i: unknown): Promise<{ ok: boolean; error?: { code: string } }> } }).latchkey.request(name, input)
      said.push(reply.ok ? 'taken' : (reply.error?.code ?? ''))
    }
    return said
  })
  expect(codes).toEqual(['ipc.refused', 'ipc.refused', 'ipc.refused'])
  const answered = await d.page.evaluate(() => new Promise<string>((resolve) => {
    const image = new Image()
    image.onload = () => resolve('served')
    image.onerror = () => resolve('missing')
    image.src = '/probe.html'
  }))
  expect(answered).toBe('missing')
  expect(d.log.some((line) => line.includes('/probe.html'))).toBe(true)
})

test('as an ordinary user, from the files of a package', async () => {
  test.skip(process.getuid?.() !== 0, 'only root can become another user')
  chmodSync(dir, 0o755)
  await bundle(['cli'], repository, join(dir, 'dist'))
  cpSync(join(repository, 'dist', 'renderer'), join(dir, 'dist', 'renderer'), { recursive: true })
  mkdirSync(join(dir, 'bin'))
  cpSync(join(repository, 'bin', 'latchkey.mjs'), join(dir, 'bin', 'latchkey.mjs'))
  writeFileSync(join(dir, 'package.json'), '{"version":"0.0.0","type":"module"}')
  const installed = await findExecutable({ headless: true, path: process.env['PATH'] ?? '', npmBin: undefined, unpackInto: () => Promise.reject(new Error('not wanted')) }).catch(() => undefined)
  for (const name of installed ? ['playwright-core'] : ['playwright-core', '@sparticuz/chromium']) cpSync(join(repository, 'node_modules', name), join(dir, 'node_modules', name), { recursive: true })
  const node = join(dir, 'node')
  try {
    linkSync(process.execPath, node)
  } catch {
    copyFileSync(process.execPath, node)
    chmodSync(node, 0o755)
  }
  const { port } = await demoDisplay()
  const ended = await runProbe([`spice://127.0.0.1:${port}`, '--seconds', '0.5', '--json'], { bin: join(dir, 'bin', 'latchkey.mjs'), node, uid: 65534 })
  expectGood(ended)
  expect(ended.result.draws).toBeGreaterThan(0)
})

test.describe('the real SPICE server', () => {
  const scenes: readonly (readonly [string, Omit<ServerOptions, 'out'>])[] = [
    ['copy', { compression: 'glz', zlib: 'always' }],
    ['composite-masks', { compression: 'lz' }],
    ['rop3', { compression: 'quic' }],
  ]
  for (const [scene, options] of scenes) {
    test(`${scene}, ${options.compression}: the picture is the server’s own, pixel by pixel`, async () => {
      const missing = await whatIsMissing()
      test.skip(missing !== undefined, missing)
      const server = await startSpiceServer(scene, { ...options, width: 480, height: 320, ticket: 'open sesame', out: dir, step: true })
      ends.push(() => server.stop())
      const png = join(dir, 'a.png')
      const probe = startProbe([`spice://127.0.0.1:${server.port}`, '--seconds', '60', '--ticket-file', '-', '--screenshot', png, '--json'], { input: 'open sesame\n' })
      let oracle: OracleRecord | undefined
      let sent = 0
      for (;;) {
        const event = await server.next()
        if (event === undefined) throw new Error(`the server ended: ${await server.stop()}`)
        if (event.event === 'oracle' && event.surface === 0) oracle = readOracle(event)
        if (event.event === 'done') sent = Object.values(event.sent).reduce((a, b) => a + b, 0)
        if (event.event === 'done') break
        server.go()
      }
      // It has left the server; a moment later it is drawn. Then Ctrl-C, which ends a probe with its report.
      await new Promise((r) => setTimeout(r, 3000))
      probe.interrupt()
      const ended = await probe.ended
      expectGood(ended)
      const { result } = ended
      expect(result.bytes, 'everything has arrived').toBeGreaterThanOrEqual(sent)
      expect(result.channels.reduce((n, c) => n + c.lost, 0)).toBe(0)
      expect(result.seconds).toBeLessThan(50)
      const { width, height, pixels } = decodePng(readFileSync(png))
      if (oracle === undefined) throw new Error('the scene has no picture')
      expect([width, height]).toEqual([oracle.width, oracle.height])
      const want = oraclePixels(oracle).map((p) => ((p & 255) << 16) | (p & 0xff00) | ((p >> 16) & 255))
      expect(pixels.reduce((n, p, i) => (p === want[i] ? n : n + 1), 0), 'pixels that differ').toBe(0)
    })
  }
})
