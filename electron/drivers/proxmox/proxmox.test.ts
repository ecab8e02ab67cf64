// Why: what needs no server to be proved: names, second steps, the line for the guest, errors' words, states, rights, and
// replies that must not be believed.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AppError } from '../../core/errors.ts'
import type { HttpClient, HttpReply } from '../../core/ports/http.ts'
import { Redactor } from '../../core/redactor.ts'
import { Secret } from '../../core/secret.ts'
import { callContext } from '../../core/testkit.ts'
import { isToken } from './auth.ts'
import { powerOf, toDesktop } from './desktops.ts'
import { faultText, mayHaveMoved, READ, replyError } from './faults.ts'
import { guestLine } from './guest-line.ts'
import { loginName } from './login-name.ts'
import { Resource } from './model.ts'
import { mayList } from './rights.ts'
import { askTicket } from './sign-in.ts'
import { answerOf, challengeOf, secondFactors } from './second-factor.ts'
import { grantOf } from './spiceproxy.ts'

const redactor = new Redactor()
const pw = (text: string): Secret => Secret.from(text, redactor)
const code = (fn: () => unknown): unknown => {
  try {
    fn()
  } catch (e) {
    return (e as AppError).code
  }
  return 'nothing'
}
function reply(status: number, body: string, reason?: string): HttpReply {
  return { status, ...(reason !== undefined && { reason }), headers: {}, body: Buffer.from(body), text: () => body, json: () => JSON.parse(body) as unknown }
}

describe('loginName', () => {
  it.each([
    ['ada', { name: 'ada', realm: 'pam', userid: 'ada@pam' }],
    ['ada@pve', { name: 'ada', realm: 'pve', userid: 'ada@pve' }],
    ['ada@example.com@ldap1', { name: 'ada@example.com', realm: 'ldap1', userid: 'ada@example.com@ldap1' }],
    ['ada@', { name: 'ada@', realm: 'pam', userid: 'ada@@pam' }],
  ])('%s', (typed, expected) => expect(loginName(typed, 'pam')).toEqual(expected))
  it.each(['', 'a\nb', 'a\0', 'x'.repeat(61)])('%j is none', (typed) => expect(code(() => loginName(typed, 'pam'))).toBe('auth.input'))
})

describe('guestLine', () => {
  it('is the JSON of name and password in ASCII, whatever they are', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }), (user, password) => {
        const line = guestLine({ user, password: pw(password) })
        const text = line.toString('latin1')
        expect(text).toMatch(/^[\x20-\x7e]+\n$/)
        expect(JSON.parse(text)).toEqual({ username: user.toWellFormed(), password: password.toWellFormed() })
      }),
    )
  })
})

describe('second steps', () => {
  const half = (methods: unknown): string => `PVE:!tfa!${encodeURIComponent(JSON.stringify(methods))}:6563A1B2::c2ln`
  const answered = (methods: unknown, typed: string): string => answerOf(secondFactors(half(methods)), pw(typed))().toString('utf8')
  it('are read from the half ticket', () => {
    expect(secondFactors(half({ totp: true, recovery: [0, 3], webauthn: {} }))).toEqual({ totp: true, recovery: true, yubico: false })
    expect(secondFactors(half({ totp: true, recovery: 'unavailable' }))).toEqual({ totp: true, recovery: false, yubico: false })
    expect(secondFactors(half({ recovery: 'low' })).recovery).toBe(true)
    expect(challengeOf({ totp: false, recovery: true, yubico: true })).toEqual({ kind: 'text', prompt: 'Yubico OTP' })
  })
  it('are answered by their method', () => {
    expect(answered({ totp: true, recovery: [1] }, '123456')).toBe('totp:123456')
    expect(answered({ totp: true, recovery: [1] }, '0123-4567-89ab-cdef')).toBe('recovery:0123-4567-89ab-cdef')
    expect(answered({ totp: true }, '0123-4567-89ab-cdef')).toBe('totp:0123-4567-89ab-cdef')
    expect(answered({ yubico: true, recovery: [1] }, 'ccccccé')).toBe('yubico:ccccccé')
    expect(answered({ recovery: [1] }, 'anything')).toBe('recovery:anything')
  })
  it.each([
    [half({ webauthn: {}, u2f: {} }), 'auth.unsupported'],
    [half({ recovery: [] }), 'auth.unsupported'],
    [half('x'), 'hypervisor.protocol'],
    ['PVE:!tfa!%7B:6563A1B2::c2ln', 'hypervisor.protocol'],
    ['PVE:!tfa!%:6563A1B2::c2ln', 'hypervisor.protocol'],
    ['PVE:ada@pve:6563A1B2::c2ln', 'hypervisor.protocol'],
  ])('%s: %s', (ticket, expected) => expect(code(() => secondFactors(ticket))).toBe(expected))
})

describe('isToken', () => {
  it.each(['root@pam!a1=0c5e2b1a', 'kiosk@pve!latchkey-2=0c5e2b1a-6f0d-4a8e-9a57-2f0e6f3d9b11', 'a@b.example@ldap!t_=x'])('%s', (text) => expect(isToken(pw(text))).toBe(true))
  it.each(['', 'root@pam=x', 'root!a=x', 'root@pam!a', 'root@pam!a=x y', 'PVEAPIToken=root@pam!a=x', 'root@pam!a=x\r\nX: y'])('not %j', (text) => expect(isToken(pw(text))).toBe(false))
})

describe('what the server says', () => {
  it.each([
    [reply(500, '{"data":null,"message":"no spice port\\n"}', 'no spice port'), 'no spice port'],
    [reply(500, '{"data":null}', 'no spice port'), 'no spice port'],
    [reply(595, '', 'No route to host'), 'No route to host'],
    [reply(400, '{"data":null,"errors":{"vmid":"type check failed"}}', 'Parameter verification failed.'), 'Parameter verification failed. vmid: type check failed'],
    [reply(500, '{"data":null}', 'Internal Server Error'), undefined],
    [reply(502, '<html>nginx</html>', 'Bad Gateway'), undefined],
    [reply(500, '<html>x</html>', 'whatever'), undefined],
    [reply(500, '{"error":"another product"}', 'whatever'), undefined],
    [reply(500, JSON.stringify({ data: null, message: `a\u202eb\nc ${'x'.repeat(9000)}` })), `a\u00a0b c ${'x'.repeat(994)}`],
  ])('%#', (given, expected) => expect(faultText(given)).toBe(expected))
  it.each([
    [reply(500, '{"data":null}', "Configuration file 'nodes/a/qemu-server/1.conf' does not exist"), 'desktop.not-found'],
    [reply(500, '{"data":null}', 'VM is locked (backup)'), 'desktop.maintenance'],
    [reply(500, '{"data":null}', 'cluster not ready - no quorum?'), 'hypervisor.unavailable'],
    [reply(403, '{"data":null}', 'Permission check failed (/vms/1, VM.Audit)'), 'hypervisor.denied'],
    [reply(596, '', 'Broken pipe'), 'hypervisor.unavailable'],
    [reply(501, '', 'no such file'), 'hypervisor.protocol'],
    [reply(302, ''), 'hypervisor.redirect'],
    [reply(404, ''), 'hypervisor.protocol'],
  ])('%# has a code', (given, expected) => expect(replyError(given, 'GET /x', READ).code).toBe(expected))
  it('tells whether a VM should be looked for again', () => {
    const moved = (r: HttpReply): boolean => mayHaveMoved(replyError(r, 'GET /x', READ))
    expect(moved(reply(595, '', 'No route to host'))).toBe(true)
    expect(moved(reply(500, '{"data":null}', "hostname lookup 'pve3' failed"))).toBe(true)
    expect(moved(reply(503, ''))).toBe(false)
  })
})

describe('a refused sign-in', () => {
  const refused = async (reason: string, challenge?: Secret): Promise<string> => {
    const http: HttpClient = { request: () => Promise.resolve(reply(401, '', reason)), handshake: () => Promise.resolve(), close: () => undefined }
    return await askTicket(http, { userid: 'ada@pam', password: pw('secret'), ...(challenge && { challenge }) }, redactor, callContext()).then(() => 'nothing', (e: unknown) => (e as AppError).code)
  }
  it('is told apart as far as the server tells it', async () => {
    expect(await refused('authentication failure')).toBe('auth.rejected')
    expect(await refused('authentication failure', pw('half a ticket'))).toBe('auth.challenge-rejected')
    expect(await refused("user 'ada@pam' access expired")).toBe('auth.expired')
    expect(await refused("user 'ada@pam' is disabled")).toBe('auth.locked')
    expect(await refused('failed 2nd factor: TOTP limit reached, locked', pw('half a ticket'))).toBe('auth.locked')
  })
})

describe('states', () => {
  it.each([
    [{ status: 'stopped' }, 'off'],
    [{ status: 'stopped', lock: 'suspended' }, 'saved'],
    [{ status: 'stopped', lock: 'suspending' }, 'stopping'],
    [{ status: 'running' }, 'running'],
    [{ status: 'running', qmpstatus: 'running', lock: 'suspending' }, 'stopping'],
    [{ status: 'running', qmpstatus: 'paused' }, 'paused'],
    [{ status: 'paused' }, 'paused'],
    [{ status: 'running', qmpstatus: 'prelaunch' }, 'starting'],
    [{ status: 'running', qmpstatus: 'prelaunch', lock: 'backup' }, 'off'],
    [{ status: 'running', qmpstatus: 'internal-error' }, 'crashed'],
    [{ status: 'running', qmpstatus: 'toString' }, 'unknown'],
    [{ status: 'unknown' }, 'unknown'],
    [{}, 'unknown'],
  ])('%j is %s', (given, expected) => expect(powerOf(given)).toBe(expected))
  it('a VM without a name is called by its number, and numbers may be strings', () => {
    expect(toDesktop(Resource.parse({ type: 'qemu', vmid: '100', node: 'a', template: '0', status: 'stopped' }))).toEqual({ id: '100', title: 'VM 100', detail: '', power: 'off' })
    expect(Resource.safeParse({ type: 'qemu', vmid: 100, node: '../..' }).success).toBe(false)
  })
})

describe('mayList', () => {
  it.each([
    ['own', { '/vms/100': { 'VM.Console': false } }, true],
    ['handed down', { '/vms': { 'VM.Console': true } }, true],
    ['not handed down', { '/vms': { 'VM.Console': false } }, false],
    ['taken away by its own entry', { '/vms': { 'VM.Console': true }, '/vms/100': { 'VM.Audit': true } }, false],
    ['somebody else\'s', { '/vms/1000': { 'VM.Console': true } }, false],
    ['nothing', {}, false],
  ])('%s', (_what, table, expected) => expect(mayList(table, 100, 'VM.Console')).toBe(expected))
})

describe('grantOf', () => {
  const config = { 'type': 'spice', 'host': 'pvespiceproxy:6563a1b2:100:pve1::0123', 'tls-port': 61000, 'proxy': 'http://pve1.example.com:3128', 'host-subject': 'OU=PVE Cluster Node,O=Proxmox Virtual Environment,CN=pve1', 'password': 'abcdef' }
  it.each([
    ['no authority', {}],
    ['an authority that is none', { ca: '-----BEGIN CERTIFICATE-----\\nAAAA\\n-----END CERTIFICATE-----' }],
    ['no subject', { 'ca': 'x', 'host-subject': '' }],
    ['VNC', { ca: 'x', type: 'vnc' }],
    ['a proxy that is none', { ca: 'x', proxy: 'javascript:alert(1)' }],
  ])('%s: nothing is granted, and nothing secret stays', (_what, over) => {
    const own = new Redactor()
    expect(code(() => grantOf({ ...config, ...over }, own))).toBe('hypervisor.protocol')
    expect(own.size).toBe(0)
  })
})
