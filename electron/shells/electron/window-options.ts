// Why: every option of the one window in one place, so that a test compares the whole object and a changed default
// in a new Electron cannot pass unnoticed. Values that are already Electron's defaults are written out on purpose.
import type { BrowserWindowConstructorOptions, Session, WebPreferences } from 'electron'
import type { ShellOptions } from '../../core/ports/shell.ts'

/** docs: tutorial/security.md items 2, 3, 4, 6, 8, 9, 10, 12. */
export const hardenedWebPreferences = {
  sandbox: true,
  contextIsolation: true,
  nodeIntegration: false,
  nodeIntegrationInWorker: false,
  nodeIntegrationInSubFrames: false,
  webSecurity: true,
  allowRunningInsecureContent: false,
  experimentalFeatures: false,
  webviewTag: false,
  navigateOnDragDrop: false,
  devTools: false,
  plugins: false,
  javascript: true,
  webgl: true,
  spellcheck: false,
  safeDialogs: true,
  disableDialogs: true,
  autoplayPolicy: 'no-user-gesture-required', // the desktop's sound starts by itself
  backgroundThrottling: false, // a console behind a dialog of the compositor keeps acknowledging its bytes
  v8CacheOptions: 'none', // nothing is written to disk
} as const satisfies WebPreferences

/** `preload`: absolute path of the bundled preload script. `session`: an in-memory partition, already hardened. */
export function windowOptions(shell: ShellOptions, preload: string, session: Session): BrowserWindowConstructorOptions {
  return {
    width: shell.width,
    height: shell.height,
    useContentSize: true,
    show: false, // until the first paint, so that no white rectangle flashes
    kiosk: shell.fullscreen && !shell.headless,
    fullscreen: shell.fullscreen && !shell.headless,
    autoHideMenuBar: true,
    backgroundColor: '#101418',
    title: 'Latchkey',
    webPreferences: { ...hardenedWebPreferences, preload, session },
  }
}
