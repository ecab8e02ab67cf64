// Why: the runner's promises: secrets have one owner and one end, cancelled work leaves nothing behind, and what the
// page asks is honoured only for the link it was given.
import { describe, expect, it } from 'vitest'
import { DesktopId } from '../../shared/desktop.ts'
import { App } from './app.ts'
import { office, setUp } from './app.testkit.ts'
import { defaultTimes } from './credentials/sign-on.ts'
import { AppError } from './errors.ts'
import { settle } from './testkit.ts'

describe('App', () => {
  it('goes from one sign-in to a console and keeps views coming', async () => {
    const t = setUp()
    await t.signIn()
    expect(t.app.view.screen).toBe('console')
    expect(t.hypervisor.calls).toEqual(['signIn ada', 'list', 'powerOn', 'openConsole'])
    const view = t.app.view
    if (view.screen !== 'console') throw new Error('not in the console')
    expect(view.sso).toMatchObject({ state: 'done', outcome: 'no-channel' })
    await t.command({ type: 'console', link: view.link, event: 'linked' })
    await t.command({ type: 'console', link: view.link, event: 'firstFrame' })
    expect(t.views.at(-1)).toMatchObject({ screen: 'console', status: 'connected' })
    expect(t.app.phases.view().filter((p) => p.status === 'done').map((p) => p.name)).toEqual(['authenticate', 'list', 'start', 'ticket', 'link', 'firstFrame'])
  })
  it('wipes the password at sign-out and shows the sign-in screen for the next person', async () => {
    const t = setUp()
    await t.signIn()
    expect(t.redactor.redact('hunter22')).toBe('[secret]')
    await t.command({ type: 'signOut' })
    expect(t.app.view).toMatchObject({ screen: 'signIn', user: '', notice: 'signed-out' })
    expect(t.hypervisor.seen?.disposed).toBe(true)
    expect(t.hypervisor.tickets.every((x) => x.disposed)).toBe(true)
    expect(t.redactor.size).toBe(0)
    expect(t.hypervisor.calls).toContain('close')
    expect(t.clock.pending).toBe(0)
  })
  it('wipes it after the time that IT allows, and says so at the next desktop', async () => {
    const t = setUp()
    t.hypervisor.desktops = [office, { ...office, id: DesktopId.parse('d2'), title: 'Lab' }]
    await t.signIn()
    await t.clock.advance(60_000)
    expect(t.hypervisor.seen?.disposed).toBe(true)
    await t.command({ type: 'pick', desktop: office.id })
    expect(t.app.view).toMatchObject({ screen: 'console', sso: { state: 'done', outcome: 'expired' } })
  })
  it('wipes it at once after the first sign-on with keepPasswordMinutes: 0', async () => {
    const t = setUp({ keepPasswordMs: 0 })
    await t.signIn()
    expect(t.hypervisor.seen?.disposed).toBe(true)
  })
  it('a second Enter changes nothing and leaves no second password behind', async () => {
    const t = setUp()
    const gate = Promise.withResolvers<void>()
    t.hypervisor.gate = gate.promise
    await t.signIn('first-password')
    await t.signIn('second-password', 'eve')
    expect(t.redactor.redact('second-password')).toBe('second-password')
    expect(t.redactor.redact('first-password')).toBe('[secret]')
    gate.resolve()
    await settle()
    expect(t.hypervisor.calls.filter((c) => c.startsWith('signIn'))).toEqual(['signIn ada'])
  })
  it('cancel while signing in closes a session that arrives late', async () => {
    const t = setUp()
    const gate = Promise.withResolvers<void>()
    t.hypervisor.gate = gate.promise
    await t.signIn()
    await t.command({ type: 'cancel' })
    expect(t.app.view).toMatchObject({ screen: 'signIn', notice: 'cancelled' })
    gate.resolve()
    await settle()
    expect(t.hypervisor.calls).toEqual(['signIn ada', 'close'])
    expect(t.app.view.screen).toBe('signIn')
    expect(t.redactor.size).toBe(0)
  })
  it.each(['signIn', 'list', 'powerOn', 'openConsole'] as const)('a failure of %s has its code, its trace id in the log, and a way back', async (where) => {
    const t = setUp()
    const error = new AppError(where === 'signIn' ? 'auth.rejected' : 'hypervisor.unavailable', 'the detail for IT')
    t.hypervisor.fail = { [where]: error }
    await t.signIn()
    const { view } = t.app
    expect(view).toMatchObject({ error: { code: error.code, traceId: error.traceId } })
    expect(JSON.stringify(view)).not.toContain('the detail for IT')
    expect(t.log.lines.some((l) => l.fields['trace'] === error.traceId && l.fields['detail'] === 'the detail for IT')).toBe(true)
    t.hypervisor.fail = {}
    if (view.screen === 'signIn') await t.signIn()
    else if (view.screen === 'desktops') await t.command({ type: 'refresh' })
    else await t.command({ type: 'retry' })
    expect(['console', 'desktops']).toContain(t.app.view.screen)
  })
  it('tells that no desktop is assigned', async () => {
    const t = setUp()
    t.hypervisor.desktops = []
    await t.signIn()
    expect(t.app.view).toMatchObject({ screen: 'desktops', error: { code: 'desktop.none-assigned' } })
  })
  it('goes on with the kept password after the connection broke', async () => {
    const t = setUp()
    await t.signIn()
    t.hypervisor.lose(new AppError('ssh.lost', 'gone'))
    await settle()
    expect(t.app.view).toMatchObject({ screen: 'failed', actions: ['retry', 'signOut'] })
    await t.command({ type: 'retry' })
    expect(t.app.view.screen).toBe('console')
    expect(t.hypervisor.calls.filter((c) => c === 'signIn ada')).toHaveLength(2)
  })
  it('opens SPICE channels only for the link of the moment', async () => {
    const t = setUp()
    await t.signIn()
    const { view } = t.app
    if (view.screen !== 'console') throw new Error('not in the console')
    expect(await t.request('spice.open', { link: view.link, channel: 1, id: 0 })).toMatchObject({ nonce: expect.stringMatching(/^[\w-]{16,}$/) as string })
    await t.command({ type: 'disconnect' })
    await expect(t.request('spice.open', { link: view.link, channel: 1, id: 0 })).rejects.toMatchObject({ code: 'spice.channel-denied' })
    await t.command({ type: 'console', link: view.link, event: 'firstFrame' })
    expect(t.app.view.screen).toBe('desktops')
  })
  it('ends the console when the page was reloaded under it, with a way back', async () => {
    const t = setUp()
    await t.signIn()
    t.app.attach(t.page)
    await settle()
    expect(t.app.view).toMatchObject({ screen: 'failed', error: { code: 'shell.renderer-crashed' }, actions: ['retry', 'dismiss', 'signOut'] })
  })
  it('switches the device off only as configured', async () => {
    const t = setUp()
    await t.command({ type: 'power', action: 'reboot' })
    await expect(t.command({ type: 'power', action: 'power-off' })).rejects.toMatchObject({ code: 'power.denied' })
    expect(t.power).toEqual(['reboot'])
  })
  it('shows a broken configuration and nothing else', async () => {
    const t = setUp()
    const blocked = new AppError('config.invalid', 'line 3')
    const app = new App({ ...t, driverFor: () => undefined, signOnFor: () => ({ enabled: false, times: { ...defaultTimes, agent: 1, confirm: 1 } }), keepPasswordMs: 0, audit: () => undefined, dialer: { dial: () => Promise.reject(blocked), runHelper: () => Promise.reject(blocked) }, settings: { endpoints: [], defaultUser: '', autoConnectSingle: true, onDisconnect: 'keep', linkTimeoutMs: 1, challengeTimeoutMs: 1, cleanupTimeoutMs: 1 }, bootstrap: { version: '0', locale: 'en', organisation: '', message: '', power: [], fullscreen: false, consoleEngine: 'spice-html5', clipboard: { policy: 'off', maxBytes: 0 }, sound: true, onDisconnect: 'keep' }, power: () => Promise.resolve(), malformed: () => undefined })
    app.start(blocked)
    expect(app.view).toEqual({ screen: 'blocked', error: { code: 'config.invalid', params: {}, traceId: blocked.traceId } })
    app.dispatch({ type: 'ui.signIn', endpoint: 'hq', user: 'ada' })
    expect(app.view.screen).toBe('blocked')
    await app.close()
  })
})
