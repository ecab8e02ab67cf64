import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isSubject, parseHostSubject } from './host-subject.ts'

const is = (expected: string, actual: string): boolean => {
  const parts = parseHostSubject(expected)
  if ('message' in parts) throw new Error(parts.message)
  return isSubject(parts, actual)
}

describe('host subject', () => {
  it.each([
    ['OU=PVE Cluster Node,O=Proxmox Virtual Environment,CN=pve1.example.com', 'OU=PVE Cluster Node\nO=Proxmox Virtual Environment\nCN=pve1.example.com'],
    ['O=example.com, CN=host1', 'O=example.com\nCN=host1'],
    ['o=Example.COM,commonName=HOST1', 'O=example.com\nCN=host1'],
    ['2.5.4.10=A,2.5.4.3=b', 'O=A\nCN=b'],
    ['O=Smith\\, Sons,CN=a', 'O=Smith\\, Sons\nCN=a'],
    ['O=back\\\\slash', 'O=back\\\\slash'],
    ['O=a   b ', 'O=a b'],
    ['O=a + b', 'O=a \\+ b'],
    ['O=Straße,CN=å', 'O=Straße\nCN=å'],
    ['emailAddress=a@b.example', 'emailAddress=a@b.example'],
    ['O=a=b', 'O=a=b'],
  ])('%s is %j', (expected, actual) => {
    expect(is(expected, actual)).toBe(true)
  })
  it.each([
    ['another value', 'O=a,CN=b', 'O=a\nCN=c'],
    ['another order', 'CN=b,O=a', 'O=a\nCN=b'],
    ['a part too few', 'CN=b', 'O=a\nCN=b'],
    ['a part too many', 'O=a,CN=b', 'CN=b'],
    ['another type', 'OU=a,CN=b', 'O=a\nCN=b'],
    ['a line that a value only seems to begin', 'CN=a,CN=b', 'CN=a\\0ACN=b'],
    ['two attributes in one part', 'CN=a + OU=b', 'CN=a + OU=b'],
    ['two attributes in one part after a blank that is escaped', 'CN=a,OU=b', 'CN=a\\  + OU=b'],
    ['letters that only look alike', 'CN=a', 'CN=а'],
    ['no subject at all', 'CN=a', ''],
  ])('%s is another one', (_why, expected, actual) => {
    expect(is(expected, actual)).toBe(false)
  })
  it.each(['', 'example.com', 'CN=', 'CN=a,', 'CN=a,,O=b', '=a', 'CN=a\\', 'C N=a'])('refuses %j with words', (text) => {
    expect(parseHostSubject(text)).toMatchObject({ message: expect.any(String) as string })
  })
  it('reads what it would write, whatever the values', () => {
    const value = fc.string({ minLength: 1, unit: 'grapheme' }).filter((s) => s.trim() !== '' && !/[\p{Cc}]/u.test(s))
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom('CN', 'O', 'OU', 'L'), value), { minLength: 1, maxLength: 5 }), (parts) => {
        const written = parts.map(([t, v]) => `${t}=${v.replace(/[\\,]/g, '\\$&')}`).join(',')
        const certificate = parts.map(([t, v]) => `${t}=${v.replace(/[\\,+"<>;]/g, '\\$&').replace(/^[ #]/, '\\$&').replace(/ $/, '\\ ')}`).join('\n')
        expect(is(written, certificate)).toBe(true)
        expect(is(written, `${certificate}\nCN=x`)).toBe(false)
      }),
    )
  })
})
