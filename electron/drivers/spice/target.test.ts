import { describe, expect, it } from 'vitest'
import { Redactor } from '../../core/redactor.ts'
import { Secret } from '../../core/secret.ts'
import { targetToGrant } from './target.ts'

const secret = (text: string) => Secret.from(text, new Redactor())

describe('from a target to a grant', () => {
  it('a plain port', () => {
    expect(targetToGrant({ host: 'h', port: 1 })).toEqual({ hops: [{ via: 'tcp', host: 'h', port: 1 }], ticket: undefined, ticketKind: 'none' })
  })
  it('a unix socket', () => {
    expect(targetToGrant({ unixPath: '/s' }).hops).toEqual([{ via: 'unix', path: '/s' }])
  })
  it('a TLS port takes every channel, also beside a plain one', () => {
    const hops = [{ via: 'tcp', host: 'h', port: 2 }, { via: 'tls', host: 'h', trust: { ca: 'PEM', subject: 'CN=x' } }]
    const target = { host: 'h', tlsPort: 2, ca: 'PEM', subject: 'CN=x' }
    expect(targetToGrant(target).hops).toEqual(hops)
    for (const secureChannels of [undefined, [], 'all'] as const) {
      const grant = targetToGrant({ ...target, port: 1, ...(secureChannels && { secureChannels }) })
      expect(grant.hops).toEqual(hops)
      expect(grant.secure).toBeUndefined()
    }
  })
  it('channels that are named go by TLS and the others do not; without a plain port all do', () => {
    const tls = [{ via: 'tcp', host: 'h', port: 2 }, { via: 'tls', host: 'h', trust: {} }]
    expect(targetToGrant({ host: 'h', port: 1, tlsPort: 2, secureChannels: [1, 3] })).toMatchObject({ hops: [{ via: 'tcp', host: 'h', port: 1 }], secure: { hops: tls, channels: [1, 3] } })
    const only = targetToGrant({ host: 'h', tlsPort: 2, secureChannels: [1, 3] })
    expect(only.hops).toEqual(tls)
    expect(only.secure).toBeUndefined()
  })
  it('a proxy is asked for the display, whose certificate is checked inside', () => {
    const authorization = secret('Basic eHl6')
    const { hops } = targetToGrant({ host: 'pvespiceproxy:1:2::3', tlsPort: 61000, ca: 'PEM', subject: 'CN=n', proxy: { tls: false, host: 'node', port: 3128, authorization } })
    expect(hops).toMatchObject([
      { via: 'tcp', host: 'node', port: 3128 },
      { via: 'http-connect', target: 'pvespiceproxy:1:2::3:61000' },
      { via: 'tls', host: 'pvespiceproxy:1:2::3', trust: { ca: 'PEM', subject: 'CN=n' } },
    ])
    const own = hops[1]?.via === 'http-connect' ? hops[1].authorization : undefined
    expect(own?.equals(authorization)).toBe(true)
    expect(own).not.toBe(authorization)
  })
  it('a proxy by TLS is checked against the system\'s authorities, an IPv6 address is bracketed', () => {
    expect(targetToGrant({ host: '::1', port: 5900, proxy: { tls: true, host: 'p', port: 3129 }, ca: 'PEM' }).hops).toEqual([
      { via: 'tcp', host: 'p', port: 3129 },
      { via: 'tls', host: 'p', trust: {} },
      { via: 'http-connect', target: '[::1]:5900' },
    ])
  })
  it('what IT trusts beats what the file brings', () => {
    const trust = (configured: object) => targetToGrant({ host: 'h', tlsPort: 2, ca: 'FILE', subject: 'CN=file' }, { trust: configured }).hops[1]
    expect(trust({ ca: 'IT' })).toMatchObject({ trust: { ca: 'IT', subject: 'CN=file' } })
    expect(trust({ sha256: 'ab' })).toEqual({ via: 'tls', host: 'h', trust: { sha256: 'ab', subject: 'CN=file' } })
    expect(trust({ subject: 'CN=it' })).toMatchObject({ trust: { ca: 'FILE', subject: 'CN=it' } })
  })
  it('the ticket is a copy; one of the options takes the place of the target\'s', () => {
    const password = secret('ticket')
    const grant = targetToGrant({ host: 'h', port: 1, password })
    password.dispose()
    expect(grant.ticketKind).toBe('fixed')
    expect(grant.ticket?.use((b) => b.toString())).toBe('ticket')
    expect(targetToGrant({ host: 'h', port: 1, password: secret('x') }, { ticket: secret('y') }).ticket?.use((b) => b.toString())).toBe('y')
  })
  it('channels that are switched off', () => {
    expect(targetToGrant({ host: 'h', port: 1, disabledChannels: [5] }).disabled).toEqual([5])
  })
  it('a target that contradicts itself', () => {
    for (const target of [{}, { host: 'h' }, { host: 'h', port: 1, secureChannels: [1] }, { host: 'h', port: 1, secureChannels: 'all' as const }]) {
      expect(() => targetToGrant(target)).toThrow(expect.objectContaining({ code: 'config.invalid' }) as Error)
    }
  })
})
