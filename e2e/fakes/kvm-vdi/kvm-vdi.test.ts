// Why: the KVM-VDI driver against a dashboard that answers as the real one does, over real HTTP and TLS.
import { afterEach, describe, expect, it } from 'vitest'
import { authority } from '../../../electron/adapters/net/testkit-certificates.ts'
import { UndiciConnector } from '../../../electron/adapters/http/undici-connector.ts'
import { AppError } from '../../../electron/core/errors.ts'
import type { HypervisorSession } from '../../../electron/core/ports/driver.ts'
import type { ConfiguredFiles } from '../../../electron/core/ports/files.ts'
import { Redactor } from '../../../electron/core/redactor.ts'
import { Secret } from '../../../electron/core/secret.ts'
import { callContext, ManualClock, recordingLogger, settle } from '../../../electron/core/testkit.ts'
import { createKvmVdiDriver } from '../../../electron/drivers/kvm-vdi/driver.ts'
import { KvmVdiEndpoint } from '../../../shared/config/endpoint.ts'
import { DesktopId } from '../../../shared/desktop.ts'
import { startKvmVdi, type KvmVdiServer } from './server.ts'
import type { KvmVdiState } from './state.ts'

const open: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
})
const noFiles: ConfiguredFiles = { text: () => { throw new AppError('config.missing', 'none') }, secret: () => { throw new AppError('config.missing', 'none') } }

interface Rig {
  readonly server: KvmVdiServer
  readonly state: KvmVdiState
}

async function rig(more: Record<string, unknown> = {}, given?: KvmVdiServer, files: ConfiguredFiles = noFiles) {
  const server = given ?? (await startKvmVdi())
  open.push(() => server.close())
  server.state.person('ada', 'Tr0ub4dor&3 ü', [1, 2]).person('eve', 'pw', [1], true)
  server.state.pool(1, 'Office', [{ vmId: 11, name: 'office-1', state: 'shut', bootAsks: 2 }])
  server.state.pool(2, 'Lab <b>x</b>', [{ vmId: 21, name: 'lab-1' }, { vmId: 22, name: 'lab-2' }])
  const clock = new ManualClock()
  const redactor = new Redactor()
  const log = recordingLogger()
  const endpoint = KvmVdiEndpoint.parse({ id: 'x', label: 'X', kind: 'kvm-vdi', url: server.url, insecure: true, startSeconds: 20, ...more })
  const driver = createKvmVdiDriver({ endpoint: { ...endpoint, url: String(endpoint.url) }, http: new UndiciConnector(), files, redactor, clock })
  const box: { kept?: Secret } = {}
  const ctx = { ...callContext(), log }
  const signIn = async (user = 'ada', password = 'Tr0ub4dor&3 ü'): Promise<HypervisorSession> => {
    const outcome = await driver.signIn({ user, password: Secret.from(password, redactor), kept: () => box.kept }, ctx)
    if (outcome.kind !== 'signed-in') throw new Error('asked for more')
    open.push(() => outcome.session.close())
    return outcome.session
  }
  /** Runs a call whose pauses are the manual clock's. */
  const ticking = async <T>(work: Promise<T>): Promise<T> => {
    let done = false
    const end = work.finally(() => (done = true))
    end.catch(() => undefined)
    while (!done) {
      await settle(2)
      if (clock.pending > 0) await clock.advance(1000)
    }
    return await end
  }
  return { server, state: server.state, clock, redactor, log, driver, box, ctx, signIn, ticking }
}

const code = async (work: Promise<unknown>): Promise<unknown> => await work.then(() => 'nothing', (e: unknown) => (e as AppError).code)
const office = DesktopId.parse('pool:1')
const lab = DesktopId.parse('pool:2')
const pw = (text: string) => Secret.from(text, new Redactor())

describe('signing in', () => {
  it('local and directory people, with every character of the password', async () => {
    const t = await rig()
    expect((await (await t.signIn()).listDesktops(t.ctx)).map((d) => [d.id, d.title, d.power])).toEqual([['pool:2', 'Lab x', 'off'], ['pool:1', 'Office', 'off']])
    expect(await (await t.signIn('eve', 'pw')).listDesktops(t.ctx)).toHaveLength(1)
  })
  it('a wrong name or password is told, whichever way the dashboard says it', async () => {
    const t = await rig()
    expect(await code(t.signIn('ada', 'wrong'))).toBe('auth.rejected')
    expect(await code(t.signIn('nobody', 'x'))).toBe('auth.rejected')
    expect(t.state.sessions.size).toBe(0)
  })
  it('keeps to the configured address whatever the dashboard calls itself', async () => {
    const t = await rig()
    t.state.serviceUrl = 'http://internal.example/other'
    await t.signIn()
    expect(t.state.requests.slice(-2)).toEqual(['POST /kvm-vdi/client_pools.php', 'GET /kvm-vdi/client_pools.php'])
  })
  it('a page that is no dashboard is told as that', async () => {
    const t = await rig()
    t.server.intercept = (_req, res) => {
      res.writeHead(200, { 'content-type': 'text/html' }).end('<h1>It works!</h1>')
      return true
    }
    expect(await code(t.signIn())).toBe('hypervisor.protocol')
    t.server.intercept = (_req, res) => {
      res.writeHead(302, { location: 'https://login.example/saml' }).end()
      return true
    }
    expect(await code(t.signIn())).toBe('hypervisor.redirect')
    t.server.intercept = (_req, res) => {
      res.writeHead(503).end('<html>busy</html>')
      return true
    }
    expect(await code(t.signIn())).toBe('hypervisor.unavailable')
  })
  it('http:// needs insecure, https:// a certificate that is trusted', async () => {
    expect(await code(rig({ insecure: false }))).toBe('config.invalid')
    const ca = await authority()
    const server = await startKvmVdi(await ca.issue({ names: ['127.0.0.1'] }))
    const t = await rig({ insecure: false }, server)
    expect(await code(t.signIn())).toBe('tls.untrusted')
    expect(t.state.requests, 'nothing was sent').toEqual([])
    const trusted = await rig({ insecure: false, trust: { ca: '/ca.pem' } }, server, { ...noFiles, text: () => ca.cert })
    await trusted.driver.health?.(trusted.ctx)
    await trusted.signIn()
    const pinned = await rig({ insecure: false, trust: { sha256: '00'.repeat(32) } }, server)
    expect(await code(pinned.signIn())).toMatch(/^tls\./)
  })
})

describe('a desktop', () => {
  it('is started with the credentials, once at a time, and says so at the end', async () => {
    const t = await rig()
    const s = await t.signIn()
    const states: string[] = []
    await t.ticking(s.powerOn(office, (p) => states.push(p), t.ctx, { user: 'ada', password: pw('Tr0ub4dor&3 ü') }))
    expect(states).toEqual(['starting', 'starting', 'starting', 'running'])
    expect(t.state.machine('office-1').startedWith).toEqual({ username: 'ada', password: 'Tr0ub4dor&3 ü' })
    expect(await s.credentialPath(office, t.ctx)).toEqual({ kind: 'at-start', delivered: true })
    const grant = await s.openConsole(office, t.ctx)
    expect(grant.hops).toEqual([{ via: 'tcp', host: '127.0.0.1', port: 5900 }])
    expect(grant.ticket?.use((b) => b.toString())).toBe(t.state.display.password)
    expect(await s.powerState(office, t.ctx)).toBe('running')
  })
  it('that runs already was given nothing', async () => {
    const t = await rig()
    const s = await t.signIn()
    await s.powerOn(lab, () => undefined, t.ctx, { user: 'ada', password: pw('x') })
    expect(await s.credentialPath(lab, t.ctx)).toEqual({ kind: 'at-start', delivered: false })
    expect(t.state.machine('lab-1').startedWith).toBeUndefined()
  })
  it('a password that a shell would touch stays here, and the desktop starts without it', async () => {
    const t = await rig()
    const s = await t.signIn()
    await t.ticking(s.powerOn(office, () => undefined, t.ctx, { user: 'ada', password: pw('$(reboot)') }))
    expect(t.state.machine('office-1').startedWith).toEqual({ username: '', password: '' })
    expect(await s.credentialPath(office, t.ctx)).toMatchObject({ kind: 'at-start', delivered: false, refused: { code: 'auth.unsafe-characters' } })
    const u = await rig({ allowUnsafeCharacters: true })
    const v = await u.signIn()
    await u.ticking(v.powerOn(office, () => undefined, u.ctx, { user: 'ada', password: pw("it's") }))
    expect(u.state.machine('office-1').startedWith?.password, 'altered by the dashboard, as it does').toBe("it\\'s")
  })
  it.each([
    ['desktop.pool-empty', ({ state }: Rig): void => { state.machine('office-1').usedBy = 'eve' }],
    ['desktop.maintenance', ({ state }: Rig): void => { state.machine('office-1').maintenance = true }],
    ['desktop.start-failed', ({ state }: Rig): void => { state.machine('office-1').state = 'running'; state.displayFails = true }],
    ['desktop.start-timeout', ({ state }: Rig): void => { state.machine('office-1').bootAsks = 1000 }],
  ] as const)('%s', async (expected, make) => {
    const t = await rig()
    const s = await t.signIn()
    make(t)
    expect(await code(t.ticking(s.powerOn(office, () => undefined, t.ctx)))).toBe(expected)
  })
  it('starting can be left', async () => {
    const t = await rig()
    const s = await t.signIn()
    t.state.machine('office-1').bootAsks = 1000
    const abort = new AbortController()
    const work = code(s.powerOn(office, () => abort.abort(), { ...t.ctx, signal: abort.signal }))
    expect(await work).toBe('cancelled')
    expect(t.clock.pending).toBe(0)
  })
  it('is shut down by its own number', async () => {
    const t = await rig()
    const s = await t.signIn()
    await s.powerOn(lab, () => undefined, t.ctx)
    await s.act?.(lab, 'shutdown', t.ctx)
    expect(t.state.machine('lab-1').state).toBe('shut')
    expect(await code(s.act?.(lab, 'reboot', t.ctx) ?? Promise.resolve())).toBe('desktop.action-failed')
  })
  it('OpenStack is asked elsewhere and named by its number', async () => {
    const t = await rig()
    t.state.engine = 'OpenStack'
    const s = await t.signIn()
    await s.powerOn(lab, () => undefined, t.ctx)
    await s.openConsole(lab, t.ctx)
    s.attended?.(lab, true, t.ctx)
    await expect.poll(() => t.state.machine('lab-1').beats).toBe(1)
    expect(t.state.requests).toContain('POST /kvm-vdi/inc/infrastructure/OpenStack/GetClientConnection.php')
  })
})

describe('somebody without pools', () => {
  it('has no desktops, which is no reason to sign in again', async () => {
    const t = await rig()
    t.state.person('new', 'x', [])
    expect(await (await t.signIn('new', 'x')).listDesktops(t.ctx)).toEqual([])
  })
})

describe('while it is used', () => {
  it('the dashboard hears of it, and a missed beat is told and made up for', async () => {
    const t = await rig()
    const s = await t.signIn()
    await s.powerOn(lab, () => undefined, t.ctx)
    await s.openConsole(lab, t.ctx)
    s.attended?.(lab, true, t.ctx)
    const { beats } = { beats: () => t.state.machine('lab-1').beats }
    await expect.poll(beats).toBe(1)
    await expect.poll(() => t.clock.pending).toBe(1)
    t.server.intercept = (req, res) => {
      if (!req.url?.endsWith('client_hb.php')) return false
      res.writeHead(500).end()
      return true
    }
    await t.clock.advance(30_000)
    const told = async (level: string): Promise<number> => {
      await t.clock.advance(0)
      return t.log.lines.filter((l) => l.level === level && l.fields['missed'] !== undefined).length
    }
    await expect.poll(() => told('error')).toBe(1)
    expect(await told('warn')).toBe(1)
    t.server.intercept = undefined
    await expect.poll(() => t.clock.pending).toBe(1)
    await t.clock.advance(3000)
    await expect.poll(beats).toBe(2)
    s.attended?.(lab, false, t.ctx)
    expect(t.clock.pending).toBe(0)
  })
  it('a session that ended is opened again while the password is kept', async () => {
    const t = await rig()
    const s = await t.signIn()
    t.box.kept = pw('Tr0ub4dor&3 ü')
    t.state.sessions.clear()
    expect(await s.listDesktops(t.ctx)).toHaveLength(2)
    t.state.sessions.clear()
    await s.powerOn(lab, () => undefined, t.ctx)
  })
  it('and is told as lost when it is not, or no longer right', async () => {
    const t = await rig()
    const s = await t.signIn()
    const lost: unknown[] = []
    s.onLost((why) => lost.push(why?.code))
    t.state.sessions.clear()
    expect(await code(s.listDesktops(t.ctx))).toBe('hypervisor.session-ended')
    const u = await rig()
    const v = await u.signIn()
    v.onLost((why) => lost.push(why?.code))
    u.box.kept = pw('changed meanwhile')
    u.state.sessions.clear()
    expect(await code(v.powerOn(lab, () => undefined, u.ctx))).toBe('hypervisor.session-ended')
    expect(lost).toEqual(['hypervisor.session-ended', 'hypervisor.session-ended'])
  })
  it('signing out ends the session there', async () => {
    const t = await rig()
    const s = await t.signIn()
    await s.close()
    expect(t.state.sessions.size).toBe(0)
    await s.close()
  })
})
