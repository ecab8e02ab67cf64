// Why: the installed Chromium passes the same checks, and what only a real window shows: kiosk size, keys that would open other windows, Alt+F4, an X server that dies.
// Needs an installed Chromium, Xvfb, openbox and xdotool; CI has them (they are Debian packages).
import { spawn, execFileSync, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ShellClosed } from '../../core/ports/shell.ts'
import type { Executable } from './binary.ts'
import { hardeningSuite } from './hardening.testkit.ts'
import { installedBrowser, testAssets, testShell } from './real-browser.testkit.ts'
import type { ChromiumShell } from './shell.ts'

const installed = await installedBrowser()
const tools = ['Xvfb', 'openbox', 'xdotool'].every((t) => existsSync(`/usr/bin/${t}`))

const PAGE = `window.keys = []; window.addEventListener('keydown', (e) => { e.preventDefault(); window.keys.push((e.ctrlKey ? 'C-' : '') + e.code) })
window.addEventListener('click', () => document.documentElement.requestFullscreen().then(() => navigator.keyboard.lock()).then(() => { window.locked = true }))`

if (installed) hardeningSuite('installed Chromium', async () => installed)

describe.runIf(installed && tools)('a real window', () => {
  let x: ChildProcess
  let wm: ChildProcess
  let display: string
  let shell: ChromiumShell | undefined
  let ends: ShellClosed[]

  beforeEach(async () => {
    // The server picks a free number itself and writes it to descriptor 3.
    x = spawn('/usr/bin/Xvfb', ['-displayfd', '3', '-screen', '0', '1024x768x24', '-nolisten', 'tcp', '-noreset'], { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] })
    display = ':' + (await new Promise<string>((resolve) => x.stdio[3]!.once('data', (d: Buffer) => resolve(d.toString().trim()))))
    wm = spawn('/usr/bin/openbox', [], { env: { PATH: '/usr/bin:/bin', DISPLAY: display, HOME: '/nonexistent' }, stdio: 'ignore' })
  }, 20_000)
  afterEach(async () => {
    await shell?.close()
    shell = undefined
    wm.kill()
    x.kill('SIGKILL')
  }, 20_000)

  const open = async (fullscreen: boolean) => {
    ends = []
    shell = testShell((installed as { executable: Executable }).executable, testAssets(PAGE, '<p>x</p>', 'body{margin:0;height:100vh}'), {
      options: { fullscreen, headless: false, width: 800, height: 600 },
      env: { PATH: process.env['PATH'], DISPLAY: display, LANG: 'C.UTF-8' },
    })
    shell.onClosed((why) => ends.push(why))
    await shell.open(() => {})
    await shell.page.waitForLoadState('load')
    return shell.page
  }
  const xdo = (...args: string[]) => execFileSync('/usr/bin/xdotool', args, { env: { DISPLAY: display }, encoding: 'utf8' })

  it('fills the screen, keeps every key for the page once locked, and opens no other window', async () => {
    const page = await open(true)
    await vi.waitFor(async () => expect(await page.evaluate('[innerWidth, innerHeight]')).toEqual([1024, 768]), { timeout: 5000, interval: 20 })
    xdo('mousemove', '500', '400', 'click', '1')
    await vi.waitFor(async () => expect(await page.evaluate('window.locked')).toBe(true), { timeout: 5000, interval: 20 })
    for (const key of ['ctrl+n', 'ctrl+t', 'ctrl+w', 'ctrl+shift+i', 'F12', 'Escape', 'a']) xdo('key', '--clearmodifiers', key)
    await vi.waitFor(async () => {
      const keys = (await page.evaluate('window.keys')) as string[]
      expect(keys.filter((k) => !/Control|Shift/.test(k))).toEqual(['C-KeyN', 'C-KeyT', 'C-KeyW', 'C-KeyI', 'F12', 'Escape', 'KeyA'])
    }, { timeout: 5000, interval: 20 })
    expect(page.context().pages()).toHaveLength(1)
    expect(ends).toEqual([])
  }, 30_000)

  it('has the keyboard in the page from the start, where even Ctrl+N before the lock opens nothing', async () => {
    const page = await open(true)
    let strays = 0
    page.context().on('page', () => strays++)
    for (const key of ['ctrl+n', 'ctrl+f', 'shift+Escape', 'a']) xdo('key', '--clearmodifiers', key)
    await vi.waitFor(async () => {
      const keys = (await page.evaluate('window.keys')) as string[]
      expect(keys.filter((k) => !/Control|Shift/.test(k))).toEqual(['C-KeyN', 'C-KeyF', 'Escape', 'KeyA'])
    }, { timeout: 5000, interval: 20 })
    expect(strays).toBe(0)
    expect(page.context().pages()).toHaveLength(1)
  }, 30_000)

  it('reports user when the window manager closes it; a window has no tab strip', async () => {
    const page = await open(false)
    const [width, height] = (await page.evaluate('[outerWidth - innerWidth, outerHeight - innerHeight]')) as [number, number]
    expect(width).toBeLessThan(20)
    expect(height).toBeLessThan(60)
    const id = xdo('search', '--onlyvisible', '--class', 'chromium').trim().split('\n')[0]!
    xdo('windowactivate', '--sync', id, 'key', '--clearmodifiers', 'alt+F4')
    await vi.waitFor(() => expect(ends.map((e) => e.why)).toEqual(['user']), { timeout: 8000, interval: 20 })
  }, 30_000)

  it('reports display-gone when the X server dies', async () => {
    await open(true)
    x.kill('SIGKILL')
    await vi.waitFor(() => expect(ends.map((e) => e.why)).toEqual(['display-gone']), { timeout: 10_000, interval: 20 })
  }, 30_000)
})
