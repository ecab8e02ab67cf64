// Why: the complete command line of the browser, each flag with its reason. Playwright's own defaults are off: they are
// made for tests (they weaken pop-up blocking, component updates, key storage) and change with its version.
import type { ShellOptions } from '../../core/ports/shell.ts'

export interface FlagInput {
  readonly options: ShellOptions
  readonly profileDir: string
  /** A headless-shell build knows only its own kind of headless; a full browser has the new one. */
  readonly headlessShell: boolean
  /** Which display a window opens on; ignored when headless. */
  readonly display: 'x11' | 'wayland'
  /** false switches hardware drawing off (broken drivers). */
  readonly gpu: boolean
  /** The page asks how much memory it takes and wants the answer now, not after the next garbage collection (some 12 s). */
  readonly measureMemory?: boolean
}

/** [flag, why it is there]. */
const ALWAYS: readonly (readonly [flag: string, why: string])[] = [
  ['--remote-debugging-pipe', 'the control channel: two inherited descriptors, no port that others could reach'],
  ['--no-first-run', 'no welcome page'],
  ['--no-default-browser-check', 'no question about it'],
  ['--disable-extensions', 'nothing but our page runs, whatever the system has installed'],
  ['--disable-component-extensions-with-background-pages', 'built-in extensions are not needed either'],
  ['--disable-default-apps', 'same'],
  ['--disable-component-update', 'the package manager updates the browser, it does not fetch parts by itself'],
  ['--disable-background-networking', 'no connection of the browser on its own account'],
  ['--disable-sync', 'same'],
  ['--disable-domain-reliability', 'same'],
  ['--disable-client-side-phishing-detection', 'same'],
  ['--metrics-recording-only', 'no metrics are sent'],
  ['--no-pings', 'no link auditing'],
  ['--dns-prefetch-disable', 'same'],
  // Not --host-resolver-rules: Chromium lays a warning bar over the page for that one.
  ['--proxy-server=127.0.0.1:9', 'what interception does not answer (web sockets too) goes to a port where nobody can listen without being root'],
  ['--proxy-bypass-list=<-loopback>', 'loopback is no exception to it'],
  ['--webrtc-ip-handling-policy=disable_non_proxied_udp', 'no UDP from a peer connection, which interception does not see'],
  ['--disable-breakpad', 'a crash dump could hold a password'],
  ['--disable-crash-reporter', 'same'],
  ['--password-store=basic', 'no key ring of the desktop is opened: nothing is stored'],
  ['--disk-cache-size=1', 'the page comes from memory: no cache on disk'],
  ['--media-cache-size=1', 'same'],
  ['--disable-print-preview', 'there is nothing to print'],
  ['--disable-notifications', 'no notification of any page'],
  ['--deny-permission-prompts', 'a prompt that a kiosk user could answer is refused instead; what we allow is granted beforehand'],
  ['--noerrdialogs', 'no error dialog over the full screen'],
  ['--hide-crash-restore-bubble', 'no question after a crash: we start anew ourselves'],
  ['--disable-search-engine-choice-screen', 'no dialog'],
  ['--disable-pinch', 'touch zoom would move the guest out of sight'],
  ['--overscroll-history-navigation=0', 'a swipe is not "back"'],
  ['--disable-background-timer-throttling', 'the console goes on when another window covers ours'],
  ['--disable-backgrounding-occluded-windows', 'same'],
  ['--disable-renderer-backgrounding', 'same'],
  ['--autoplay-policy=no-user-gesture-required', 'the guest may sound without a click'],
]

/** Features switched off, with the reason. One flag: a second --disable-features would replace the first. */
const FEATURES_OFF: readonly (readonly [feature: string, why: string])[] = [
  ['BackForwardCache', 'one life of the page at a time'],
  ['Translate', 'no bar over the page, no text sent away'],
  ['AutofillServerCommunication', 'what is typed stays here'],
  ['PasswordManagerOnboarding', 'no offer to store a password'],
  ['MediaRouter', 'no search for cast devices, which opens UDP sockets'],
  ['DialMediaRouteProvider', 'same'],
  ['OptimizationHints', 'no download of hints'],
  ['InterestFeedContentSuggestions', 'no fetch'],
  ['CertificateTransparencyComponentUpdater', 'no fetch'],
  ['GlobalMediaControls', 'no media panel'],
  ['HttpsUpgrades', 'no second attempt of anything'],
]

/** Flags that must never be there (also checked against the list above by a test): each would undo a protection. */
export const FORBIDDEN_FLAGS = [
  '--no-sandbox', '--disable-setuid-sandbox', '--disable-seccomp-filter-sandbox', '--disable-namespace-sandbox', '--disable-gpu-sandbox',
  '--single-process', '--no-zygote', '--in-process-gpu', '--disable-web-security', '--disable-site-isolation-trials',
  '--remote-debugging-port', '--remote-debugging-address', '--remote-allow-origins', '--load-extension', '--js-flags',
  '--allow-running-insecure-content', '--ignore-certificate-errors', '--enable-automation', '--disable-popup-blocking',
  '--use-mock-keychain', '--disable-ipc-flooding-protection', '--ignore-gpu-blocklist',
] as const

/** The whole argument list, in a fixed order. */
export function chromiumFlags(input: FlagInput): string[] {
  const { options } = input
  const flags = ALWAYS.map(([flag]) => flag)
  flags.push(`--user-data-dir=${input.profileDir}`)
  flags.push(`--disable-features=${FEATURES_OFF.map(([feature]) => feature).join(',')}`)
  flags.push(`--window-size=${options.width},${options.height}`)
  if (!input.gpu || options.headless) flags.push('--disable-gpu')
  if (input.measureMemory === true) flags.push('--enable-blink-features=ForceEagerMeasureMemory')
  if (options.headless) {
    flags.push(input.headlessShell ? '--headless' : '--headless=new', '--hide-scrollbars')
  } else {
    flags.push(`--ozone-platform=${input.display}`)
    // --kiosk hides tabs and the address line; in a window it is --app that does (its page is replaced by ours).
    if (options.fullscreen) flags.push('--kiosk', '--start-fullscreen', '--window-position=0,0')
    else return [...flags, '--app=data:text/html,']
  }
  return [...flags, 'about:blank']
}

/** For the documentation: every fixed flag and feature with its reason. */
export const flagReasons = (): readonly (readonly [string, string])[] => [...ALWAYS, ...FEATURES_OFF.map(([f, why]) => [`--disable-features=${f}`, why] as const)]
