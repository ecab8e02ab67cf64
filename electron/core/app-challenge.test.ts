// Why: a sign-in of several steps: a code is asked for once, a wrong one costs a code and not the password, and whoever
// leaves in the middle leaves nothing behind.
import { describe, expect, it } from 'vitest'
import { setUp } from './app.testkit.ts'
import { AppError } from './errors.ts'
import type { Challenge } from './ports/driver.ts'

const totp: Challenge = { kind: 'totp', prompt: '' }

function asking(challenge: Challenge, right: string, reject = 'auth.challenge-rejected' as const) {
  const t = setUp()
  const seen = { cancelled: 0, answers: [] as string[] }
  t.hypervisor.challenge = (signedIn) => ({
    kind: 'challenge',
    challenge,
    answer: (given) => {
      const text = given.use((b) => b.toString())
      seen.answers.push(text)
      return text === right ? Promise.resolve(signedIn()) : Promise.reject(new AppError(reject, 'wrong'))
    },
    cancel: () => void seen.cancelled++,
  })
  return { ...t, seen }
}

describe('a challenge', () => {
  it('is shown, answered and forgotten', async () => {
    const t = asking({ kind: 'totp', prompt: 'Enter the code' }, '123456')
    await t.signIn()
    expect(t.app.view).toMatchObject({ screen: 'challenge', user: 'ada', kind: 'totp', prompt: 'Enter the code', endpoint: { label: 'HQ' } })
    await t.command({ type: 'answer', text: '123456' })
    expect(t.app.view.screen).toBe('console')
    expect(t.redactor.redact('123456')).toBe('123456')
    expect(t.audits).toEqual(['sign-in', 'guest-sign-on agent.no-channel'])
    await t.clock.advance(1000)
  })
  it('asks again after a wrong code, with the password that was typed', async () => {
    const t = asking(totp, '2')
    await t.signIn()
    await t.command({ type: 'answer', text: '1' })
    expect(t.app.view).toMatchObject({ screen: 'challenge', error: { code: 'auth.challenge-rejected' } })
    expect(t.hypervisor.calls).toEqual(['signIn ada', 'signIn ada'])
    await t.command({ type: 'answer', text: '2' })
    expect(t.app.view.screen).toBe('console')
  })
  it('starts over after the second wrong code, with the name kept', async () => {
    const t = asking(totp, 'never')
    await t.signIn()
    for (const text of ['1', '2']) await t.command({ type: 'answer', text })
    expect(t.app.view).toMatchObject({ screen: 'signIn', user: 'ada', error: { code: 'auth.challenge-rejected' } })
    expect(t.redactor.size).toBe(0)
    expect(t.audits).toEqual(['sign-in-failed auth.challenge-rejected'])
  })
  it('can be left, and its half-made sign-in is cancelled', async () => {
    const t = asking(totp, '1')
    await t.signIn()
    await t.command({ type: 'cancel' })
    expect(t.app.view.screen).toBe('signIn')
    expect(t.seen.cancelled).toBe(1)
    expect(t.redactor.size).toBe(0)
    expect(t.clock.pending).toBe(0)
  })
  it('does not wait for somebody who walked away', async () => {
    const t = asking(totp, '1')
    await t.signIn()
    await t.clock.advance(120_000)
    expect(t.app.view).toMatchObject({ screen: 'signIn', error: { code: 'auth.challenge-timeout' } })
    expect(t.seen.cancelled).toBe(1)
    expect(t.redactor.size).toBe(0)
    expect(t.audits).toEqual(['sign-in-failed auth.challenge-timeout'])
  })
  it('an answer that nobody asked for leaves no secret behind', async () => {
    const t = setUp()
    await t.command({ type: 'answer', text: 'stray-answer' })
    expect(t.redactor.size).toBe(0)
  })
  it('a new password is the one that is passed on from then on', async () => {
    const t = asking({ kind: 'new-password', prompt: '' }, 'brand-new-1')
    await t.signIn('run-out-0')
    await t.command({ type: 'answer', text: 'brand-new-1' })
    expect(t.app.view.screen).toBe('console')
    expect(t.redactor.redact('run-out-0 brand-new-1')).toBe('run-out-0 [secret]')
  })
  it('a refused new password is told, and not sent twice', async () => {
    const t = asking({ kind: 'new-password', prompt: '' }, 'x')
    await t.signIn()
    await t.command({ type: 'answer', text: 'too-short' })
    expect(t.seen.answers).toEqual(['too-short'])
    expect(t.app.view).toMatchObject({ screen: 'signIn', error: { code: 'auth.challenge-rejected' } })
  })
})

describe('credentials at the start of a desktop', () => {
  it('are lent where IT wants the sign-on', async () => {
    const t = setUp()
    await t.signIn()
    expect(t.hypervisor.credentials?.user).toBe('ada')
  })
  it('are not where it is off', async () => {
    const t = setUp({ signOn: false })
    await t.signIn()
    expect(t.hypervisor.calls).toContain('powerOn')
    expect(t.hypervisor.credentials).toBeUndefined()
  })
  it('delivered ones are told as not reported, a running desktop as such', async () => {
    const t = setUp()
    t.hypervisor.path = { kind: 'at-start', delivered: true }
    await t.signIn()
    expect(t.app.view).toMatchObject({ sso: { outcome: 'unreported' } })
    const u = setUp()
    u.hypervisor.path = { kind: 'at-start', delivered: false }
    await u.signIn()
    expect(u.app.view).toMatchObject({ sso: { outcome: 'start-only', error: { code: 'agent.start-only' } } })
  })
})

it('an endpoint that asks nobody who they are goes straight on', async () => {
  const t = setUp()
  Object.assign(t.hypervisor, { anonymous: true })
  await t.command({ type: 'signIn', endpoint: 'hq', user: '', password: '' })
  expect(t.hypervisor.calls).toEqual(['signIn ', 'list', 'powerOn', 'openConsole'])
  expect(t.app.view.screen).toBe('console')
  expect(t.hypervisor.credentials).toBeUndefined()
})
