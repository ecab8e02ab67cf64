import { describe, expect, it } from 'vitest'
import { AppError } from '../../core/errors.ts'
import { parseBase, targetOf } from './base-url.ts'

const code = (fn: () => unknown): string => {
  try {
    fn()
  } catch (e) {
    if (e instanceof AppError) return e.code
    throw e
  }
  return 'no error'
}

describe('the address of a server', () => {
  it.each([
    ['https://engine.example.com/ovirt-engine', { tls: true, host: 'engine.example.com', port: 443, origin: 'https://engine.example.com', path: '/ovirt-engine' }],
    ['https://pve.example.com:8006', { tls: true, host: 'pve.example.com', port: 8006, origin: 'https://pve.example.com:8006', path: '' }],
    ['https://[::1]:8443/x//', { tls: true, host: '::1', port: 8443, origin: 'https://[::1]:8443', path: '/x' }],
  ])('%s', (text, expected) => expect(parseBase(text, false)).toEqual(expected))
  it.each(['engine.example.com', 'ftp://engine.example.com', 'https://', 'https:engine', 'https://ada:pw@engine.example.com', 'https://engine.example.com/?a=1', 'https://engine.example.com/#a', ''])('refuses %j', (text) => expect(code(() => parseBase(text, true))).toBe('config.invalid'))
  it('takes http only where IT said so', () => {
    expect(code(() => parseBase('http://vdi.example.com/', false))).toBe('config.invalid')
    expect(parseBase('http://vdi.example.com/', true)).toMatchObject({ tls: false, port: 80, path: '' })
  })
  it('does not quote a password', () => {
    try {
      parseBase('https://ada:hunter2@engine.example.com', false)
    } catch (e) {
      return expect((e as AppError).detail).not.toContain('hunter2')
    }
    throw new Error('it was taken')
  })
})

describe('a path', () => {
  const base = parseBase('https://engine.example.com/ovirt-engine', false)
  it.each(['/api', '/api/vms?search=a%20b&max=1', '/api/vms/1..2', '/pki-resource?resource=../x'])('%s', (path) => expect(targetOf(base, path)).toBe(`/ovirt-engine${path}`))
  it.each(['api', '', '/../x', '/a/%2e%2E/x', '/a/..%2fx', '/a/..;x/y', '/a/..', '/a/.', '/a\\..\\b', '/a/%5c..%5cb', '/a b', '/a#b', '/%zz', '/ä', '/a\r\nHost: b'])('refuses %j', (path) => expect(code(() => targetOf(base, path))).toBe('internal.bug'))
  it('of a server at the root cannot name another host', () => {
    const root = parseBase('https://pve.example.com', false)
    expect(targetOf(root, '/api2/json')).toBe('/api2/json')
    expect(code(() => targetOf(root, '//evil.example.com/x'))).toBe('internal.bug')
  })
})
