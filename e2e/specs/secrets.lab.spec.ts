// Why: the ticket is worth something only if the real spice-server asks for exactly it and forgets it in time, and both
// secrets only if no process and no log of the real hypervisor ever held them.
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { outside } from '../lab/namespace.ts'
import { probe } from '../lab/probe.ts'
import { expect, test } from '../lab-fixture.ts'
import { LINK_OK, LINK_PERMISSION_DENIED, setTicket, tryTicket } from '../support/spice-link.ts'
import { watchProcesses } from '../support/process-watch.ts'
import { SecretSearch, summary } from '../support/secret-search.ts'

test('the one-time ticket: 128 bits, half a minute, and only the latest one opens', async ({ lab, launch, desktops }) => {
  await desktops('ada-desktop')
  const d = await launch()
  await d.open('ada', 'ada-desktop')
  await d.picture()
  const first = await setTicket(lab, 'ada-desktop')
  expect(first.ticket).toMatch(/^[0-9a-f]{32}$/)
  expect((first.validTo ?? Infinity) - Date.now()).toBeLessThanOrEqual(30_000)
  expect((first.validTo ?? 0) - Date.now(), 'set just now').toBeGreaterThan(10_000)
  expect(await tryTicket(lab, 'ada-desktop', '0'.repeat(32)), 'a wrong one').toBe(LINK_PERMISSION_DENIED)
  expect(await tryTicket(lab, 'ada-desktop', ''), 'none').toBe(LINK_PERMISSION_DENIED)
  expect(d.app.state.name, 'whoever knocks in vain does not disturb').toBe('connected')

  d.app.dispatch({ type: 'ui.disconnect' })
  await d.pick('ada-desktop')
  await d.picture()
  const second = await setTicket(lab, 'ada-desktop')
  expect(second.ticket).not.toBe(first.ticket)
  await d.signOut()
  expect(await tryTicket(lab, 'ada-desktop', first.ticket), 'the first visit\'s').toBe(LINK_PERMISSION_DENIED)
  expect(await tryTicket(lab, 'ada-desktop', second.ticket), 'the client does get in with the right one').toBe(LINK_OK)
})

test('an account that may set no ticket: the permanent one is used; an expired one is told', async ({ lab, launch }) => {
  await lab.setState('ada-password', 'running')
  const d = await launch({ endpoint: { virsh: lab.virshWithoutTickets } })
  await d.open('ada', 'ada-password')
  await d.picture()
  expect(await setTicket(lab, 'ada-password')).toEqual({ ticket: lab.spicePassword, validTo: undefined })
  expect(d.log.join('')).toContain('operation forbidden')
  await d.signOut()
  await lab.setState('ada-saved', 'off')
  await d.open('ada', 'ada-saved')
  await d.expectError('spice.ticket-set-failed')
  expect(d.log.join('')).toContain('expired')
})

for (const access of ['person', 'device'] as const) {
  test(`access ${access}: neither password nor ticket in any process or log of the hypervisor`, async ({ lab, launch, desktops }) => {
    await desktops('ada-desktop')
    const marker = randomBytes(12).toString('hex')
    // Letters and digits of the password: they stay as they are in any escaping.
    const password = /^[0-9a-f]{12}/.exec(lab.person('ada').password)?.[0] ?? ''
    const d = await launch({ access })
    const stopWatching = watchProcesses()
    await d.open('ada', 'ada-desktop')
    await d.picture()
    await d.expectOutcome('confirmed')
    const { ticket } = await setTicket(lab, 'ada-desktop')
    // Controls: a command line on the hypervisor, and a line of its sshd's log.
    const on = await probe(lab, { device: 'kiosk' })
    await on.exec(`sleep 0.2; : ${marker}`)
    on.close()
    await probe(lab, { person: `nobody-${marker}`, password: 'x' }).then((p) => p.close(), () => undefined)
    const seen = await stopWatching()
    const needles = { password, ticket, marker }
    const search = new SecretSearch(needles)
    expect(password).toHaveLength(12)
    expect(seen.some((line) => line.includes('virsh\0') && line.includes('update-device')), 'the watch saw the command that sets the ticket').toBe(true)

    const logs = { ...lab.logs(), ...logFiles(outside('/var/log/libvirt')), app: d.log.join('') }
    const hits = [
      ...seen.flatMap((line) => search.text(`process ${line.split('\0')[0] ?? ''}`, line)),
      ...search.processes(),
      ...Object.entries(logs).flatMap(([name, text]) => search.text(`log ${name}`, text)),
    ]
    expect(summary(hits.filter((h) => h.needle !== 'marker'))).toEqual([])
    const places = hits.filter((h) => h.needle === 'marker').map((h) => h.where)
    expect(places.some((p) => p.startsWith('process '))).toBe(true)
    expect(places).toContain('log sshd')
    expect(Object.keys(logs)).toEqual(expect.arrayContaining(['sshd', 'libvirtd', 'qemu/ada-desktop', 'app']))
  })
}

/** Every log below a folder. */
function logFiles(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((e) => e.isFile())
  return Object.fromEntries(names.map((e) => [join(e.parentPath, e.name), readFileSync(join(e.parentPath, e.name), 'utf8')]))
}
