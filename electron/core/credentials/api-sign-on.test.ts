// Why: the promises of a sign-on by API: nothing is sent to somebody else's session, a starting agent is waited for, and
// only the hypervisor's word that the person is in counts as confirmed.
import { describe, expect, it } from 'vitest'
import { AppError } from '../errors.ts'
import type { ApiCredentialPath } from '../ports/driver.ts'
import { Redactor } from '../redactor.ts'
import { Secret } from '../secret.ts'
import { callContext, ManualClock, settle } from '../testkit.ts'
import { apiSignOn } from './api-sign-on.ts'

interface Guest {
  users?: () => readonly string[] | undefined
  logon?: () => void
  silent?: boolean
}

function rig(guest: Guest, windows = false) {
  const clock = new ManualClock()
  const steps: string[] = []
  let sent = 0
  const path: ApiCredentialPath = {
    kind: 'api',
    logon: () => {
      sent++
      guest.logon?.()
      return Promise.resolve()
    },
    ...(guest.users && { users: () => Promise.resolve(guest.users?.()) }),
  }
  const abort = new AbortController()
  const result = apiSignOn(
    { path: { ...path, logon: async (c, x) => { await path.logon(c, x) } }, user: 'ada', password: Secret.from('pw', new Redactor()), times: { agent: 10_000, confirm: 20_000 }, clock, windows, onStep: (s) => steps.push(s) },
    { ...callContext(), signal: abort.signal },
  )
  return { clock, steps, result, abort, sent: () => sent }
}

describe('apiSignOn', () => {
  it('is confirmed when the hypervisor names the person', async () => {
    const told: string[][] = [[], [], ['ada']]
    const t = rig({ users: () => told.shift() })
    await t.clock.advance(4000)
    expect(await t.result).toEqual({ outcome: 'confirmed', confirmedBy: 'hypervisor' })
    expect(t.steps).toEqual(['sending', 'confirming'])
  })
  it('sends nothing where somebody else sits', async () => {
    const t = rig({ users: () => ['eve'] })
    expect(await t.result).toMatchObject({ outcome: 'other-user' })
    expect(t.sent()).toBe(0)
  })
  it('unlocks a session of the same person, whatever the guest answers', async () => {
    const t = rig({ users: () => ['ADA@EXAMPLE'], logon: () => { throw new AppError('agent.refused', 'already there') } }, true)
    expect(await t.result).toMatchObject({ outcome: 'already-signed-in', confirmedBy: 'hypervisor' })
    expect(t.sent()).toBe(1)
  })
  it('waits for an agent that is starting, for as long as IT says', async () => {
    let calls = 0
    const t = rig({ logon: () => { if (++calls < 3) throw new AppError('agent.silent', 'no agent yet') } })
    await settle()
    await t.clock.advance(2000)
    await t.clock.advance(2000)
    expect(await t.result).toEqual({ outcome: 'unreported' })
    const never = rig({ logon: () => { throw new AppError('agent.silent', 'no agent') } })
    for (let i = 0; i < 6; i++) await never.clock.advance(2000)
    expect(await never.result).toMatchObject({ outcome: 'agent-silent' })
    expect(never.sent()).toBe(6)
  })
  it('is not confirmed when nobody is named in time, and other-user when somebody else is', async () => {
    const t = rig({ users: () => [] })
    for (let i = 0; i < 12; i++) await t.clock.advance(2000)
    expect(await t.result).toMatchObject({ outcome: 'not-confirmed' })
    let users: string[] = []
    const other = rig({ users: () => users, logon: () => void (users = ['eve']) })
    await settle()
    await other.clock.advance(2000)
    expect(await other.result).toMatchObject({ outcome: 'other-user' })
  })
  it.each([
    ['agent.refused', 'refused'],
    ['hypervisor.denied', 'channel-denied'],
    ['agent.no-channel', 'no-channel'],
    ['hypervisor.unavailable', 'failed'],
  ] as const)('%s is %s', async (code, outcome) => {
    const t = rig({ logon: () => { throw new AppError(code, 'x') } })
    expect(await t.result).toMatchObject({ outcome, error: { code } })
  })
  it('stops at once when the visit is over', async () => {
    const t = rig({ users: () => [] })
    await settle()
    t.abort.abort()
    expect(await t.result).toMatchObject({ outcome: 'failed', error: { code: 'cancelled' } })
    expect(t.clock.pending).toBe(0)
  })
  it('refuses a name that no guest can take before anything is asked', async () => {
    const clock = new ManualClock()
    const path: ApiCredentialPath = { kind: 'api', logon: () => Promise.reject(new Error('sent')) }
    expect(await apiSignOn({ path, user: 'a\nb', password: Secret.from('x', new Redactor()), times: { agent: 1, confirm: 1 }, clock, windows: false, onStep: () => undefined }, callContext())).toMatchObject({ outcome: 'refused' })
  })
})
