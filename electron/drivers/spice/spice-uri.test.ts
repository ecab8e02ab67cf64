import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AppError } from '../../core/errors.ts'
import { Redactor } from '../../core/redactor.ts'
import { parseSpiceUri } from './spice-uri.ts'

const parse = (text: string) => parseSpiceUri(text, new Redactor())

describe('a SPICE address', () => {
  it.each([
    ['spice://host:5900', { host: 'host', port: 5900 }],
    ['SPICE://host:5900/', { host: 'host', port: 5900 }],
    ['spice://host?port=5900', { host: 'host', port: 5900 }],
    ['spice://host/?port=5900&tls-port=5901', { host: 'host', port: 5900, tlsPort: 5901 }],
    ['spice://host?port=5900;tls-port=5901;', { host: 'host', port: 5900, tlsPort: 5901 }],
    ['spice://host:5900?tls-port=5901', { host: 'host', port: 5900, tlsPort: 5901 }],
    ['spice://host;tls-port=5901', { host: 'host', tlsPort: 5901 }],
    ['spice://ada%20l@host:5900', { host: 'host', port: 5900, user: 'ada l' }],
    ['spice://[2001:db8::1]:5900', { host: '2001:db8::1', port: 5900 }],
    ['spice://[fe80::1%25eth0]:5900', { host: 'fe80::1%eth0', port: 5900 }],
    ['spice+tls://host:5901', { host: 'host', tlsPort: 5901 }],
    ['spice+tls://[::1]:5901', { host: '::1', tlsPort: 5901 }],
    ['spice+unix:///run/a%20b.sock', { unixPath: '/run/a b.sock' }],
  ])('%s', (text, expected) => {
    expect(parse(text)).toEqual(expected)
  })
  it('keeps a password of the query as a secret that is in no message', () => {
    const redactor = new Redactor()
    const { password } = parseSpiceUri('spice://h:1?password=o%70en+sesame', redactor)
    expect(password?.use((b) => b.toString())).toBe('open+sesame')
    expect(redactor.redact('it is open+sesame')).toBe('it is [secret]')
    expect(() => parse('spice://h?password=sesame;passwort=sesame')).toThrow(expect.not.stringContaining('sesame') as string)
  })
  it.each([
    ['host:5900', 'written spice://'],
    ['vnc://host:5900', 'spice, spice+tls, spice+unix'],
    ['spise://host:5900', 'did you mean "spice"'],
    ['spice://host', 'neither a port nor a tls-port'],
    ['spice://', 'host is missing'],
    ['spice://:5900', 'host is missing'],
    ['spice://host:5900?port=5901', 'twice'],
    ['spice://host?port=1;port=1', 'twice'],
    ['spice://host?port=1&tls-prot=2', 'did you mean "tls-port"'],
    ['spice://host?port=0', 'no port'],
    ['spice://host?port=65536', 'no port'],
    ['spice://host?port=5900x', 'no port'],
    ['spice://host:99999', 'no port'],
    ['spice://host?port', 'no value'],
    ['spice://host:5900/x', 'no path'],
    ['spice://host:5900#x', 'fragment'],
    ['spice://ada:pw@host:5900', 'password'],
    ['spice://::1:5900', 'brackets'],
    ['spice://host:5900?password=%zz', 'hexadecimal'],
    ['spice://ho st:5900', 'blank'],
    ['spice://host%0a:5900', 'control'],
    ['spice://-oProxy:5900', 'no name'],
    ['spice+tls://host', 'port is missing'],
    ['spice+tls://host:1?tls-port=2', 'not in the query'],
    ['spice+tls://host?port=2', 'not in the query'],
    ['spice+unix://run/x', 'absolute'],
    ['spice+unix:///run/x?password=a', 'nothing else'],
  ])('%s is refused: %s', (text, words) => {
    expect(() => parse(text)).toThrow(words)
  })
  it('never fails in another way', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.webUrl({ withQueryParameters: true }).map((u) => u.replace(/^https?/, 'spice'))), (text) => {
        try {
          parse(text)
        } catch (e) {
          expect(e).toBeInstanceOf(AppError)
          expect((e as AppError).code).toBe('config.invalid')
        }
      }),
    )
  })
})
