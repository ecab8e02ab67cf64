// Why: a host that is down costs a moment and not a sign-in, a wrong password is wrong everywhere, and a host that cannot
// prove who it is gets nothing and hides nobody.
import { describe, expect, it } from 'vitest'
import type { ErrorCode } from '../../shared/error-codes.ts'
import { AppError } from './errors.ts'
import { FailoverDriver, type FailoverOptions } from './failover.ts'
import type { HypervisorDriver, HypervisorSession } from './ports/driver.ts'
import { Redactor } from './redactor.ts'
import { Secret } from './secret.ts'
import { callContext, ManualClock, recordingLogger, settle } from './testkit.ts'

class FakeSite {
  fail: ErrorCode | undefined
  sick: ErrorCode | undefined
  asked = 0
  checked = 0
  lose: (why: AppError | undefined) => void = () => undefined
  readonly driver: HypervisorDriver = {
    kind: 'fake',
    signIn: () => {
      this.asked++
      if (this.fail) return Promise.reject(new AppError(this.fail, 'x'))
      const session = { listDesktops: () => Promise.resolve([]), onLost: (fn: FakeSite['lose']) => void (this.lose = fn), close: () => Promise.resolve() } as unknown as HypervisorSession
      return Promise.resolve({ kind: 'signed-in', session })
    },
    health: () => {
      this.checked++
      return this.sick ? Promise.reject(new AppError(this.sick, 'x')) : Promise.resolve()
    },
  }
}

function rig(more: Partial<FailoverOptions> = {}) {
  const [a, b, c] = [new FakeSite(), new FakeSite(), new FakeSite()]
  const clock = new ManualClock()
  const log = recordingLogger()
  let changes = 0
  const driver = new FailoverDriver({
    sites: [{ name: 'a', driver: a.driver }, { name: 'b', driver: b.driver }, { name: 'c', driver: c.driver }],
    order: 'listed', checkMs: 60_000, clock, log, random: () => 0.5, onChange: () => void changes++, ...more,
  })
  const signIn = () => driver.signIn({ user: 'ada', password: Secret.from('pw', new Redactor()), kept: () => undefined }, { ...callContext(), log })
  return { a, b, c, clock, log, driver, signIn, changes: () => changes }
}

describe('FailoverDriver', () => {
  it('signs in at the first host that answers, and says which', async () => {
    const t = rig()
    t.a.fail = 'ssh.unreachable'
    t.b.fail = 'http.timeout'
    const outcome = await t.signIn()
    expect(outcome).toMatchObject({ kind: 'signed-in', session: { site: 'c' } })
    expect(t.driver.status).toEqual({ site: 'c', reachable: true })
    expect(t.log.lines.filter((l) => l.level === 'warn').map((l) => l.fields['site'])).toEqual(['a', 'b'])
    t.a.fail = undefined
    await t.signIn()
    expect([t.a.asked, t.b.asked, t.c.asked], 'the next one starts where it worked').toEqual([1, 1, 2])
  })
  it.each(['auth.rejected', 'auth.locked', 'config.invalid', 'hypervisor.denied', 'cancelled'] as const)('%s ends it at once', async (code) => {
    const t = rig()
    t.a.fail = code
    await expect(t.signIn()).rejects.toMatchObject({ code })
    expect(t.b.asked).toBe(0)
  })
  it.each(['tls.untrusted', 'ssh.host-key-changed'] as const)('%s passes the host over, and is what is told when none answers', async (code) => {
    const t = rig()
    t.a.fail = code
    expect(await t.signIn()).toMatchObject({ session: { site: 'b' } })
    expect(t.log.lines[0]).toMatchObject({ level: 'error', fields: { site: 'a', code } })
    const u = rig()
    u.a.fail = 'ssh.timeout'
    u.b.fail = code
    u.c.fail = 'ssh.timeout'
    await expect(u.signIn()).rejects.toMatchObject({ code })
  })
  it('goes elsewhere after a session was lost', async () => {
    const t = rig()
    const outcome = await t.signIn()
    const told: (string | undefined)[] = []
    if (outcome.kind === 'signed-in') outcome.session.onLost((why) => told.push(why?.code))
    t.a.lose(new AppError('ssh.lost', 'x'))
    expect(told).toEqual(['ssh.lost'])
    expect(await t.signIn()).toMatchObject({ session: { site: 'b' } })
  })
  it('asks the hosts in the background, tries those that answer first, and stops', async () => {
    const t = rig()
    t.a.sick = 'http.refused'
    t.driver.start()
    await settle()
    expect(t.driver.status).toEqual({ site: 'b', reachable: true })
    await t.clock.advance(60_000)
    expect(t.a.checked).toBe(2)
    t.a.sick = undefined
    await t.clock.advance(60_000)
    expect(t.driver.status).toEqual({ site: 'a', reachable: true })
    expect(t.log.lines.filter((l) => l.fields['site'] === 'a'), 'told once, not every minute').toHaveLength(1)
    t.driver.stop()
    expect(t.clock.pending).toBe(0)
    const before = t.changes()
    await t.clock.advance(600_000)
    expect([t.a.checked, t.changes()]).toEqual([3, before])
  })
  it('knows when nothing answers', async () => {
    const t = rig()
    t.a.sick = t.b.sick = t.c.sick = 'ssh.timeout'
    t.driver.start()
    await settle()
    expect(t.driver.status).toEqual({ site: 'a', reachable: false })
    t.driver.stop()
  })
  it('shuffles once, by chance', async () => {
    const names = new Set<string>()
    for (let i = 0; i < 40; i++) {
      let seed = i
      const t = rig({ order: 'shuffled', random: () => ((seed = (seed * 1103515245 + 12345) % 2147483648), seed / 2147483648) })
      names.add(t.driver.status.site ?? '')
    }
    expect([...names].sort()).toEqual(['a', 'b', 'c'])
  })
})
