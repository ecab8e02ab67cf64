// Why: what the real page and the real process must not do, looked at during a whole session: no listener, no violation
// of the page's policy, the sandbox on, no way out of the window, and no request taken that is not in the contract.
import type { Page } from 'playwright-core'
import type { Reply } from '../../shared/ipc/contract.ts'
import { ADA, expect, test } from '../app-fixture.ts'
import { signInAsUser } from '../support/as-user.ts'
import { chooseFromMenu, desktopOf, serverOf } from '../support/console-page.ts'
import { commandLine, isAlive, processTree, statusField, tcpListeners } from '../support/processes.ts'
import { findValue } from '../support/find-value.ts'
import { tapTickets } from '../support/ticket-tap.ts'

const PAGE_URL = 'https://latchkey.invalid/'

test('no TCP listener belongs to the app; its browser is confined and nobody’s root', async ({ launch }) => {
  const d = await launch({ endpoint: { access: 'device' } })
  const app = await signInAsUser(d.config, { user: ADA.name, password: ADA.password })
  try {
    expect(app.outcome).toBe('confirmed')
    const pids = processTree(app.pid)
    expect(pids).toEqual(expect.arrayContaining([...app.browser]))
    expect(tcpListeners(pids)).toEqual([])
    for (const pid of pids.filter(isAlive)) expect(statusField(pid, 'Uid'), `user ids of ${pid}`).toEqual(Array(4).fill(String(app.uid)))
    expectConfined(pids)
    await app.ask({ do: 'listen' })
    expect(tcpListeners(processTree(app.pid)), 'a listener is seen').toHaveLength(1)
    await app.ask({ do: 'unlisten' })
    expect(tcpListeners(processTree(app.pid))).toEqual([])
  } finally {
    expect(await app.end()).toBe(0)
  }
})

test('started by root or not, the browser runs as an ordinary user in its own sandbox', async ({ launch }) => {
  const d = await launch()
  await d.signIn()
  await d.until((s) => s.name === 'connected', 'the first frame')
  const pids = (await d.kiosk.shell.processes()).map((p) => p.id)
  const own = process.getuid?.() ?? 0
  for (const pid of pids) {
    const [uid] = statusField(pid, 'Uid')
    expect(uid).not.toBe('0')
    if (own !== 0) expect(uid).toBe(String(own))
  }
  expectConfined(pids)
})

test('a whole session without one violation of the page’s policy', async ({ launch }) => {
  const d = await launch()
  // The page's first load was before anybody listened: once more, and now everything is heard.
  await d.page.reload()
  await d.signIn()
  await d.expectOutcome('confirmed')
  await chooseFromMenu(d.page, 'Diagnostics')
  await d.page.getByRole('dialog').getByRole('button', { name: 'Close' }).click()
  await chooseFromMenu(d.page, 'Send Ctrl+Alt+Del')
  await d.page.mouse.click(500, 400)
  await d.page.keyboard.type('hello')
  d.app.dispatch({ type: 'ui.disconnect' })
  await d.page.getByRole('row', { name: 'Ada’s desktop' }).click()
  await d.expectOutcome('already-signed-in')
  await chooseFromMenu(d.page, 'Sign out')
  await d.expectSignInScreen()
  await d.signIn('ada', 'wrong')
  await d.expectError('auth.rejected')
  expect(d.violations).toEqual([])
  // The control: each kind of violation is heard.
  await d.page.evaluate(() => {
    const script = document.createElement('script')
    script.textContent = 'window.ran = 1'
    document.head.append(script)
  }).catch(() => undefined)
  await d.page.evaluate(() => fetch('https://latchkey.invalid/assets/x').catch(() => undefined))
  expect(d.violations.length).toBeGreaterThan(0)
  expect(d.violations.join('\n')).toMatch(/Content Security Policy|TrustedScript|Trusted Type/i)
})

test('the page has no Node, and a bridge that it cannot change', async ({ launch }) => {
  const d = await launch()
  await d.signIn()
  await d.until((s) => s.name === 'connected', 'the first frame')
  const seen = await d.page.evaluate(() => {
    const bridge = (window as unknown as { latchkey: object }).latchkey
    const before = Object.getOwnPropertyDescriptors(bridge)
    const throws = (fn: () => void): boolean => {
      try {
        fn()
        return false
      } catch {
        return true
      }
    }
    return {
      node: ['require', 'process', 'module', 'Buffer', 'global', '__dirname', 'electron', 'chrome.runtime'].filter((name) => name.split('.').reduce<unknown>((o, k) => (o as Record<string, unknown> | undefined)?.[k], window) !== undefined),
      frozen: Object.isFrozen(bridge),
      members: Object.fromEntries(Object.entries(before).map(([k, v]) => [k, typeof v.value])),
      replaced: [
        throws(() => Object.defineProperty(window, 'latchkey', { value: 1 })),
        throws(() => Object.defineProperty(bridge, 'request', { value: 1 })),
        throws(() => { 'use strict'; Object.assign(bridge, { more: 1 }) }),
        !Reflect.deleteProperty(window, 'latchkey'),
      ],
      same: (window as unknown as { latchkey: object }).latchkey === bridge,
      isolated: typeof SharedArrayBuffer,
      storage: localStorage.length + sessionStorage.length + document.cookie.length,
    }
  })
  expect(seen.node).toEqual([])
  expect(seen.frozen).toBe(true)
  expect(seen.members).toEqual({ protocol: 'number', request: 'function', subscribe: 'function' })
  expect(seen.replaced).toEqual([true, true, true, true])
  expect(seen.same).toBe(true)
  expect(seen.storage, 'nothing is stored by the page').toBe(0)
})

test('no way out of the window, in the middle of a session', async ({ launch }) => {
  const d = await launch()
  await d.signIn()
  await d.expectOutcome('confirmed')
  const { page } = d
  const context = page.context()
  const opened: Page[] = []
  context.on('page', (p) => void opened.push(p))
  const downloads: Promise<string | null>[] = []
  page.on('download', (download) => void downloads.push(download.failure()))

  const tried = await page.evaluate(() => {
    window.open('about:blank')
    window.open('https://example.com/')
    const link = Object.assign(document.createElement('a'), { href: URL.createObjectURL(new Blob(['x'])), download: 'x.bin' })
    document.body.append(link)
    link.click()
    const away = Object.assign(document.createElement('a'), { href: 'https://example.com/', target: '_blank' })
    document.body.append(away)
    away.click()
    link.remove()
    away.remove()
    return { confirm: window.confirm('really?'), prompt: window.prompt('what?') }
  })
  expect(tried).toEqual({ confirm: false, prompt: null })
  for (const url of ['https://example.com/', 'http://127.0.0.1:1/', 'file:///etc/passwd', 'chrome://settings/', 'view-source:https://latchkey.invalid/', '/assets/nothing.js']) {
    await page.evaluate((to) => { location.href = to }, url).catch(() => undefined)
  }
  await page.mouse.click(500, 400)
  for (const key of ['F12', 'Control+Shift+I', 'Control+Shift+J', 'Control+U', 'Control+N', 'Control+T', 'Control+W', 'Control+O', 'Control+P', 'Control+S', 'F5', 'Control+R', 'Alt+ArrowLeft', 'F11']) await page.keyboard.press(key)

  await expect.poll(() => context.pages().length).toBe(1)
  // What window.open made was closed again; that it is in the list shows that it was really tried.
  await expect.poll(() => opened.every((p) => p.isClosed())).toBe(true)
  expect(opened.length).toBeGreaterThan(0)
  for (const failure of downloads) expect(await failure, 'a download comes to nothing').not.toBeNull()
  expect(page.url()).toBe(PAGE_URL)
  expect(page.isClosed()).toBe(false)
  // Still the same session: not one of these reloaded the page or ended the console.
  expect(d.app.state.name).toBe('connected')
  await d.page.keyboard.type('z')
  await expect.poll(() => desktopOf(serverOf(d.hypervisor)).text).toContain('z')
})

test('malformed requests are refused, and after three the page starts anew', async ({ launch }) => {
  const d = await launch()
  await d.page.locator('#user').waitFor()
  // A mark that only this life of the page has.
  await d.page.evaluate(() => void Object.assign(window, { life: 1 }))
  const bad: readonly (readonly [name: string, input: unknown])[] = [
    ['no.such.request', {}],
    ['ui.command', { type: 'signOut', more: 1 }],
    ['spice.open', { link: '../../x', channel: 1 }],
  ]
  const ask = async (name: string, input: unknown): Promise<Reply> => await request(d.page, name, input)
  for (const [name, input] of bad.slice(0, 2)) expect(await ask(name, input)).toMatchObject({ ok: false, error: { code: 'ipc.malformed' } })
  expect(await ask('ui.command', { type: 'dismiss' }), 'two are forgiven').toMatchObject({ ok: true })
  expect(await d.page.evaluate(() => 'life' in window)).toBe(true)
  const [name, input] = bad[2] ?? ['', {}]
  void ask(name, input).catch(() => undefined)
  await expect.poll(() => d.page.evaluate(() => 'life' in window).catch(() => true)).toBe(false)
  expect(d.log.filter((l) => l.includes('ipc.malformed'))).toHaveLength(3)
  await d.signIn()
  await d.expectOutcome('confirmed')
})

test('a page that asks for the display of another link is refused, and its own goes on', async ({ launch }) => {
  const d = await launch()
  const tooEarly = await request(d.page, 'spice.open', { link: 'AAAAAAAAAAAAAAAAAAAAAA', channel: 1, id: 0 })
  expect(tooEarly).toMatchObject({ ok: false, error: { code: 'spice.channel-denied' } })
  await d.signIn()
  const first = await d.until((s) => s.name === 'connected', 'the first frame')
  const old = first.name === 'connected' ? first.link : ''
  const before = d.hypervisor.events.of('forward').length
  for (const link of ['AAAAAAAAAAAAAAAAAAAAAA', old.slice(0, -1) + (old.endsWith('A') ? 'B' : 'A')]) {
    expect(await request(d.page, 'spice.open', { link, channel: 2, id: 0 })).toMatchObject({ ok: false, error: { code: 'spice.channel-denied' } })
  }
  expect(await request(d.page, 'spice.open', { link: old, channel: 9, id: 0 }), 'a channel we do not use').toMatchObject({ ok: false, error: { code: 'spice.channel-denied' } })
  expect(d.hypervisor.events.of('forward'), 'nothing was dialled').toHaveLength(before)
  expect(d.app.state.name).toBe('connected')
  d.app.dispatch({ type: 'ui.disconnect' })
  await d.page.getByRole('row', { name: 'Ada’s desktop' }).click()
  await d.until((s) => s.name === 'connected' && s.link !== old, 'a new link')
  expect(await request(d.page, 'spice.open', { link: old, channel: 2, id: 0 })).toMatchObject({ ok: false, error: { code: 'spice.channel-denied' } })
  // The control: the same question with the right link is answered with a port.
  const state = d.app.state
  expect(await request(d.page, 'spice.open', { link: state.name === 'connected' ? state.link : '', channel: 5, id: 0 })).toMatchObject({ ok: true, value: { nonce: expect.anything() as unknown } })
})

test('what the page is told holds no address, port, ticket, password or path', async ({ launch }) => {
  const d = await launch({ endpoint: { access: 'device' } })
  const domain = d.hypervisor.domains.get('ada-desktop')
  const tickets = tapTickets(domain)
  await d.page.locator('#user').waitFor()
  await d.page.evaluate(() => {
    const told: unknown[] = []
    Object.assign(window, { told })
    ;(window as unknown as { latchkey: { subscribe(fn: (...all: unknown[]) => void): void } }).latchkey.subscribe((...all) => void told.push(all))
  })
  const start = await request(d.page, 'app.start', { protocol: 1 })
  expect(start.ok).toBe(true)
  await d.signIn('ada', 'wrong')
  await d.expectError('auth.rejected')
  await d.signIn()
  await d.expectOutcome('confirmed')
  await d.until((s) => s.name === 'connected' && s.at.guest?.activeUser === 'ada', 'the guest’s facts')
  d.hypervisor.killConnections()
  await d.expectError('ssh.lost')
  const told: unknown[] = [start, ...(await d.page.evaluate(() => (window as unknown as { told: unknown[] }).told))]

  expect(told.length, 'the page was told much').toBeGreaterThan(5)
  for (const known of ['ada', 'Ada’s desktop', 'Debian', 'ssh.lost']) expect(findValue(told, known), `the search finds "${known}"`).not.toEqual([])
  expect(findValue([{ a: [{ b: d.hypervisor.port }] }], d.hypervisor.port)).toEqual(['0.a.0.b'])
  const forbidden: readonly (string | number)[] = [
    d.hypervisor.host, d.hypervisor.port, domain?.displayPort ?? -1, domain?.channel?.path ?? '?', ...tickets,
    ADA.password, 'known_hosts', 'qemu+ssh', 'device-key', 'kiosk', '/var/lib', domain?.uuid === undefined ? '?' : '.sock',
  ]
  expect(tickets).toHaveLength(1)
  for (const value of forbidden) expect(findValue(told, value), String(value)).toEqual([])
})

const request = (page: Page, name: string, input: unknown): Promise<Reply> =>
  page.evaluate(([n, i]) => (window as unknown as { latchkey: { request(name: unknown, input: unknown): Promise<Reply> } }).latchkey.request(n, i), [name, input] as const)

/** The sandbox: system calls filtered beyond what our own process has, and no capability. */
function expectConfined(pids: readonly number[]): void {
  // A process that the zygote forked has its arguments in one string.
  const renderers = pids.filter((pid) => commandLine(pid).join(' ').split(' ').includes('--type=renderer'))
  expect(renderers.length).toBeGreaterThan(0)
  const own = Number(statusField(process.pid, 'Seccomp_filters')[0] ?? 0)
  for (const pid of renderers) {
    expect(statusField(pid, 'Seccomp'), 'mode 2: filtered').toEqual(['2'])
    expect(Number(statusField(pid, 'Seccomp_filters')[0])).toBeGreaterThan(own)
    expect(Number(`0x${statusField(pid, 'CapEff')[0] ?? 'f'}`)).toBe(0)
  }
}
