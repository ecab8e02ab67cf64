import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AppError } from '../../core/errors.ts'
import { parseLibvirtUri, type UriRules } from './uri.ts'

const device: UriRules = { access: 'device', dev: false }
const person: UriRules = { access: 'person', dev: false }
const K = 'keyfile=/etc/latchkey/key&known_hosts=/etc/latchkey/known_hosts'
const parse = (uri: string, rules = device) => parseLibvirtUri(uri, rules)
function refusal(uri: string, rules = device): string {
  try {
    parse(uri, rules)
  } catch (e) {
    if (e instanceof AppError && e.code === 'config.invalid') return e.detail
    throw e
  }
  throw new Error('accepted')
}

describe('libvirt URI', () => {
  it('reads the whole of it', () => {
    expect(parse(`qemu+ssh://kiosk@kvm.example:2222/system?${K}`)).toEqual({
      host: 'kvm.example', port: 2222, user: 'kiosk', keyFile: '/etc/latchkey/key', knownHosts: '/etc/latchkey/known_hosts', connectUri: 'qemu:///system', noVerify: false,
    })
  })
  it('has defaults and decodes', () => {
    const u = parse('qemu+ssh://dom%5Ckiosk@[2001:db8::1]/system?keyfile=/a%20b/k%26y+1&known_hosts=/k&socket=/run/my%20sock')
    expect(u).toMatchObject({ host: '2001:db8::1', port: 22, user: 'dom\\kiosk', keyFile: '/a b/k&y+1', connectUri: 'qemu+unix:///system?socket=%2Frun%2Fmy%20sock' })
    expect(parse('qemu+ssh://[::1]:2022/system?known_hosts=/k', person)).toMatchObject({ host: '::1', port: 2022, user: undefined })
    expect(parse(`qemu+libssh2://k@h/system?${K}`).host).toBe('h')
  })
  it('no_verify only with --dev', () => {
    expect(refusal('qemu+ssh://h/system?no_verify=1', person)).toMatch(/--dev/)
    expect(parse('qemu+ssh://h/system?no_verify=1', { access: 'person', dev: true })).toMatchObject({ noVerify: true, knownHosts: undefined })
    expect(refusal('qemu+ssh://h/system', { access: 'person', dev: true })).toMatch(/known_hosts is missing/)
    expect(parse(`qemu+ssh://k@h/system?${K}&no_verify=0`).noVerify).toBe(false)
  })
  it.each([
    ['qemu+ssh://k@h/system?keyfle=/x&known_hosts=/k', /unknown parameter "keyfle" \(did you mean "keyfile"\?\)/],
    ['qemu+ssh://k@h/system?knownhosts=/k', /did you mean "known_hosts"/],
    ['qemu+ssh://k@h/system?command=/bin/x', /unknown parameter "command"; known:/],
    ['qemu+tcp://k@h/system', /scheme "qemu\+tcp"/],
    ['qemu+shs://k@h/system', /did you mean "qemu\+ssh"/],
    ['qemu:///system', /scheme/],
    [`qemu+ssh://k@h/session?${K}`, /must be \/system/],
    [`qemu+ssh://k@h?${K}`, /must be \/system/],
    [`qemu+ssh://k@/system?${K}`, /host/],
    [`qemu+ssh://k@2001:db8::1/system?${K}`, /brackets/],
    [`qemu+ssh://k@h:0/system?${K}`, /0 is not a port/],
    [`qemu+ssh://k@h:65536/system?${K}`, /65536 is not a port/],
    [`qemu+ssh://k:pw@h/system?${K}`, /password/],
    [`qemu+ssh://-oProxyCommand@h/system?${K}`, /account/],
    [`qemu+ssh://k@-h/system?${K}`, /not a host name/],
    ['qemu+ssh://k@h/system?keyfile=key&known_hosts=/k', /keyfile must be an absolute path/],
    ['qemu+ssh://k@h/system?keyfile=/k', /known_hosts is missing/],
    ['qemu+ssh://k@h/system?known_hosts=/k', /needs keyfile/],
    [`qemu+ssh://h/system?${K}`, /needs the account/],
    [`qemu+ssh://k@h/system?${K}&keyfile=/y`, /twice/],
    [`qemu+ssh://k@h/system?${K}&socket=x`, /socket must be/],
    [`qemu+ssh://k@h/system?${K}&no_verify=yes`, /0 or 1/],
    ['qemu+ssh://k@h/system?keyfile=/%ZZ', /two hexadecimal/],
    ['qemu+ssh://k@h/system?keyfile=/%0a', /control/],
    [`qemu+ssh://k@h/system?${K}#x`, /fragment/],
    ['qemu+ssh://k @h/system', /blank/],
    ['', /not a libvirt URI/],
  ])('%s', (uri, what) => {
    expect(refusal(uri)).toMatch(what)
  })
  it('never throws anything else', () => {
    const piece = fc.constantFrom('qemu+ssh', '://', 'h', '@', '/system', '?', '&', '=', '%', '[', ']', ':', '22', 'keyfile', 'known_hosts', '/k', '#', '-', 'x')
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.array(piece, { maxLength: 20 }).map((p) => p.join(''))), (uri) => {
        try {
          parse(uri)
        } catch (e) {
          expect(e).toMatchObject({ code: 'config.invalid' })
        }
      }),
      { numRuns: 500 },
    )
  })
})
