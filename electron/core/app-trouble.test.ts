// Why: what goes wrong between the effects: things that come late, that hang, that overlap, that a hostile page or
// guest does on purpose. Each test is an accident that happened or could have.
import { Duplex, duplexPair } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { DesktopId } from '../../shared/desktop.ts'
import type { LinkId } from '../../shared/view/ui-command.ts'
import { office, setUp } from './app.testkit.ts'
import { AppError } from './errors.ts'
import type { CredentialPath } from './ports/driver.ts'
import type { SshConnection } from './ports/ssh.ts'
import { settle } from './testkit.ts'

const channel: CredentialPath = { kind: 'guest-channel', name: 'com.kvm-vdi.0', hops: [{ via: 'ssh-unix', ssh: { connection: {} as SshConnection }, path: '/run/channel' }], guestConnected: undefined, helper: undefined }
const lab = { ...office, id: DesktopId.parse('d2'), title: 'Lab' }

/** A guest whose channel takes what is written and never says so. */
class Stuck extends Duplex {
  override _read(): void {}
  override _write(): void {}
}

/** A dialler whose guest the test plays. */
function guests() {
  const all: Duplex[] = []
  const dial = (): Promise<Duplex> => {
    const [ours, theirs] = duplexPair()
    theirs.on('error', () => undefined)
    theirs.resume()
    all.push(theirs)
    return Promise.resolve(ours)
  }
  return { all, dial, say: (m: object) => void all.at(-1)?.write(JSON.stringify(m) + '\n') }
}

type Rig = ReturnType<typeof setUp>
const link = (t: Rig): LinkId => {
  const { view } = t.app
  if (view.screen !== 'console') throw new Error(`no console but ${view.screen}`)
  return view.link
}
const phase = (t: Rig, name: string): { status: string; ms?: number | undefined } | undefined => t.app.phases.view().find((p) => p.name === name)

describe('leaving', () => {
  it('closes the connection although the guest does not take the last word', async () => {
    const t = setUp({ onDisconnect: 'lock', dial: () => Promise.resolve(new Stuck()) })
    t.hypervisor.path = channel
    await t.signIn()
    await t.command({ type: 'signOut' })
    expect(t.hypervisor.calls).not.toContain('close')
    await t.clock.advance(1000)
    expect(t.hypervisor.calls).toContain('close')
    expect(t.app.view.screen).toBe('signIn')
    expect(t.clock.pending).toBe(0)
    expect(t.redactor.size).toBe(0)
  })
  it('ends the process although a connection does not close', async () => {
    const t = setUp()
    t.hypervisor.closing = new Promise(() => undefined)
    await t.signIn()
    let closed = false
    void t.app.close().then(() => (closed = true))
    await settle()
    expect(closed).toBe(false)
    await t.clock.advance(3000)
    expect(closed).toBe(true)
    expect(t.clock.pending).toBe(0)
  })
  it('one that hangs does not keep the next person\'s connection open', async () => {
    const t = setUp()
    t.hypervisor.closing = new Promise(() => undefined)
    await t.signIn()
    await t.command({ type: 'signOut' })
    await t.clock.advance(3000)
    await t.signIn()
    await t.command({ type: 'signOut' })
    expect(t.hypervisor.calls.filter((c) => c === 'close')).toHaveLength(2)
  })
  it('zeroes every secret at once where there is no time', async () => {
    const t = setUp()
    await t.signIn()
    t.app.wipe()
    expect(t.hypervisor.seen?.disposed).toBe(true)
    expect(t.hypervisor.tickets.every((x) => x.disposed)).toBe(true)
    expect(t.redactor.size).toBe(0)
  })
  it('is on record: the console\'s end before the sign-out, a lost connection by name', async () => {
    const t = setUp()
    await t.signIn()
    await t.command({ type: 'console', link: link(t), event: 'firstFrame' })
    await t.command({ type: 'signOut' })
    expect(t.audits.slice(-3)).toEqual(['console-opened', 'console-closed', 'sign-out'])
    await t.signIn()
    await t.command({ type: 'console', link: link(t), event: 'firstFrame' })
    t.hypervisor.lose(new AppError('ssh.lost', 'gone'))
    expect(t.audits.slice(-2)).toEqual(['console-closed ssh.lost', 'connection-lost ssh.lost'])
  })
})

describe('the password', () => {
  it('of the next person is not taken by the late end of an old visit', async () => {
    const t = setUp({ keepPasswordMs: 0 })
    const late = Promise.withResolvers<void>()
    t.hypervisor.pathGate = late.promise
    t.hypervisor.path = channel
    await t.signIn('first-password')
    await t.command({ type: 'signOut' })
    t.hypervisor.pathGate = Promise.resolve()
    t.hypervisor.desktops = [office, lab]
    await t.signIn('second-password', 'eve')
    const second = t.hypervisor.seen
    late.resolve()
    await settle()
    expect(second?.disposed).toBe(false)
    expect(t.redactor.redact('first-password')).toBe('first-password')
  })
  it('that was wiped while the channel was looked for does not cut the attempt', async () => {
    const g = guests()
    const t = setUp({ keepPasswordMs: 60_000, dial: g.dial })
    const gate = Promise.withResolvers<void>()
    t.hypervisor.pathGate = gate.promise
    t.hypervisor.path = channel
    await t.signIn()
    await t.clock.advance(60_000 - 1)
    // The link's own time limit has passed by now; the person is back with the visit over: pick again first.
    await t.command({ type: 'retry' })
    await t.clock.advance(1)
    expect(t.hypervisor.seen?.disposed).toBe(true)
    gate.resolve()
    await settle()
    g.say({ __name__: 'active-user', name: 'ada' })
    await settle(10)
    expect(t.app.view).toMatchObject({ screen: 'console', sso: { state: 'done', outcome: 'already-signed-in' } })
    expect(t.redactor.redact('hunter22')).toBe('hunter22')
  })
  it('is not wiped in the middle of the handshake that it is kept for', async () => {
    const t = setUp({ keepPasswordMs: 60_000 })
    await t.signIn()
    await t.clock.advance(15_000)
    t.hypervisor.lose(new AppError('ssh.lost', 'gone'))
    const gate = Promise.withResolvers<void>()
    t.hypervisor.gate = gate.promise
    await t.command({ type: 'retry' })
    await t.clock.advance(50_000)
    expect(t.hypervisor.seen?.disposed).toBe(false)
    gate.resolve()
    await settle(10)
    expect(t.app.view.screen).toBe('console')
    await t.clock.advance(60_000)
    expect(t.hypervisor.seen?.disposed).toBe(true)
  })
  it('that is no longer kept when the person wants to go on is asked for by name', async () => {
    const t = setUp({ keepPasswordMs: 60_000 })
    await t.signIn()
    t.hypervisor.lose(new AppError('ssh.lost', 'gone'))
    await t.clock.advance(60_000)
    await t.command({ type: 'retry' })
    expect(t.app.view).toMatchObject({ screen: 'signIn', user: 'ada', error: { code: 'agent.password-gone' } })
  })
})

describe('a lost connection', () => {
  it('is closed on our side too', async () => {
    const t = setUp()
    await t.signIn()
    t.hypervisor.lose(new AppError('ssh.lost', 'gone'))
    expect(t.hypervisor.calls.filter((c) => c === 'close')).toHaveLength(1)
  })
  it('while signing in anew remembers the desktop', async () => {
    const t = setUp()
    t.hypervisor.desktops = [office, lab]
    await t.signIn()
    await t.command({ type: 'pick', desktop: lab.id })
    t.hypervisor.lose(new AppError('ssh.lost', 'gone'))
    const gate = Promise.withResolvers<void>()
    await settle()
    t.hypervisor.gate = gate.promise
    await t.command({ type: 'retry' })
    gate.resolve()
    t.hypervisor.gate = gate.promise.then(() => settle(1))
    await settle(1)
    t.hypervisor.lose(new AppError('ssh.lost', 'gone again'))
    await settle(10)
    expect(t.app.view).toMatchObject({ screen: 'failed', desktop: { id: lab.id } })
  })
})

describe('figures and records', () => {
  it('a console that never shows a picture has its reference in the log and its phase as failed', async () => {
    const t = setUp()
    await t.signIn()
    await t.clock.advance(20_000)
    const { view } = t.app
    if (view.screen !== 'failed') throw new Error('not failed')
    expect(view.error.code).toBe('spice.timeout')
    expect(t.log.lines.some((l) => l.fields['trace'] === view.error.traceId && l.fields['code'] === 'spice.timeout')).toBe(true)
    expect(phase(t, 'link')?.status).toBe('failed')
  })
  it('reading the list anew does not count as part of the sign-in, nor leave a phase running', async () => {
    const t = setUp()
    t.hypervisor.desktops = [office, lab]
    await t.signIn()
    const first = phase(t, 'list')
    t.hypervisor.gate = new Promise(() => undefined)
    await t.command({ type: 'refresh' })
    await t.clock.advance(5000)
    expect(phase(t, 'list')).toEqual(first)
    t.hypervisor.gate = Promise.resolve()
    await t.command({ type: 'pick', desktop: lab.id })
    expect(phase(t, 'list')).toEqual(first)
  })
  it('a start that was cancelled is not left running in the figures', async () => {
    const t = setUp()
    await t.signIn()
    await t.command({ type: 'disconnect' })
    t.hypervisor.gate = new Promise(() => undefined)
    await t.command({ type: 'pick', desktop: office.id })
    expect(phase(t, 'start')?.status).toBe('running')
    await t.command({ type: 'cancel' })
    expect(phase(t, 'start')?.status).toBe('skipped')
  })
  it('a second sign-on shows its own figures', async () => {
    const g = guests()
    const t = setUp({ keepPasswordMs: 600_000, dial: g.dial })
    t.hypervisor.path = channel
    await t.signIn()
    g.say({ __name__: 'active-user', name: 'None' })
    await settle()
    await t.clock.advance(45_000)
    // Not confirmed; the link's limit has passed as well, so the visit is a new one.
    await t.command({ type: 'retry' })
    await t.command({ type: 'console', link: link(t), event: 'firstFrame' })
    g.say({ __name__: 'active-user', name: 'None' })
    await settle()
    await t.clock.advance(45_000)
    expect(phase(t, 'confirm')).toMatchObject({ status: 'failed', ms: 45_000 })
    await t.command({ type: 'signOnAgain' })
    expect([phase(t, 'agent')?.status, phase(t, 'inject')?.status, phase(t, 'confirm')?.status]).toEqual(['running', 'waiting', 'waiting'])
    g.say({ __name__: 'active-user', name: 'ada' })
    await settle(10)
    expect([phase(t, 'agent')?.status, phase(t, 'inject')?.status, phase(t, 'confirm')?.status]).toEqual(['done', 'skipped', 'skipped'])
  })
  it('whoever watches sees each state once, in order', async () => {
    const t = setUp()
    t.hypervisor.path = channel
    const seen: string[] = []
    t.app.observe((s) => seen.push('at' in s ? `${s.name} ${s.at.sso.state}` : s.name))
    await t.signIn()
    expect(seen).toEqual(['authenticating', 'preparing idle', 'preparing idle', 'preparing idle', 'preparing running', 'connecting running'])
  })
})

describe('a page that is not ours', () => {
  it('is on record for each message that breaks the contract', () => {
    const t = setUp()
    t.breakContract({ request: 'ui.command', count: 1 })
    expect(t.malformed).toEqual(['ui.command 1'])
  })
  it('is told when nobody in the guest can be told', async () => {
    const t = setUp()
    await t.signIn()
    await expect(t.command({ type: 'guest', action: 'lock' })).rejects.toMatchObject({ code: 'agent.silent' })
  })
  it('a view that breaks the contract stays here and ends nothing', async () => {
    const t = setUp()
    t.page.emit = () => {
      throw new AppError('internal.bug', 'event view.changed breaks the contract')
    }
    await t.signIn()
    expect(t.app.view.screen).toBe('console')
    expect(t.log.lines.some((l) => l.level === 'error' && l.msg === 'a view was not sent')).toBe(true)
  })
  it('reloaded while the desktop is being prepared finds its place again', async () => {
    const t = setUp()
    const gate = Promise.withResolvers<void>()
    await t.signIn()
    await t.command({ type: 'disconnect' })
    t.hypervisor.gate = gate.promise
    await t.command({ type: 'pick', desktop: office.id })
    t.app.attach(t.page)
    expect(await t.request('app.start', { protocol: 1 })).toMatchObject({ view: { screen: 'preparing' } })
    gate.resolve()
    await settle(10)
    expect(t.app.view.screen).toBe('console')
  })
})
