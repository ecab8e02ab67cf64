import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseDomain, splitDomains } from './domain-xml.ts'
import { isAssigned } from './metadata.ts'
import { assigned, CHANNEL, domainXml, SPICE, UUIDS } from './testkit.ts'
import { decodeEntities, parseXml, serialise } from './xml.ts'

const base = { uuid: UUIDS[0], name: 'ada', state: 1, id: 1 }
const withParts = (more: Partial<Parameters<typeof domainXml>[0]>) => parseDomain(domainXml({ ...base, ...more }))

describe('domain XML', () => {
  it('reads what a desktop needs', () => {
    const d = parseDomain(`<domain type='kvm' id='3'>
  <name>ada &amp; co</name>
  <uuid>${UUIDS[0].toUpperCase()}</uuid>
  <title>Ada&apos;s &#x2603; desk</title>
  <description>line one
line two</description>
  <metadata>
    <libosinfo:libosinfo xmlns:libosinfo="http://libosinfo.org/xmlns/libvirt/domain/1.0"><libosinfo:os id="http://microsoft.com/win/11"/></libosinfo:libosinfo>
    ${assigned('ada', '@staff')}
  </metadata>
  <devices>${CHANNEL}<channel type='spicevmc'><target type='virtio' name='com.redhat.spice.0'/></channel>${SPICE}</devices>
</domain>`)
    expect(d).toMatchObject({ uuid: UUIDS[0], name: 'ada & co', title: "Ada's ☃ desk", description: 'line one\nline two', active: true, os: 'windows', assignment: { users: ['ada'], groups: ['staff'] } })
    expect(d.channels).toEqual([{ name: 'com.kvm-vdi.0', path: '/var/lib/libvirt/qemu/channel/target/domain-1-ada/com.kvm-vdi.0', connected: true }])
    expect(d.spice).toMatchObject({ port: 5901, tlsPort: undefined, address: '127.0.0.1', socket: undefined, hasPassword: false })
  })

  it.each([
    [`<graphics type='spice' autoport='yes'><listen type='address'/></graphics>`, { port: undefined, address: undefined }],
    [`<graphics type='spice' port='-1' tlsPort='5902'/>`, { port: undefined, tlsPort: 5902 }],
    [`<graphics type='spice'><listen type='socket' socket='/run/x.sock'/></graphics>`, { socket: '/run/x.sock', port: undefined }],
    [`<graphics type='spice'><listen type='socket' socket='run/x.sock'/></graphics>`, { socket: undefined }],
    [`<graphics type='spice' port='5900' listen='0.0.0.0'/>`, { port: 5900, address: '0.0.0.0' }],
    [`<graphics type='spice' port='99999'/>`, { port: undefined }],
    [`<graphics type='vnc' port='5900'/><graphics type='spice' port='5907' passwd='x' passwdValidTo='2030-01-01T00:00:00'/>`, { port: 5907, hasPassword: true, passwordValidTo: '2030-01-01T00:00:00' }],
  ])('display %s', (graphics, expected) => {
    expect(withParts({ graphics }).spice).toMatchObject(expected)
  })
  it('no SPICE display, no channel path while off', () => {
    expect(withParts({ graphics: "<graphics type='vnc' port='5900'/>" }).spice).toBeUndefined()
    expect(withParts({ channels: "<channel type='unix'><source mode='bind'/><target type='virtio' name='com.kvm-vdi.0'/></channel>" }).channels).toEqual([{ name: 'com.kvm-vdi.0', path: undefined, connected: undefined }])
  })

  it.each([
    ['http://debian.org/debian/12', 'linux'],
    ['http://microsoft.com/win/10', 'windows'],
    ['http://freebsd.org/freebsd/14.0', 'bsd'],
    ['http://apple.com/macosx/10.7', 'other'],
    ['debian', undefined],
  ])('system %s is %s', (id, family) => {
    expect(withParts({ metadata: `<o:libosinfo xmlns:o="x"><o:os id="${id}"/></o:libosinfo>` }).os).toBe(family)
  })

  it('the namespace decides, not the prefix', () => {
    const a = (metadata: string) => withParts({ metadata }).assignment
    expect(a('<x:desktop xmlns:x="https://latchkey.example/xmlns/desktop/1"><x:user> ada </x:user></x:desktop>')).toEqual({ users: ['ada'], groups: [] })
    expect(a('<desktop xmlns="https://latchkey.example/xmlns/desktop/1"><user>ada</user></desktop>')).toEqual({ users: ['ada'], groups: [] })
    expect(a('<latchkey:desktop xmlns:latchkey="https://evil.example/"><latchkey:user>ada</latchkey:user></latchkey:desktop>')).toBeUndefined()
    expect(a('<latchkey:desktop><latchkey:user>ada</latchkey:user></latchkey:desktop>')).toBeUndefined()
    expect(a('<l:desktop xmlns:l="https://latchkey.example/xmlns/desktop/1"><user>ada</user></l:desktop>')).toEqual({ users: [], groups: [] })
    expect(isAssigned({ users: ['Ada'], groups: [''] }, 'ada', [])).toBe(false)
    expect(isAssigned(undefined, 'ada', ['staff'])).toBe(false)
    expect(isAssigned({ users: [], groups: ['staff'] }, 'ada', ['ada', 'staff'])).toBe(true)
  })

  it('splits documents, also with a nested element of the same name', () => {
    const nested = domainXml({ ...base, metadata: '<y:x xmlns:y="y"><domain xmlns="z">\n</domain><domain/></y:x><!-- </domain> -->' })
    const parts = splitDomains(`noise\n${nested}\n\n${domainXml({ ...base, uuid: UUIDS[1] })}tail </domain>`)
    expect(parts).toHaveLength(2)
    expect(parseDomain(parts[0]!).uuid).toBe(UUIDS[0])
    expect(parseDomain(parts[1]!).uuid).toBe(UUIDS[1])
    expect(splitDomains('<domain><unfinished>')).toEqual([])
  })
})

describe('hostile XML', () => {
  const code = (text: string) => {
    try {
      parseDomain(text)
      return 'parsed'
    } catch (e) {
      return (e as { code?: string }).code
    }
  }
  it.each([
    ['doctype', `<!DOCTYPE x [<!ENTITY a "b">]>${domainXml(base)}`],
    ['unknown entity', domainXml({ ...base, name: '&a;' })],
    ['bare ampersand', domainXml({ ...base, name: 'a & b' })],
    ['illegal character', domainXml({ ...base, name: '&#0;' })],
    ['surrogate', domainXml({ ...base, name: '&#xd800;' })],
    ['beyond Unicode', domainXml({ ...base, name: '&#x110000;' })],
    ['not a domain', '<network/>'],
    ['two roots', domainXml(base) + domainXml(base)],
    ['empty', ''],
    ['no uuid', '<domain><name>x</name></domain>'],
    ['deep', '<domain>' + '<a>'.repeat(5000) + '</a>'.repeat(5000) + '</domain>'],
    ['large', `<domain>${'x'.repeat(3_000_000)}</domain>`],
    ['unclosed', '<domain><name>x</domain'],
    ['prototype', '<domain><__proto__><a/></__proto__></domain>'],
  ])('%s: hypervisor.protocol', (_name, text) => {
    expect(code(text)).toBe('hypervisor.protocol')
  })
  it('never throws anything else, and never quotes what it read', () => {
    const piece = fc.constantFrom('<domain', '>', '<name>', '</name>', '<', '&', '&amp;', '&#', ';', "'", '"', '=', '<![CDATA[', ']]>', '<!--', '-->', '<?x', '?>', '/>', '</domain>', 'secret', 'constructor', '__proto__', ' ', '\0', '\ud800')
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const text = pieces.join('')
        splitDomains(text)
        try {
          parseDomain(text)
        } catch (e) {
          expect(e).toMatchObject({ code: 'hypervisor.protocol' })
          expect(String((e as Error).message)).not.toContain('secret')
        }
      }),
      { numRuns: 1000 },
    )
  })
  it('decodes once', () => {
    expect(decodeEntities('&amp;lt; &lt;&gt;&quot;&apos; &#65;&#x42;')).toBe('&lt; <>"\' AB')
  })
  it('serialises what it parsed', () => {
    const value = fc.string({ unit: 'grapheme' }).map((s) => s.replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd]/gu, ''))
    fc.assert(
      fc.property(value, value, (a, b) => {
        const e = parseXml(serialise({ name: 'graphics', attrs: new Map([['x', a]]), children: [{ name: 'listen', attrs: new Map([['y', b]]), children: [], text: '' }], text: '' }))
        expect([e.attrs.get('x'), e.children[0]?.attrs.get('y')]).toEqual([a, b])
      }),
    )
  })
})
