// Why: the product's one job on real machines: libvirt, QEMU, OpenSSH, PAM and spice-server. The guest checks the
// password against its own shadow file, so its confirmation is the proof that every character of it arrived.
import { writeFileSync, mkdirSync } from 'node:fs'
import { expect, test } from '../lab-fixture.ts'
import { ready, screenText, unlocks, whoIsIn } from '../support/lab-guest.ts'
import { samePicture } from '../support/same-picture.ts'

/** What each way of signing in and each kind of display has in the lab. */
const ways = [
  { person: 'ada', domain: 'ada-desktop', what: 'method password, display on TCP, a password of quotes, $, backtick and backslash' },
  { person: 'grace', domain: 'grace-desktop', what: 'method keyboard-interactive, display on a unix socket, a password beyond the BMP' },
] as const

for (const access of ['person', 'device'] as const) {
  for (const { person, domain, what } of ways) {
    test(`access ${access}: ${what}`, async ({ lab, launch, desktops }) => {
      await desktops(domain)
      const d = await launch({ access })
      await d.enter(person)
      // Grace has one desktop and goes straight on.
      if (lab.person(person).desktops.length > 1) await d.pick(domain)
      await d.picture()
      await d.expectOutcome('confirmed')
      await d.guestTells((facts) => facts.activeUser === person && facts.hostName !== undefined && facts.applications.length > 0, 'who is signed in, and statistics')
      expect(d.violations).toEqual([])
      expect(await screenText(lab, domain)).toContain(lab.person(person).fullName)
      await d.signOut()
      expect(await whoIsIn(lab, domain), 'signing out of the kiosk leaves the guest as it is').toBe(person)
    })
  }
}

test('the picture in the window is the guest\'s own, with the person\'s name', async ({ lab, launch, desktops }) => {
  await desktops('ada-desktop')
  expect(await screenText(lab, 'ada-desktop'), 'nobody yet').not.toContain('Ada Lovelace')
  const d = await launch()
  await d.open('ada', 'ada-desktop')
  await d.picture()
  await d.expectOutcome('confirmed')
  await expect.poll(() => screenText(lab, 'ada-desktop')).toContain('Ada Lovelace')
  // The cursor blinks and the clock ticks: a few cells may differ, a wrong or late picture differs everywhere.
  await expect.poll(() => samePicture(lab, d.page, 'ada-desktop'), { timeout: 15_000 }).toBeGreaterThan(0.99)
  mkdirSync('test-results', { recursive: true })
  writeFileSync('test-results/lab-console.png', await d.page.screenshot())
})

test('the keyboard reaches the guest', async ({ lab, launch, desktops }) => {
  await desktops('ada-desktop')
  const d = await launch()
  await d.open('ada', 'ada-desktop')
  await d.picture()
  await d.expectOutcome('confirmed')
  await d.page.getByRole('application').focus()
  await d.page.keyboard.type('latchkey was here', { delay: 20 })
  await expect.poll(() => screenText(lab, 'ada-desktop')).toContain('latchkey was here')
})

test('lock and log-off from the menu; a second visit unlocks', async ({ lab, launch, desktops }) => {
  await desktops('ada-desktop')
  const d = await launch()
  await d.open('ada', 'ada-desktop')
  await d.picture()
  await d.expectOutcome('confirmed')
  await d.menu('Lock the desktop')
  d.app.dispatch({ type: 'ui.disconnect' })
  await d.until((s) => s.name === 'choosing', 'the list')
  expect(await unlocks(lab, 'ada-desktop', 'ada'), 'it was locked').toBe(true)
  await d.pick('ada-desktop')
  await d.picture()
  await d.expectOutcome('already-signed-in')
  await d.menu('Log off inside the desktop')
  await d.guestTells((facts) => facts.activeUser === undefined, 'that nobody is signed in')
  await d.signOut()
  expect(await whoIsIn(lab, 'ada-desktop')).toBe('None')
})

for (const onDisconnect of ['lock', 'logoff', 'keep'] as const) {
  test(`onDisconnect: ${onDisconnect}`, async ({ lab, launch, desktops }) => {
    await desktops('ada-desktop')
    const d = await launch({ session: { onDisconnect } })
    await d.open('ada', 'ada-desktop')
    await d.picture()
    await d.expectOutcome('confirmed')
    d.app.dispatch({ type: 'ui.disconnect' })
    await d.until((s) => s.name === 'choosing', 'the list')
    expect(await whoIsIn(lab, 'ada-desktop')).toBe(onDisconnect === 'logoff' ? 'None' : 'ada')
    if (onDisconnect !== 'logoff') expect(await unlocks(lab, 'ada-desktop', 'ada')).toBe(onDisconnect === 'lock')
    await d.pick('ada-desktop')
    await d.expectOutcome(onDisconnect === 'logoff' ? 'confirmed' : 'already-signed-in')
  })
}

test('a desktop that is off starts, one that is paused or saved wakes', async ({ lab, launch }) => {
  const d = await launch()
  await d.enter('ada')
  for (const state of ['off', 'paused', 'saved'] as const) {
    if (state !== 'off') await ready(lab, 'ada-saved')
    await lab.setState('ada-saved', state)
    await d.until((s) => s.name === 'choosing', 'the list')
    await d.page.getByRole('button', { name: 'Refresh' }).click()
    await expect(d.page.getByRole('row', { name: `Ada, paused or saved, ${{ off: 'Off', paused: 'Paused', saved: 'Saved' }[state]}` })).toBeVisible()
    await d.pick('ada-saved')
    await d.picture()
    await d.expectOutcome('confirmed')
    d.app.dispatch({ type: 'ui.disconnect' })
  }
})
