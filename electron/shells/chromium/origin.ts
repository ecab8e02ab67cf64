// Why: the page has an https origin of its own without any server: its requests are answered from memory inside the
// browser's interception, and every other request is refused. There is no port that anybody else could open.
import type { BrowserContext, CDPSession, Route } from 'playwright-core'
import type { AssetMap } from '../common/assets.ts'
import { NO_CLIPBOARD, type ClipboardGrant } from '../common/clipboard-grant.ts'
import { headersFor, SECURITY_HEADERS } from '../common/csp.ts'
import type { Logger } from '../../core/ports/logger.ts'

/** RFC 6761 reserves .invalid: no resolver will ever answer for it. https makes it a secure context. */
export const ORIGIN = 'https://latchkey.invalid'
export const PAGE_URL = `${ORIGIN}/`

export type OriginAnswer =
  | { readonly kind: 'serve'; readonly body: Buffer; readonly headers: Readonly<Record<string, string>> }
  | { readonly kind: 'missing' }
  | { readonly kind: 'refuse' }

/**
 * The decision, apart from the browser: only GET of a known path at our origin is served, without a query; only the
 * page itself can be navigated to, so that no click ends on a picture or an error page.
 */
export function answerRequest(assets: AssetMap, method: string, url: string, navigation = false, clipboard: ClipboardGrant = NO_CLIPBOARD): OriginAnswer {
  let parsed: URL
  try {
    parsed = new URL(url)
  } catch {
    return { kind: 'refuse' }
  }
  if (parsed.origin !== ORIGIN || parsed.username || parsed.password || method !== 'GET') return { kind: 'refuse' }
  if (navigation && parsed.href.split('#')[0] !== PAGE_URL) return { kind: 'refuse' }
  const asset = parsed.search ? undefined : assets.lookup(parsed.pathname)
  if (!asset) return { kind: 'missing' }
  return { kind: 'serve', body: asset.bytes, headers: headersFor(parsed.pathname, asset.type, clipboard) }
}

/** Installs the interception for every page of the context, also for those that are about to be closed as strays. */
export async function serveOrigin(context: BrowserContext, assets: AssetMap, log: Logger, clipboard: ClipboardGrant): Promise<void> {
  await context.route(
    () => true,
    async (route: Route) => {
      const request = route.request()
      const answer = answerRequest(assets, request.method(), request.url(), request.isNavigationRequest(), clipboard)
      // A page that goes away while its request is answered is no error.
      if (answer.kind === 'serve') return route.fulfill({ status: 200, headers: answer.headers, body: answer.body }).catch(() => {})
      if (answer.kind === 'missing') {
        log.warn('the page asked for a file that it does not have', { path: new URL(request.url()).pathname.slice(0, 200) })
        return route.fulfill({ status: 404, headers: { ...SECURITY_HEADERS, 'content-type': 'text/plain; charset=utf-8' }, body: 'not found' }).catch(() => {})
      }
      log.warn('foreign request refused', { scheme: request.url().slice(0, 12) })
      // 'aborted' leaves the page where it is; every other code replaces it by the browser's error page.
      return route.abort('aborted').catch(() => {})
    },
  )
}

/**
 * Answers what the browser's driver lets pass: the script of an audio worklet has no number of the inspector's network
 * log, and for such requests the driver does not ask anybody. Only these two directions: a file of ours, or nothing.
 */
export async function serveWorklets(page: CDPSession, assets: AssetMap, log: Logger, clipboard: ClipboardGrant): Promise<void> {
  page.on('Fetch.requestPaused', ({ requestId, networkId, request }) => {
    // A page that goes away while its request is answered is no error.
    const send = (...[method, params]: Parameters<CDPSession['send']>): void => void page.send(method, params).catch(() => {})
    if (networkId !== undefined) return send('Fetch.continueRequest', { requestId })
    const answer = answerRequest(assets, request.method, request.url, false, clipboard)
    if (answer.kind === 'serve') {
      const responseHeaders = Object.entries(answer.headers).map(([name, value]) => ({ name, value }))
      return send('Fetch.fulfillRequest', { requestId, responseCode: 200, responseHeaders, body: answer.body.toString('base64') })
    }
    log.warn('the page asked for a worklet that it does not have')
    return send('Fetch.failRequest', { requestId, errorReason: 'Aborted' })
  })
  await page.send('Fetch.enable', { patterns: [{ urlPattern: `${ORIGIN}/assets/*worklet*` }] })
}
