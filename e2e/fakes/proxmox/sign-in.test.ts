// Why: who comes in and for how long: realms, second steps, tickets that renew themselves, and IT's token that must not be
// a way around a person's rights.
import { describe, expect, it } from 'vitest'
import { driven } from '../../../electron/drivers/http-contract/driver-rig.testkit.ts'
import { authenticate } from './access.ts'
import { challenged, closeAfterwards, closing, code, ctx, outcome, rigged, secret, session } from './harness.ts'
import { ADA, proxmoxRig, RIGHTS, type ProxmoxRig } from './rig.ts'

closeAfterwards()

describe('signing in', () => {
  it('takes the realm that is typed, and the configured one otherwise', async () => {
    const rig = await rigged()
    rig.pve.state.people.set('ada@example.com@ldap1', { password: 'of the directory' })
    rig.pve.state.grant('ada@example.com@ldap1', '/vms/100', RIGHTS)
    await (await session(rig, { user: 'ada@pve' })).listDesktops(ctx)
    await (await session(rig, { user: 'ada@example.com@ldap1', password: 'of the directory' })).listDesktops(ctx)
    expect(await code(outcome(rig, { user: 'ada@pam' }))).toBe('auth.rejected')
    expect(await code(outcome(rig, { user: 'a'.repeat(61) }))).toBe('auth.input')
  })
  it('is refused to an account that is off or over, in no other words than a wrong password', async () => {
    const rig = await rigged()
    rig.pve.state.people.set('ada@pve', { password: ADA.password, enable: false })
    expect(await code(outcome(rig))).toBe('auth.rejected')
    rig.pve.state.people.set('ada@pve', { password: ADA.password, expire: rig.pve.state.seconds - 1 })
    expect(await code(outcome(rig))).toBe('auth.rejected')
  })
  it('a recovery key answers where a code is asked for, once', async () => {
    const rig = await rigged()
    const key = '0123-4567-89ab-cdef'
    rig.pve.state.people.get('ada@pve')!.tfa = { totp: '123456', recovery: [key, 'ffff-ffff-ffff-ffff'] }
    const asked = await challenged(rig)
    expect(asked.challenge).toEqual({ kind: 'totp', prompt: '' })
    expect((await asked.answer(secret(rig, key), ctx)).kind).toBe('signed-in')
    expect(await code((await challenged(rig)).answer(secret(rig, key), ctx))).toBe('auth.challenge-rejected')
  })
  it.each([
    [{ recovery: ['0123-4567-89ab-cdef'] }, { kind: 'text', prompt: 'Recovery Key' }, '0123-4567-89ab-cdef'],
    [{ yubico: 'ccccccexample' }, { kind: 'text', prompt: 'Yubico OTP' }, 'ccccccexample'],
  ])('%j is asked for as text', async (tfa, challenge, answer) => {
    const rig = await rigged()
    rig.pve.state.people.get('ada@pve')!.tfa = tfa
    const asked = await challenged(rig)
    expect(asked.challenge).toEqual(challenge)
    expect((await asked.answer(secret(rig, answer), ctx)).kind).toBe('signed-in')
  })
  it('a security key alone is told as something that cannot be used here', async () => {
    const rig = await rigged()
    const before = rig.redactor.size
    rig.pve.state.people.get('ada@pve')!.tfa = { webauthn: true }
    expect(await code(outcome(rig))).toBe('auth.unsupported')
    expect(rig.redactor.size).toBe(before + 1)
  })
  it('without a driver: the double takes no write without its CSRF token, and no half ticket', async () => {
    const { pve } = await rigged()
    const ask = (ticket: string, csrf?: string): unknown =>
      authenticate({ method: 'POST', path: '', query: new URLSearchParams(), body: '', headers: { cookie: `PVEAuthCookie=${encodeURIComponent(ticket)}`, ...(csrf !== undefined && { csrfpreventiontoken: csrf }) } }, pve.state)
    const full = pve.state.ticket('ada@pve')
    expect(ask(full)).toMatchObject({ status: 401, reason: 'Permission denied - invalid csrf token' })
    expect(ask(full, pve.state.csrf('eve@pve'))).toMatchObject({ status: 401 })
    expect(ask(full, pve.state.csrf('ada@pve'))).toBe('ada@pve')
    expect(ask(pve.state.ticket('!tfa!{}', 'ada@pve'), pve.state.csrf('ada@pve'))).toMatchObject({ status: 401 })
  })
})

describe('a ticket', () => {
  const hours = async (rig: ProxmoxRig, count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      rig.pve.state.now += 3_600_000
      const before = rig.requests()
      await rig.clock.advance(3_600_000)
      await expect.poll(() => rig.requests()).toBeGreaterThan(before)
      await expect.poll(() => rig.inFlight()).toBe(0)
    }
  }
  it('renews itself, without a password and without a second step', async () => {
    const rig = await rigged()
    rig.challenge!()
    const done = await (await challenged(rig)).answer(secret(rig, '123456'), ctx)
    if (done.kind !== 'signed-in') throw new Error('it asks for more')
    closing.push(() => done.session.close())
    await hours(rig, 5)
    expect((await done.session.listDesktops(ctx)).length).toBe(1)
    expect(rig.openSessions()).toBe(1)
    await done.session.close()
    expect(rig.clock.pending).toBe(0)
  })
  it('that cannot be renewed now is tried again', async () => {
    const rig = await rigged()
    const s = await session(rig)
    rig.fault('503')
    await hours(rig, 1)
    rig.fault(undefined)
    const before = rig.requests()
    await rig.clock.advance(300_000)
    await expect.poll(() => rig.requests()).toBe(before + 1)
    await expect.poll(() => rig.inFlight()).toBe(0)
    rig.pve.state.now += 3_600_000 + 300_000
    await s.listDesktops(ctx)
  })
  it('that is over is replaced once, however many requests learn of it', async () => {
    const rig = await rigged()
    const kept = secret(rig, ADA.password)
    const s = await session(rig, { kept: () => kept })
    rig.expireSessions()
    await Promise.all([s.listDesktops(ctx), s.powerState(rig.desktop, ctx)])
    expect(rig.pve.http.requests.filter((r) => r === 'POST /api2/json/access/ticket')).toHaveLength(2)
  })
  it('that is over needs the second step again, which only the person can do: told once as lost', async () => {
    const rig = await rigged()
    const kept = secret(rig, ADA.password)
    const s = await session(rig, { kept: () => kept })
    const lost: (string | undefined)[] = []
    s.onLost((why) => lost.push(why?.code))
    rig.challenge!()
    rig.expireSessions()
    expect(await code(s.listDesktops(ctx))).toBe('hypervisor.session-ended')
    const before = rig.requests()
    expect(await code(s.powerState(rig.desktop, ctx))).toBe('hypervisor.session-ended')
    expect(rig.requests()).toBe(before)
    expect(lost).toEqual(['hypervisor.session-ended'])
  })
})

const TOKEN = 'kiosk@pve!latchkey=0c5e2b1a-6f0d-4a8e-9a57-2f0e6f3d9b11'

describe('an API token', () => {
  async function byToken(): Promise<ProxmoxRig> {
    const rig = await rigged({ token: TOKEN })
    const { state } = rig.pve
    const [id = '', value = ''] = TOKEN.split('=')
    state.people.set('kiosk@pve', { password: 'nobody signs in with it' })
    state.tokens.set(id, { secret: value, privsep: false })
    state.grant('kiosk@pve', '/vms', RIGHTS)
    state.grant('kiosk@pve', '/access', ['Sys.Audit'])
    state.addVm(300, { name: 'of-somebody-else', status: 'running', qmpstatus: 'running' })
    rig.running()
    return rig
  }
  it('does the work, and what is a person\'s stays decided by the person\'s rights', async () => {
    const rig = await byToken()
    const s = await session(rig)
    expect(rig.openSessions(), 'nobody keeps the ticket that proved the person').toBe(0)
    expect((await s.listDesktops(ctx)).map((d) => d.title)).toEqual(['ada-desk'])
    const grant = await s.openConsole(rig.desktop, ctx)
    expect(rig.accepts(grant)).toBe(true)
    grant.ticket?.dispose()
    const others = '300' as typeof rig.desktop
    for (const work of [() => s.openConsole(others, ctx), () => s.powerState(others, ctx), () => s.credentialPath(others, ctx), () => s.act!(others, 'off', ctx)]) expect(await code(work())).toBe('desktop.not-found')
    expect(rig.pve.state.vms.get(300)).not.toHaveProperty('display')
    expect(rig.pve.state.tasks.size).toBe(0)
  })
  it('is no way around NoAccess on one VM of many', async () => {
    const rig = await byToken()
    rig.pve.state.grant('ada@pve', '/vms', RIGHTS)
    rig.pve.state.grant('ada@pve', '/vms/300', [])
    const s = await session(rig)
    expect(await code(s.openConsole('300' as typeof rig.desktop, ctx))).toBe('desktop.not-found')
  })
  it('switches nothing for somebody who may only look', async () => {
    const rig = await byToken()
    rig.pve.state.acls.splice(0, 1)
    rig.pve.state.grant('ada@pve', '/vms/100', ['VM.Audit', 'VM.Console'])
    const s = await session(rig)
    expect(await code(s.act!(rig.desktop, 'off', ctx))).toBe('hypervisor.denied')
    rig.vm.status = 'stopped'
    expect(await code(driven(rig, s.powerOn(rig.desktop, () => undefined, ctx)))).toBe('hypervisor.denied')
    expect(rig.pve.state.tasks.size).toBe(0)
  })
  it('that is wrong, or may not read rights, is told as IT\'s affair', async () => {
    const rig = await byToken()
    const s = await session(rig)
    rig.pve.state.acls.splice(rig.pve.state.acls.findIndex((a) => a.path === '/access'), 1)
    expect(await code(s.listDesktops(ctx))).toBe('hypervisor.denied')
    rig.pve.state.tokens.clear()
    expect(await code(s.listDesktops(ctx))).toBe('hypervisor.denied')
    await expect(proxmoxRig({ token: 'kiosk@pve=oops' })).rejects.toMatchObject({ code: 'config.invalid' })
  })
  it('still checks the person, second step included', async () => {
    const rig = await byToken()
    expect(await code(outcome(rig, { password: 'wrong' }))).toBe('auth.rejected')
    rig.challenge!()
    const done = await (await challenged(rig)).answer(secret(rig, '123456'), ctx)
    expect(done.kind).toBe('signed-in')
    expect(rig.openSessions()).toBe(0)
  })
})
