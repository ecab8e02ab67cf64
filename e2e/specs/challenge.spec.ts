// Why: a server that asks for more than name and password, by the page and the keyboard alone: the code, the wrong code,
// the new password, leaving, and walking away.
import type { AccountOptions } from '../../embedded/ssh/accounts.ts'
import { ADA, adaOnly, expect, test, type Desk } from '../app-fixture.ts'

const CODE = '402817'
const NEW = 'n€w p"ass\\w0rd'

/** Ada with something more to answer; `guestPassword` is what her desktop knows her by. */
function asked(account: Partial<AccountOptions>, guestPassword: string = ADA.password) {
  const base = adaOnly({ guest: { flavour: 'linux', accounts: [{ ...ADA, password: guestPassword }] } })
  return { ...base, users: [{ ...ADA, methods: ['keyboard-interactive'], ...account }, { name: 'kiosk', methods: ['publickey'] }] } as const
}
const challenge = async (d: Desk, kind: 'totp' | 'text' | 'new-password'): Promise<void> => {
  await d.until((s) => s.name === 'challenged' && s.challenge.kind === kind, `the challenge ${kind}`)
  await expect(d.page.locator('#answer')).toBeFocused()
}
/** Nothing of what was typed is in the log. */
const unspoken = (d: Desk, ...secrets: string[]): void => {
  for (const secret of secrets) expect(d.log.some((line) => line.includes(secret))).toBe(false)
}

for (const access of ['person', 'device'] as const) {
  for (const [name, account] of [['password and code in one conversation', { otp: CODE }], ['password,keyboard-interactive', { otp: CODE, stages: ['password', 'keyboard-interactive'] }]] as const) {
    test(`a code, ${name}, access: ${access}`, async ({ launch }) => {
      const d = await launch({ endpoint: { access }, hypervisor: asked(account) })
      await d.signIn()
      await challenge(d, 'totp')
      expect(d.hypervisor.events.of('exec'), 'nothing is done before the answer').toEqual([])
      await d.page.keyboard.type('402 817')
      await d.page.keyboard.press('Enter')
      await d.until((s) => s.name === 'connected', 'the first frame')
      await d.expectOutcome('confirmed')
      expect(d.violations).toEqual([])
      unspoken(d, CODE, '402 817', ADA.password)
    })
  }

  test(`a wrong code, then the right one, access: ${access}`, async ({ launch }) => {
    const d = await launch({ endpoint: { access }, hypervisor: asked({ otp: CODE }) })
    await d.signIn()
    await challenge(d, 'totp')
    await d.page.keyboard.type('000000')
    await d.page.keyboard.press('Enter')
    await d.expectError('auth.challenge-rejected')
    await challenge(d, 'totp')
    await expect(d.page.locator('#answer')).toHaveValue('')
    await d.page.keyboard.type(CODE)
    await d.page.keyboard.press('Enter')
    await d.expectOutcome('confirmed')
    expect(d.hypervisor.events.of('auth').filter((e) => e.user === 'ada' && e.method === 'keyboard-interactive').map((e) => e.ok)).toEqual([false, true])
  })

  test(`leaving closes the half-made sign-in, access: ${access}`, async ({ launch }) => {
    const d = await launch({ endpoint: { access }, hypervisor: asked({ otp: CODE }) })
    await d.signIn()
    await challenge(d, 'totp')
    const open = d.hypervisor.events.of('connect').length - d.hypervisor.events.of('disconnect').length
    expect(open).toBe(access === 'person' ? 1 : 2)
    await d.page.keyboard.press('Escape')
    await d.expectSignInScreen()
    await expect.poll(() => d.hypervisor.events.of('connect').length - d.hypervisor.events.of('disconnect').length).toBe(0)
  })
}

test('walked away: after its time the half-made sign-in is closed and the screen is the next person’s', async ({ launch }) => {
  const d = await launch({ hypervisor: asked({ otp: CODE }), clock: (real) => ({ now: () => real.now(), wall: () => real.wall(), after: (ms, fn) => real.after(ms === 120_000 ? 500 : ms, fn) }) })
  await d.signIn()
  await d.expectError('auth.challenge-timeout')
  await d.expectSignInScreen()
  await d.hypervisor.events.until('disconnect')
})

test('the server lost patience first', async ({ launch }) => {
  const d = await launch({ hypervisor: asked({ otp: CODE }) })
  await d.signIn()
  await challenge(d, 'totp')
  d.hypervisor.killConnections()
  await d.page.keyboard.type(CODE)
  await d.page.keyboard.press('Enter')
  await d.expectError('auth.challenge-timeout')
  await d.expectSignInScreen()
  await d.signIn()
  await challenge(d, 'totp')
  await d.page.keyboard.type(CODE)
  await d.page.keyboard.press('Enter')
  await d.expectOutcome('confirmed')
})

test('a password that has run out is changed, one that is too short is asked for anew, and the desktop gets the new one', async ({ launch }) => {
  const d = await launch({ hypervisor: asked({ mustChange: true }, NEW) })
  await d.signIn()
  await challenge(d, 'new-password')
  const type = async (text: string, again = text): Promise<void> => {
    await d.page.locator('#answer').focus()
    await d.page.keyboard.type(text)
    await d.page.keyboard.press('Tab')
    await d.page.keyboard.type(again)
    await d.page.keyboard.press('Enter')
  }
  await type('short')
  await d.until((s) => s.name === 'challenged' && s.challenge.prompt !== '', 'the reason')
  await expect(d.page.getByText('BAD PASSWORD: The password is shorter than 8 characters')).toBeVisible()
  await type(NEW)
  await d.expectOutcome('confirmed')
  expect(d.hypervisor.users.passwordRight('ada', NEW)).toBe(true)
  expect(d.hypervisor.events.of('agent-login').map((l) => l.passwordCorrect)).toEqual([true])
  unspoken(d, NEW, ADA.password)
})

test('three new passwords that the server does not take: told as expired, with what to do', async ({ launch }) => {
  const d = await launch({ hypervisor: asked({ mustChange: true }) })
  await d.signIn()
  for (const text of ['one', 'two', 'three']) {
    // Each question is a screen of its own; typing must not begin in the one before.
    const field = d.page.locator('#answer:not([data-answered])')
    await expect(field).toBeFocused()
    await field.evaluate((element) => element.setAttribute('data-answered', ''))
    await d.page.keyboard.type(text)
    await d.page.keyboard.press('Tab')
    await d.page.keyboard.type(text)
    await d.page.keyboard.press('Enter')
  }
  await d.expectError('auth.expired')
  await d.expectSignInScreen()
  await expect(d.page.locator('#user')).toHaveValue('ada')
})
