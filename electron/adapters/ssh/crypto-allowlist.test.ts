import { constants, getCiphers, getCurves, getHashes } from 'node:crypto'
import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import { CIPHER, HOST_KEY, hostKeyOrder, KEX, MAC } from './crypto-allowlist.ts'

/** Written out a second time on purpose: adding a name has to be a decision in two places. */
const ALLOWED = new Set([
  'curve25519-sha256', 'curve25519-sha256@libssh.org', 'ecdh-sha2-nistp256',
  'ssh-ed25519', 'ecdsa-sha2-nistp256', 'rsa-sha2-512', 'rsa-sha2-256',
  'aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'aes128-ctr', 'aes192-ctr', 'aes256-ctr',
  'hmac-sha2-256', 'hmac-sha2-512', 'hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com',
])

describe('allow-list', () => {
  it('holds no other name, none twice', () => {
    const all = [...KEX, ...HOST_KEY, ...CIPHER, ...MAC]
    expect(all.filter((a) => !ALLOWED.has(a))).toEqual([])
    expect(new Set(all).size).toBe(ALLOWED.size)
    expect(all.join(' ')).not.toMatch(/chacha20|sha1|-cbc|arcfour|3des|ssh-rsa|ssh-dss|group/)
  })

  it('is known to ssh2 under these names', () => {
    const known = createRequire(import.meta.url)('ssh2/lib/protocol/constants.js') as Record<string, string[]>
    expect(known['SUPPORTED_KEX']).toEqual(expect.arrayContaining([...KEX]))
    expect(known['SUPPORTED_SERVER_HOST_KEY']).toEqual(expect.arrayContaining([...HOST_KEY]))
    expect(known['SUPPORTED_CIPHER']).toEqual(expect.arrayContaining([...CIPHER]))
    expect(known['SUPPORTED_MAC']).toEqual(expect.arrayContaining([...MAC]))
  })

  it('needs only primitives that this runtime has', () => {
    expect(constants).toBeDefined()
    expect(getCiphers()).toEqual(expect.arrayContaining(['aes-128-gcm', 'aes-256-gcm', 'aes-128-ctr', 'aes-192-ctr', 'aes-256-ctr']))
    expect(getCurves()).toContain('prime256v1')
    expect(getHashes()).toEqual(expect.arrayContaining(['sha256', 'sha512']))
  })

  it('puts the pinned types first and keeps the rest', () => {
    expect(hostKeyOrder([])).toEqual([...HOST_KEY])
    expect(hostKeyOrder(['ecdsa-sha2-nistp256'])[0]).toBe('ecdsa-sha2-nistp256')
    expect(hostKeyOrder(['ssh-rsa'])).toEqual(['rsa-sha2-512', 'rsa-sha2-256', 'ssh-ed25519', 'ecdsa-sha2-nistp256'])
    expect(hostKeyOrder(['ssh-dss', 'constructor'])).toEqual([...HOST_KEY])
  })
})
