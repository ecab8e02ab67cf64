// Why: one constant for both shells, so that what the page may do is decided in one place and tested in one browser.
import { NO_CLIPBOARD, type ClipboardGrant } from './clipboard-grant.ts'

/**
 * The content security policy. Sent as a header (a <meta> cannot set frame-ancestors and comes too late).
 * - connect-src 'none': the page talks to nobody; bytes of the console come through the bridge of the main process.
 * - style-src-attr 'unsafe-inline': spice-html5 sizes its video elements by style attributes. Style *elements* stay
 *   refused, so injected CSS cannot read the page by selectors.
 * - trusted-types: one policy can be made, once, by the SPICE engine; it lets through the address of its worker and
 *   nothing else (renderer/console/spice-engine/make-worker.ts). No string becomes markup or script otherwise.
 * - worker-src 'self': that worker.
 */
export const CSP_DIRECTIVES: Readonly<Record<string, string>> = {
  'default-src': "'none'",
  'script-src': "'self'",
  'style-src': "'self'",
  'style-src-attr': "'unsafe-inline'",
  'img-src': "'self' blob: data:",
  'media-src': 'blob:',
  'font-src': "'self'",
  'connect-src': "'none'",
  'worker-src': "'self'",
  'frame-src': "'none'",
  'object-src': "'none'",
  'base-uri': "'none'",
  'form-action': "'none'",
  'frame-ancestors': "'none'",
  'require-trusted-types-for': "'script'",
  'trusted-types': 'latchkey-worker',
}

export const CSP = Object.entries(CSP_DIRECTIVES)
  .map(([name, value]) => `${name} ${value}`)
  .join('; ')

/** The display worker, which compiles its decoders; a worker obeys the policy of its own script's response. */
export const WORKER_PATH = '/assets/worker.js'
const WORKER_CSP = CSP.replace("script-src 'self'", "script-src 'self' 'wasm-unsafe-eval'")

/** Headers of the response for one path of our origin, with its content type. */
export function headersFor(path: string, type: string, clipboard: ClipboardGrant = NO_CLIPBOARD): Record<string, string> {
  return { ...SECURITY_HEADERS, 'permissions-policy': permissionsPolicy(clipboard), 'content-type': type, ...(path === WORKER_PATH && { 'content-security-policy': WORKER_CSP }) }
}

/** Only names that Chromium knows: an unknown one is a warning in the console, and tests want a silent console. */
export function permissionsPolicy(clipboard: ClipboardGrant): string {
  const self = (granted: boolean): string => (granted ? '(self)' : '()')
  return (
    'camera=(), microphone=(), geolocation=(), usb=(), serial=(), hid=(), midi=(), payment=(), display-capture=(), ' +
    `clipboard-read=${self(clipboard.read)}, clipboard-write=${self(clipboard.write)}, fullscreen=(self)`
  )
}

/** Headers of every response of our origin; the content type is added per asset. Names in lower case. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': CSP,
  // Together these two make the page cross-origin isolated: nobody else's document shares its process.
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-resource-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'permissions-policy': permissionsPolicy(NO_CLIPBOARD),
  'cache-control': 'no-store',
}
