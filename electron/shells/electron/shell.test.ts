import { beforeAll, describe, expect, it, vi } from 'vitest'
import type { Reply } from '../../../shared/ipc/contract.ts'
import { MAX_PIECE } from '../../../shared/ipc/port-protocol.ts'
import { ViewState } from '../../../shared/view/view-state.ts'
import { ManualClock, recordingLogger, settle } from '../../core/testkit.ts'
import type { RendererLink, ShellClosed, ShellOptions } from '../../core/ports/shell.ts'
import { APP_ORIGIN } from '../../preload/names.ts'
import { assetMap } from '../common/assets.ts'
import { MAX_RESTARTS } from '../common/restart-budget.ts'
import { CONTRACT_PAGE } from '../contract-page.testkit.ts'
import { shellContract, type ShellHarness } from '../shell-contract.testkit.ts'
import { FakeContents, FakeElectron, fakeEvent, FakeFrame, type FakeWindow } from './electron.fake.ts'
import { connectPage, preloadBundle, type PageWindow } from './preload-page.testkit.ts'
import { ElectronShell, PAGE_URL, prepareElectron } from './shell.ts'

const assets = assetMap(new Map([['/index.html', { bytes: Buffer.from(''), type: 'text/html; charset=utf-8' }]]))
const windowed: ShellOptions = { fullscreen: false, headless: false, width: 1280, height: 800 }
let preload: string
beforeAll(async () => void (preload = await preloadBundle()))

function setup(options: Partial<ShellOptions> = {}) {
  const fake = new FakeElectron()
  const clock = new ManualClock()
  const log = recordingLogger()
  const { electron } = fake
  prepareElectron(electron, [], '/run/user/1000/latchkey')
  const shell = new ElectronShell({ electron, options: { ...windowed, ...options }, assets, preload: '/x/preload.cjs', log, clock })
  const ends: ShellClosed[] = []
  shell.onClosed((why) => ends.push(why))
  return { fake, clock, log, shell, ends, window: (): FakeWindow => fake.windows[0]! }
}

type TestPage = Record<string, (...args: unknown[]) => unknown>
// The suite's page hands its buffers over; through Electron's ports a page must send copies (see FakePagePort).
const page = CONTRACT_PAGE.replaceAll(', [bytes.buffer])', ')')

shellContract('electron (fake)', async (): Promise<ShellHarness> => {
  const { fake, clock, shell, window } = setup()
  let current: () => PageWindow = () => {
    throw new Error('not open')
  }
  fake.onWindow = (w) => {
    // After the shell's own listener, as in a browser: the page runs once its life has begun.
    queueMicrotask(() => (current = connectPage(fake, w.webContents, preload, page)))
  }
  return {
    open: (attach) => shell.open(attach),
    call: async (method, ...args) => (current() as unknown as { testPage: TestPage }).testPage[method]!(...args),
    reload: async () => window().webContents.reload(),
    kill: async () => {
      window().webContents.emit('render-process-gone', fakeEvent(), { reason: 'crashed', exitCode: 5 })
      await clock.advance(60_000)
    },
    close: () => shell.close(),
  }
})

describe('before ready', () => {
  it('hardens, takes the lock and registers the scheme, in this order', () => {
    const { fake } = setup()
    const at = (call: string): number => fake.app.calls.findIndex((c) => c.startsWith(call))
    expect(at('enableSandbox')).toBe(0)
    expect(at('path userData')).toBeLessThan(at('lock'))
    expect(fake.app.calls).toContain('schemes')
    expect(fake.app.calls).not.toContain('ready')
    expect(fake.schemes).toHaveLength(1)
  })
  it('does nothing at all with a dangerous switch', () => {
    const fake = new FakeElectron()
    expect(() => prepareElectron(fake.electron, ['--inspect'], '/x')).toThrowError(expect.objectContaining({ code: 'cli.usage' }))
    expect(fake.app.calls).toEqual([])
  })
  it('ends when another instance runs, and shows itself when another is started', async () => {
    const fake = new FakeElectron()
    fake.app.lock = false
    expect(() => prepareElectron(fake.electron, [], '/x')).toThrowError(expect.objectContaining({ code: 'shell.unavailable' }))
    const first = setup()
    await first.shell.open(() => {})
    first.fake.app.emit('second-instance')
    expect(first.window().focused).toBe(1)
  })
})

describe('the window', () => {
  it('is guarded before it loads', async () => {
    const { fake, shell, window } = setup({ fullscreen: true })
    let guarded = false
    fake.onWindow = (w) => {
      w.loadURL = (url) => {
        const session = fake.sessions.get('latchkey')!
        guarded = [session.requestHandler, session.checkHandler, session.deviceHandler, session.verify, session.beforeRequest, w.webContents.openHandler].every(Boolean)
        expect(url).toBe(`${APP_ORIGIN}/`)
        return Promise.resolve()
      }
    }
    await shell.open(() => {})
    expect(guarded).toBe(true)
    expect(fake.menu).toBeNull()
    expect(fake.sessions.size).toBe(1)
    expect(fake.sessions.get('latchkey')!.schemes.has('app')).toBe(true)
    expect(window().options).toMatchObject({ kiosk: true, show: false, webPreferences: { sandbox: true, preload: '/x/preload.cjs' } })
  })
  it('is shown once painted, and never when headless', async () => {
    for (const headless of [false, true]) {
      const { shell, window } = setup({ headless })
      await shell.open(() => {})
      expect(window().shown).toBe(headless ? 0 : 1)
    }
  })
  it('cannot be closed by a person in the kiosk, but by the system', async () => {
    const { fake, shell, ends, window } = setup({ fullscreen: true })
    await shell.open(() => {})
    expect(window().askToClose()).toBe(false)
    expect(ends).toEqual([])
    fake.app.emit('before-quit')
    expect(window().askToClose()).toBe(true)
    expect(ends).toEqual([{ why: 'shutdown', detail: 'closed by us' }])
  })
  it('closes by its own button when it is only a window', async () => {
    const { shell, ends, window } = setup()
    let gone = 0
    await shell.open((link) => link.onGone(() => gone++))
    expect(window().askToClose()).toBe(true)
    expect([ends.map((e) => e.why), gone]).toEqual([['user'], 1])
  })
  it('says so when the page cannot be loaded, and leaves nothing behind', async () => {
    const { fake, shell, window } = setup()
    fake.onWindow = (w) => (w.loadFails = true)
    await expect(shell.open(() => {})).rejects.toMatchObject({ code: 'shell.unavailable' })
    expect([window().destroyed, fake.handlers.size]).toEqual([true, 0])
  })
  it('opens once', async () => {
    const { shell } = setup()
    await shell.open(() => {})
    await expect(shell.open(() => {})).rejects.toMatchObject({ code: 'shell.unavailable' })
  })
  it('attaches no page of another origin', async () => {
    const { shell, window, fake } = setup()
    const attach = vi.fn()
    await shell.open(attach)
    window().webContents.commit('chrome-error://chromewebdata/')
    expect(attach).toHaveBeenCalledTimes(1)
    expect(await fake.invoke(window().webContents, ['app.start', { protocol: 1 }])).toMatchObject({ ok: false, error: { code: 'ipc.refused' } })
  })
})

it('passes the page\'s console on', async () => {
  const { fake, clock, log } = setup()
  const lines: string[] = []
  const shell = new ElectronShell({ electron: fake.electron, options: windowed, assets, preload: '/x/preload.cjs', log, clock, onConsole: (level, text) => lines.push(`${level} ${text}`) })
  await shell.open(() => {})
  fake.windows[0]!.webContents.emit('console-message', { level: 'warning', message: 'a hostile guest' })
  expect(lines).toEqual(['warning a hostile guest'])
})

describe('a crash of the page', () => {
  const crash = (w: FakeWindow): boolean => w.webContents.emit('render-process-gone', fakeEvent(), { reason: 'oom', exitCode: 9 })

  it('is followed by a reload, until the budget is used', async () => {
    const { shell, clock, ends, window, log } = setup()
    const links: RendererLink[] = []
    await shell.open((link) => links.push(link))
    for (let i = 0; i < MAX_RESTARTS; i++) {
      crash(window())
      await clock.advance(5000)
    }
    expect([window().webContents.reloads, links.length, ends.length]).toEqual([MAX_RESTARTS, MAX_RESTARTS + 1, 0])
    crash(window())
    expect(ends.map((e) => e.why)).toEqual(['crashed'])
    expect(log.lines.filter((l) => l.level === 'error')).toHaveLength(MAX_RESTARTS + 1)
  })
  it('is not followed by anything after close', async () => {
    const { shell, clock, window } = setup()
    await shell.open(() => {})
    crash(window())
    await shell.close()
    await clock.advance(60_000)
    expect([window().webContents.reloads, clock.pending]).toEqual([0, 0])
  })
})

describe('the link', () => {
  async function opened() {
    const s = setup()
    const started = vi.fn(() => Promise.reject(new Error('called')))
    let link: RendererLink | undefined
    await s.shell.open((l) => {
      link = l
      l.handle('app.start', started)
    })
    return { ...s, started, link: link!, contents: s.window().webContents }
  }
  it.each([
    ['a frame that is gone', { frame: null }],
    ['a frame below', { frame: new FakeFrame() }],
    ['another page', { sender: new FakeContents() }],
  ])('refuses %s without calling a handler', async (_what, from) => {
    const { fake, contents, started, log } = await opened()
    const reply = (await fake.invoke(contents, ['app.start', { protocol: 1 }], from)) as Reply
    expect(reply).toMatchObject({ ok: false, error: { code: 'ipc.refused', params: {} } })
    expect(started).not.toHaveBeenCalled()
    expect(log.lines.at(-1)).toMatchObject({ level: 'warn', fields: { code: 'ipc.refused' } })
  })
  it.each([[[]], [['app.start']], [['app.start', { protocol: 1 }, 'more']]])('refuses the arguments %j', async (args) => {
    const { fake, contents, started } = await opened()
    expect(await fake.invoke(contents, args)).toMatchObject({ ok: false, error: { code: 'ipc.malformed' } })
    expect(started).not.toHaveBeenCalled()
  })
  it('keeps the display on while a console is shown', async () => {
    const { fake, link, contents } = await opened()
    const desktop = { id: 'd-1', title: 'One', detail: '', power: 'running' }
    const view = ViewState.parse({ screen: 'console', user: 'a', desktop, link: 'link-000001', status: 'connected', phases: [], sso: { state: 'idle' } })
    const sizes: number[] = []
    for (const v of [{ screen: 'booting' } as const, view, view, { screen: 'ending' } as const]) {
      link.emit('view.changed', v)
      sizes.push(fake.blocking.size)
    }
    expect(sizes).toEqual([0, 1, 1, 0])
    link.emit('view.changed', view)
    contents.emit('render-process-gone', fakeEvent(), { reason: 'crashed', exitCode: 5 })
    expect(fake.blocking.size).toBe(0)
  })
  it('sends exactly the bytes of a piece, also when they are part of a larger buffer', async () => {
    const { link, contents } = await opened()
    const got: unknown[] = []
    contents.onPort = (_nonce, port) => (port.onmessage = ({ data }) => got.push(data))
    const channel = await link.openByteChannel('nonce-of-sixteen-letters')
    channel.send(new Uint8Array([9, 1, 2, 3, 9]).subarray(1, 4))
    channel.send(new Uint8Array(MAX_PIECE + 1).fill(7))
    await settle()
    expect(got).toHaveLength(3)
    expect(got.every((m) => m instanceof ArrayBuffer)).toBe(true)
    expect([...new Uint8Array(got[0] as ArrayBuffer)]).toEqual([1, 2, 3])
    expect(got.map((m) => (m as ArrayBuffer).byteLength)).toEqual([3, MAX_PIECE, 1])
  })
  it('takes a buffer that a page tried to transfer for what it is: lost', async () => {
    const { link, contents } = await opened()
    contents.onPort = (_nonce, port) => port.postMessage(new ArrayBuffer(4), [new ArrayBuffer(4)])
    const channel = await link.openByteChannel('nonce-of-sixteen-letters')
    const closed = vi.fn()
    channel.onClosed(closed)
    await settle()
    expect(closed.mock.calls).toEqual([['refused']])
  })
  it('ends a channel as lost when the page closes its port without a word', async () => {
    const { link, contents } = await opened()
    contents.onPort = (_nonce, port) => port.close()
    const channel = await link.openByteChannel('nonce-of-sixteen-letters')
    const closed = vi.fn()
    channel.onClosed(closed)
    await settle()
    expect(closed.mock.calls).toEqual([['lost']])
  })
})

it('loads nothing but its own page', () => expect(PAGE_URL).toBe('app://latchkey/'))
