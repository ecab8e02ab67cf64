// Why: the life of the window: crash and recovery within limits, every way to end, and clear words when it cannot open.
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import type { Clock } from '../../core/ports/clock.ts'
import type { RendererLink, ShellClosed } from '../../core/ports/shell.ts'
import { recordingLogger } from '../../core/testkit.ts'
import { MAX_RESTARTS } from '../common/restart-budget.ts'
import { realClock, testAssets, testShell, type TestBrowser } from './real-browser.testkit.ts'
import type { Executable } from './binary.ts'
import type { ChromiumShell } from './shell.ts'

export function lifeSuite(find: () => Promise<TestBrowser>): void {
  describe('life of the window', () => {
    let browser: TestBrowser
    let scratch: string
    beforeAll(async () => {
      browser = await find()
      scratch = await mkdtemp(join(tmpdir(), 'latchkey-test-'))
      await chmod(scratch, 0o755)
    }, 60_000)
    afterAll(async () => {
      await rm(scratch, { recursive: true, force: true })
    })

    const assets = testAssets('window.x = 1', '<p>Hello</p>')
    /** Back-off without waiting; time stands still, so all restarts fall into one minute. */
    const impatient: Clock = {
      now: () => 0,
      wall: () => 0,
      after: (_ms, fn) => {
        const t = setImmediate(fn)
        return () => clearImmediate(t)
      },
    }
    const ended = (shell: ChromiumShell) => new Promise<ShellClosed>((resolve) => shell.onClosed(resolve))
    const killBrowser = async (shell: ChromiumShell) => process.kill((await shell.processes()).find((p) => p.type === 'browser')!.id, 'SIGKILL')
    const script = async (name: string, text: string): Promise<Executable> => {
      const path = join(scratch, name)
      await writeFile(path, text, { mode: 0o755 })
      return { path, origin: 'npm', headlessShell: true, env: {} }
    }

    describe('crash', () => {
      it(`starts the browser again, at most ${MAX_RESTARTS} times a minute, then reports crashed`, async () => {
        const lives: RendererLink[] = []
        const gone: number[] = []
        const shell = testShell(browser.executable, assets, { clock: impatient })
        const end = ended(shell)
        await shell.open((link) => {
          const n = lives.push(link)
          link.onGone(() => gone.push(n))
        })
        for (let i = 1; i <= MAX_RESTARTS; i++) {
          await vi.waitFor(() => expect(lives).toHaveLength(i), { timeout: 10_000, interval: 10 })
          await vi.waitFor(() => shell.processes(), { timeout: 10_000, interval: 10 })
          await killBrowser(shell)
          await vi.waitFor(() => expect(gone).toHaveLength(i), { timeout: 10_000, interval: 10 })
        }
        await vi.waitFor(() => expect(lives).toHaveLength(MAX_RESTARTS + 1), { timeout: 10_000, interval: 10 })
        await vi.waitFor(() => shell.processes(), { timeout: 10_000, interval: 10 })
        await killBrowser(shell)
        expect((await end).why).toBe('crashed')
        expect(gone).toEqual(lives.map((_, i) => i + 1))
      }, 60_000)

      it('stops trying when it is closed meanwhile', async () => {
        const never: Clock = { ...realClock, after: () => () => {} }
        const shell = testShell(browser.executable, assets, { clock: never })
        let lives = 0
        const end = ended(shell)
        await shell.open(() => lives++)
        await vi.waitFor(() => expect(lives).toBe(1), { timeout: 5000, interval: 10 })
        const log = (await shell.processes()).length
        expect(log).toBeGreaterThan(0)
        await killBrowser(shell)
        await shell.close()
        expect((await end).why).toBe('shutdown')
        expect(lives).toBe(1)
      }, 20_000)
    })

    describe('end', () => {
      it('reports user when the window is closed, once, and does not start again', async () => {
        const shell = testShell(browser.executable, assets)
        const ends: ShellClosed[] = []
        shell.onClosed((why) => ends.push(why))
        const end = ended(shell)
        let gone = 0
        await shell.open((link) => link.onGone(() => gone++))
        await shell.page.waitForLoadState('load')
        await shell.page.close()
        expect((await end).why).toBe('user')
        await shell.close()
        expect(ends).toHaveLength(1)
        expect(gone).toBe(1)
      }, 20_000)

      it('closing twice at once is one end; opening again is refused', async () => {
        const shell = testShell(browser.executable, assets)
        await shell.open(() => {})
        await Promise.all([shell.close(), shell.close()])
        expect((await ended(shell)).why).toBe('shutdown')
        await expect(shell.open(() => {})).rejects.toMatchObject({ code: 'internal.bug' })
      }, 20_000)
    })

    describe('a browser that does not come up', () => {
      it('is shell.unavailable with its last words, and leaves no folder', async () => {
        // A temporary folder of its own, since other tests make run folders at the same time.
        const own = join(scratch, 'tmp')
        await mkdir(own, { mode: 0o755 })
        vi.stubEnv('TMPDIR', own)
        onTestFinished(() => void vi.unstubAllEnvs())
        const shell = testShell(await script('dies', '#!/bin/sh\necho "no usable thing" >&2\nexit 3\n'), assets)
        await expect(shell.open(() => {})).rejects.toMatchObject({ code: 'shell.unavailable', detail: expect.stringContaining('no usable thing') as string })
        expect(await readdir(own)).toEqual([])
      })

      it('is shell.unavailable for a file that is not there', async () => {
        const shell = testShell(browser.executable, assets, { executable: { path: join(scratch, 'nowhere'), origin: 'npm', headlessShell: true, env: {} } })
        await expect(shell.open(() => {})).rejects.toMatchObject({ code: 'shell.unavailable' })
      })

      const windowed = { fullscreen: true, headless: false, width: 800, height: 600 }
      it('is shell.display-gone without any display', async () => {
        const shell = testShell(browser.executable, assets, { options: windowed, env: { PATH: process.env['PATH'] } })
        await expect(shell.open(() => {})).rejects.toMatchObject({ code: 'shell.display-gone' })
      })

      it('is shell.display-gone when nothing answers on the display', async () => {
        const shell = testShell(browser.executable, assets, { options: windowed, env: { WAYLAND_DISPLAY: join(scratch, 'wayland-9') } })
        await expect(shell.open(() => {})).rejects.toMatchObject({ code: 'shell.display-gone', detail: expect.stringContaining('wayland-9') as string })
      })

      it('is not started again when the display has gone', async () => {
        // A socket that plays the display; the browser itself stays headless because no server is needed for the decision.
        const socket = join(scratch, 'wayland-1')
        const display = createServer((s) => s.destroy()).listen(socket)
        await new Promise((r) => display.once('listening', r))
        const headless: Executable = await script('headless', `#!/bin/sh\nexec '${browser.executable.path}' --headless "$@"\n`)
        const shell = testShell(headless, assets, { options: { ...windowed, fullscreen: false }, env: { WAYLAND_DISPLAY: socket }, clock: impatient })
        const end = ended(shell)
        await shell.open(() => {})
        await new Promise((r) => display.close(r))
        await killBrowser(shell)
        expect((await end).why).toBe('display-gone')
      }, 20_000)
    })

    describe('picture', () => {
      /** Dark pixels of a line of text, drawn by the page itself. */
      const TEXT = `window.ink = (family) => {
    const c = document.createElement('canvas'); c.width = 400; c.height = 60
    const g = c.getContext('2d'); g.fillStyle = '#fff'; g.fillRect(0, 0, 400, 60)
    g.fillStyle = '#000'; g.font = '32px ' + family; g.fillText('Wiešä 19', 5, 42)
    const d = g.getImageData(0, 0, 400, 60).data
    let n = 0; for (let i = 0; i < d.length; i += 4) if (d[i] < 128) n++
    return [n, Math.round(g.measureText('iiii').width) !== Math.round(g.measureText('WWWW').width)]
  }`

      it('shows text with the npm binary on a system without fonts', async () => {
        const conf = join(scratch, 'only-packed.conf')
        const packed = join(browser.executable.env['FONTCONFIG_FILE']!, '..', 'fonts-npm')
        await writeFile(conf, `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig><dir>${packed}</dir><cachedir prefix="xdg">fontconfig</cachedir></fontconfig>`)
        const lines = recordingLogger()
        const shell = testShell(browser.executable, testAssets(TEXT), { executable: { ...browser.executable, env: { ...browser.executable.env, FONTCONFIG_FILE: conf } }, log: lines })
        await shell.open(() => {})
        await shell.page.waitForLoadState('load')
        const [ink, proportional] = (await shell.page.evaluate('window.ink("system-ui, sans-serif")')) as [number, boolean]
        expect(ink).toBeGreaterThan(500)
        expect(proportional).toBe(true)
        const png = join(scratch, 'shot.png')
        await shell.screenshot(png)
        const { readFile } = await import('node:fs/promises')
        expect((await readFile(png)).subarray(1, 4).toString()).toBe('PNG')
        await shell.close()
      }, 20_000)
    })
  })
}
