// Why: the console is only good if the guest gets exactly what the person does, and the person sees exactly what the
// guest shows. Each test looks at both ends.
import { scancodesFor } from '../../embedded/spice/keyboard.ts'
import { expect, test, type Desk } from '../app-fixture.ts'
import { canvasPixels, chooseFromMenu, CodeKeyboard, desktopOf, liveObjects, onPage, recordInput, serverOf, type GuestInput } from '../support/console-page.ts'
import { decodePng } from '../support/png.ts'

async function signedIn(d: Desk): Promise<GuestInput> {
  await d.signIn()
  await d.until((s) => s.name === 'connected', 'the first frame')
  await d.expectOutcome('confirmed')
  return recordInput(serverOf(d.hypervisor))
}

/** Codes on a US keyboard by the character without Shift. */
const codeOf = (char: string): string =>
  /[a-z]/.test(char) ? `Key${char.toUpperCase()}` : /\d/.test(char) ? `Digit${char}` : ({ ' ': 'Space', '-': 'Minus', '=': 'Equal', '[': 'BracketLeft', ']': 'BracketRight', ';': 'Semicolon', "'": 'Quote', '`': 'Backquote', '\\': 'Backslash', ',': 'Comma', '.': 'Period', '/': 'Slash' })[char] ?? ''

test('what is typed stands in the guest', async ({ launch }) => {
  const d = await launch()
  await signedIn(d)
  const keys = await CodeKeyboard.open(d.page)
  const unshifted = "abcdefghijklmnopqrstuvwxyz 0123456789-=[];'`\\,./"
  for (const char of unshifted) await keys.chord(codeOf(char))
  for (const char of 'a1=;/') await keys.chord('ShiftLeft', codeOf(char))
  await keys.chord('ShiftRight', 'KeyZ')
  await keys.chord('Enter')
  await keys.chord('Tab')
  await keys.chord('KeyX')
  await keys.chord('Backspace')
  // No Num Lock on this side: the guest is told so, and the keypad moves there as it does here.
  await keys.chord('Numpad7')
  await keys.chord('NumpadMultiply')
  const wanted = `${unshifted}A!+:?Z\n    *`
  await expect.poll(() => desktopOf(serverOf(d.hypervisor)).text).toBe(wanted)
  // The guest's own table agrees that these are the right keys.
  expect(scancodesFor('aZ').map((k) => k.shift)).toEqual([false, true])
})

const chords: readonly (readonly [name: string, codes: readonly string[], scancodes: readonly string[]])[] = [
  ['a letter', ['KeyQ'], ['10', '10^']],
  ['Shift', ['ShiftRight', 'KeyA'], ['36', '1e', '1e^', '36^']],
  ['AltGr', ['AltRight', 'KeyE'], ['e0 38', '12', '12^', 'e0 38^']],
  ['AltGr as Windows layouts send it', ['ControlLeft', 'AltRight', 'KeyQ'], ['1d', 'e0 38', '10', '10^', 'e0 38^', '1d^']],
  ['Ctrl', ['ControlLeft', 'KeyC'], ['1d', '2e', '2e^', '1d^']],
  ['right Ctrl and Shift', ['ControlRight', 'ShiftLeft', 'KeyV'], ['e0 1d', '2a', '2f', '2f^', '2a^', 'e0 1d^']],
  ['Alt+F4', ['AltLeft', 'F4'], ['38', '3e', '3e^', '38^']],
  ['Ctrl+W', ['ControlLeft', 'KeyW'], ['1d', '11', '11^', '1d^']],
  ['Ctrl+Shift+I', ['ControlLeft', 'ShiftLeft', 'KeyI'], ['1d', '2a', '17', '17^', '2a^', '1d^']],
  ['the Windows key', ['MetaLeft', 'KeyL'], ['e0 5b', '26', '26^', 'e0 5b^']],
  ['arrows', ['ArrowUp'], ['e0 48', 'e0 48^']],
  ['arrow down, not the keypad’s 2', ['ArrowDown'], ['e0 50', 'e0 50^']],
  ['the keypad’s 2', ['Numpad2'], ['50', '50^']],
  ['the key beside left Shift', ['IntlBackslash'], ['56', '56^']],
  ['Delete and its keypad twin', ['Delete', 'NumpadDecimal'], ['e0 53', '53', '53^', 'e0 53^']],
  ['both Enters', ['Enter', 'NumpadEnter'], ['1c', 'e0 1c', 'e0 1c^', '1c^']],
  ['F11 and F12', ['F11', 'F12'], ['57', '58', '58^', '57^']],
  ['Escape', ['Escape'], ['01', '01^']],
  ['the Japanese Yen key', ['IntlYen'], ['7d', '7d^']],
  ['the menu key', ['ContextMenu'], ['e0 5d', 'e0 5d^']],
]

test('keys reach the guest as the scancodes of their places', async ({ launch }) => {
  const d = await launch()
  const input = await signedIn(d)
  const keys = await CodeKeyboard.open(d.page)
  for (const [name, codes, scancodes] of chords) {
    input.clear()
    await keys.chord(...codes)
    await expect.poll(() => input.keys(), { message: name }).toEqual(scancodes)
  }
  // A held key repeats its press and is released once.
  input.clear()
  for (let i = 0; i < 3; i++) await keys.down('KeyR')
  await keys.up('KeyR')
  await expect.poll(() => input.keys()).toEqual(['13', '13', '13', '13^'])
})

test('no key stays down in the guest when the window loses the keyboard', async ({ launch }) => {
  const d = await launch()
  const input = await signedIn(d)
  const keys = await CodeKeyboard.open(d.page)
  await keys.down('ShiftLeft')
  await keys.down('KeyA')
  await expect.poll(() => input.keys()).toEqual(['2a', '1e'])
  await d.page.evaluate(() => { window.dispatchEvent(new Event('blur')) })
  await expect.poll(() => input.keys()).toEqual(['2a', '1e', '1e^', '2a^'])
  // The late releases of the person's fingers are no second releases.
  await keys.up('KeyA')
  await keys.up('ShiftLeft')
  input.clear()
  await keys.down('ControlLeft')
  await keys.down('AltLeft')
  await keys.down('Home')
  await expect(d.page.getByRole('menuitem', { name: 'Send Ctrl+Alt+Del' })).toBeVisible()
  await expect.poll(() => input.keys(), 'the menu’s own combination leaves nothing down').toEqual(['1d', '38', '38^', '1d^'])
  for (const code of ['Home', 'AltLeft', 'ControlLeft']) await keys.up(code)
  await keys.chord('KeyK')
  await keys.chord('Escape')
  await expect(d.page.getByRole('menuitem', { name: 'Send Ctrl+Alt+Del' })).toHaveCount(0)
  await keys.chord('KeyB')
  await expect.poll(() => input.keys(), 'the menu’s keys are not the guest’s; afterwards they are again').toEqual(['1d', '38', '38^', '1d^', '30', '30^'])
})

test('Ctrl+Alt+Del comes from the menu', async ({ launch }) => {
  const d = await launch()
  const input = await signedIn(d)
  await d.page.keyboard.press('Control+Alt+Home')
  const item = d.page.getByRole('menuitem', { name: 'Send Ctrl+Alt+Del' })
  await item.waitFor()
  await expect.poll(() => input.keys()).toEqual(['1d', '38', '38^', '1d^'])
  input.clear()
  await item.click()
  await expect.poll(() => input.keys()).toEqual(['1d', '38', 'e0 53', 'e0 53^', '38^', '1d^'])
})

test('the mouse points where it points, at every size of the window', async ({ launch }) => {
  const d = await launch()
  const input = await signedIn(d)
  const server = serverOf(d.hypervisor)
  const screen = desktopOf(server)
  const { clear, notes } = screen.layout()
  for (const [width, height] of [[1024, 768], [1280, 800], [640, 480], [1600, 700], [500, 900]] as const) {
    await d.page.setViewportSize({ width, height })
    await expect.poll(async () => (await d.page.locator('canvas').boundingBox())?.width ?? 0).toBeLessThanOrEqual(width)
    const size = `${width}×${height}`
    input.clear()
    await d.page.keyboard.type('mm')
    await expect.poll(() => screen.text, { message: size }).toBe('mm')
    const aim = { x: notes.left + 33, y: notes.bottom - 21 }
    const at = await onPage(d.page, screen, aim)
    await d.page.mouse.click(at.x, at.y)
    // A browser reports whole CSS pixels: that is the only error there may be, none at full size.
    const allowed = Math.ceil(1 / at.scale) - (at.scale === 1 ? 1 : 0)
    await expect.poll(() => input.all.filter((e) => e.kind === 'button').length, { message: size }).toBe(2)
    for (const e of input.all) {
      if (e.kind !== 'button') continue
      expect(Math.abs(e.x - aim.x), `${size}: x ${e.x}, wanted ${aim.x}`).toBeLessThanOrEqual(allowed)
      expect(Math.abs(e.y - aim.y), `${size}: y ${e.y}, wanted ${aim.y}`).toBeLessThanOrEqual(allowed)
    }
    const button = await onPage(d.page, screen, { x: (clear.left + clear.right) >> 1, y: (clear.top + clear.bottom) >> 1 })
    await d.page.mouse.click(button.x, button.y)
    await expect.poll(() => screen.text, { message: `${size}: the guest’s own button was hit` }).toBe('')
  }
})

test('buttons, wheel and a drag that leaves the window', async ({ launch }) => {
  const d = await launch()
  const input = await signedIn(d)
  const screen = desktopOf(serverOf(d.hypervisor))
  const buttons = (): string[] => input.all.flatMap((e) => (e.kind === 'button' ? [`${e.button}${e.down ? '' : '^'}`] : []))
  const at = await onPage(d.page, screen, { x: 300, y: 400 })
  for (const button of ['left', 'middle', 'right'] as const) await d.page.mouse.click(at.x, at.y, { button })
  await expect.poll(buttons).toEqual(['1', '1^', '2', '2^', '3', '3^'])
  input.clear()
  await d.page.mouse.wheel(0, 100)
  await d.page.mouse.wheel(0, -200)
  await expect.poll(buttons).toEqual(['5', '5^', '4', '4^', '4', '4^'])
  input.clear()
  await d.page.mouse.down()
  await d.page.mouse.move(at.x + 60, at.y, { steps: 12 })
  await d.page.mouse.move(-10, at.y)
  await d.page.mouse.up()
  await expect.poll(buttons).toEqual(['1', '1^'])
  const last = input.all.findLast((e) => e.kind === 'pointer')
  expect(last, 'the last position is never the one that is lost').toMatchObject({ x: 0, buttons: 0 })
})

test('the page shows the guest’s picture, pixel for pixel', async ({ launch }) => {
  const d = await launch()
  await signedIn(d)
  const server = serverOf(d.hypervisor)
  await d.page.setViewportSize({ width: server.canvas.width, height: server.canvas.height })
  await d.page.keyboard.type('the quick brown fox 0123456789')
  // The guest's clock goes on: between two of its seconds both are the same.
  const differing = async (): Promise<number> => {
    const shown = await canvasPixels(d.page)
    const wanted = server.canvas
    expect([shown.width, shown.height]).toEqual([wanted.width, wanted.height])
    return shown.pixels.reduce((n, p, i) => n + (p === wanted.pixels[i] ? 0 : 1), 0)
  }
  await expect.poll(() => desktopOf(server).text).toContain('9')
  await expect.poll(differing).toBe(0)

  // And what is on the glass is that canvas, at scale 1 not resampled: the windows of the desktop, where nothing of ours lies.
  const { notes, mouse } = desktopOf(server).layout()
  await expect(d.page.locator('[data-outcome]')).toBeHidden()
  const onGlass = async (): Promise<number> => {
    const { width, pixels } = decodePng(await d.page.screenshot())
    let wrong = 0
    for (const box of [notes, mouse]) {
      for (let y = box.top; y < box.bottom; y++) for (let x = box.left; x < box.right; x++) if (pixels[y * width + x] !== server.canvas.pixels[y * server.canvas.width + x]) wrong++
    }
    return wrong
  }
  await expect.poll(onGlass).toBe(0)
  // The control: the comparison sees one more letter.
  const before = Uint32Array.from(server.canvas.pixels)
  await d.page.keyboard.type('W')
  await expect.poll(async () => (await canvasPixels(d.page)).pixels.some((p, i) => p !== before[i] && Math.floor(i / server.canvas.width) > notes.top)).toBe(true)
  await expect.poll(differing).toBe(0)
})

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

test('two sessions one after the other leave neither canvas nor port behind', async ({ launch }) => {
  const d = await launch()
  const server = serverOf(d.hypervisor)
  await d.page.locator('#user').waitFor()
  const ports = (): Promise<number> => liveObjects(d.page, 'MessagePort')
  const canvases = (): Promise<number> => liveObjects(d.page, 'HTMLCanvasElement')
  const before = await ports()
  for (const round of ['first', 'second']) {
    await d.signIn()
    await d.until((s) => s.name === 'connected', 'the first frame')
    await expect.poll(() => server.stats.open, 'all four channels').toBe(4)
    // Each channel is two ports: one in the injected script, one the page's own.
    expect(await ports(), `ports of the ${round} session are counted`).toBeGreaterThanOrEqual(before + 8)
    expect(await canvases()).toBeGreaterThan(0)
    d.app.dispatch({ type: 'ui.signOut' })
    await d.expectSignInScreen()
    // The pair by which the engine waits for its first frame may still be there, and of the pair of React's scheduler
    // one port is not always seen at the beginning (before is 1 or 2). One channel left by each session would be 4 more.
    await expect.poll(ports, `ports after the ${round} session`).toBeLessThanOrEqual(before + 3)
    await expect.poll(canvases).toBe(0)
  }
  expect(await d.page.locator('canvas').count()).toBe(0)
  await expect.poll(() => server.stats.open).toBe(0)
  expect(server.stats.accepted).toBeGreaterThanOrEqual(8)
})

/** The pointer at the middle of the upper edge. */
async function showBar(d: Desk): Promise<void> {
  const { width } = d.page.viewportSize() ?? { width: 1280 }
  await d.page.mouse.move(width / 2, 100)
  await d.page.mouse.move(width / 2, 0)
  await expect(d.page.getByRole('toolbar')).toBeVisible()
}
