// Why: the main job by the page, and every way in which signing in itself goes wrong.
import { startEmbeddedHypervisor } from '../../embedded/hypervisor.ts'
import { BlankDisplay } from '../../embedded/vm/display.ts'
import { ADA, adaOnly, expect, test } from '../app-fixture.ts'

for (const access of ['person', 'device'] as const) {
  test(`from one sign-in to the signed-in desktop, access: ${access}`, async ({ launch }) => {
    const d = await launch({ endpoint: { access } })
    await d.signIn()
    await d.until((s) => s.name === 'connected', 'the first frame')
    await d.expectOutcome('confirmed')
    const login = d.hypervisor.events.of('agent-login')
    expect(login.map((l) => [l.user, l.passwordCorrect])).toEqual([['ada', true]])
    expect(d.violations).toEqual([])
    // One SSH connection per sign-in; the device form opens and closes a second one to check the password.
    expect(d.hypervisor.events.of('connect')).toHaveLength(access === 'person' ? 1 : 2)
  })
}

test('the way out: disconnect keeps the guest session, sign out is for the next person', async ({ launch }) => {
  const d = await launch()
  await d.signIn()
  await d.expectOutcome('confirmed')
  d.app.dispatch({ type: 'ui.disconnect' })
  await d.page.getByRole('row', { name: 'Ada’s desktop' }).click()
  await d.expectOutcome('already-signed-in')
  d.app.dispatch({ type: 'ui.signOut' })
  await d.expectSignInScreen()
  await expect(d.page.locator('#user')).toHaveValue('')
  expect(d.hypervisor.events.of('guest-session').at(-1)?.user).toBe('ada')
})

for (const [onDisconnect, after] of [['lock', { user: 'ada', locked: true }], ['logoff', { user: undefined, locked: false }]] as const) {
  test(`onDisconnect: ${onDisconnect}`, async ({ launch }) => {
    const d = await launch({ config: { session: { onDisconnect } } })
    await d.signIn()
    await d.expectOutcome('confirmed')
    const changed = d.hypervisor.events.until('guest-session', (e) => e.user === after.user && e.locked === after.locked)
    d.app.dispatch({ type: 'ui.disconnect' })
    await changed
    await expect(d.page.getByRole('row', { name: 'Ada’s desktop' })).toBeVisible()
  })
}

test('wrong password', async ({ launch }) => {
  const d = await launch()
  await d.signIn('ada', 'wrong')
  await d.expectError('auth.rejected')
  await d.expectSignInScreen()
  await expect(d.page.locator('#user')).toHaveValue('ada')
  await d.signIn()
  await d.expectOutcome('confirmed')
})

test('wrong password, access: device: the working connection is not used', async ({ launch }) => {
  const d = await launch({ endpoint: { access: 'device' } })
  await d.signIn('ada', 'wrong')
  await d.expectError('auth.rejected')
  expect(d.hypervisor.events.of('exec')).toEqual([])
})

test('locked account', async ({ launch }) => {
  const d = await launch({ hypervisor: { ...adaOnly(), users: [{ ...ADA, state: 'expired' }] } })
  await d.signIn()
  await d.expectError('auth.locked')
  await d.expectSignInScreen()
})

test('unknown host key', async ({ launch }) => {
  const d = await launch({ knownHosts: '' })
  await d.signIn()
  await d.expectError('ssh.host-key-unknown')
  await d.expectSignInScreen()
  expect(d.hypervisor.events.of('auth')).toEqual([])
})

test('changed host key: another error, and no password is sent', async ({ launch }) => {
  const d = await launch()
  d.hypervisor.swapHostKey()
  await d.signIn()
  await d.expectError('ssh.host-key-changed')
  await d.expectSignInScreen()
  expect(d.hypervisor.events.of('auth')).toEqual([])
  expect(d.hypervisor.events.of('connect'), 'never tried again').toHaveLength(1)
})

test('host refuses', async ({ launch }) => {
  const d = await launch()
  await d.hypervisor.refuseConnections(true)
  await d.signIn()
  await d.expectError('ssh.refused')
  await d.hypervisor.refuseConnections(false)
  await d.signIn()
  await d.expectOutcome('confirmed')
})

test('host does not answer', async ({ launch }) => {
  const d = await launch({ endpoint: { connectSeconds: 1 } })
  d.hypervisor.faults.connect = 'never-answer'
  await d.signIn()
  await d.expectError('ssh.timeout')
  await d.expectSignInScreen()
})

test('host resets in the middle of the handshake', async ({ launch }) => {
  const d = await launch()
  d.hypervisor.faults.connect = 'reset-in-handshake'
  await d.signIn()
  await d.expectError('ssh.handshake')
  d.hypervisor.faults.connect = 'ok'
  await d.signIn()
  await d.expectOutcome('confirmed')
})

test('no desktop assigned', async ({ launch }) => {
  const d = await launch({ hypervisor: adaOnly({ users: ['grace'] }) })
  await d.signIn()
  await d.expectError('desktop.none-assigned')
  await d.page.getByRole('button', { name: 'Sign out' }).click()
  await d.expectSignInScreen()
})

test('a name that no account can have is refused before anything is sent', async ({ launch }) => {
  const d = await launch()
  await d.signIn('-oProxyCommand=id')
  await d.expectError('auth.input')
  expect(d.hypervisor.events.of('connect')).toEqual([])
})

test('the embedded double refuses what it should: it is no yes-man', async () => {
  const h = await startEmbeddedHypervisor({ ...adaOnly(), display: (o) => new BlankDisplay(o) })
  expect(h.knownHosts).toContain('ssh-ed25519')
  await h.stop()
})
