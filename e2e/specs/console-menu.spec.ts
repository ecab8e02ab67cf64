// Why: what lies on the guest's picture is ours: full screen, diagnostics, the sign-on's second try, the ways out. The
// person reaches it without a mouse and is back at the guest afterwards.
import { expect, test, type Desk } from '../app-fixture.ts'
import { chooseFromMenu, recordInput, serverOf, type GuestInput } from '../support/console-page.ts'

async function signedIn(d: Desk): Promise<GuestInput> {
  await d.signIn()
  await d.until((s) => s.name === 'connected', 'the first frame')
  await d.expectOutcome('confirmed')
  return recordInput(serverOf(d.hypervisor))
}

test('full screen comes and goes, with the keyboard locked', async ({ launch }) => {
  const d = await launch()
  await signedIn(d)
  await d.page.evaluate(() => {
    const { keyboard } = navigator as Navigator & { keyboard: { lock(): Promise<void>; unlock(): void } }
    const calls: string[] = []
    Object.assign(window, { calls })
    const proto = Object.getPrototypeOf(keyboard) as { lock: () => Promise<void>; unlock: () => void }
    const { lock, unlock } = proto
    proto.lock = function (this: unknown) {
      calls.push(document.fullscreenElement === null ? 'lock too early' : 'lock')
      return lock.call(this)
    }
    proto.unlock = function (this: unknown) {
      calls.push('unlock')
      unlock.call(this)
    }
  })
  const state = () => d.page.evaluate(() => ({ on: document.fullscreenElement !== null, calls: (window as unknown as { calls: string[] }).calls }))
  await showBar(d)
  await d.page.getByRole('button', { name: 'Full screen', exact: true }).click()
  await expect.poll(state).toEqual({ on: true, calls: ['lock'] })
  await showBar(d)
  await d.page.getByRole('button', { name: 'Leave full screen' }).click()
  await expect.poll(state).toEqual({ on: false, calls: ['lock', 'unlock'] })
})

test('a kiosk goes full screen with the Enter of the sign-in', async ({ launch }) => {
  const d = await launch({ config: { kiosk: { fullscreen: true } } })
  await d.signIn()
  await d.expectOutcome('confirmed')
  expect(await d.page.evaluate(() => document.fullscreenElement === document.documentElement)).toBe(true)
})

test('diagnostics: the guest’s facts and the times of this sign-in', async ({ launch }) => {
  const d = await launch()
  const input = await signedIn(d)
  await chooseFromMenu(d.page, 'Diagnostics')
  const panel = d.page.getByRole('dialog')
  for (const words of ['Debian GNU/Linux', 'enp1s0', '52:54:00:0d:5e:01', '192.168.122.21', 'ada-desktop', '3 programs', 'Latchkey ']) await expect(panel).toContainText(words)
  await expect(panel.locator('.phase[data-status="done"]').filter({ hasText: /\d ms$/ })).toHaveCount(d.app.phases.view().filter((p) => p.status === 'done').length)
  expect(d.app.phases.view().filter((p) => p.status === 'done').length).toBeGreaterThanOrEqual(7)
  input.clear()
  await panel.getByRole('button', { name: 'Close' }).click()
  await d.page.keyboard.press('KeyG')
  await expect.poll(() => input.keys(), 'the keyboard is the guest’s again').toEqual(['22', '22^'])
})

test('the sign-on can be tried again when the agent came late', async ({ launch }) => {
  const d = await launch({ endpoint: { signOn: { agentSeconds: 1 } } })
  const other = d.hypervisor.domains.get('ada-desktop')?.channel?.connect()
  other?.resume()
  await d.signIn()
  await d.until((s) => s.name === 'connected', 'the first frame')
  await d.expectOutcome('channel-busy')
  expect(d.hypervisor.events.of('agent-login')).toEqual([])
  other?.destroy()
  await d.page.getByRole('button', { name: 'Try sign-on again' }).click()
  await d.expectOutcome('confirmed')
  expect(d.hypervisor.events.of('agent-login')).toHaveLength(1)
  const input = recordInput(serverOf(d.hypervisor))
  await d.page.keyboard.press('KeyG')
  await expect.poll(() => input.keys(), 'the keyboard is the guest’s again').toEqual(['22', '22^'])
})

test('lock, log off and sign out from the menu', async ({ launch }) => {
  const d = await launch()
  await signedIn(d)
  const server = serverOf(d.hypervisor)
  await chooseFromMenu(d.page, 'Lock the desktop')
  await d.hypervisor.events.until('guest-session', (e) => e.user === 'ada' && e.locked)
  await chooseFromMenu(d.page, 'Log off inside the desktop')
  await d.hypervisor.events.until('guest-session', (e) => e.user === undefined)
  expect(d.app.state.name, 'the console stays').toBe('connected')
  const gone = d.hypervisor.events.until('disconnect')
  await chooseFromMenu(d.page, 'Sign out')
  await d.expectSignInScreen()
  await gone
  await expect.poll(() => server.stats.open).toBe(0)
})

/** The pointer at the middle of the upper edge. */
async function showBar(d: Desk): Promise<void> {
  const { width } = d.page.viewportSize() ?? { width: 1280 }
  await d.page.mouse.move(width / 2, 100)
  await d.page.mouse.move(width / 2, 0)
  await expect(d.page.getByRole('toolbar')).toBeVisible()
}
