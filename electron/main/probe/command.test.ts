import { duplexPair } from 'node:stream'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { ProbeReport, ProbeStart } from '../../../shared/ipc/probe.ts'
import type { Reply } from '../../../shared/ipc/contract.ts'
import { AppError } from '../../core/errors.ts'
import { silentLogger } from '../../core/ports/logger.ts'
import { Redactor } from '../../core/redactor.ts'
import { ManualClock } from '../../core/testkit.ts'
import { MemoryShell, type FakeWindow } from '../../shells/memory-shell.testkit.ts'
import { probeCommand, type ProbeCommand } from './command.ts'

const report: ProbeReport = { channels: [{ type: 1, id: 0, bytes: 9, messages: 2, lost: 0 }], seconds: 2, draws: 1, pixels: 1, images: { QUIC: 1 }, decodeMs: 0, presentedFrames: 1, longTasksMs: 0 }

let dir: string
/** What the page reports. */
let says: ProbeReport
let shells: number
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'latchkey-probe-'))
  says = report
  shells = 0
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

/** A page that measures nothing, shows a red pixel beside a blue one, and reports. */
async function page({ latchkey, addEventListener }: { latchkey: FakeWindow['latchkey']; addEventListener: FakeWindow['addEventListener'] }): Promise<void> {
  const value = <T>(reply: Reply): T => (reply.ok ? (reply.value as T) : undefined) as T
  addEventListener('message', ({ ports: [port] }) => {
    port?.postMessage(Uint8Array.of(255, 0, 0, 255, 0, 0, 255, 255).buffer)
    port?.close()
  })
  const { picture } = value<ProbeStart>(await latchkey.request('probe.start', { protocol: 1 }))
  if (picture && says.end === undefined) await latchkey.request('probe.picture', { width: 2, height: 1 })
  await latchkey.request('probe.report', says)
}

async function run(o: Partial<ProbeCommand>): Promise<{ status: number; out: string; err: string }> {
  let [out, err] = ['', '']
  const dial = (): Promise<never> => Promise.reject(new AppError('spice.display-closed', 'not asked'))
  const status = await probeCommand(
    { target: 'spice://h:5900', seconds: 1, screenshot: undefined, ticketFile: undefined, json: false, ...o },
    {
      clock: new ManualClock(),
      log: silentLogger,
      redactor: new Redactor(),
      dialer: { dial, runHelper: dial },
      shell: () => {
        shells++
        const shell = new MemoryShell()
        shell.onLoad = (window) => void page({ latchkey: window.latchkey, addEventListener: (...a) => window.addEventListener(...a) })
        return Promise.resolve(shell)
      },
      enough: new AbortController().signal,
      stdin: duplexPair()[0],
      out: (t) => void (out += t),
      err: (t) => void (err += t),
    },
  )
  return { status, out: out.replaceAll(dir, 'DIR'), err: err.replaceAll(dir, 'DIR') }
}

it('prints what was measured, for a person or as one line of JSON', async () => {
  const words = await run({})
  expect(words).toMatchObject({ status: 0, err: '' })
  expect(words.out).toContain('display     h:5900, connected for 2.0 s\n')
  const { status, out, err } = await run({ json: true })
  expect([status, err, out.indexOf('\n')]).toEqual([0, '', out.length - 1])
  expect(JSON.parse(out)).toMatchObject({ ok: true, messages: 2, images: { QUIC: 1 } })
})

it('writes the picture', async () => {
  const { status, out } = await run({ screenshot: join(dir, 'a.png') })
  expect(status).toBe(0)
  expect(out).toContain('picture     DIR/a.png, 2 × 1\n')
  expect(readFileSync(join(dir, 'a.png')).subarray(1, 4).toString()).toBe('PNG')
  expect(statSync(join(dir, 'a.png')).mode & 0o777).toBe(0o600)
})

it('starts no browser for what cannot succeed', async () => {
  expect(await run({ screenshot: join(dir, 'none/a.png') })).toEqual({ status: 64, out: '', err: 'latchkey probe: cli.usage: --screenshot: there is no folder DIR/none\n' })
  expect(await run({ target: join(dir, 'none.vv'), json: true })).toMatchObject({ status: 66, err: '' })
  expect(shells).toBe(0)
})

it('an error goes to standard error with its advice, or into the JSON, and decides the status', async () => {
  says = { ...report, end: { kind: 'refused', code: 7, detail: '' } }
  const { status, out, err } = await run({ screenshot: join(dir, 'a.png') })
  expect(status).toBe(77)
  expect(out).toContain('channels    main\n')
  expect(err).toContain('latchkey probe: spice.ticket-refused: the server refused the ticket\n')
  expect(err).toContain('--ticket-file')
  const json = await run({ json: true })
  expect(json).toMatchObject({ status: 77, err: '' })
  expect(JSON.parse(json.out)).toMatchObject({ ok: false, error: { code: 'spice.ticket-refused' }, messages: 2 })
})

it('never prints a password, wherever it came from', async () => {
  writeFileSync(join(dir, 'ticket'), 'open sesame\n')
  says = { ...report, end: { kind: 'protocol', detail: 'the server echoes open sesame' } }
  const { out, err } = await run({ ticketFile: join(dir, 'ticket') })
  expect(out + err).not.toContain('open sesame')
  // Its route is wrong, so the address was not understood; it is not quoted all the same.
  const wrong = await run({ target: 'spice://h:1x?password=hunter22' })
  expect(wrong.status).toBe(78)
  expect(wrong.out + wrong.err).not.toContain('hunter22')
})
