// Why: what goes wrong after the password was right: machines that do not start, channels and displays that can't be
// reached, agents that say nothing or lie. Each has its words, and the console is never held up by the sign-on.
import { ADA, adaOnly, expect, test } from '../app-fixture.ts'
import type { HostileKind } from '../../embedded/vm/hostile-guest.ts'

test('a desktop that is off is started, with the phases on the screen', async ({ launch }) => {
  const d = await launch({ hypervisor: adaOnly({ state: 'shut off', startMs: 600 }) })
  await d.signIn()
  await expect(d.page.getByText('Starting the desktop')).toBeVisible()
  await d.expectOutcome('confirmed')
})

for (const state of ['paused', 'saved', 'pmsuspended'] as const) {
  test(`a desktop that is ${state} wakes`, async ({ launch }) => {
    const d = await launch({ hypervisor: adaOnly({ state }) })
    await d.signIn()
    await d.until((s) => s.name === 'connected', 'the first frame')
    await d.expectOutcome('confirmed')
  })
}

test('VM fails to start: libvirt\'s words go to the log, not on the screen', async ({ launch }) => {
  const words = 'internal error: process exited while connecting to monitor: disk quota exceeded'
  const d = await launch({ hypervisor: adaOnly({ state: 'shut off', startError: words }) })
  await d.signIn()
  await d.expectError('desktop.start-failed')
  expect(await d.page.locator('body').innerText()).not.toContain('quota')
  expect(d.log.join('')).toContain('disk quota exceeded')
  await d.page.getByRole('button', { name: 'Back' }).click()
  await expect(d.page.getByRole('row', { name: 'Ada’s desktop' })).toBeVisible()
})

test('no channel on this VM: the console opens and the words say which XML to add', async ({ launch }) => {
  const d = await launch({ hypervisor: adaOnly({ channel: null }) })
  await d.signIn()
  await d.until((s) => s.name === 'connected', 'the first frame')
  await d.expectOutcome('no-channel')
  await d.page.locator('[data-outcome="no-channel"]').getByRole('button', { name: 'Details' }).click()
  await expect(d.page.getByText(`<target type='virtio' name='com.kvm-vdi.0'/>`)).toBeVisible()
})

test('channel names are tried in order', async ({ launch }) => {
  const d = await launch({ hypervisor: adaOnly({ channel: 'com.redhat.rhevm.vdsm' }) })
  await d.signIn()
  await d.expectOutcome('confirmed')
})

test('stream-local forwards forbidden, no helper: told, and the console opens', async ({ launch }) => {
  const d = await launch()
  d.hypervisor.faults.streamLocalForbidden = true
  await d.signIn()
  await d.until((s) => s.name === 'connected', 'the first frame')
  await d.expectOutcome('channel-denied')
})

test('stream-local forwards forbidden, with the helper: signed on, nothing secret in an argv', async ({ launch }) => {
  const d = await launch({ endpoint: { signOn: { helper: ['latchkey-channel'] } } })
  d.hypervisor.faults.streamLocalForbidden = true
  await d.signIn()
  await d.expectOutcome('confirmed')
  for (const e of d.hypervisor.events.of('exec')) expect(e.line).not.toContain(ADA.password)
  expect(d.hypervisor.events.of('exec').some((e) => e.argv[0] === 'latchkey-channel')).toBe(true)
})

test('agent silent', async ({ launch }) => {
  const d = await launch({ hypervisor: adaOnly({ agent: { delayMs: 600_000 } }), endpoint: { signOn: { agentSeconds: 2 } } })
  await d.signIn()
  await d.until((s) => s.name === 'connected', 'the first frame')
  await d.expectOutcome('agent-silent')
})

test('the channel is in use by another program, until it leaves', async ({ launch }) => {
  const d = await launch({ endpoint: { signOn: { agentSeconds: 2 } } })
  const other = d.hypervisor.domains.get('ada-desktop')?.channel?.connect()
  other?.resume()
  await d.signIn()
  await d.expectOutcome('channel-busy')
  other?.destroy()
  await d.page.locator('[data-outcome="channel-busy"]').getByRole('button', { name: 'Try sign-on again' }).click()
  await d.expectOutcome('confirmed')
})

test('somebody else is signed in: nothing is sent', async ({ launch }) => {
  const d = await launch({ hypervisor: adaOnly({ guest: { flavour: 'linux', accounts: [ADA, { name: 'grace', password: 'g' }], signedIn: 'grace' } }) })
  await d.signIn()
  await d.expectOutcome('other-user')
  expect(d.hypervisor.events.of('agent-login')).toEqual([])
})

test('the guest does not know the password: not confirmed in time', async ({ launch }) => {
  const d = await launch({ hypervisor: adaOnly({ guest: { flavour: 'linux', accounts: [{ name: 'ada', password: 'another' }] } }), endpoint: { signOn: { confirmSeconds: 5 } } })
  await d.signIn()
  await d.until((s) => s.name === 'connected', 'the first frame')
  await d.expectOutcome('not-confirmed')
})

test('a password beyond what the guest can take is refused before anything is sent', async ({ launch }) => {
  const long = { name: 'ada', password: 'ä'.repeat(130) }
  const d = await launch({ hypervisor: { ...adaOnly({ guest: { flavour: 'linux', accounts: [long] } }), users: [long] } })
  await d.signIn('ada', long.password)
  await d.expectOutcome('refused')
  expect(d.hypervisor.events.of('agent-login')).toEqual([])
  expect(d.log.join('')).toContain('agent.credentials-too-long')
})

for (const hostile of ['long-lines', 'invalid-utf8', 'unknown-messages', 'broken-json', 'flood', 'endless-line'] as const satisfies readonly HostileKind[]) {
  test(`hostile guest: ${hostile}`, async ({ launch }) => {
    const d = await launch({ hypervisor: adaOnly({ agent: { delayMs: 10, confirmMs: 10, hostile } }) })
    const before = process.memoryUsage().rss
    await d.signIn()
    await d.until((s) => s.name === 'connected', 'the first frame')
    await d.until((s) => 'at' in s && s.at.sso.state === 'done', 'an outcome')
    expect((process.memoryUsage().rss - before) / 2 ** 20).toBeLessThan(300)
    d.app.dispatch({ type: 'ui.signOut' })
    await d.expectSignInScreen()
  })
}

test('ticket refused', async ({ launch }) => {
  const d = await launch()
  d.hypervisor.faults.spice.refuseTicket = true
  await d.signIn()
  await d.expectError('spice.ticket-refused')
  d.hypervisor.faults.spice.refuseTicket = false
  await d.page.getByRole('button', { name: 'Try again' }).click()
  await d.until((s) => s.name === 'connected', 'the first frame')
})

test('a display that takes no new ticket is opened with the ticket of the XML', async ({ launch }) => {
  const d = await launch({ hypervisor: adaOnly({ displayPassword: 'from-the-xml' }) })
  d.hypervisor.faults.ticketRefused = true
  await d.signIn()
  await d.until((s) => s.name === 'connected', 'the first frame')
})

test('a display without tickets', async ({ launch }) => {
  const d = await launch({ hypervisor: adaOnly({ displayPassword: null }) })
  await d.signIn()
  await d.until((s) => s.name === 'connected', 'the first frame')
})

test('a display on a unix socket', async ({ launch }) => {
  const d = await launch({ hypervisor: adaOnly({ display: 'unix' }) })
  await d.signIn()
  await d.until((s) => s.name === 'connected', 'the first frame')
})

test('display port closed', async ({ launch }) => {
  const d = await launch()
  d.hypervisor.faults.displayClosed = true
  await d.signIn()
  await d.expectError('spice.display-closed')
  d.hypervisor.faults.displayClosed = false
  await d.page.getByRole('button', { name: 'Try again' }).click()
  await d.until((s) => s.name === 'connected', 'the first frame')
})

test('the desktop is switched off under the console', async ({ launch }) => {
  const d = await launch()
  await d.signIn()
  await d.until((s) => s.name === 'connected', 'the first frame')
  d.hypervisor.domains.get('ada-desktop')?.display?.close()
  await d.expectError('spice.lost')
  await d.page.getByRole('button', { name: 'Try again' }).click()
  await d.until((s) => s.name === 'connected', 'the first frame')
})
