// Why: which engine runs, and what that costs the page, is IT's choice; and our own has a part that can die by itself, its
// worker. Whatever dies, the person is told and is back at the desktop by one button.
import { expect, test, type Desk } from '../app-fixture.ts'
import { desktopOf, serverOf } from '../support/console-page.ts'
import { fitToGuest, wrongOnGlass } from '../support/glass.ts'

const THE_PACKAGE = ['spice-html5.js', 'byte-socket.js', 'engine.js']

for (const engine of ['latchkey', 'spice-html5'] as const) {
  test(`console.engine: ${engine}: the page fetches and may do what that engine needs, and no more`, async ({ launch }) => {
    const d = await launch({ config: engine === 'latchkey' ? {} : { console: { engine } } })
    await d.page.locator('#user').waitFor()
    const fetched = new Set<string>()
    d.page.on('request', (r) => fetched.add(r.url().split('/').at(-1) ?? ''))
    // The page's first load was before anybody listened.
    await d.page.reload()
    await d.signIn()
    await d.until((s) => s.name === 'connected', 'the first frame')
    const theirs = THE_PACKAGE.filter((name) => fetched.has(name))
    expect(fetched.has('index.js'), 'requests are heard').toBe(true)
    expect(fetched.has('worker.js')).toBe(engine === 'latchkey')
    expect(theirs).toEqual(engine === 'latchkey' ? [] : THE_PACKAGE)
    expect(d.page.workers()).toHaveLength(engine === 'latchkey' ? 1 : 0)
    // Machine code is compiled by the display worker alone; the smallest module there is.
    const compiles = (): Promise<boolean> => WebAssembly.compile(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0)).then(() => true, () => false)
    expect(await d.page.evaluate(compiles)).toBe(false)
    for (const worker of d.page.workers()) expect(await worker.evaluate(compiles)).toBe(true)
    expect(await d.page.evaluate(() => (globalThis as unknown as { trustedTypes: { createPolicy(name: string, rules: object): object } }).trustedTypes.createPolicy('another', {})).catch(() => 'refused')).toBe('refused')
  })
}

/** From the words on the screen back to a console that shows the guest's picture and takes keys. */
async function comesBack(d: Desk): Promise<void> {
  const server = serverOf(d.hypervisor)
  const { page } = d.kiosk.shell
  await page.getByRole('button', { name: 'Try again' }).click()
  await d.until((s) => s.name === 'connected', 'the first frame')
  await expect.poll(() => server.stats.open, 'the channels of one console').toBe(4)
  await page.keyboard.type('k')
  await expect.poll(() => desktopOf(server).text).toContain('k')
  await fitToGuest(page, server)
  await expect.poll(() => wrongOnGlass(page, server.canvas.pixels, [desktopOf(server).layout().notes])).toBe(0)
}

const deaths: readonly (readonly [how: string, die: () => void])[] = [
  ['throws where nothing catches', () => void setTimeout(() => { throw new Error('thrown by the test') })],
  ['ends without a word', () => { (globalThis as unknown as { close(): void }).close() }],
  ['hangs', () => void setTimeout(() => { for (;;); })],
]
for (const [how, die] of deaths) {
  test(`a display worker that ${how} is told, and Try again makes a new one`, async ({ launch }) => {
    const d = await launch()
    await d.signIn()
    await d.expectOutcome('confirmed')
    const [worker] = d.page.workers()
    // One that ends or hangs never answers.
    void worker?.evaluate(die).catch(() => undefined)
    await d.expectError('spice.lost')
    await expect.poll(() => d.page.workers(), 'nothing runs behind the words').toEqual([])
    await expect.poll(() => serverOf(d.hypervisor).stats.open).toBe(0)
    await comesBack(d)
    expect(d.page.workers()).toHaveLength(1)
    d.app.dispatch({ type: 'ui.signOut' })
    await d.expectSignInScreen()
    await expect.poll(() => d.page.workers()).toEqual([])
  })
}

test('a display worker whose script does not come is told at once, and Try again asks for it again', async ({ launch }) => {
  const d = await launch()
  const script = '**/assets/worker.js'
  await d.page.route(script, (route) => route.abort())
  await d.signIn()
  await d.expectError('spice.lost')
  await d.page.unroute(script)
  await comesBack(d)
})

test('a page that crashes under the console comes back with words, and Try again with the desktop', async ({ launch }) => {
  const d = await launch()
  await d.signIn()
  await d.expectOutcome('confirmed')
  const crashed = d.page
  const cdp = await crashed.context().newCDPSession(crashed)
  void cdp.send('Page.crash').catch(() => undefined)
  await d.until((s) => s.name === 'failed', 'the loss of the console')
  await expect.poll(() => serverOf(d.hypervisor).stats.open).toBe(0)
  await expect.poll(() => d.kiosk.shell.page === crashed, 'another browser').toBe(false)
  await expect(d.kiosk.shell.page.locator('[data-code="spice.lost"]')).toBeVisible()
  await comesBack(d)
})
