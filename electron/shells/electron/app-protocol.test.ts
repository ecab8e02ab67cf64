import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { APP_ORIGIN } from '../../preload/names.ts'
import { assetMap } from '../common/assets.ts'
import { SECURITY_HEADERS } from '../common/csp.ts'
import { answer, appScheme, assetPath, serveApp } from './app-protocol.ts'
import { FakeSession } from './electron.fake.ts'

const assets = assetMap(
  new Map([
    ['/index.html', { bytes: Buffer.from('<p>page'), type: 'text/html; charset=utf-8' }],
    ['/assets/a.js', { bytes: Buffer.from('1'), type: 'text/javascript; charset=utf-8' }],
  ]),
)
const get = (url: string): Response => answer(assets, 'GET', url)

it('is standard and secure and nothing more', () => {
  expect(appScheme).toEqual({ scheme: 'app', privileges: { standard: true, secure: true } })
})

describe('answers', () => {
  it('serves the page with the policy', async () => {
    const response = get(`${APP_ORIGIN}/`)
    expect(response.status).toBe(200)
    expect(Object.fromEntries(response.headers)).toEqual({ ...SECURITY_HEADERS, 'content-type': 'text/html; charset=utf-8' })
    expect(await response.text()).toBe('<p>page')
    expect((await get(`${APP_ORIGIN}/assets/a.js`).text())).toBe('1')
  })
  it.each([
    '/missing', '/assets', '/assets/', '/../assets/a.js', '/./assets/a.js', '/%2e%2e/assets/a.js', '/assets%2fa.js', '/assets/a.js%00', '/assets\\a.js', '\\assets\\a.js',
    '//assets/a.js', '/assets/a.js?x', '/assets/a.js#x', '/Assets/a.js', '/etc/passwd',
  ])('has nothing at %s', (path) => {
    const response = get(APP_ORIGIN + path)
    expect(response.status).toBe(404)
    expect(response.headers.get('content-security-policy')).toBe(SECURITY_HEADERS['content-security-policy'])
    expect(response.body).toBeNull()
  })
  it.each(['app://evil/', 'https://latchkey/', 'file:///index.html', '', 'app://latchkey@evil/'])('does not answer %j', (url) => expect(get(url).status).toBe(404))
  it.each(['POST', 'HEAD', 'PUT', 'OPTIONS'])('refuses %s', (method) => expect(answer(assets, method, `${APP_ORIGIN}/`).status).toBe(405))
  it('never serves anything that is not a key of the map (property)', () => {
    const piece = fc.constantFrom('..', '.', '%2e%2e', '%2E', '%00', '\0', '\\', '/', '//', 'assets', 'a.js', 'index.html', 'etc', '?', '#', ';', ' ')
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const url = `${APP_ORIGIN}/${pieces.join('')}`
        const path = assetPath(url)
        // What is served is always the very text that was asked for.
        return get(url).status === (path !== undefined && assets.paths.includes(path) && url === APP_ORIGIN + path ? 200 : 404)
      }),
    )
  })
})

it('serves one session', async () => {
  const session = new FakeSession()
  serveApp(session.real, assets)
  const response = await session.schemes.get('app')!(new Request(`${APP_ORIGIN}/`))
  expect(response.status).toBe(200)
})
