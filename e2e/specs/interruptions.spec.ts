// Why: the connection dies, Enter comes twice, Escape and sign-out come in each phase. Whatever happens, the person is
// back at a usable screen, nothing stays open on the hypervisor, and nobody's password is sent twice by accident.
import type { FaultPoint } from '../../embedded/faults.ts'
import type { SessionState } from '../../electron/core/session/state.ts'
import { ADA, adaOnly, expect, test, type Desk } from '../app-fixture.ts'
import { desktopOf, serverOf } from '../support/console-page.ts'

/** Where each phase can be held up on the hypervisor's side. */
const phases: readonly { readonly name: string; readonly point: FaultPoint; readonly off?: true }[] = [
  { name: 'authenticate', point: 'auth' },
  { name: 'list', point: 'exec:list' },
  { name: 'start', point: 'exec:start', off: true },
  { name: 'agent', point: 'forward:unix' },
  { name: 'inject', point: 'agent:login' },
  { name: 'confirm', point: 'agent:confirm' },
  { name: 'ticket', point: 'exec:update-device' },
  { name: 'link', point: 'forward:tcp' },
]

for (const phase of phases) {
  test(`SSH dies during ${phase.name}`, async ({ launch }) => {
    const d = await launch(phase.off ? { hypervisor: adaOnly({ state: 'shut off', startMs: 200 }) } : {})
    d.hypervisor.faults.killOn(phase.point)
    await d.signIn()
    await d.until((s) => 'error' in s && s.error !== undefined, 'an error')
    await backToDesktop(d)
  })

  test(`Escape and sign-out during ${phase.name}`, async ({ launch }) => {
    let d = await launch(phase.off ? { hypervisor: adaOnly({ state: 'shut off', startMs: 200 }) } : {})
    for (const how of ['Escape', 'sign-out', 'second Enter'] as const) {
      // A start that was cancelled here may still come to its end there; only a machine of its own is surely off.
      if (phase.off && how !== 'Escape') d = await launch({ hypervisor: adaOnly({ state: 'shut off', startMs: 200 }) })
      const held = Promise.withResolvers<void>()
      const reached = Promise.withResolvers<void>()
      d.hypervisor.faults.clearHooks()
      d.hypervisor.faults.at(phase.point, () => {
        reached.resolve()
        return held.promise
      })
      await d.signIn()
      await reached.promise
      if (how === 'Escape') await d.page.keyboard.press('Escape')
      if (how === 'second Enter') await d.page.keyboard.press('Enter')
      if (how === 'sign-out') d.app.dispatch({ type: 'ui.signOut' })
      held.resolve()
      if (how === 'second Enter') await d.until((s) => s.name === 'connected', 'the first frame')
      await home(d)
      // Nobody is signed in to the guest for the next round.
      d.hypervisor.domains.get('ada-desktop')?.guest.signOut()
    }
  })
}

test('SSH dies in the console: the person goes on without typing the password again', async ({ launch }) => {
  const d = await launch()
  await d.signIn()
  await d.expectOutcome('confirmed')
  d.hypervisor.killConnections()
  await d.expectError('ssh.lost')
  await d.page.getByRole('button', { name: 'Try again' }).click()
  await d.until((s) => s.name === 'connected', 'the first frame')
  await d.expectOutcome('already-signed-in')
})

test('SSH dies in the console after the password was wiped: sign in again', async ({ launch }) => {
  const d = await launch({ config: { session: { keepPasswordMinutes: 0 } } })
  await d.signIn()
  await d.expectOutcome('confirmed')
  d.hypervisor.killConnections()
  await d.expectError('ssh.lost')
  await expect(d.page.getByRole('button', { name: 'Try again' })).toHaveCount(0)
  await d.page.getByRole('button', { name: 'Sign out' }).click()
  await d.expectSignInScreen()
})

test('the SPICE server resets in the middle of the picture', async ({ launch }) => {
  const d = await launch()
  await d.signIn()
  await d.until((s) => s.name === 'connected', 'the first frame')
  d.hypervisor.faults.spice.resetAfterMessages = 0
  await d.page.mouse.move(300, 300)
  await d.expectError('spice.lost')
  delete d.hypervisor.faults.spice.resetAfterMessages
  await d.page.getByRole('button', { name: 'Try again' }).click()
  await d.until((s) => s.name === 'connected', 'the first frame')
})

test('a display that hangs in its link is given up with words', async ({ launch }) => {
  const d = await launch()
  d.hypervisor.faults.spice.hang = true
  await d.signIn()
  await d.expectError('spice.timeout')
})

test('the page is reloaded under the console', async ({ launch }) => {
  const d = await launch()
  await d.signIn()
  await d.until((s) => s.name === 'connected', 'the first frame')
  const server = serverOf(d.hypervisor)
  expect(server.stats.open).toBe(4)
  await d.page.reload()
  await d.expectError('spice.lost')
  // The old page's worker and channels went with it.
  expect(d.page.workers()).toEqual([])
  await expect.poll(() => server.stats.open).toBe(0)
  await d.page.getByRole('button', { name: 'Try again' }).click()
  await d.until((s) => s.name === 'connected', 'the first frame')
  await expect.poll(() => server.stats.open).toBe(4)
  await d.page.keyboard.type('r')
  await expect.poll(() => desktopOf(server).text).toContain('r')
})

/** Every error leads on: by "Try again" where there is one, else by signing in again. */
async function backToDesktop(d: Desk): Promise<void> {
  await d.until((s) => ['signedOut', 'failed', 'choosing'].includes(s.name), 'a usable screen')
  const again = d.page.getByRole('button', { name: /Try again|Refresh/ })
  const field = d.page.locator('#password')
  await expect(again.or(field).first()).toBeVisible()
  if (await field.isVisible()) await d.signIn(ADA.name, ADA.password)
  else await again.first().click()
  const state: SessionState = await d.until((s) => s.name === 'connected' || s.name === 'failed' || s.name === 'signedOut', 'the console')
  expect(state.name).toBe('connected')
}

/** From wherever the person is to the sign-in screen, by the screen's own buttons. */
async function home(d: Desk): Promise<void> {
  d.app.dispatch({ type: 'ui.signOut' })
  await d.until((s) => s.name === 'signedOut', 'the sign-in screen')
  await d.expectSignInScreen()
}
