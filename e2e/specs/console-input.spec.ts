// Why: everything that the person does with the console on our own engine, in the real browser: the mouse that is locked, the
// window that is left, screens of other densities, and copied text in the directions that IT has opened and in no other.
import type { Page } from 'playwright-core'
import { DesktopScreen } from '../../embedded/spice/desktop-screen.ts'
import type { SpiceServer } from '../../embedded/spice/server.ts'
import { agentMsg, VdAgent, type AgentMonitor } from '../../embedded/spice/vdagent.ts'
import type { ConfigInput } from '../../shared/config/schema.ts'
import { expect, test, type Desk, type Launch } from '../app-fixture.ts'
import { CodeKeyboard, desktopOf, guestCanvas, onPage, recordInput, serverOf } from '../support/console-page.ts'
import { decodePng } from '../support/png.ts'

type Policy = 'off' | 'toGuest' | 'fromGuest' | 'both'

async function connected(launch: Launch, more: NonNullable<ConfigInput['console']> = {}): Promise<{ d: Desk; server: SpiceServer }> {
  const d = await launch({ config: { console: { engine: 'latchkey', ...more } } })
  await d.signIn()
  await d.until((s) => s.name === 'connected', 'the first frame')
  await d.expectOutcome('confirmed')
  return { d, server: serverOf(d.hypervisor) }
}

/** A desktop whose screen follows what the client asks for, as a guest with its agent does. */
function followingAgent(server: SpiceServer): { readonly agent: VdAgent; readonly asked: (readonly AgentMonitor[])[] } {
  const asked: (readonly AgentMonitor[])[] = []
  const agent = new VdAgent({
    onMonitors: (monitors) => {
      asked.push(monitors)
      const [first] = monitors
      if (first) server.setScreen(new DesktopScreen({ user: 'Ada', host: 'vm', width: first.width, height: first.height }))
      return true
    },
  })
  server.setAgent(agent)
  return { agent, asked }
}

const hint = (d: Desk) => d.page.locator('.console-hint')
const holder = (page: Page) => page.evaluate(() => document.pointerLockElement?.className ?? '')

test('where the guest takes motion, a click locks the mouse and Ctrl+Alt gives it back', async ({ launch }) => {
  const { d, server } = await connected(launch)
  const input = recordInput(server)
  server.setAbsolutePointer(false)
  await expect(hint(d)).toContainText('Click into the desktop')
  await d.page.mouse.move(400, 300)
  await d.page.mouse.move(500, 300)
  await d.page.mouse.down()
  await d.page.mouse.up()
  await expect.poll(() => holder(d.page)).toBe('console-surface')
  await expect(hint(d)).toContainText('Ctrl+Alt')
  expect(input.all.filter((e) => e.kind === 'button' || e.kind === 'pointer'), 'neither the way to it nor the click that locks is the guest’s').toEqual([])

  const scale = (await onPage(d.page, server.screen, { x: 0, y: 0 })).scale
  const start = server.pointer
  let [x, y] = [500, 300]
  for (const [dx, dy] of [[30, 0], [7, 11], [-3, -20], [1, 1], [40, 33]] as const) await d.page.mouse.move((x += dx), (y += dy))
  await expect.poll(() => Math.abs(server.pointer.x - start.x - 75 / scale)).toBeLessThan(1.01)
  await expect.poll(() => Math.abs(server.pointer.y - start.y - 25 / scale)).toBeLessThan(1.01)
  await d.page.mouse.down()
  await d.page.mouse.up()
  await expect.poll(() => input.all.filter((e) => e.kind === 'button').map((e) => e.down)).toEqual([true, false])

  const keys = await CodeKeyboard.open(d.page)
  // A chord that goes on is the guest's: Ctrl+Alt+A gives nothing back.
  await keys.chord('ControlLeft', 'AltLeft', 'KeyA')
  expect(await holder(d.page)).toBe('console-surface')
  await keys.chord('ControlLeft', 'AltLeft')
  await expect.poll(() => holder(d.page)).toBe('')
  await expect(hint(d)).toContainText('Click into the desktop')

  // The browser's own way out is seen as well, and its refusal to lock again at once leaves a mouse that works.
  await d.page.evaluate(() => { HTMLElement.prototype.requestPointerLock = () => Promise.reject(new DOMException('too soon', 'NotAllowedError')) })
  await d.page.mouse.click(500, 300)
  await expect(hint(d)).toContainText('only while it is over the desktop')
  const before = server.pointer
  await d.page.mouse.move(500 - Math.round(20 * scale), 300)
  await expect.poll(() => Math.abs(before.x - server.pointer.x - 20)).toBeLessThan(1.5)
  await d.page.evaluate(() => { Reflect.deleteProperty(HTMLElement.prototype, 'requestPointerLock') })

  // The menu's key gives it back as well, or the menu could not be used.
  await d.page.mouse.click(500, 300)
  await expect.poll(() => holder(d.page)).toBe('console-surface')
  await d.page.keyboard.press('Control+Alt+Home')
  await expect(d.page.getByRole('menuitem', { name: 'Send Ctrl+Alt+Del' })).toBeVisible()
  await expect.poll(() => holder(d.page)).toBe('')
  await d.page.keyboard.press('Escape')

  // Positions again: the lock is neither needed nor held.
  server.setAbsolutePointer(true)
  await expect(hint(d)).toHaveText('')
  const at = await onPage(d.page, server.screen, { x: 300, y: 200 })
  await d.page.mouse.move(at.x, at.y)
  await expect.poll(() => server.pointer).toEqual({ x: 300, y: 200 })
  expect(d.violations).toEqual([])
})

test('a window that is left holds nothing down: keys, buttons and the mouse', async ({ launch }) => {
  const { d, server } = await connected(launch)
  const input = recordInput(server)
  const keys = await CodeKeyboard.open(d.page)
  const leave: Record<string, () => Promise<void>> = {
    'another window': () => d.page.evaluate(() => { window.dispatchEvent(new Event('blur')) }),
    'another workspace': () => d.page.evaluate(() => { document.dispatchEvent(new Event('visibilitychange')) }),
    'our own controls': () => d.page.evaluate(() => { document.querySelector<HTMLElement>('.console-bar button, .console-grip')?.focus() }),
  }
  for (const [name, go] of Object.entries(leave)) {
    await d.page.locator('.console-surface').focus()
    const at = await onPage(d.page, server.screen, { x: 60, y: 400 })
    await d.page.mouse.move(at.x, at.y)
    input.clear()
    await keys.down('ShiftLeft')
    await keys.down('KeyQ')
    await d.page.mouse.down({ button: 'left' })
    await d.page.mouse.down({ button: 'right' })
    await expect.poll(() => input.all.filter((e) => e.kind === 'button').length, name).toBe(2)
    await go()
    await expect.poll(() => input.keys(), name).toEqual(['2a', '10', '10^', '2a^'])
    await expect.poll(() => input.all.flatMap((e) => (e.kind === 'button' ? [`${e.down ? '+' : '-'}${e.button}`] : [])), name).toEqual(['+1', '+3', '-1', '-3'])
    // The fingers come up later, and nobody hears of it.
    input.clear()
    await keys.up('KeyQ')
    await keys.up('ShiftLeft')
    await d.page.mouse.up({ button: 'right' })
    await d.page.mouse.up({ button: 'left' })
    expect(input.all.filter((e) => e.kind === 'key' || e.kind === 'button'), name).toEqual([])
  }
})

test('five buttons in chords, and the wheel', async ({ launch }) => {
  const { d, server } = await connected(launch)
  const input = recordInput(server)
  const at = await onPage(d.page, server.screen, { x: 60, y: 400 })
  const session = await d.page.context().newCDPSession(d.page)
  const bits = { left: 1, right: 2, middle: 4, back: 8, forward: 16 } as const
  let buttons = 0
  const mouse = async (type: 'mousePressed' | 'mouseReleased', button: keyof typeof bits): Promise<void> => {
    buttons = type === 'mousePressed' ? buttons | bits[button] : buttons & ~bits[button]
    await session.send('Input.dispatchMouseEvent', { type, x: at.x, y: at.y, button, buttons, clickCount: 1 })
  }
  for (const b of ['left', 'middle', 'right', 'back', 'forward'] as const) await mouse('mousePressed', b)
  for (const b of ['middle', 'left', 'forward', 'right', 'back'] as const) await mouse('mouseReleased', b)
  const log = (): string[] => input.all.flatMap((e) => (e.kind === 'button' ? [`${e.down ? '+' : '-'}${e.button}`] : []))
  await expect.poll(log).toEqual(['+1', '+2', '+3', '+6', '+7', '-2', '-1', '-7', '-3', '-6'])
  expect(Math.max(...input.all.map((e) => (e.kind === 'pointer' ? e.buttons : 0))), 'all five at once').toBe(1 | 2 | 4 | 32 | 64)

  input.clear()
  await d.page.mouse.move(at.x, at.y)
  for (let i = 0; i < 2; i++) await d.page.mouse.wheel(0, 120)
  await expect.poll(log).toEqual(['+5', '-5', '+5', '-5'])
  input.clear()
  for (let i = 0; i < 4; i++) await d.page.mouse.wheel(0, -25)
  await expect.poll(log, 'a quarter of a notch four times').toEqual(['+4', '-4'])
  input.clear()
  await d.page.mouse.wheel(500, 0)
  await d.page.mouse.wheel(0, 120)
  await expect.poll(log, 'sideways is nothing').toEqual(['+5', '-5'])
})

test('a mouse’s side buttons are no way out of the page', async ({ launch }) => {
  const d = await launch()
  await d.page.locator('#user').fill('somebody')
  expect(await d.page.evaluate(() => history.length)).toBe(1)
  const session = await d.page.context().newCDPSession(d.page)
  for (const [button, buttons] of [['back', 8], ['forward', 16]] as const) {
    for (const type of ['mousePressed', 'mouseReleased'] as const) await session.send('Input.dispatchMouseEvent', { type, x: 300, y: 600, button, buttons: type === 'mousePressed' ? buttons : 0, clickCount: 1 })
  }
  await d.page.locator('#password').fill('x')
  await expect(d.page.locator('#user')).toHaveValue('somebody')
})

// An emulated density rounds a canvas to whole CSS pixels, which a real one does not (measured at 1.25 with Chromium's own switch):
// the window of 1.25 is one where both are the same.
for (const [ratio, width, height] of [[1, 903, 601], [1.25, 960, 600], [2, 903, 601]] as const) {
  test(`the guest follows the window in the screen’s own pixels, at ${ratio} of them to one of CSS`, async ({ launch }) => {
    const { d, server } = await connected(launch)
    const { asked } = followingAgent(server)
    const session = await d.page.context().newCDPSession(d.page)
    await session.send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: ratio, mobile: false })
    const wanted = { width: Math.floor((width * ratio) / 8) * 8, height: Math.floor((height * ratio) / 2) * 2, x: 0, y: 0 }
    await expect.poll(() => asked.at(-1)).toEqual([wanted])
    const count = asked.length
    // A window that is dragged asks once, when it stands still.
    for (let i = 1; i <= 10; i++) await session.send('Emulation.setDeviceMetricsOverride', { width: width + i, height, deviceScaleFactor: ratio, mobile: false })
    await session.send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: ratio, mobile: false })
    await expect.poll(async () => (await guestCanvas(d.page).boundingBox())?.width).toBeCloseTo(wanted.width / ratio, 1)
    expect(asked.length - count).toBeLessThanOrEqual(1)

    // Pixel by pixel: no pixel of the guest is blurred by the few that its steps leave over.
    const screen = desktopOf(server)
    await expect.poll(() => wrongPixels(d, server, session, ratio), { timeout: 30_000 }).toBe(0)
    // And the pointer hits them: corners and places between.
    for (const at of [{ x: 0, y: 0 }, { x: wanted.width - 1, y: wanted.height - 1 }, { x: 101, y: 333 }, { x: 640, y: 77 }]) {
      const p = await onPage(d.page, screen, at)
      await d.page.mouse.move(p.x, p.y)
      await expect.poll(() => server.pointer).toEqual(at)
    }
    // Smaller than any guest can be: the smallest is asked for, and fitted.
    await session.send('Emulation.setDeviceMetricsOverride', { width: 100, height: 60, deviceScaleFactor: ratio, mobile: false })
    await expect.poll(() => asked.at(-1)).toEqual([{ width: 320, height: 200, x: 0, y: 0 }])
    const p = await onPage(d.page, { width: 320, height: 200 }, { x: 160, y: 150 })
    await d.page.mouse.move(p.x, p.y)
    await expect.poll(() => Math.hypot(server.pointer.x - 160, server.pointer.y - 150)).toBeLessThan(5)
    expect(d.violations).toEqual([])
  })
}

/** Device pixels in the desktop's notes that differ from the guest's own. The screenshot is of the device's pixels. */
async function wrongPixels(d: Desk, server: SpiceServer, session: { send(method: 'Page.captureScreenshot', params: { format: 'png' }): Promise<{ data: string }> }, ratio: number): Promise<number> {
  const box = await guestCanvas(d.page).boundingBox()
  const { data } = await session.send('Page.captureScreenshot', { format: 'png' })
  const { width, pixels } = decodePng(Buffer.from(data, 'base64'))
  const [left, top] = [Math.round((box?.x ?? 0) * ratio), Math.round((box?.y ?? 0) * ratio)]
  const { canvas } = server
  const { notes } = desktopOf(server).layout()
  let wrong = 0
  for (let y = notes.top; y < notes.bottom - 130 * ratio; y++) {
    for (let x = notes.left; x < notes.right; x++) if (pixels[(y + top) * width + x + left] !== canvas.pixels[y * canvas.width + x]) wrong++
  }
  return wrong
}

/** Puts text on this device's clipboard as another program's field would: with no permission of our page's. */
async function copyHere(page: Page, text: string): Promise<void> {
  await page.evaluate((t) => {
    const area = document.body.appendChild(document.createElement('textarea'))
    area.value = t
    area.select()
    document.execCommand('copy')
    area.remove()
  }, text)
}

/** What a paste into a field of this device gives. */
async function pasteHere(page: Page): Promise<string> {
  await page.evaluate(() => {
    const area = document.body.appendChild(document.createElement('textarea'))
    area.id = 'paste-here'
    area.focus()
  })
  await page.keyboard.press('Control+V')
  const text = await page.locator('#paste-here').inputValue()
  await page.evaluate(() => { document.getElementById('paste-here')?.remove() })
  return text
}

const focusConsole = (page: Page): Promise<void> => page.locator('.console-surface').focus()

for (const policy of ['off', 'toGuest', 'fromGuest', 'both'] as const satisfies readonly Policy[]) {
  test(`clipboard ${policy}`, async ({ launch }) => {
    const { d, server } = await connected(launch, { clipboard: { policy } })
    const agent = new VdAgent({ lineEnds: 'crlf' })
    server.setAgent(agent)
    await expect.poll(() => agent.ready).toBe(true)
    const toGuest = policy === 'toGuest' || policy === 'both'
    const fromGuest = policy === 'fromGuest' || policy === 'both'
    const state = (name: string) => d.page.evaluate((n) => navigator.permissions.query({ name: n as PermissionName }).then((s) => s.state), name)
    expect(await state('clipboard-read')).toBe(toGuest ? 'granted' : 'denied')
    expect(await state('clipboard-write')).toBe(fromGuest ? 'granted' : 'denied')

    await copyHere(d.page, 'from here\nüber alles €')
    await focusConsole(d.page)
    if (toGuest) {
      await expect.poll(() => agent.clientOffers).toBe(true)
      expect(await agent.paste()).toBe('from here\r\nüber alles €')
    } else {
      // The browser itself refuses, whatever the page tries.
      expect(await d.page.evaluate(() => navigator.clipboard.readText().then(() => 'read', (e: Error) => e.name))).toBe('NotAllowedError')
      expect(await agent.paste()).toBeUndefined()
    }

    agent.copy('from there\r\nзначит')
    if (fromGuest) {
      await expect.poll(() => pasteHereThenBack(d.page)).toBe('from there\nзначит')
      // While the person is elsewhere nothing is touched; it comes when they are back.
      await d.page.evaluate(() => { document.querySelector<HTMLElement>('.console-bar button, .console-grip')?.focus() })
      agent.copy('meanwhile')
      await expect.poll(() => agent.heard.filter((t) => t === agentMsg.request).length).toBe(2)
      expect(await pasteHere(d.page)).toBe('from there\nзначит')
      await focusConsole(d.page)
      await expect.poll(() => pasteHereThenBack(d.page)).toBe('meanwhile')
      // The next person at this device is somebody else.
      d.app.dispatch({ type: 'ui.disconnect' })
      await d.page.getByRole('row', { name: 'Ada’s desktop' }).waitFor()
      await expect.poll(() => pasteHere(d.page)).toBe('')
    } else {
      expect(await d.page.evaluate(() => navigator.clipboard.writeText('x').then(() => 'written', (e: Error) => e.name))).toBe('NotAllowedError')
      expect(await pasteHere(d.page)).toBe('from here\nüber alles €')
      expect(agent.heard, 'the guest is not even asked').not.toContain(agentMsg.request)
    }
    expect(d.violations.filter((v) => !v.includes('permissions policy'))).toEqual([])
  })
}

async function pasteHereThenBack(page: Page): Promise<string> {
  const text = await pasteHere(page)
  await focusConsole(page)
  return text
}

test('a text beyond the limit is not cut: the person is told', async ({ launch }) => {
  const { d, server } = await connected(launch, { clipboard: { policy: 'both', maxBytes: 2048 } })
  const agent = new VdAgent()
  server.setAgent(agent)
  await expect.poll(() => agent.ready).toBe(true)
  await copyHere(d.page, 'x'.repeat(2049))
  await focusConsole(d.page)
  await expect(hint(d)).toContainText('longer than 2 KB')
  expect(agent.clientOffers).toBe(false)
  await copyHere(d.page, 'y'.repeat(2048))
  await d.page.evaluate(() => { window.dispatchEvent(new Event('focus')) })
  await focusConsole(d.page)
  await expect.poll(() => agent.clientOffers).toBe(true)
  expect(await agent.paste()).toBe('y'.repeat(2048))
})

test('lamps of the guest, set and told, and the round trip in the diagnostics', async ({ launch }) => {
  const { d, server } = await connected(launch)
  const keys = await CodeKeyboard.open(d.page)
  const input = recordInput(server)
  await keys.chord('KeyA')
  await expect.poll(() => input.all.filter((e) => e.kind === 'locks').length, 'this window’s locks, once').toBe(1)
  // The guest changes one by itself: it is shown, and not fought over.
  server.setLocks(4 | 2)
  await keys.chord('KeyB')
  await expect.poll(() => input.keys().at(-1)).toBe('30^')
  expect(input.all.filter((e) => e.kind === 'locks')).toHaveLength(1)
  await d.page.keyboard.press('Control+Alt+Home')
  await d.page.getByRole('menuitem', { name: 'Diagnostics' }).click()
  const panel = d.page.getByRole('dialog')
  await expect(panel.locator('.fact', { hasText: 'Keyboard lamps' })).toContainText('Caps Lock, Num Lock')
  await expect(panel.locator('.fact', { hasText: 'Round trip' })).toContainText(/\d+ ms/)
})
