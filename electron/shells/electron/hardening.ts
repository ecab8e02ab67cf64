// Why: every guard between the page and the machine, each a named function that a test drives by itself.
// Rules: deny by default; compare parsed URLs, never prefixes; a guard does not know about any other guard.
// Item numbers are those of Electron's tutorial/security.md.
import type { App, IpcMainInvokeEvent, Menu, PowerSaveBlocker, Session, WebContents } from 'electron'
import { AppError } from '../../core/errors.ts'
import { APP_HOST, APP_ORIGIN, APP_SCHEME } from '../../preload/names.ts'
import { NO_CLIPBOARD, type ClipboardGrant } from '../common/clipboard-grant.ts'

export type PermissionName = Parameters<NonNullable<Parameters<Session['setPermissionCheckHandler']>[0]>>[1]

/**
 * Every permission Electron 45.4.1 knows (electron.d.ts) and our answer. The Record type makes a name that a new
 * Electron adds a type error here; a name it does not tell us about is denied by `permissionGranted`.
 */
export const permissionTable: Readonly<Record<PermissionName, boolean>> = {
  fullscreen: true, // the console fills the screen
  keyboardLock: true, // so that Ctrl+W, Alt+Tab … go to the guest
  pointerLock: true, // relative mouse mode of the guest
  'automatic-fullscreen': false,
  'clipboard-read': false, // unless configured: see `permissionGranted`
  'clipboard-sanitized-write': false, // the same
  'deprecated-sync-clipboard-read': false,
  ar: false,
  'background-fetch': false,
  'background-sync': false,
  'captured-surface-control': false,
  'display-capture': false,
  fileSystem: false,
  geolocation: false,
  'geolocation-approximate': false,
  'hand-tracking': false,
  hid: false,
  'idle-detection': false,
  'local-fonts': false,
  'local-network': false,
  'local-network-access': false,
  'loopback-network': false,
  media: false,
  mediaKeySystem: false,
  midi: false,
  midiSysex: false,
  nfc: false,
  notifications: false,
  openExternal: false,
  'payment-handler': false,
  'periodic-background-sync': false,
  'persistent-storage': false,
  'screen-wake-lock': false,
  sensors: false,
  serial: false,
  'smart-card': false,
  'speaker-selection': false,
  'storage-access': false,
  'system-wake-lock': false,
  'top-level-storage-access': false,
  usb: false,
  vr: false,
  'web-app-installation': false,
  'web-printing': false,
  'window-management': false,
  unknown: false,
}

/** True only for our exact scheme and host. `URL.origin` is "null" for custom schemes in Node, so parts are compared. */
export function isAppUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const url = new URL(text)
  return url.protocol === `${APP_SCHEME}:` && url.host === APP_HOST && url.username === '' && url.password === ''
}

/** Item 5. `origin` as Electron reports it: a URL or an origin. The clipboard goes the way that IT has opened, and no other. */
export function permissionGranted(permission: string, origin: string, clipboard: ClipboardGrant): boolean {
  if (!isAppUrl(origin)) return false
  if (permission === 'clipboard-read') return clipboard.read
  if (permission === 'clipboard-sanitized-write') return clipboard.write
  return Object.hasOwn(permissionTable, permission) && permissionTable[permission as PermissionName]
}

/** Item 5: requests, checks, devices, screen capture and every device chooser. */
export function guardPermissions(session: Session, clipboard: ClipboardGrant = NO_CLIPBOARD): void {
  session.setPermissionRequestHandler((_contents, permission, answer, details) =>
    answer(details.isMainFrame && permissionGranted(permission, details.requestingUrl, clipboard)),
  )
  session.setPermissionCheckHandler((contents, permission, origin, details) =>
    contents !== null && details.isMainFrame && permissionGranted(permission, origin, clipboard),
  )
  session.setDevicePermissionHandler(() => false)
  session.setDisplayMediaRequestHandler(null)
  session.setBluetoothPairingHandler((_details, answer) => answer({ confirmed: false }))
  // Without preventDefault Electron itself would choose the first device.
  session.on('select-hid-device', (event, _details, choose) => {
    event.preventDefault()
    choose(null)
  })
  session.on('select-usb-device', (event, _details, choose) => {
    event.preventDefault()
    choose()
  })
  session.on('select-serial-port', (event, _ports, _contents, choose) => {
    event.preventDefault()
    choose('') // documented: an empty string cancels the request
  })
}

/** Item 1. What may be loaded: our files, blobs of our page, and `data:` for images only. Everything else is cancelled. */
export function requestAllowed(url: string, resourceType: string): boolean {
  if (isAppUrl(url)) return true
  if (!URL.canParse(url)) return false
  const { protocol } = new URL(url)
  if (protocol === 'blob:') return isAppUrl(url.slice('blob:'.length))
  return protocol === 'data:' && resourceType === 'image'
}

export function guardRequests(session: Session): void {
  session.webRequest.onBeforeRequest((details, answer) => answer({ cancel: !requestAllowed(details.url, details.resourceType) }))
}

/** Nothing is ever saved to the device. */
export function guardDownloads(session: Session): void {
  session.on('will-download', (event) => event.preventDefault())
}

/** The page needs no TLS: all of it is in the main process with its own trust. So no certificate is ever accepted or offered. */
export function guardCertificates(app: App, session: Session): void {
  session.setCertificateVerifyProc((_request, answer) => answer(-2)) // documented: -2 = failure
  app.on('certificate-error', (event, _contents, _url, _error, _certificate, answer) => {
    event.preventDefault()
    answer(false)
  })
  app.on('select-client-certificate', (event, _contents, _url, _list, answer) => {
    event.preventDefault() // else Electron picks the first certificate of the store
    answer()
  })
  app.on('login', (event, _contents, _details, _info, answer) => {
    event.preventDefault()
    answer()
  })
}

/** Item 13. The page never navigates; the shell's own loadURL and reload do not emit these events. */
export function guardNavigation(contents: WebContents): void {
  contents.on('will-navigate', (event) => event.preventDefault())
  contents.on('will-frame-navigate', (event) => event.preventDefault())
  contents.on('will-redirect', (event) => event.preventDefault())
}

/** Item 14. */
export function guardWindowOpen(contents: WebContents): void {
  contents.setWindowOpenHandler(() => ({ action: 'deny' }))
}

/** Items 11 and 12. */
export function guardWebviews(contents: WebContents): void {
  contents.on('will-attach-webview', (event) => event.preventDefault())
}

/** Developer tools are off by option as well; should anything open them, they close again. */
export function guardDevTools(contents: WebContents): void {
  contents.on('devtools-opened', () => contents.closeDevTools())
  contents.on('context-menu', (event) => event.preventDefault())
}

/** No menu means no accelerator: Ctrl+W, Ctrl+R, F11 … reach the page, which sends them to the guest. */
export function removeMenu(menu: typeof Menu): void {
  menu.setApplicationMenu(null)
}

/** WebRTC is the one network path that neither CSP's connect-src nor webRequest sees. */
export function guardWebRtc(contents: WebContents): void {
  contents.setWebRTCIPHandlingPolicy('disable_non_proxied_udp')
}

/** Every page ever created, also one that no code of ours made, gets the guards before it loads anything. */
export function guardAllContents(app: App): void {
  app.on('web-contents-created', (_event, contents) => {
    guardNavigation(contents)
    guardWindowOpen(contents)
    guardWebviews(contents)
    guardDevTools(contents)
    guardWebRtc(contents)
    contents.setIgnoreMenuShortcuts(true)
  })
}

/** Item 4 and disk rules: before `ready`. `userData` should be a directory on a tmpfs. */
export function hardenApp(app: App, userData: string): void {
  app.enableSandbox()
  app.setPath('userData', userData)
  app.setPath('sessionData', userData)
  for (const name of ['disable-breakpad', 'disable-http-cache', 'disable-gpu-shader-disk-cache', 'no-pings', 'no-first-run']) {
    app.commandLine.appendSwitch(name)
  }
}

/** One instance: a second one must end at once. `onSecond` runs in the first when somebody tries. */
export function claimSingleInstance(app: App, onSecond: () => void): void {
  if (!app.requestSingleInstanceLock()) throw new AppError('shell.unavailable', 'another instance is already running')
  app.on('second-instance', onSecond)
}

/** Item 17. A reason to refuse a message, or null. A frame that is gone, empty or unknown is refused. */
export function senderRefusal(event: Pick<IpcMainInvokeEvent, 'sender' | 'senderFrame'>, expected: WebContents): string | null {
  const frame = event.senderFrame
  if (event.sender.id !== expected.id) return 'another page'
  if (frame === null) return 'a frame that is gone'
  if (frame !== expected.mainFrame || frame.parent !== null) return 'not the main frame'
  if (frame.origin !== APP_ORIGIN || !isAppUrl(frame.url)) return 'another origin'
  return null
}

/** Switches that would open the page or the process to others. The launcher passes none; a person might try. */
const refusedSwitches = [
  'inspect', 'inspect-brk', 'inspect-wait', 'inspect-port', 'inspect-publish-uid', 'debug', 'debug-brk', 'js-flags',
  'remote-debugging-port', 'remote-debugging-pipe', 'remote-debugging-address', 'remote-allow-origins',
  'no-sandbox', 'disable-setuid-sandbox', 'disable-namespace-sandbox', 'disable-seccomp-filter-sandbox', 'disable-gpu-sandbox',
  'single-process', 'no-zygote', 'load-extension', 'disable-extensions-except', 'disable-web-security', 'disable-site-isolation-trials',
  'allow-running-insecure-content', 'allow-file-access-from-files', 'ignore-certificate-errors', 'ignore-certificate-errors-spki-list',
  'host-rules', 'host-resolver-rules', 'proxy-server', 'proxy-pac-url', 'proxy-auto-detect', 'proxy-bypass-list',
  'log-net-log', 'renderer-cmd-prefix', 'utility-cmd-prefix', 'gpu-launcher', 'user-data-dir', 'disk-cache-dir', 'crash-dumps-dir',
  'require', 'import', 'loader', 'experimental-loader', 'eval', 'print', 'app', 'enable-logging', 'vmodule', 'trace-startup',
] as const

/** Throws `cli.usage` (exit 64). Chromium has read some switches before this code runs, so the launcher is the first guard. */
export function refuseDangerousArguments(argv: readonly string[]): void {
  for (const argument of argv) {
    const name = /^-{1,2}([A-Za-z][A-Za-z0-9-]*)/.exec(argument)?.[1]?.toLowerCase()
    if (name !== undefined && (refusedSwitches as readonly string[]).includes(name)) {
      throw new AppError('cli.usage', `the switch --${name} is not allowed`, { params: { option: `--${name}` } })
    }
  }
}

/** Keeps the display on while a console is shown, and only then. Idempotent. */
export function displayKeeper(blocker: PowerSaveBlocker): (on: boolean) => void {
  let id: number | undefined
  return (on) => {
    if (on && id === undefined) id = blocker.start('prevent-display-sleep')
    if (!on && id !== undefined) {
      blocker.stop(id)
      id = undefined
    }
  }
}
