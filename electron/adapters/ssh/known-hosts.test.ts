import { createHmac, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { blobType, judgeHostKey, parseKnownHosts, pinnedTypes } from './known-hosts.ts'

const blob = (type: string, seed: number): Buffer => {
  const name = Buffer.from(type)
  const head = Buffer.alloc(4)
  head.writeUInt32BE(name.length)
  return Buffer.concat([head, name, Buffer.alloc(32, seed)])
}
const ed1 = blob('ssh-ed25519', 1)
const ed2 = blob('ssh-ed25519', 2)
const ec1 = blob('ecdsa-sha2-nistp256', 3)
const line = (hosts: string, key: Buffer, marker = '') => `${marker}${hosts} ${blobType(key)} ${key.toString('base64')} a comment`
const hashed = (name: string) => {
  const salt = randomBytes(20)
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`
}
const judge = (text: string, host: string, port: number, key: Buffer) => judgeHostKey(parseKnownHosts(text), host, port, key)

describe('known_hosts', () => {
  it.each([
    ['plain name', line('kvm.example', ed1), 'kvm.example', 22, 'match'],
    ['letters of either case', line('KVM.example', ed1), 'kvm.EXAMPLE', 22, 'match'],
    ['list', line('a,kvm.example,10.0.0.1', ed1), '10.0.0.1', 22, 'match'],
    ['port', line('[kvm.example]:2222', ed1), 'kvm.example', 2222, 'match'],
    ['a name without port does not pin another port', line('kvm.example', ed1), 'kvm.example', 2222, 'unknown'],
    ['a name with port does not pin port 22', line('[kvm.example]:2222', ed1), 'kvm.example', 22, 'unknown'],
    ['IPv6', line('2001:db8::1', ed1), '2001:db8::1', 22, 'match'],
    ['IPv6 with port', line('[2001:db8::1]:2222', ed1), '2001:db8::1', 2222, 'match'],
    ['hashed', line(hashed('kvm.example'), ed1), 'kvm.example', 22, 'match'],
    ['hashed with port', line(hashed('[kvm.example]:2222'), ed1), 'kvm.example', 2222, 'match'],
    ['hashed, another host', line(hashed('other.example'), ed1), 'kvm.example', 22, 'unknown'],
    ['wildcard', line('*.example', ed1), 'kvm.example', 22, 'match'],
    ['one character', line('kvm?.example', ed1), 'kvm1.example', 22, 'match'],
    ['negation wins over a wildcard', line('*.example,!kvm.example', ed1), 'kvm.example', 22, 'unknown'],
    ['negation alone pins nothing', line('!other', ed1), 'kvm.example', 22, 'unknown'],
    ['revoked', line('kvm.example', ed1) + '\n' + line('*', ed1, '@revoked '), 'kvm.example', 22, 'revoked'],
    ['a CA is not a host key', line('*', ed1, '@cert-authority '), 'kvm.example', 22, 'unknown'],
    ['unknown marker', line('*', ed1, '@trusted '), 'kvm.example', 22, 'unknown'],
    ['comment', '# ' + line('kvm.example', ed1), 'kvm.example', 22, 'unknown'],
    ['carriage returns and tabs', line('kvm.example', ed1).replace(' ', '\t') + '\r\n', 'kvm.example', 22, 'match'],
    ['another key of the same type', line('kvm.example', ed2), 'kvm.example', 22, 'changed'],
    ['another key of another type', line('kvm.example', ec1), 'kvm.example', 22, 'changed'],
    ['one of several keys', [line('kvm.example', ed2), line('kvm.example', ed1)].join('\n'), 'kvm.example', 22, 'match'],
    ['a revoked line alone does not pin', line('kvm.example', ed2, '@revoked '), 'kvm.example', 22, 'unknown'],
    ['a type that is not the blob\'s', `kvm.example ssh-rsa ${ed1.toString('base64')}`, 'kvm.example', 22, 'unknown'],
    ['half a line', 'kvm.example ssh-ed25519', 'kvm.example', 22, 'unknown'],
    ['bad base64', 'kvm.example ssh-ed25519 !!!!', 'kvm.example', 22, 'unknown'],
  ])('%s', (_name, text, host, port, verdict) => {
    expect(judge(text, host, port, ed1)).toBe(verdict)
  })

  it('tells the pinned types in the order of the file', () => {
    const entries = parseKnownHosts([line('kvm', ec1), line('kvm', ed1), line('kvm', ed2), line('kvm', ed2, '@revoked '), line('x', ed1)].join('\n'))
    expect(pinnedTypes(entries, 'kvm', 22)).toEqual(['ecdsa-sha2-nistp256', 'ssh-ed25519'])
    expect(pinnedTypes(entries, 'y', 22)).toEqual([])
  })

  it('never throws and never matches by accident', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (text) => void expect(judge(text, 'kvm.example', 22, ed1)).toBe('unknown')))
  })

  it('is not slowed down by a pattern of many stars', () => {
    const text = line('*a'.repeat(200) + 'b', ed1)
    expect(judge(text, 'a'.repeat(500), 22, ed1)).toBe('unknown')
  })
})
