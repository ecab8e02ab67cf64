import { afterEach, describe, expect, it } from 'vitest'
import type { CredentialPath, HypervisorSession } from '../../../electron/core/ports/driver.ts'
import { Secret } from '../../../electron/core/secret.ts'
import { callContext } from '../../../electron/core/testkit.ts'
import { driven, failure } from '../../../electron/drivers/http-contract/driver-rig.testkit.ts'
import type { DesktopId, PowerState } from '../../../shared/desktop.ts'
import { ADA, ovirtRig, type OvirtRig } from './rig.ts'
import type { EngineOptions } from './server.ts'
import { TOKEN_SECONDS } from './state.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})
const ctx = callContext()

interface SignedIn {
  readonly rig: OvirtRig
  readonly session: HypervisorSession
  readonly password: Secret
}

async function signedIn(options: EngineOptions = {}, user = ADA.user): Promise<SignedIn> {
  const rig = await ovirtRig(options)
  closing.push(() => rig.close())
  const password = Secret.from(ADA.password, rig.redactor)
  const outcome = await rig.driver.signIn({ user, password, kept: () => password }, ctx)
  if (outcome.kind !== 'signed-in') throw new Error('the engine asks for more')
  closing.push(() => outcome.session.close())
  return { rig, session: outcome.session, password }
}

async function refusedWith(prepare: (rig: OvirtRig) => void): Promise<{ code: string; rig: OvirtRig }> {
  const rig = await ovirtRig()
  closing.push(() => rig.close())
  prepare(rig)
  const password = Secret.from(ADA.password, rig.redactor)
  const { code } = await failure(rig.driver.signIn({ user: ADA.user, password, kept: () => password }, ctx))
  return { code, rig }
}

async function started({ rig, session }: SignedIn, id: DesktopId): Promise<PowerState[]> {
  const states: PowerState[] = []
  await driven(rig, session.powerOn(id, (p) => states.push(p), ctx))
  return states
}

describe('signing in at an engine', () => {
  it('adds the profile that is not typed', async () => {
    const { rig } = await signedIn({}, 'ada')
    expect([...rig.engine.state.tokens.values()].map((t) => t.name)).toEqual(['ada@internal'])
  })
  it('tells an expired password, a locked account, and a person without any role', async () => {
    expect((await refusedWith((r) => (r.engine.state.people.get(ADA.user)!.refusal = 'expired'))).code).toBe('auth.expired')
    expect((await refusedWith((r) => (r.engine.state.people.get(ADA.user)!.refusal = 'locked'))).code).toBe('auth.locked')
    const { code, rig } = await refusedWith((r) => (r.engine.state.people.get(ADA.user)!.roleless = true))
    expect(code).toBe('hypervisor.denied')
    expect(rig.openSessions()).toBe(0)
    expect(rig.engine.http.requests.filter((r) => r.includes('oauth/token'))).toHaveLength(1)
  })
  it('ends a token\'s life on the engine\'s clock, and goes on with a new one', async () => {
    const { rig, session } = await signedIn()
    const [first] = rig.engine.state.tokens.keys()
    rig.engine.state.now += TOKEN_SECONDS * 1000 + 1
    await session.listDesktops(ctx)
    expect([...rig.engine.state.tokens.keys()]).toHaveLength(1)
    expect(rig.engine.state.tokens.has(first!)).toBe(false)
  })
  it('asks once for a new token, however many requests need one, and never again after a refusal', async () => {
    const { rig, session } = await signedIn()
    const asked = (): number => rig.engine.http.requests.filter((r) => r.includes('oauth/token')).length
    rig.expireSessions()
    await session.listDesktops(ctx)
    expect(asked()).toBe(2)
    rig.changePassword()
    rig.expireSessions()
    const errors = await Promise.all([1, 2, 3].map(() => failure(session.powerState(rig.desktop, ctx))))
    expect(errors.map((e) => e.code)).toEqual(Array.from({ length: 3 }, () => 'hypervisor.session-ended'))
    expect(asked()).toBe(3)
  })
  it('does not take an open console away because a token ran out', async () => {
    const { rig, session, password } = await signedIn()
    const lost: (string | undefined)[] = []
    session.onLost((why) => lost.push(why?.code))
    session.attended!(rig.desktop, true, ctx)
    password.dispose()
    rig.expireSessions()
    expect((await failure(session.powerState(rig.desktop, ctx))).code).toBe('hypervisor.session-ended')
    expect(lost).toEqual([])
    session.attended!(rig.desktop, false, ctx)
    expect((await failure(session.listDesktops(ctx))).code).toBe('hypervisor.session-ended')
    expect(lost).toEqual(['hypervisor.session-ended'])
  })
  it('health asks the engine\'s own page', async () => {
    const rig = await ovirtRig()
    closing.push(() => rig.close())
    rig.fault('503')
    expect((await failure(rig.driver.health!(ctx))).code).toBe('hypervisor.unavailable')
  })
})

describe('a pool', () => {
  it('gives a VM, started, which is the desktop from then on', async () => {
    const s = await signedIn()
    const pool = s.rig.engine.state.addPool('Lab', [ADA.user], 2)
    const id = `pool:${pool.id}` as DesktopId
    expect((await s.session.listDesktops(ctx)).find((d) => d.id === id)).toMatchObject({ title: 'Lab', power: 'off' })
    expect(await s.session.powerState(id, ctx)).toBe('off')
    expect((await failure(s.session.openConsole(id, ctx))).code).toBe('spice.display-closed')
    expect(await started(s, id)).toEqual(['starting', 'running'])
    const mine = [...s.rig.engine.state.vms.values()].filter((v) => v.pool === pool.id && v.owners.has(ADA.user))
    expect(mine).toHaveLength(1)
    expect((await s.session.openConsole(id, ctx)).ticket?.use((b) => b.toString())).toBe(mine[0]?.ticket?.value)
    expect((await s.session.listDesktops(ctx)).map((d) => `${d.id} ${d.power}`)).toContain(`${id} running`)
    // Again: the same one.
    await started(s, id)
    expect([...s.rig.engine.state.vms.values()].filter((v) => v.pool === pool.id && v.owners.has(ADA.user))).toHaveLength(1)
  })
  it('of several a person gives another one beside those that are theirs, and that one again', async () => {
    const s = await signedIn()
    const { state } = s.rig.engine
    const pool = state.addPool('Lab', [ADA.user], 3, { maxUserVms: 2 })
    const members = [...state.vms.values()].filter((v) => v.pool === pool.id)
    members[0]!.owners.add(ADA.user)
    members[0]!.status = 'up'
    const id = `pool:${pool.id}` as DesktopId
    expect((await s.session.listDesktops(ctx)).map((d) => d.id)).toEqual(expect.arrayContaining([id, members[0]!.id]))
    await started(s, id)
    await started(s, id)
    expect(members.map((v) => v.owners.size)).toEqual([1, 1, 0])
    expect((await s.session.openConsole(id, ctx)).ticket?.use((b) => b.toString())).toBe(members[1]!.ticket?.value)
    expect((await s.session.listDesktops(ctx)).map((d) => d.id).sort()).toEqual([id, members[0]!.id, s.rig.desktop].sort())
  })
  it('that is empty is told', async () => {
    const s = await signedIn()
    const pool = s.rig.engine.state.addPool('Lab', [ADA.user], 0)
    expect((await failure(started(s, `pool:${pool.id}` as DesktopId))).code).toBe('desktop.pool-empty')
  })
  it('of somebody else is not found', async () => {
    const s = await signedIn()
    const pool = s.rig.engine.state.addPool('Lab', ['bob@internal'], 1)
    expect((await failure(started(s, `pool:${pool.id}` as DesktopId))).code).toBe('desktop.not-found')
  })
})

describe('starting', () => {
  it.each([['suspended', ['saved', 'starting', 'running']], ['paused', ['paused', 'starting', 'running']], ['image_locked', ['unknown', 'off', 'starting', 'running']], ['powering_down', ['stopping', 'off', 'starting', 'running']]] as const)('from %s', async (status, states) => {
    const s = await signedIn()
    s.rig.vm.status = status
    if (status === 'image_locked' || status === 'powering_down') s.rig.vm.next = ['down']
    expect(await started(s, s.rig.desktop)).toEqual(states)
  })
  it('tells what the engine says, bounded', async () => {
    const s = await signedIn()
    s.rig.vm.start = 'no-host'
    const error = await failure(started(s, s.rig.desktop))
    expect(error).toMatchObject({ code: 'desktop.start-failed', params: { server: expect.stringContaining('scheduling constraints') as string } })
    s.rig.vm.start = 'maintenance'
    expect((await failure(started(s, s.rig.desktop))).code).toBe('desktop.maintenance')
    s.rig.start('fails')
    expect((await failure(started(s, s.rig.desktop))).params['server']).toContain('process exited')
  })
})

describe('power', () => {
  it('shuts down, reboots, stops and resets', async () => {
    const s = await signedIn()
    s.rig.running()
    for (const action of ['reboot', 'reset', 'shutdown'] as const) await s.session.act!(s.rig.desktop, action, ctx)
    s.rig.running()
    await s.session.act!(s.rig.desktop, 'off', ctx)
    expect(s.rig.vm.actions).toEqual(['reboot', 'reset', 'shutdown', 'stop'])
    s.rig.vm.status = 'down'
    s.rig.vm.next = []
    expect((await failure(s.session.act!(s.rig.desktop, 'reboot', ctx))).code).toBe('desktop.action-failed')
  })
})

describe('the console', () => {
  it('goes by TLS, with the host\'s subject and the engine\'s authority, for every channel', async () => {
    const { rig, session } = await signedIn()
    rig.running()
    const grant = await session.openConsole(rig.desktop, ctx)
    expect(grant).toMatchObject({
      ticketKind: 'one-time',
      hops: [{ via: 'tcp', host: '192.0.2.7', port: 5901 }, { via: 'tls', host: '192.0.2.7', trust: { subject: 'O=example.com,CN=host1.example.com' } }],
    })
    expect(grant.secure).toBeUndefined()
    grant.ticket?.dispose()
  })
  it('goes through the configured proxy', async () => {
    const { rig, session } = await signedIn()
    rig.running()
    rig.engine.state.display = { ...rig.engine.state.display, proxy: 'http://squid.example.com:3128' }
    expect((await session.openConsole(rig.desktop, ctx)).hops).toMatchObject([{ via: 'tcp', host: 'squid.example.com', port: 3128 }, { via: 'http-connect', target: '192.0.2.7:5901' }, { via: 'tls' }])
  })
  it('asks the engine for its authority where the file has none', async () => {
    const { rig, session } = await signedIn()
    rig.running()
    rig.engine.state.display = { ...rig.engine.state.display, ca: '' }
    expect((await session.openConsole(rig.desktop, ctx)).hops[1]).toMatchObject({ via: 'tls', trust: { ca: rig.ca } })
  })
  it('is no SPICE, or not there now', async () => {
    const { rig, session } = await signedIn()
    expect((await failure(session.openConsole(rig.desktop, ctx))).code).toBe('spice.display-closed')
    rig.running()
    rig.vm.consoles = ['vnc']
    expect((await failure(session.openConsole(rig.desktop, ctx))).code).toBe('desktop.no-spice')
  })
  it('of a file that cannot be read is the engine\'s mistake, and leaves no secret', async () => {
    const { rig, session } = await signedIn()
    rig.running()
    const before = rig.redactor.size
    rig.engine.state.display = { ...rig.engine.state.display, subject: 'no subject at all' }
    expect((await failure(session.openConsole(rig.desktop, ctx))).code).toBe('hypervisor.protocol')
    expect(rig.redactor.size).toBe(before)
  })
  it('leaves nothing secret but its ticket', async () => {
    const { rig, session } = await signedIn()
    rig.running()
    const before = rig.redactor.size
    const grant = await session.openConsole(rig.desktop, ctx)
    grant.ticket?.dispose()
    expect(rig.redactor.size).toBe(before)
  })
})

describe('the guest', () => {
  const pathOf = async ({ rig, session }: SignedIn): Promise<Extract<CredentialPath, { kind: 'api' }>> => {
    rig.running()
    const path = await session.credentialPath(rig.desktop, ctx)
    if (path.kind !== 'api') throw new Error('the engine has an API for it')
    return path
  }
  it('is given what the engine\'s session was opened with, and nothing of ours', async () => {
    const s = await signedIn()
    const path = await pathOf(s)
    await path.logon({ user: 'ada', password: s.password }, ctx)
    expect(s.rig.vm.delivered).toEqual(ADA)
    expect(s.rig.engine.http.requests.at(-1)).toBe(`POST /ovirt-engine/api/vms/${s.rig.vm.id}/logon`)
    expect(await path.users!(ctx)).toEqual(['ada'])
  })
  it('is not given another name: the engine cannot', async () => {
    const s = await signedIn()
    expect((await failure((await pathOf(s)).logon({ user: 'bob', password: s.password }, ctx))).code).toBe('agent.refused')
    expect(s.rig.vm.delivered).toBeUndefined()
  })
  it('is not given anything by a session without a password', async () => {
    const s = await signedIn()
    for (const [token, held] of s.rig.engine.state.tokens) s.rig.engine.state.tokens.set(token, { ...held, password: undefined })
    expect((await failure((await pathOf(s)).logon({ user: 'ada', password: s.password }, ctx))).code).toBe('agent.refused')
  })
  it.each([false, true])('is left alone where the VM\'s settings say so (XML: %s)', async (xml) => {
    const s = await signedIn({ xml })
    s.rig.running()
    s.rig.vm.sso = false
    expect(await s.session.credentialPath(s.rig.desktop, ctx)).toEqual({ kind: 'none', channelNames: [] })
    s.rig.vm.sso = true
    expect((await s.session.credentialPath(s.rig.desktop, ctx)).kind).toBe('api')
  })
  it('names those who are in, not those who look at its screen', async () => {
    const s = await signedIn()
    const path = await pathOf(s)
    expect(await path.users!(ctx)).toEqual([])
    s.rig.vm.guestUsers = ['None']
    expect(await path.users!(ctx)).toEqual([])
    s.rig.vm.guestUsers = ['CORP\\bob', 'carol@corp.example.com']
    expect(await path.users!(ctx)).toEqual(['CORP\\bob', 'carol@corp.example.com'])
  })
})
