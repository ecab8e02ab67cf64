// Why: the decision what is served, apart from any browser.
import fc from 'fast-check'
import type { CDPSession } from 'playwright-core'
import { expect, it, vi } from 'vitest'
import type { Logger } from '../../core/ports/logger.ts'
import { NO_CLIPBOARD } from '../common/clipboard-grant.ts'
import { SECURITY_HEADERS } from '../common/csp.ts'
import { answerRequest, ORIGIN, PAGE_URL, serveWorklets } from './origin.ts'
import { testAssets } from './real-browser.testkit.ts'

const assets = testAssets('1')

it('serves the page and its files with the headers', () => {
  expect(answerRequest(assets, 'GET', PAGE_URL, true)).toMatchObject({ kind: 'serve', headers: { ...SECURITY_HEADERS, 'content-type': 'text/html; charset=utf-8' } })
  expect(answerRequest(assets, 'GET', `${ORIGIN}/page.js`)).toMatchObject({ kind: 'serve' })
  expect(answerRequest(assets, 'GET', `${PAGE_URL}#x`, true)).toMatchObject({ kind: 'serve' })
})

it.each([
  ['POST', PAGE_URL, false], ['HEAD', PAGE_URL, false],
  ['GET', 'http://latchkey.invalid/', false], ['GET', 'https://latchkey.invalid:8443/', false], ['GET', 'https://latchkey.invalid.example.com/', false],
  ['GET', 'https://user@latchkey.invalid/', false], ['GET', 'file:///etc/passwd', false], ['GET', 'not a url', false], ['GET', 'ws://latchkey.invalid/', false],
  ['GET', `${ORIGIN}/page.js`, true], ['GET', `${ORIGIN}/?x`, true],
])('refuses %s %s (navigation: %s)', (method, url, navigation) => {
  expect(answerRequest(assets, method, url, navigation)).toEqual({ kind: 'refuse' })
})

it('misses what it does not have, and queries', () => {
  for (const path of ['/nope', '/page.js?v=1', '/%70age.js', '/page.js/', '/..%2fpage.js']) expect(answerRequest(assets, 'GET', ORIGIN + path)).toEqual({ kind: 'missing' })
})

it('serves only bytes of the map, whatever is asked', () => {
  const own = assets.paths.map((p) => assets.lookup(p)!.bytes)
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.boolean(), (tail, navigation) => {
      const answer = answerRequest(assets, 'GET', `${ORIGIN}/${tail}`, navigation)
      if (answer.kind === 'serve') expect(own).toContain(answer.body)
    }),
    { numRuns: 1000 },
  )
})

it('answers a worklet’s request, which the driver would let pass, and leaves the driver’s own alone', async () => {
  let paused: (e: object) => void = () => undefined
  const send = vi.fn(() => Promise.resolve())
  const warn = vi.fn()
  const session = { send, on: (_: string, listener: typeof paused) => { paused = listener } } as unknown as CDPSession
  await serveWorklets(session, assets, { warn } as unknown as Logger, NO_CLIPBOARD)
  expect(send).toHaveBeenCalledExactlyOnceWith('Fetch.enable', { patterns: [{ urlPattern: `${ORIGIN}/assets/*worklet*` }] })
  const asked = (url: string, more: object = {}): unknown => {
    send.mockClear()
    paused({ requestId: '7', request: { method: 'GET', url }, ...more })
    return send.mock.calls
  }
  expect(asked(`${ORIGIN}/page.js`)).toEqual([['Fetch.fulfillRequest', {
    requestId: '7',
    responseCode: 200,
    responseHeaders: expect.arrayContaining([{ name: 'content-security-policy', value: SECURITY_HEADERS['content-security-policy'] }]) as unknown,
    body: assets.lookup('/page.js')!.bytes.toString('base64'),
  }]])
  for (const url of [`${ORIGIN}/nope`, 'https://example.com/page.js']) expect(asked(url)).toEqual([['Fetch.failRequest', { requestId: '7', errorReason: 'Aborted' }]])
  expect(warn).toHaveBeenCalledTimes(2)
  expect(asked(`${ORIGIN}/page.js`, { networkId: '1' })).toEqual([['Fetch.continueRequest', { requestId: '7' }]])
})
