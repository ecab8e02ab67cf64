// Why: what only a real window shows: it fills the screen, the keys that open and close windows go to the guest, and
// the process ends as systemd expects it to. An installed Chromium on an X server of the test's own.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { electronBinary } from '../../electron/main/places.ts'
import { adaOnly, desk, expect, test as base, type Desk } from '../app-fixture.ts'
import { typeSignIn } from '../../build/demo/drive.ts'
import { makeConfigDir, type ConfigDir } from '../../build/demo/config-dir.ts'
import { libvirtUri } from '../../build/demo/rig.ts'
import { version } from '../../build/version.ts'
import { startChromiumKiosk } from '../../electron/main/chromium.ts'
import { startEmbeddedHypervisor, type EmbeddedHypervisor } from '../../embedded/hypervisor.ts'
import { recordInput, serverOf } from '../support/console-page.ts'
import { commandLine, isAlive, processTree } from '../support/processes.ts'
import { missingForWindows, startDisplay, type XDisplay } from '../support/x-display.ts'

const bin = resolve(import.meta.dirname, '..', '..', 'bin', 'latchkey.mjs')
const missing = missingForWindows()
// In CI nothing is skipped: there the tests fail and name what is missing.
base.skip(missing.length > 0 && process.env['CI'] !== 'true', `not installed: ${missing.join(', ')}`)

/** Only letters that xdotool types without changing the keyboard's map. */
const PERSON = { name: 'ada', password: 'opensesame9' } as const

interface Fixtures {
  readonly display: XDisplay
  readonly hypervisor: EmbeddedHypervisor
  readonly config: ConfigDir
}

const test = base.extend<Fixtures>({
  display: async ({}, use) => {
    expect(missing).toEqual([])
    const display = await startDisplay()
    await use(display)
    await display.stop()
  },
  hypervisor: async ({}, use) => {
    const hypervisor = await startEmbeddedHypervisor({ ...adaOnly({ guest: { flavour: 'linux', accounts: [PERSON] } }), users: [PERSON] })
    await use(hypervisor)
    await hypervisor.stop()
  },
  config: async ({ hypervisor }, use) => {
    const config = makeConfigDir()
    const known_hosts = config.file('known_hosts', hypervisor.knownHosts)
    config.write({
      version: 1,
      log: { level: 'debug' },
      endpoints: [{ id: 'hq', label: 'Head office', kind: 'libvirt', uri: libvirtUri(undefined, hypervisor.host, hypervisor.port, { known_hosts }), access: 'person' }],
    })
    await use(config)
    config.remove()
  },
})

/** The kiosk on this display, in this process, so that page and guest can be looked at. */
async function openKiosk(display: XDisplay, hypervisor: EmbeddedHypervisor, config: ConfigDir): Promise<Desk & AsyncDisposable> {
  const log: string[] = []
  // The shell reads the environment once, when it starts.
  const before = { DISPLAY: process.env['DISPLAY'], WAYLAND_DISPLAY: process.env['WAYLAND_DISPLAY'] }
  process.env['DISPLAY'] = display.name
  delete process.env['WAYLAND_DISPLAY']
  try {
    const kiosk = await startChromiumKiosk({ configDir: config.dir, dev: true, headless: false, version: version(), logTo: (line) => void log.push(line) })
    return Object.assign(desk(kiosk, hypervisor, config, log), { [Symbol.asyncDispose]: () => kiosk.close() })
  } finally {
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  }
}

test('the kiosk fills the screen; keys that open and close windows reach the guest and do nothing here', async ({ display, hypervisor, config }) => {
  await using d = await openKiosk(display, hypervisor, config)
  await d.page.locator('#user').waitFor()
  await expect.poll(() => d.page.evaluate(() => [innerWidth, innerHeight])).toEqual([display.width, display.height])
  await expect.poll(() => display.windows()).toHaveLength(1)
  const ended: string[] = []
  void d.kiosk.closed.then(({ why }) => void ended.push(why))

  // Signed in with real keys: only they give the page the right to lock the keyboard.
  await expect(d.page.locator('#user')).toBeFocused()
  display.keys(...PERSON.name)
  await expect(d.page.locator('#user')).toHaveValue(PERSON.name)
  display.keys('Tab', ...PERSON.password)
  await expect(d.page.locator('#password')).toHaveValue(PERSON.password)
  display.keys('Return')
  await d.until((s) => s.name === 'connected', 'the first frame')
  await d.expectOutcome('confirmed')
  const input = recordInput(serverOf(hypervisor))
  const expected: readonly (readonly [key: string, scancodes: string])[] = [
    ['ctrl+n', '31'], ['ctrl+t', '14'], ['ctrl+w', '11'], ['ctrl+shift+i', '17'], ['ctrl+shift+n', '31'], ['ctrl+r', '13'], ['F5', '3f'],
    ['F11', '57'], ['F12', '58'], ['alt+F4', '3e'], ['alt+Tab', '0f'], ['Escape', '01'], ['ctrl+q', '10'], ['a', '1e'],
  ]
  for (const [key, scancode] of expected) {
    input.clear()
    display.keys(key)
    await expect.poll(() => input.keys(), { message: `${key} reaches the guest` }).toEqual(expect.arrayContaining([scancode, `${scancode}^`]))
  }
  expect(d.page.context().pages()).toHaveLength(1)
  expect(display.windows()).toHaveLength(1)
  expect(await d.page.evaluate(() => [innerWidth, innerHeight])).toEqual([display.width, display.height])
  expect(d.app.state.name).toBe('connected')
  expect(ended).toEqual([])
  // The control: without the lock the window manager takes its key, and the window is gone.
  await d.page.evaluate(() => { (navigator as Navigator & { keyboard: { unlock(): void } }).keyboard.unlock() })
  display.keys('alt+F4')
  await expect.poll(() => ended).toEqual(['user'])
})

test('what is typed first stands in the name field; no shortcut of the browser takes the keyboard from the page', async ({ display, hypervisor, config }) => {
  await using d = await openKiosk(display, hypervisor, config)
  const field = d.page.locator('#user')
  await field.waitFor()
  await expect.poll(() => display.windows()).toHaveLength(1)
  expect(await d.page.evaluate(() => matchMedia('(display-mode: fullscreen)').matches)).toBe(true)
  let strays = 0
  d.page.context().on('page', () => strays++)
  await d.page.evaluate(() => void Object.assign(window, { life: 1 }))
  // No click before: the keyboard is in the page, not in the hidden address line.
  display.keys('n')
  await expect(field).toHaveValue('n')
  let typed = 'n'
  for (const key of ['ctrl+l', 'F6', 'ctrl+f', 'F3', 'alt+f', 'F10', 'ctrl+n', 'ctrl+t', 'F12', 'ctrl+shift+i', 'ctrl+shift+c', 'ctrl+u', 'ctrl+p', 'ctrl+o', 'ctrl+r', 'F5', 'F7', 'alt+Left', 'shift+Escape', 'ctrl+plus', 'F11']) {
    display.keys(key, 'z')
    typed += 'z'
    await expect(field, `the keyboard is in the page after ${key}`).toHaveValue(typed)
  }
  expect(await d.page.evaluate(() => ({ life: 'life' in window, scale: devicePixelRatio, size: [innerWidth, innerHeight] }))).toEqual({ life: true, scale: 1, size: [display.width, display.height] })
  expect(strays).toBe(0)
  expect(display.windows()).toHaveLength(1)
  // What edits text still does.
  display.keys('ctrl+a', 'a', 'ctrl+a', 'ctrl+c', 'End', 'ctrl+v', 'ctrl+z')
  await expect(field).toHaveValue('a')
  await typeSignIn(d.page, PERSON.name, PERSON.password)
  await d.until((s) => s.name === 'connected', 'the first frame')
})

interface Kiosk {
  readonly pid: number
  readonly log: string[]
  readonly temp: string
  /** Resolves with the log line that has this text. */
  said(text: string): Promise<string>
  readonly exit: Promise<number | null>
}

/** `latchkey run` as systemd starts it. */
function run(display: XDisplay, config: ConfigDir, ...args: string[]): Kiosk & AsyncDisposable {
  const temp = mkdtempSync(join(tmpdir(), 'latchkey-window-'))
  // Started by root, the browser is another user, who has to pass through.
  chmodSync(temp, 0o711)
  const child = spawn(process.execPath, [bin, 'run', '--config-dir', config.dir, '--dev', ...args], { env: { ...display.env, TMPDIR: temp }, stdio: ['ignore', 'ignore', 'pipe'] })
  const log: string[] = []
  const waiting = new Set<() => void>()
  createInterface({ input: child.stderr }).on('line', (line) => {
    log.push(line)
    for (const look of waiting) look()
  })
  const exit = once(child, 'exit').then(([code]) => code as number | null)
  return {
    pid: child.pid ?? -1, log, temp, exit,
    said: (text) =>
      new Promise((done, fail) => {
        const look = (): void => {
          const line = log.find((l) => l.includes(text))
          if (line !== undefined) done(line)
        }
        waiting.add(look)
        look()
        void exit.then((code) => fail(new Error(`ended with ${code} and never said "${text}":\n${log.join('\n')}`)))
      }),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await exit
      rmSync(temp, { recursive: true, force: true })
    },
  }
}

/** Everything that this run has started, and where its browser keeps its profile. */
function footprint(kiosk: Kiosk): { readonly pids: number[]; readonly profile: string } {
  const pids = processTree(kiosk.pid)
  const flag = '--user-data-dir='
  const profile = pids.flatMap(commandLine).flatMap((a) => a.split(' ')).find((a) => a.startsWith(flag))?.slice(flag.length) ?? ''
  return { pids, profile }
}

test('shell: auto takes Electron where its binary is, else Chromium', async ({ display, config }) => {
  await using kiosk = run(display, config, '--shell', 'auto')
  expect(JSON.parse(await kiosk.said('window open'))).toMatchObject({ shell: electronBinary() === undefined ? 'chromium' : 'electron' })
  await expect.poll(() => display.windows()).toHaveLength(1)
  process.kill(kiosk.pid, 'SIGTERM')
  expect(await kiosk.exit).toBe(0)
})

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} ends the kiosk with 0 and leaves nothing behind`, async ({ display, config }) => {
    await using kiosk = run(display, config, '--shell', 'chromium')
    await kiosk.said('window open')
    await expect.poll(() => display.windows()).toHaveLength(1)
    const { pids, profile } = footprint(kiosk)
    expect(pids.length, 'a browser runs').toBeGreaterThan(3)
    expect(profile.startsWith(kiosk.temp)).toBe(true)
    expect(existsSync(profile)).toBe(true)
    process.kill(kiosk.pid, signal)
    expect(await kiosk.exit).toBe(0)
    expect(readdirSync(kiosk.temp).filter((name) => name.startsWith('latchkey-'))).toEqual([])
    await expect.poll(() => pids.filter(isAlive)).toEqual([])
    await expect.poll(() => display.windows()).toEqual([])
  })
}

test('an Electron that was asked for and is not there is told, and Chromium shows the window', async ({ display, config }) => {
  test.skip(electronBinary() !== undefined, 'Electron is installed here')
  await using kiosk = run(display, config, '--shell', 'electron')
  await kiosk.said('Electron is not installed here')
  await kiosk.said('window open')
  await expect.poll(() => display.windows()).toHaveLength(1)
  process.kill(kiosk.pid, 'SIGTERM')
  expect(await kiosk.exit).toBe(0)
})

test('a display that goes away ends the kiosk with status 75, and leaves nothing behind', async ({ display, config }) => {
  await using kiosk = run(display, config, '--shell', 'chromium')
  await kiosk.said('window open')
  await expect.poll(() => display.windows()).toHaveLength(1)
  const { pids } = footprint(kiosk)
  await display.kill()
  expect(await kiosk.exit).toBe(75)
  await expect.poll(() => pids.filter(isAlive)).toEqual([])
  expect(readdirSync(kiosk.temp).filter((name) => name.startsWith('latchkey-'))).toEqual([])
})

test('no display at all: status 75 at once, with the reason in the log', async ({ display, config }) => {
  const { DISPLAY: _, ...env } = display.env
  await using kiosk = run({ ...display, env }, config, '--shell', 'chromium')
  expect(await kiosk.exit).toBe(75)
  expect(kiosk.log.join('\n')).toContain('shell.display-gone')
})

test('a window that the window manager closes ends the kiosk with 0', async ({ display, config }) => {
  await using kiosk = run(display, config, '--shell', 'chromium')
  await kiosk.said('window open')
  await expect.poll(() => display.windows()).toHaveLength(1)
  const id = display.xdotool('search', '--onlyvisible', '--class', 'chromium').split('\n')[0] ?? ''
  display.xdotool('windowactivate', '--sync', id, 'key', '--clearmodifiers', 'alt+F4')
  expect(await kiosk.exit).toBe(0)
})
