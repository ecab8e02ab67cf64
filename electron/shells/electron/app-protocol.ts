// Why: the page has an origin of its own, app://latchkey, served from the fixed asset map and from nowhere else.
import type { CustomScheme, Session } from 'electron'
import { APP_ORIGIN, APP_SCHEME } from '../../preload/names.ts'
import type { AssetMap } from '../common/assets.ts'
import { NO_CLIPBOARD, type ClipboardGrant } from '../common/clipboard-grant.ts'
import { headersFor, SECURITY_HEADERS } from '../common/csp.ts'
import { isAppUrl } from './hardening.ts'

/**
 * For `protocol.registerSchemesAsPrivileged`, before `ready` (security.md item 18). Standard and secure, so that the
 * page has an origin and is a secure context; no fetch support, no CSP bypass, no CORS, no service workers.
 */
export const appScheme: CustomScheme = { scheme: APP_SCHEME, privileges: { standard: true, secure: true } }

/**
 * The path of a request as it was written, or undefined for anything that is not plainly one of our files.
 * `new URL` resolves dot segments and turns backslashes round, so what it makes of the text must equal the text.
 */
export function assetPath(url: string): string | undefined {
  if (!isAppUrl(url)) return undefined
  const { pathname } = new URL(url)
  return url === APP_ORIGIN + pathname ? pathname : undefined
}

/** One answer. 404 and 405 carry the same headers, so that no response of the origin is without the policy. */
export function answer(assets: AssetMap, method: string, url: string, clipboard: ClipboardGrant = NO_CLIPBOARD): Response {
  if (method !== 'GET') return new Response(null, { status: 405, headers: { ...SECURITY_HEADERS, allow: 'GET' } })
  const path = assetPath(url)
  const asset = path === undefined ? undefined : assets.lookup(path)
  if (asset === undefined) return new Response(null, { status: 404, headers: SECURITY_HEADERS })
  return new Response(new Uint8Array(asset.bytes), { headers: headersFor(path ?? '', asset.type, clipboard) })
}

/** Serves the page to one session; the default session never learns the scheme. */
export function serveApp(session: Session, assets: AssetMap, clipboard: ClipboardGrant = NO_CLIPBOARD): void {
  session.protocol.handle(APP_SCHEME, (request) => answer(assets, request.method, request.url, clipboard))
}
