// Why: every kind of hypervisor through the whole application: the page, the driver, a double that refuses what its
// product refuses, and behind it a machine whose guest really compares the password and really shows the session.
import { test as base, expect } from '@playwright/test'
import { createServer, type AddressInfo } from 'node:net'
import type { Page } from 'playwright-core'
import { stringify } from 'yaml'
import { makeConfigDir } from '../../build/demo/config-dir.ts'
import { version } from '../../build/version.ts'
import { startChromiumKiosk } from '../../electron/main/chromium.ts'
import { DesktopScreen } from '../../embedded/spice/desktop-screen.ts'
import type { SpiceServer } from '../../embedded/spice/server.ts'
import { SpiceDisplay } from '../../embedded/vm/spice-display.ts'
import { desk, type Desk } from '../app-fixture.ts'
import type { FakeServer, FakeServerOptions } from '../fakes/demo/fake-server.ts'
import { startFakeServer, type FakeKind } from '../fakes/demo/rig.ts'
import type { EngineState } from '../fakes/ovirt/state.ts'
import type { PveState } from '../fakes/proxmox/state.ts'
import { besideTheGrip, fitToGuest, wrongOnGlass } from '../support/glass.ts'

interface Options extends Partial<FakeServerOptions> {
  /** Changes the endpoint, seeing what it would be. */
  readonly endpoint?: (own: FakeServer['endpoint']) => object
  readonly session?: object
}
type Launch = <S>(kind: FakeKind, o?: Options) => Promise<Desk<FakeServer<S>>>

const test = base.extend<{ launch: Launch }>({
  launch: async ({}, use) => {
    const endings: (() => Promise<void> | void)[] = []
    await use(async <S>(kind: FakeKind, o: Options = {}) => {
      const config = makeConfigDir()
      endings.unshift(() => config.remove())
      const server = (await startFakeServer(kind, { file: (name, text) => config.file(name, text), ...o })) as FakeServer<S>
      endings.unshift(() => server.stop())
      config.write(stringify({
        version: 1,
        kiosk: { fullscreen: false },
        session: { autoConnectSingle: false, ...o.session },
        endpoints: [{ id: 'hq', label: 'Head office', ...server.endpoint, ...o.endpoint?.(server.endpoint) }],
      }))
      const log: string[] = []
      const kiosk = await startChromiumKiosk({ configDir: config.dir, dev: true, headless: true, version: version(), logTo: (line) => void log.push(line) })
      endings.unshift(() => kiosk.close())
      return desk(kiosk, server, config, log)
    })
    for (const end of endings) await end()
  },
})

type At = Desk<FakeServer>

/** Name and password of the double's person, or a wrong password. */
async function signIn(d: At, password = d.hypervisor.person?.password): Promise<void> {
  await d.signIn(d.hypervisor.person?.user, password)
}

async function pick(d: At): Promise<void> {
  await d.page.getByRole('row', { name: d.hypervisor.title ?? 'Head office' }).click()
  await d.until((s) => s.name === 'connected', 'the first frame')
}

function spiceOf({ machine }: FakeServer): SpiceServer {
  const { display } = machine.domain
  if (!(display instanceof SpiceDisplay)) throw new Error('the machine has no SPICE display')
  return display.server
}

/** The glass shows the guest's own picture, pixel by pixel, and that is the desktop of this person's session. */
async function expectSession(d: At, user = 'ada'): Promise<void> {
  const spice = spiceOf(d.hypervisor)
  await expect.poll(() => d.hypervisor.machine.users).toEqual([user])
  expect(spice.screen).toBeInstanceOf(DesktopScreen)
  await fitToGuest(d.page, spice)
  await expect.poll(async () => await wrongOnGlass(d.page, spice.canvas.pixels, await besideOurs(d.page, spice))).toBeLessThan(2000)
}

/** The glass above the line that tells of the sign-on, which bad news keeps there. */
async function besideOurs(page: Page, spice: SpiceServer): Promise<Awaited<ReturnType<typeof besideTheGrip>>> {
  const line = page.locator('.sso-line')
  const box = (await line.count()) > 0 ? await line.boundingBox() : null
  return (await besideTheGrip(page, spice)).map((r) => ({ ...r, bottom: Math.max(r.top, Math.min(r.bottom, Math.floor(box?.y ?? r.bottom) - 20)) }))
}

test('KVM-VDI: in clear with a warning, a wrong password, and a session that nobody reports', async ({ launch }) => {
  const d = await launch('kvm-vdi', { insecure: true })
  await expect(d.page.getByRole('note').filter({ hasText: 'not encrypted' })).toBeVisible()
  await signIn(d, 'wrong')
  await d.expectError('auth.rejected')
  await d.expectSignInScreen()
  await signIn(d)
  await pick(d)
  await d.expectOutcome('unreported')
  await expectSession(d)
  // A missed beat is how this product gives a desktop to somebody else.
  expect(d.hypervisor.requests()).toContain('POST /kvm-vdi/client_hb.php')
  expect(d.hypervisor.openSessions?.()).toBe(1)
  d.app.dispatch({ type: 'ui.signOut' })
  await d.expectSignInScreen()
  expect(d.hypervisor.openSessions?.()).toBe(0)
  expect(d.violations).toEqual([])
})

test('KVM-VDI: of several hosts one is down and one cannot prove itself: the screen says which site it uses', async ({ launch }) => {
  const gone = createServer()
  await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve))
  const down = (gone.address() as AddressInfo).port
  await new Promise<void>((resolve) => gone.close(() => resolve()))
  // Its certificate is another authority's.
  const stranger = await startFakeServer('kvm-vdi', { file: (name) => `/nowhere/${name}` })
  const d = await launch('kvm-vdi', { state: 'running', endpoint: (own) => ({ url: [`https://127.0.0.1:${down}/kvm-vdi/`, stranger.endpoint['url'], own['url']] }) })
  await expect(d.page.getByText(`Site: ${new URL(String(d.hypervisor.endpoint['url'])).host}`)).toBeVisible()
  await signIn(d)
  await pick(d)
  // One that runs already gets nothing: told, not pretended.
  await d.expectOutcome('start-only')
  expect(d.hypervisor.machine.users).toEqual([])
  expect(stranger.requests(), 'it never saw a password').toEqual([])
  expect(d.log.some((line) => line.includes('tls.untrusted')), 'IT hears of it').toBe(true)
  await stranger.stop()
})

test('oVirt: from one sign-in to the signed-in desktop, and out again', async ({ launch }) => {
  const d = await launch<EngineState>('ovirt')
  await signIn(d, 'wrong')
  await d.expectError('auth.rejected')
  await signIn(d)
  await pick(d)
  await d.expectOutcome('confirmed')
  await expectSession(d)
  expect(d.hypervisor.machine.events.of('agent-login').map((l) => [l.user, l.passwordCorrect])).toEqual([['ada', true]])
  d.app.dispatch({ type: 'ui.signOut' })
  await d.expectSignInScreen()
  expect(d.hypervisor.openSessions?.(), 'the token is given back').toBe(0)
  expect(d.violations).toEqual([])
})

test('oVirt: a session that ends on the server in mid-use goes on without asking', async ({ launch }) => {
  const d = await launch<EngineState>('ovirt', { state: 'running', session: { keepPasswordMinutes: 10 } })
  await signIn(d)
  await pick(d)
  await d.expectOutcome('confirmed')
  d.hypervisor.state.tokens.clear()
  d.app.dispatch({ type: 'ui.disconnect' })
  await pick(d)
  await d.expectOutcome('already-signed-in')
  await expectSession(d)
  expect(d.hypervisor.openSessions?.()).toBe(1)
})

test('Proxmox VE: the code is asked for, by keyboard, and its proxy leads to the picture', async ({ launch }) => {
  const d = await launch<PveState>('proxmox')
  d.hypervisor.state.people.get('ada@pve')!.tfa = { totp: '428571' }
  await signIn(d, 'wrong')
  await d.expectError('auth.rejected')
  await signIn(d)
  await expect(d.page.getByRole('heading', { name: 'One more step' })).toBeVisible()
  await expect(d.page.locator('#answer')).toBeFocused()
  await d.page.keyboard.type('111111')
  await d.page.keyboard.press('Enter')
  await d.expectError('auth.challenge-rejected')
  await expect(d.page.locator('#answer')).toBeFocused()
  await d.page.keyboard.type('428 571')
  await d.page.keyboard.press('Enter')
  await pick(d)
  await d.expectOutcome('confirmed')
  await expectSession(d)
  d.app.dispatch({ type: 'ui.signOut' })
  await d.expectSignInScreen()
  expect(d.log.join('')).not.toContain('428571')
  expect(d.violations).toEqual([])
})

test('a SPICE display of its own: one press, by TLS, to what the guest shows', async ({ launch }) => {
  const d = await launch('spice')
  await d.page.getByRole('button', { name: 'Connect' }).press('Enter')
  await pick(d)
  await expectSession(d)
})
