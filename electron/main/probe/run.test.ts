// Why: the composition without a browser: the page is a fake window whose requests the test makes.
import { duplexPair, type Duplex } from 'node:stream'
import type { MessagePort } from 'node:worker_threads'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ProbeReport, ProbeStart } from '../../../shared/ipc/probe.ts'
import type { Reply } from '../../../shared/ipc/contract.ts'
import { AppError } from '../../core/errors.ts'
import { silentLogger } from '../../core/ports/logger.ts'
import { Redactor } from '../../core/redactor.ts'
import { Secret } from '../../core/secret.ts'
import { ManualClock, settle } from '../../core/testkit.ts'
import { MemoryShell } from '../../shells/memory-shell.testkit.ts'
import { LAST_WORD_TIMEOUT, LINK_TIMEOUT, REPORT_TIMEOUT, runProbe, type ProbeOutcome } from './run.ts'

const report: ProbeReport = { channels: [{ type: 1, id: 0, bytes: 9, messages: 2, lost: 0 }], seconds: 2, draws: 1, pixels: 1, images: {}, decodeMs: 0, presentedFrames: 1, longTasksMs: 0 }

let clock: ManualClock
let shell: MemoryShell
let enough: AbortController
let ticket: Secret
let closed: boolean
let ports: MessagePort[]
beforeEach(() => {
  clock = new ManualClock()
  shell = new MemoryShell()
  enough = new AbortController()
  ticket = Secret.from('open sesame', new Redactor())
  closed = false
  ports = []
  shell.onLoad = (window) => window.addEventListener('message', (m) => ports.push(...m.ports))
  shell.onClosed(() => (closed = true))
})
afterEach(() => ports.forEach((p) => p.close()))

const noDisplay = (): Promise<Duplex> => Promise.reject(new AppError('spice.display-closed', 'nobody there'))
const hangs = (): Promise<Duplex> => Promise.resolve(duplexPair()[0])

function start(o: { picture?: boolean; ms?: number; dial?: () => Promise<Duplex> } = {}): Promise<ProbeOutcome> {
  const dial = o.dial ?? hangs
  return runProbe({
    grant: { hops: [{ via: 'tcp', host: 'h', port: 1 }], ticket, ticketKind: 'fixed' },
    ms: o.ms ?? 2000,
    picture: o.picture ?? false,
    enough: enough.signal,
    shell,
    dialer: { dial, runHelper: dial },
    clock,
    log: silentLogger,
  })
}
const ask = (name: string, input: unknown = null): Promise<Reply> => shell.window.latchkey.request(name, input)
async function value<T>(name: string, input: unknown = null): Promise<T> {
  const reply = await ask(name, input)
  if (!reply.ok) throw new Error(reply.error.code)
  return reply.value as T
}
async function begin(): Promise<ProbeStart> {
  await settle()
  return await value<ProbeStart>('probe.start', { protocol: 1 })
}
const codeOf = async (outcome: Promise<ProbeOutcome>): Promise<string | undefined> => (await outcome).error?.code

describe('a probe', () => {
  it('measures as long as it was told, takes the report, and leaves nothing', async () => {
    const outcome = start()
    expect((await begin()).picture).toBe(false)
    let over = false
    const wait = ask('probe.wait').then(() => (over = true))
    await clock.advance(1999)
    expect(over).toBe(false)
    await clock.advance(1)
    await wait
    void ask('probe.report', report)
    expect(await outcome).toEqual({ report })
    expect([closed, ticket.disposed, clock.pending]).toEqual([true, true, 0])
  })

  it('ends early when enough was seen', async () => {
    const outcome = start({ ms: 1e9 })
    await begin()
    const wait = ask('probe.wait')
    await settle()
    enough.abort()
    await wait
    void ask('probe.report', report)
    expect(await outcome).toEqual({ report })
  })

  it('is cancelled when it is stopped before there was anything to see', async () => {
    const outcome = start()
    await begin()
    enough.abort()
    expect(await codeOf(outcome)).toBe('cancelled')
    expect(closed).toBe(true)
    expect(await codeOf(start())).toBe('cancelled')
  })

  it('takes the picture that comes over the port', async () => {
    const outcome = start({ picture: true })
    expect((await begin()).picture).toBe(true)
    const size = { width: 100, height: 90 }
    await value('probe.picture', size)
    await settle()
    const rgba = Uint8Array.from({ length: 36_000 }, (_, i) => i & 255)
    void ask('probe.report', report)
    for (const [from, to] of [[0, 20_000], [20_000, 36_000]] as const) ports[0]?.postMessage(rgba.slice(from, to).buffer)
    expect((await outcome).picture).toEqual({ ...size, rgba })
  })

  it.each([
    ['too much', (p: MessagePort) => p.postMessage(new ArrayBuffer(17))],
    ['nothing and an end', (p: MessagePort) => p.postMessage({ t: 'close' })],
  ])('refuses a picture of %s', async (_, send) => {
    const outcome = start({ picture: true })
    await begin()
    await value('probe.picture', { width: 2, height: 2 })
    await settle()
    void ask('probe.report', report)
    send(ports[0]!)
    expect(await outcome).toMatchObject({ report, error: { code: 'ipc.refused' } })
  })

  it('says that there was no picture where one is wanted', async () => {
    const outcome = start({ picture: true })
    await begin()
    void ask('probe.report', report)
    expect(await outcome).toMatchObject({ report, error: { code: 'spice.display-closed' } })
  })

  it('opens no port for a picture that nobody wants, nor for a second or an impossible one', async () => {
    const outcome = start()
    await begin()
    expect(await ask('probe.picture', { width: 2, height: 2 })).toMatchObject({ ok: false, error: { code: 'ipc.refused' } })
    expect(await ask('probe.picture', { width: 16384, height: 16384 })).toMatchObject({ ok: false, error: { code: 'ipc.malformed' } })
    enough.abort()
    await outcome
  })
})

describe('what goes wrong has its code', () => {
  it('a display that is not there', async () => {
    const outcome = start({ dial: noDisplay })
    const { link } = await begin()
    expect(await ask('spice.open', { link, channel: 1, id: 0 })).toMatchObject({ ok: false, error: { code: 'spice.display-closed' } })
    void ask('probe.report', { ...report, channels: [], end: { kind: 'unreachable', detail: '' } })
    expect(await outcome).toMatchObject({ error: { code: 'spice.display-closed', detail: 'nobody there' } })
  })

  it('a server that says nothing, also when the page does not say so', async () => {
    const outcome = start()
    const { link } = await begin()
    await value('spice.open', { link, channel: 1, id: 0 })
    await clock.advance(10_000)
    await clock.advance(LAST_WORD_TIMEOUT)
    expect(await codeOf(outcome)).toBe('spice.timeout')
  })

  it('another link than the probe’s own', async () => {
    const outcome = start()
    await begin()
    expect(await ask('spice.open', { link: 'A'.repeat(22), channel: 1, id: 0 })).toMatchObject({ ok: false, error: { code: 'spice.channel-denied' } })
    enough.abort()
    await outcome
  })

  it('a session that never begins, a page that never reports, a page that is lost', async () => {
    let outcome = start()
    await begin()
    await clock.advance(LINK_TIMEOUT)
    expect(await codeOf(outcome)).toBe('spice.timeout')

    outcome = start()
    await begin()
    const wait = ask('probe.wait')
    await clock.advance(2000)
    await wait
    await clock.advance(REPORT_TIMEOUT)
    expect(await codeOf(outcome)).toBe('shell.renderer-crashed')

    outcome = start()
    await begin()
    shell.reload()
    expect(await codeOf(outcome)).toBe('shell.renderer-crashed')

    outcome = start()
    await begin()
    shell.end({ why: 'crashed', detail: 'gone' })
    expect(await codeOf(outcome)).toBe('shell.renderer-crashed')
  })

  it.each([
    [{ kind: 'refused', code: 7, detail: '' }, 'spice.ticket-refused'],
    [{ kind: 'refused', code: 3, detail: '' }, 'spice.link-failed'],
    [{ kind: 'protocol', detail: 'x' }, 'spice.link-failed'],
    [{ kind: 'timeout', detail: '' }, 'spice.timeout'],
    [{ kind: 'unreachable', detail: 'x' }, 'spice.display-closed'],
    [{ kind: 'server', code: 2, detail: '' }, 'spice.lost'],
    [{ kind: 'ended', detail: 'lost' }, 'spice.lost'],
    [{ kind: 'page', detail: 'TypeError' }, 'internal.bug'],
  ])('an end that the page alone saw: %j', async (end, code) => {
    const outcome = start()
    await begin()
    void ask('probe.report', { ...report, end })
    expect(await outcome).toMatchObject({ report: { end }, error: { code } })
  })
})
