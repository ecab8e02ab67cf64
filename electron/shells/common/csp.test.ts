// Why: the policy is the page's cage; loosening it must fail a test that names the directive.
import { expect, it } from 'vitest'
import { CSP, CSP_DIRECTIVES, headersFor, permissionsPolicy, SECURITY_HEADERS, WORKER_PATH } from './csp.ts'

it('starts from nothing and lets the page talk to nobody', () => {
  for (const name of ['default-src', 'connect-src', 'frame-src', 'object-src', 'base-uri', 'form-action', 'frame-ancestors']) expect([name, CSP_DIRECTIVES[name]]).toEqual([name, "'none'"])
  expect(CSP_DIRECTIVES['script-src']).toBe("'self'")
  expect(CSP_DIRECTIVES['require-trusted-types-for']).toBe("'script'")
  expect(CSP_DIRECTIVES['worker-src']).toBe("'self'")
  expect(CSP_DIRECTIVES['trusted-types']).toBe('latchkey-worker')
})

it('has unsafe-inline for style attributes only, and no other loosening word or host', () => {
  expect(Object.entries(CSP_DIRECTIVES).filter(([, v]) => v.includes('unsafe')).map(([n]) => n)).toEqual(['style-src-attr'])
  expect(CSP).not.toMatch(/\*|https?:|strict-dynamic|wasm-unsafe-eval/)
})

it('is one header line among those that isolate the page', () => {
  expect(SECURITY_HEADERS['content-security-policy']).toBe(CSP)
  expect(CSP).not.toMatch(/[\r\n]/)
  expect(SECURITY_HEADERS).toMatchObject({ 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp', 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' })
})

it('lets the display worker alone compile WebAssembly', () => {
  expect(headersFor(WORKER_PATH, 'text/javascript')['content-security-policy']).toContain("script-src 'self' 'wasm-unsafe-eval';")
  for (const path of ['/', '/index.html', '/assets/worker.js.map', '/assets/index.js', '']) expect(headersFor(path, 'text/html')['content-security-policy']).toBe(CSP)
})

it('gives the clipboard in the direction that was granted, and otherwise not', () => {
  expect(SECURITY_HEADERS['permissions-policy']).toContain('clipboard-read=(), clipboard-write=(),')
  expect(headersFor('/', 'text/html')['permissions-policy']).toBe(SECURITY_HEADERS['permissions-policy'])
  expect(headersFor('/', 'text/html', { read: true, write: false })['permissions-policy']).toContain('clipboard-read=(self), clipboard-write=(),')
  expect(permissionsPolicy({ read: false, write: true })).toContain('clipboard-read=(), clipboard-write=(self),')
  expect(permissionsPolicy({ read: true, write: true })).not.toMatch(/[*"\r\n]|https?:/)
})
