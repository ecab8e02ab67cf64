import { EventEmitter } from 'node:events'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { App, PowerSaveBlocker, WebContents } from 'electron'
import { describe, expect, it, vi } from 'vitest'
import { AppError } from '../../core/errors.ts'
import { APP_ORIGIN } from '../../preload/names.ts'
import { FakeContents, fakeEvent, FakeFrame, FakeSession } from './electron.fake.ts'
import {
  claimSingleInstance, displayKeeper, guardAllContents, guardCertificates, guardDownloads, guardPermissions, guardRequests, hardenApp,
  isAppUrl, permissionGranted, permissionTable, refuseDangerousArguments, removeMenu, requestAllowed, senderRefusal,
} from './hardening.ts'
import { hardenedWebPreferences, windowOptions } from './window-options.ts'

const ours = `${APP_ORIGIN}/`
const allowed = ['fullscreen', 'keyboardLock', 'pointerLock']
/** Origins and URLs that look like ours and are not. */
const strangers = [
  '', 'null', 'about:blank', 'app://', 'app://evil/', 'app://latchkey.evil/', 'app://latchkey@evil/', 'app://evil@latchkey/', 'app://latchkey:1/',
  'https://latchkey/', 'http://latchkey', 'file:///latchkey/', 'xapp://latchkey/', 'app:latchkey', 'blob:app://evil/1', 'chrome-error://chromewebdata/',
]

/** The permission names that the installed electron.d.ts knows, read from the text: an upgrade cannot slip past. */
function knownPermissions(): string[] {
  const text = readFileSync(createRequire(import.meta.url).resolve('electron/electron.d.ts'), 'utf8')
  const lists = [...text.matchAll(/setPermission(?:Check|Request)Handler\(handler: .*?permission: ((?:'[A-Za-z-]+'(?: \| )?)+)/g)].map((m) => m[1]!.match(/[A-Za-z-]+(?=')/g)!)
  expect(lists).toHaveLength(2)
  return [...new Set(lists.flat())]
}

describe('addresses', () => {
  it('knows only its own origin', () => {
    for (const url of [APP_ORIGIN, ours, `${ours}assets/a.js`]) expect(isAppUrl(url), url).toBe(true)
    for (const url of strangers) expect(isAppUrl(url), url).toBe(false)
  })
})

describe('permissions', () => {
  const session = new FakeSession()
  guardPermissions(session.real)
  const contents = new FakeContents().real
  const request = (permission: string, requestingUrl: string, isMainFrame = true): boolean => {
    const answers: boolean[] = []
    session.requestHandler!(contents, permission as never, (a) => answers.push(a), { isMainFrame, requestingUrl })
    expect(answers).toHaveLength(1)
    return answers[0]!
  }
  const check = (permission: string, origin: string, isMainFrame = true, from: WebContents | null = contents): boolean =>
    session.checkHandler!(from, permission as never, origin, { isMainFrame })

  it('has a row for each name of the installed Electron, and no other', () => {
    expect(Object.keys(permissionTable).sort()).toEqual(knownPermissions().sort())
  })
  it.each(Object.keys(permissionTable))('%s', (permission) => {
    const want = allowed.includes(permission)
    expect(request(permission, ours)).toBe(want)
    expect(check(permission, APP_ORIGIN)).toBe(want)
    expect(check(permission, ours)).toBe(want)
    for (const origin of strangers) expect([request(permission, origin), check(permission, origin)], origin).toEqual([false, false])
    expect(request(permission, ours, false)).toBe(false)
    expect(check(permission, ours, false)).toBe(false)
    expect(check(permission, ours, true, null)).toBe(false)
  })
  it.each([
    [{ read: true, write: false }, ['clipboard-read']],
    [{ read: false, write: true }, ['clipboard-sanitized-write']],
    [{ read: true, write: true }, ['clipboard-read', 'clipboard-sanitized-write']],
  ])('opens the clipboard as far as %j, for our page alone', (clipboard, more) => {
    const granted = (origin: string): string[] => Object.keys(permissionTable).filter((name) => permissionGranted(name, origin, clipboard))
    expect(granted(ours).sort()).toEqual([...allowed, ...more].sort())
    for (const origin of strangers) expect(granted(origin), origin).toEqual([])
    const own = new FakeSession()
    guardPermissions(own.real, clipboard)
    const check = (name: string): boolean => own.checkHandler!(contents, name as never, ours, { isMainFrame: true })
    expect([check('clipboard-read'), check('clipboard-sanitized-write'), check('deprecated-sync-clipboard-read')]).toEqual([clipboard.read, clipboard.write, false])
    expect(own.checkHandler!(contents, 'clipboard-read' as never, ours, { isMainFrame: false })).toBe(false)
  })
  it('refuses a name it does not know', () => {
    for (const name of ['a-new-one', '__proto__', 'toString']) expect([request(name, ours), check(name, ours)]).toEqual([false, false])
  })
  it('refuses devices, screen capture and pairing', () => {
    expect(session.deviceHandler!({ deviceType: 'usb', origin: APP_ORIGIN, device: {} } as never)).toBe(false)
    expect(session.displayMedia).toBeNull()
    const pair = vi.fn()
    session.pairing!({ deviceId: 'x', pairingKind: 'confirm', frame: null } as never, pair)
    expect(pair).toHaveBeenCalledWith({ confirmed: false })
  })
  it.each([['select-hid-device', 2, null], ['select-usb-device', 2, undefined], ['select-serial-port', 3, '']] as const)('%s chooses nothing', (name, at, answer) => {
    const event = fakeEvent()
    const choose = vi.fn()
    const args: unknown[] = [event, {}, {}]
    args[at] = choose
    session.emit(name, ...args)
    expect(event.defaultPrevented).toBe(true)
    expect(choose.mock.calls).toEqual([answer === undefined ? [] : [answer]])
  })
})

describe('requests', () => {
  it.each([
    [ours, 'mainFrame', true],
    [`${ours}assets/index.js`, 'script', true],
    [`blob:${APP_ORIGIN}/0a1b`, 'image', true],
    ['data:image/png;base64,AA', 'image', true],
    ['data:text/html,x', 'mainFrame', false],
    ['data:text/javascript,x', 'script', false],
    ['blob:https://evil/0a1b', 'image', false],
    ['blob:null/0a1b', 'image', false],
    ['https://example.org/', 'xhr', false],
    ['http://127.0.0.1:80/', 'xhr', false],
    ['ws://127.0.0.1/', 'webSocket', false],
    ['wss://example.org/', 'webSocket', false],
    ['file:///etc/passwd', 'mainFrame', false],
    ['ftp://example.org/', 'other', false],
    ['chrome://gpu', 'mainFrame', false],
    ['devtools://devtools/x', 'other', false],
    ['view-source:app://latchkey/', 'mainFrame', false],
    ['not a url', 'xhr', false],
    ['', 'xhr', false],
  ])('%s as %s', (url, resourceType, want) => {
    expect(requestAllowed(url, resourceType)).toBe(want)
    const session = new FakeSession()
    guardRequests(session.real)
    const answer = vi.fn()
    session.beforeRequest!({ url, resourceType } as never, answer)
    expect(answer.mock.calls).toEqual([[{ cancel: !want }]])
  })
  it('refuses downloads', () => {
    const session = new FakeSession()
    guardDownloads(session.real)
    const event = fakeEvent()
    session.emit('will-download', event)
    expect(event.defaultPrevented).toBe(true)
  })
})

describe('every page', () => {
  const app = new EventEmitter()
  guardAllContents(app as unknown as App)
  const contents = new FakeContents()
  app.emit('web-contents-created', fakeEvent(), contents)

  it.each(['will-navigate', 'will-frame-navigate', 'will-redirect', 'will-attach-webview', 'context-menu'])('%s is prevented', (name) => {
    const event = fakeEvent()
    contents.emit(name, event)
    expect(event.defaultPrevented).toBe(true)
  })
  it('opens no window', () => expect(contents.openHandler!()).toEqual({ action: 'deny' }))
  it('closes developer tools', () => {
    contents.emit('devtools-opened')
    expect(contents.devToolsClosed).toBe(1)
  })
  it('leaves shortcuts to the page and WebRTC without a network', () => {
    expect(contents.ignoreMenuShortcuts).toBe(true)
    expect(contents.webRtc).toBe('disable_non_proxied_udp')
  })
})

describe('certificates', () => {
  it('accepts none and offers none', () => {
    const app = new EventEmitter()
    const session = new FakeSession()
    guardCertificates(app as unknown as App, session.real)
    const verify = vi.fn()
    session.verify!({ verificationResult: 'OK', errorCode: 0 } as never, verify)
    expect(verify.mock.calls).toEqual([[-2]])
    for (const [name, want] of [['certificate-error', [false]], ['select-client-certificate', []], ['login', []]] as const) {
      const event = fakeEvent()
      const answer = vi.fn()
      const args = { 'certificate-error': ['', 'ERR_CERT', {}, answer], 'select-client-certificate': ['', [{}], answer], login: [{}, {}, answer] }[name]
      app.emit(name, event, new FakeContents(), ...args)
      expect(event.defaultPrevented, name).toBe(true)
      expect(answer.mock.calls, name).toEqual([want])
    }
  })
})

describe('senders', () => {
  const expected = new FakeContents()
  const frame = (change: Partial<FakeFrame> = {}): FakeFrame => {
    expected.mainFrame = Object.assign(new FakeFrame(), change)
    return expected.mainFrame
  }
  const refusal = (senderFrame: FakeFrame | null, sender = expected): string | null =>
    senderRefusal({ sender: sender.real, senderFrame: senderFrame?.real ?? null }, expected.real)

  it('takes the main frame of our page', () => expect(refusal(frame())).toBeNull())
  it('refuses a frame that is gone', () => expect(refusal(null)).toBe('a frame that is gone'))
  it('refuses another page', () => expect(refusal(frame(), new FakeContents())).toBe('another page'))
  it('refuses a frame below ours', () => {
    const parent = frame()
    expect(refusal(Object.assign(new FakeFrame(), { parent: parent.real }))).toBe('not the main frame')
    expect(refusal(frame({ parent: new FakeFrame().real }))).toBe('not the main frame')
  })
  it.each([['about:blank', 'null'], ['', ''], ['app://evil/', 'app://evil'], [ours, 'null'], [ours, 'app://latchkey.evil'], ['about:blank', APP_ORIGIN]])(
    'refuses %j of origin %j',
    (url, origin) => expect(refusal(frame({ url, origin }))).toBe('another origin'),
  )
})

describe('the process', () => {
  it('runs once', () => {
    const app = Object.assign(new EventEmitter(), { requestSingleInstanceLock: (): boolean => true })
    const second = vi.fn()
    claimSingleInstance(app as unknown as App, second)
    app.emit('second-instance')
    expect(second).toHaveBeenCalledTimes(1)
    app.requestSingleInstanceLock = () => false
    expect(() => claimSingleInstance(app as unknown as App, second)).toThrowError(expect.objectContaining({ code: 'shell.unavailable' }))
  })
  it('is sandboxed and writes where it is told', () => {
    const calls: string[] = []
    const app = { enableSandbox: () => calls.push('sandbox'), setPath: (n: string, p: string) => calls.push(`${n}=${p}`), commandLine: { appendSwitch: (s: string) => calls.push(s) } }
    hardenApp(app as unknown as App, '/run/user/1/x')
    expect(calls).toEqual(['sandbox', 'userData=/run/user/1/x', 'sessionData=/run/user/1/x', 'disable-breakpad', 'disable-http-cache', 'disable-gpu-shader-disk-cache', 'no-pings', 'no-first-run'])
  })
  it('has no menu', () => {
    const setApplicationMenu = vi.fn()
    removeMenu({ setApplicationMenu } as never)
    expect(setApplicationMenu.mock.calls).toEqual([[null]])
  })
  it.each([
    '--inspect', '--inspect=0.0.0.0:9229', '--inspect-brk', '-inspect', '--INSPECT', '--remote-debugging-port=1', '--remote-debugging-pipe', '--no-sandbox',
    '--load-extension=/x', '--disable-web-security', '--js-flags=--x', '--host-rules=MAP * x', '--proxy-server=x', '--proxy-pac-url=x', '--ignore-certificate-errors',
    '--renderer-cmd-prefix=x', '--user-data-dir=/x', '--require=/x.js', '--no-zygote',
  ])('refuses %s', (argument) => {
    const thrown = (() => {
      try {
        refuseDangerousArguments(['run', argument])
        return undefined
      } catch (e) {
        return e
      }
    })()
    expect(thrown).toBeInstanceOf(AppError)
    expect((thrown as AppError).code).toBe('cli.usage')
  })
  it('takes ordinary arguments', () => expect(() => refuseDangerousArguments(['run', '--dev', '--ozone-platform=x11', '/inspect', '--config-dir', '/etc/x'])).not.toThrow())
  it('keeps the display on only while asked', () => {
    const log: string[] = []
    const keep = displayKeeper({ start: (t: string) => (log.push(`start ${t}`), 7), stop: (id: number) => log.push(`stop ${id}`) } as unknown as PowerSaveBlocker)
    for (const on of [false, true, true, false, false, true]) keep(on)
    expect(log).toEqual(['start prevent-display-sleep', 'stop 7', 'start prevent-display-sleep'])
  })
})

describe('the window', () => {
  it('has exactly these web preferences', () => {
    expect(hardenedWebPreferences).toEqual({
      sandbox: true, contextIsolation: true, nodeIntegration: false, nodeIntegrationInWorker: false, nodeIntegrationInSubFrames: false,
      webSecurity: true, allowRunningInsecureContent: false, experimentalFeatures: false, webviewTag: false, navigateOnDragDrop: false,
      devTools: false, plugins: false, javascript: true, webgl: true, spellcheck: false, safeDialogs: true, disableDialogs: true,
      autoplayPolicy: 'no-user-gesture-required', backgroundThrottling: false, v8CacheOptions: 'none',
    })
  })
  it('is a kiosk only with a display', () => {
    const session = new FakeSession().real
    const of = (fullscreen: boolean, headless: boolean) => windowOptions({ fullscreen, headless, width: 800, height: 600 }, '/p.cjs', session)
    expect(of(true, false)).toMatchObject({ kiosk: true, fullscreen: true, show: false, width: 800, height: 600 })
    expect(of(true, true)).toMatchObject({ kiosk: false, fullscreen: false })
    expect(of(false, false)).toMatchObject({ kiosk: false, fullscreen: false })
    expect(of(true, false).webPreferences).toEqual({ ...hardenedWebPreferences, preload: '/p.cjs', session })
  })
})
