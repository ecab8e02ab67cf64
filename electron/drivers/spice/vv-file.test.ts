import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { authority } from '../../adapters/net/testkit-certificates.ts'
import type { AppError } from '../../core/errors.ts'
import { Redactor } from '../../core/redactor.ts'
import { checkVvFile, disposeVv, MAX_VV_BYTES, parseVvFile, type VvFile } from './vv-file.ts'

let pem: string
beforeAll(async () => {
  pem = (await authority()).cert
})

const file = (lines: string): string => `[virt-viewer]\ntype=spice\nhost=display.example\n${lines}\n`
const parse = (text: string): VvFile => parseVvFile(text, 'a.vv', new Redactor())
const problems = (text: string): string[] => checkVvFile(text, 'a.vv', new Redactor()).problems.map((p) => `${p.line}: ${p.message}`)

describe('what services write', () => {
  it('Proxmox VE', () => {
    const redactor = new Redactor()
    const vv = parseVvFile(
      [
        '[virt-viewer]', 'host=pvespiceproxy:6563a1b2:100:pve1::b5c0ffee', 'proxy=http://pve1.example.com:3128', 'delete-this-file=1', 'password=0123456789abcdef', 'toggle-fullscreen=Shift+F11',
        'secure-attention=Ctrl+Alt+Ins', 'release-cursor=Ctrl+Alt+R', 'title=VM 100 - office', 'type=spice', 'tls-port=61000', `ca=${pem.replaceAll('\n', '\\n')}`,
        'host-subject=OU=PVE Cluster Node,O=Proxmox Virtual Environment,CN=pve1.example.com', '',
      ].join('\n'),
      'pve.vv',
      redactor,
    )
    expect(vv).toMatchObject({
      where: 'pve.vv',
      title: 'VM 100 - office',
      deleteThisFile: true,
      hotKeys: { 'toggle-fullscreen': { modifiers: ['shift'], key: 'F11' }, 'secure-attention': { modifiers: ['alt', 'ctrl'], key: 'Insert' }, 'release-cursor': { modifiers: ['alt', 'ctrl'], key: 'r' } },
      target: { host: 'pvespiceproxy:6563a1b2:100:pve1::b5c0ffee', tlsPort: 61000, ca: pem, subject: 'OU=PVE Cluster Node,O=Proxmox Virtual Environment,CN=pve1.example.com', proxy: { tls: false, host: 'pve1.example.com', port: 3128 } },
      notes: [],
    })
    expect(vv.target.password?.use((b) => b.toString())).toBe('0123456789abcdef')
    expect(JSON.stringify(vv)).not.toContain('0123456789abcdef')
    expect(redactor.redact('0123456789abcdef')).toBe('[secret]')
    disposeVv(vv)
    expect(redactor.size).toBe(0)
  })
  it('oVirt', () => {
    const redactor = new Redactor()
    const vv = parseVvFile(
      [
        '[virt-viewer]', 'type=spice', 'host=10.0.0.5', 'port=5900', 'password=s3cret+pass/x==', '# Password is valid for 120 seconds.', 'delete-this-file=1', 'fullscreen=0', 'title=office:%d',
        'toggle-fullscreen=shift+f11', 'release-cursor=shift+f12', 'secure-attention=ctrl+alt+end', 'tls-port=5901', 'enable-smartcard=0', 'enable-usb-autoshare=1', 'usb-filter=-1,-1,-1,-1,0',
        'tls-ciphers=DEFAULT', 'host-subject=O=example.com,CN=10.0.0.5', `ca=${pem.replaceAll('\n', '\\n')}`, 'secure-channels=main;inputs;cursor;playback;record;display;smartcard;usbredir',
        'versions=rhev-win64:2.0-160;rhev-win32:2.0-160;rhel8:7.0-3', 'newer-version-url=https://engine.example.com/clients', '', '[ovirt]', 'host=engine.example.com:443',
        'vm-guid=6b8a7f1c-0000-4000-8000-000000000001', 'sso-token=t0kent0kent0ken', 'admin=0', '',
      ].join('\r\n'),
      'console.vv',
      redactor,
    )
    expect(vv).toMatchObject({
      fullscreen: false, enableSmartcard: false, enableUsbAutoshare: true, tlsCiphers: 'DEFAULT', newerVersionUrl: 'https://engine.example.com/clients',
      usbFilter: [{ deviceClass: -1, vendor: -1, product: -1, version: -1, allow: false }],
      versions: [{ os: 'rhev-win64', version: '2.0-160' }, { os: 'rhev-win32', version: '2.0-160' }, { os: 'rhel8', version: '7.0-3' }],
      target: { host: '10.0.0.5', port: 5900, tlsPort: 5901, secureChannels: [1, 3, 4, 5, 6, 2, 8, 9] },
      ovirt: { host: 'engine.example.com:443', admin: false },
    })
    expect(JSON.stringify(vv)).not.toMatch(/s3cret|t0ken/)
    disposeVv(vv)
    expect(redactor.size).toBe(0)
  })
})

describe('values', () => {
  it('all the other keys', () => {
    expect(
      parse(file('port=5900\nusername=ada\ncolor-depth=16\ndisable-effects=wallpaper;animation;\ndisable-channels=playback;record\nversion=7.0\nusb-redirect-on-connect=0x03,-1,-1,-1,0|-1,0x1234,1,2,1\nenable-usbredir=1\nzoom-in=ctrl+plus\nsmartcard-insert=\nsecure-channels=\nx-mine=1')),
    ).toMatchObject({
      colorDepth: 16, disableEffects: ['wallpaper', 'animation'], version: '7.0', enableUsbredir: true, notes: [],
      usbRedirectOnConnect: [{ deviceClass: 3, allow: false }, { vendor: 0x1234, product: 1, version: 2, allow: true }],
      hotKeys: { 'zoom-in': { modifiers: ['ctrl'], key: '+' }, 'smartcard-insert': { modifiers: [] } },
      target: { user: 'ada', disabledChannels: [5, 6], secureChannels: [] },
    })
  })
  it('GKeyFile\'s white space, escapes, comments and repetitions', () => {
    expect(parse('\ufeff# c\n\n  [virt-viewer]\n  type = spice\nhost=a\nhost = b\nport=\t5900 \ntitle=  a\\sb\\\\n\\tc \n[other]\nx=1\n[virt-viewer]\nfullscreen=1\n')).toMatchObject({ target: { host: 'b', port: 5900 }, title: 'a b\\n\tc ', fullscreen: true })
  })
  it('a password with a blank at its end, an equals sign and a backslash', () => {
    expect(parse(file('port=1\npassword=a=b\\\\c ')).target.password?.use((b) => b.toString())).toBe('a=b\\c ')
  })
  it('a proxy with name and password', () => {
    const { proxy } = parse(file('tls-port=1\nproxy=https://us%65r:p%40ss@[2001:db8::1]/')).target
    expect(proxy).toMatchObject({ tls: true, host: '2001:db8::1', port: 3129 })
    expect(proxy?.authorization?.use((b) => b.toString())).toBe(`Basic ${Buffer.from('user:p@ss').toString('base64')}`)
    expect(parse(file('tls-port=1\nproxy=')).target.proxy).toBeUndefined()
  })
  it('-1 for a port that is not there, a unix socket, brackets', () => {
    expect(parse(file('port=-1\ntls-port=5901')).target).toEqual({ host: 'display.example', tlsPort: 5901 })
    expect(parse('[virt-viewer]\ntype=spice\nunix-path=/run/a.sock\n').target).toEqual({ unixPath: '/run/a.sock' })
    expect(parse('[virt-viewer]\ntype=spice\nhost=[::1]\nport=1\n').target).toEqual({ host: '::1', port: 1 })
  })
  it('unknown keys are passed over and told, with what may have been meant', () => {
    expect(parse(file('port=5900\nfull-screen=1\nzzz=1\n[ovirt]\nvm-giud=1\n[extra]\na=1')).notes.map((n) => `${n.line}: ${n.message}`)).toEqual([
      '5: unknown key "full-screen" is ignored; did you mean "fullscreen"?',
      '6: unknown key "zzz" is ignored',
      '8: unknown key "vm-giud" is ignored; did you mean "vm-guid"?',
      '0: group [extra] is ignored',
    ])
  })
})

describe('mistakes', () => {
  it('are told all at once, with their lines', () => {
    expect(problems('[virt-viewer]\ntype=spice\nport=true\nfullscreen=true\nsecure-attention=ctrl+alt+bogus\nsecure-channels=main;dislpay\nnonsense\ntitle=a\\q\n')).toEqual([
      '0: host: is missing',
      '3: port: "true" is no number: write 1',
      '4: fullscreen: "true" is no number: write 1',
      '5: secure-attention: "bogus" is no key name; examples: shift+f11, ctrl+alt+end, ctrl+alt',
      '6: secure-channels: "dislpay" is not one of main, display, inputs, cursor, playback, record, smartcard, usbredir, port, webdav, all; did you mean "display"?',
      '7: neither a comment nor [group] nor key=value',
      '8: title: "\\q" is no escape; write \\\\ for a backslash',
    ])
  })
  it.each([
    ['', 'no [virt-viewer] group'],
    ['[virt-viewer]\nhost=a\nport=1', 'type: is missing'],
    ['[virt-viewer]\ntype=vnc\nhost=a\nport=1', 'VNC'],
    ['[virt-viewer]\ntype=ovirt\n[ovirt]\nhost=a', 'kind ovirt'],
    ['[virt-viewer]\ntype=rdp\nhost=a\nport=1', 'only spice'],
    ['type=spice\n[virt-viewer]\nhost=a\nport=1', 'before the first [group]'],
    ['[virt-viewer\ntype=spice', 'a group is written'],
    [file(''), 'neither port nor tls-port'],
    [file('port=-1'), 'neither port nor tls-port'],
    [file('port=0'), 'no port from'],
    [file('port=70000'), 'no port from'],
    [file('port=59 00'), 'not a whole number'],
    [file('port=99999999999'), 'too large'],
    [file('port=1\nfullscreen=2'), 'is 0 or 1'],
    [file('port=1\nfullscreen=no'), 'write 0'],
    [file('port=1\ncolor-depth=24'), 'is 16 or 32'],
    [file('port=1\nsecure-channels=main'), 'no tls-port'],
    [file('port=1\nsecure-channels=main,inputs'), 'separated by ;'],
    [file('port=1\ndisable-channels=main'), 'without the main channel'],
    [file('port=1\ndisable-effects=all;sparkle'), '"sparkle" is not one of'],
    [file('port=1\nunix-path=/x'), 'unix-path'],
    ['[virt-viewer]\ntype=spice\nunix-path=x', 'no absolute path'],
    [file('port=1\nproxy=socks5://a:1'), 'proxy'],
    [file('port=1\nproxy=http://a%zz:b@c'), '%'],
    [file('port=1\nproxy=http://a%3ab:b@c'), 'colon'],
    [file('port=1\nproxy=http://c:0'), 'no port'],
    [file('port=1\nca=nonsense'), 'holds no certificate'],
    [file('port=1\nca=-----BEGIN CERTIFICATE-----\\nAAAA\\n-----END CERTIFICATE-----'), 'cannot be read'],
    [file('port=1\nca=-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUDoQ9k3p5m3p5m3p5m3p5m3p5m3p5MAoGCCqGSM49BAMC\n-----END CERTIFICATE-----'), 'written as \\n'],
    [file('port=1\nhost-subject=display.example'), 'TYPE=value'],
    [file('port=1\nusb-filter=1,2,3'), 'a rule is'],
    [file('port=1\nusb-filter=0x100,-1,-1,-1,1'), 'too large'],
    [file('port=1\nversion=11.1'), 'newer virt-viewer'],
    [file('port=1\nversion=new'), 'written 11.0'],
    [file('port=1\nversions=rhel8'), 'system:version'],
    [file('port=1\nnewer-version-url=javascript:alert(1)'), 'no http address'],
    [file('port=1\ntoggle-fullscreen=a+b'), 'one key besides'],
    [file('port=1\ntitle=\u0007'), 'control character'],
    [file('port=1\npassword=a\\'), 'single backslash'],
    [file('port=1\npassword=a\\;b'), 'is no escape'],
    [file('port=1\n]k=1'), 'no brackets'],
    [file('port=1\n=1'), 'without a key'],
    ['[virt-viewer]\ntype=spice\nhost=a/b\nport=1', 'no host name'],
    ['[virt-viewer]\ntype=spice\nhost=a b\nport=1', 'no host name'],
    ['\n'.repeat(10_001), 'more than 10000 lines'],
    ['x'.repeat(MAX_VV_BYTES + 1), 'larger than 256 KiB'],
  ])('%j: %s', (text, words) => {
    const told = problems(text)
    expect(told.join('\n')).toContain(words)
    expect(told.length).toBeLessThan(4)
  })
  it('are thrown as one error; no secret stays behind or is quoted', () => {
    const redactor = new Redactor()
    const text = file('port=true\npassword=hunter22\nproxy=http://u:hunter22@p\n[ovirt]\nsso-token=hunter22')
    expect(() => parseVvFile(text, 'bad.vv', redactor)).toThrow(expect.objectContaining({ code: 'vv.invalid', detail: 'bad.vv:4: port: "true" is no number: write 1' }) as AppError)
    expect(redactor.size).toBe(0)
    expect(problems(file('port=1\npassword=hunter\\x22')).join()).not.toContain('hunter')
  })
  it('whatever the text, it is a file or there are words', () => {
    const line = fc.oneof(fc.string(), fc.tuple(fc.constantFrom('type', 'host', 'port', 'ca', 'proxy', 'secure-channels', 'versions', 'usb-filter', 'zoom-in', 'host-subject'), fc.string({ unit: 'binary' })).map(([k, v]) => `${k}=${v}`))
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const { file: found, problems: told } = checkVvFile(`[virt-viewer]\n${lines.join('\n')}`, 'a.vv', new Redactor())
        expect(found === undefined).toBe(told.length > 0)
      }),
      { numRuns: 300 },
    )
  })
})
