// Why: `console.engine: latchkey` must do in the whole application what its library does in tests: its worker under the
// page's policy, the ticket spliced by main, keys and mouse to the guest, the guest's pixels on the glass.
import { expect, test, type Desk } from '../app-fixture.ts'
import { CodeKeyboard, desktopOf, onPage, recordInput, serverOf } from '../support/console-page.ts'
import { decodePng } from '../support/png.ts'

const config = { console: { engine: 'latchkey' } } as const

/** Pixels in the desktop's windows that differ between the glass (at scale 1) and the guest's own canvas. */
async function wrongPixels(d: Desk): Promise<number> {
  const server = serverOf(d.hypervisor)
  const { notes, mouse } = desktopOf(server).layout()
  const { width, pixels } = decodePng(await d.page.screenshot())
  let wrong = 0
  for (const box of [notes, mouse]) {
    for (let y = box.top; y < box.bottom; y++) for (let x = box.left; x < box.right; x++) if (pixels[y * width + x] !== server.canvas.pixels[y * server.canvas.width + x]) wrong++
  }
  return wrong
}

test('our own engine: signed in, typed, clicked, and the picture equal to the pixel', async ({ launch }) => {
  const d = await launch({ config })
  await d.signIn()
  await d.until((s) => s.name === 'connected', 'the first frame')
  await d.expectOutcome('confirmed')
  const server = serverOf(d.hypervisor)
  const input = recordInput(server)
  const screen = desktopOf(server)
  await d.page.setViewportSize({ width: server.canvas.width, height: server.canvas.height })
  const keys = await CodeKeyboard.open(d.page)
  for (const code of ['KeyL', 'KeyA', 'Digit7']) await keys.chord(code)
  await keys.chord('ShiftLeft', 'KeyB')
  await expect.poll(() => screen.text).toBe('la7B')
  await expect(d.page.locator('[data-outcome]')).toBeHidden()
  await expect.poll(() => wrongPixels(d)).toBe(0)

  const { clear } = screen.layout()
  const button = await onPage(d.page, screen, { x: (clear.left + clear.right) >> 1, y: (clear.top + clear.bottom) >> 1 })
  await d.page.mouse.click(button.x, button.y)
  await expect.poll(() => screen.text, 'the guest’s own button was hit').toBe('')
  expect(input.keys().length).toBeGreaterThan(0)
  await expect.poll(() => wrongPixels(d)).toBe(0)
  expect(d.violations).toEqual([])
})

test('our own engine: a second visit works, and nothing of the first stays', async ({ launch }) => {
  const d = await launch({ config })
  await d.signIn()
  await d.until((s) => s.name === 'connected', 'the first frame')
  expect(d.page.workers()).toHaveLength(1)
  d.app.dispatch({ type: 'ui.disconnect' })
  await d.page.getByRole('row', { name: 'Ada’s desktop' }).waitFor()
  await expect.poll(() => d.page.workers().length).toBe(0)
  await expect(d.page.locator('canvas')).toHaveCount(0)
  await d.page.getByRole('row', { name: 'Ada’s desktop' }).click()
  await d.until((s) => s.name === 'connected', 'the first frame')
  await d.expectOutcome('already-signed-in')
  expect(d.violations).toEqual([])
})

test('our own engine: a refused ticket and a display that goes away have their words', async ({ launch }) => {
  const d = await launch({ config })
  d.hypervisor.faults.spice.refuseTicket = true
  await d.signIn()
  await d.expectError('spice.ticket-refused')
  d.hypervisor.faults.spice.refuseTicket = false
  await d.page.getByRole('button', { name: 'Try again' }).click()
  await d.until((s) => s.name === 'connected', 'the first frame')
  d.hypervisor.domains.get('ada-desktop')?.display?.close()
  await d.expectError('spice.lost')
})
