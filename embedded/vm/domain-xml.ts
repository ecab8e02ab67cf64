// Why: the driver reads libvirt's XML, so this writes it as libvirt 9 does (captured from a real one): element order,
// single quotes, `state=` and socket paths in the live form only, passwords only with --security-info.

export const DESKTOP_NAMESPACE = 'https://latchkey.example/xmlns/desktop/1'

export interface XmlGraphics {
  readonly kind: 'tcp' | 'unix'
  /** Live only. */
  readonly port?: number
  readonly socketPath?: string
  readonly password: string | undefined
  /** As libvirt writes it: UTC, no zone. */
  readonly passwordValidTo?: string
}
export interface XmlChannel {
  readonly name: string
  /** Live only. */
  readonly path?: string
  readonly connected?: boolean
}
export interface XmlDomain {
  readonly name: string
  readonly uuid: string
  readonly title: string | undefined
  readonly description: string | undefined
  readonly users: readonly string[]
  readonly groups: readonly string[]
  /** Undefined: no <latchkey:desktop> at all. */
  readonly hasMetadata: boolean
  readonly osId: string | undefined
  /** Undefined: the inactive form. */
  readonly id: number | undefined
  readonly memoryKiB: number
  readonly vcpus: number
  readonly graphics: XmlGraphics | undefined
  readonly channels: readonly XmlChannel[]
}

/** Text for an attribute or element, escaped as libvirt's writer does; what XML can't hold is dropped. */
export function xmlEscape(text: string): string {
  const entities: Record<string, string> = { '<': '&lt;', '>': '&gt;', '&': '&amp;', "'": '&apos;', '"': '&quot;' }
  return text.replace(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '').replace(/[<>&'"]/g, (c) => entities[c] as string)
}
const e = xmlEscape

/** The whole document, ending in a newline. */
export function domainXml(d: XmlDomain, secure: boolean): string {
  const live = d.id !== undefined
  const alias = (name: string): string => (live ? `\n      <alias name='${name}'/>` : '')
  const lines = [
    `<domain type='qemu'${live ? ` id='${d.id}'` : ''}>`,
    `  <name>${e(d.name)}</name>`,
    `  <uuid>${d.uuid}</uuid>`,
    ...(d.title === undefined ? [] : [`  <title>${e(d.title)}</title>`]),
    ...(d.description === undefined ? [] : [`  <description>${e(d.description)}</description>`]),
    ...metadata(d),
    `  <memory unit='KiB'>${d.memoryKiB}</memory>`,
    `  <currentMemory unit='KiB'>${d.memoryKiB}</currentMemory>`,
    `  <vcpu placement='static'>${d.vcpus}</vcpu>`,
    ...(live ? ['  <resource>', '    <partition>/machine</partition>', '  </resource>'] : []),
    `  <os>\n    <type arch='x86_64' machine='pc-i440fx-7.2'>hvm</type>\n    <boot dev='hd'/>\n  </os>`,
    `  <features>\n    <acpi/>\n  </features>`,
    `  <cpu mode='custom' match='exact' check='${live ? 'full' : 'none'}'>\n    <model fallback='forbid'>qemu64</model>${live ? `\n    <feature policy='require' name='hypervisor'/>\n    <feature policy='require' name='lahf_lm'/>` : ''}\n  </cpu>`,
    `  <clock offset='utc'/>\n  <on_poweroff>destroy</on_poweroff>\n  <on_reboot>restart</on_reboot>\n  <on_crash>destroy</on_crash>`,
    `  <pm>\n    <suspend-to-mem enabled='yes'/>\n  </pm>`,
    '  <devices>',
    '    <emulator>/usr/bin/qemu-system-x86_64</emulator>',
    `    <controller type='pci' index='0' model='pci-root'${live ? `>${alias('pci.0')}\n    </controller>` : '/>'}`,
    `    <controller type='virtio-serial' index='0'>${alias('virtio-serial0')}\n      <address type='pci' domain='0x0000' bus='0x00' slot='0x03' function='0x0'/>\n    </controller>`,
    ...d.channels.map((c, i) => channel(c, i, live, alias(`channel${i}`))),
    ...['mouse', 'keyboard'].map((kind, i) => `    <input type='${kind}' bus='ps2'${live ? `>${alias(`input${i}`)}\n    </input>` : '/>'}`),
    ...(d.graphics ? [graphics(d.graphics, secure), `    <audio id='1' type='spice'/>`, `    <video>\n      <model type='qxl' ram='65536' vram='65536' vgamem='16384' heads='1' primary='yes'/>${alias('video0')}\n      <address type='pci' domain='0x0000' bus='0x00' slot='0x02' function='0x0'/>\n    </video>`] : []),
    `    <memballoon model='virtio'>${alias('balloon0')}\n      <address type='pci' domain='0x0000' bus='0x00' slot='0x04' function='0x0'/>\n    </memballoon>`,
    '  </devices>',
    ...(live ? [`  <seclabel type='dynamic' model='dac' relabel='yes'>\n    <label>+64055:+64055</label>\n    <imagelabel>+64055:+64055</imagelabel>\n  </seclabel>`] : []),
    '</domain>',
  ]
  return lines.join('\n') + '\n'
}

function metadata(d: XmlDomain): string[] {
  const parts: string[] = []
  if (d.osId !== undefined) parts.push(`    <libosinfo:libosinfo xmlns:libosinfo="http://libosinfo.org/xmlns/libvirt/domain/1.0">\n      <libosinfo:os id="${e(d.osId)}"/>\n    </libosinfo:libosinfo>`)
  if (d.hasMetadata) parts.push(desktopElement(d, '    ', 'latchkey:', ` xmlns:latchkey="${DESKTOP_NAMESPACE}"`))
  return parts.length === 0 ? [] : ['  <metadata>', ...parts, '  </metadata>']
}

/** The desktop element: in the domain's XML with its prefix, and as `virsh metadata` prints it, without. */
export function desktopElement(d: Pick<XmlDomain, 'users' | 'groups'>, indent: string, prefix: string, xmlns: string): string {
  const inner = [...d.users.map((u) => ['user', u]), ...d.groups.map((g) => ['group', g])].map(([tag, text]) => `${indent}  <${prefix}${tag}>${e(text as string)}</${prefix}${tag}>`)
  if (inner.length === 0) return `${indent}<${prefix}desktop${xmlns}/>`
  return [`${indent}<${prefix}desktop${xmlns}>`, ...inner, `${indent}</${prefix}desktop>`].join('\n')
}

function channel(c: XmlChannel, index: number, live: boolean, alias: string): string {
  const source = live && c.path !== undefined ? `\n      <source mode='bind' path='${e(c.path)}'/>` : ''
  const state = live ? ` state='${c.connected === true ? 'connected' : 'disconnected'}'` : ''
  return `    <channel type='unix'>${source}\n      <target type='virtio' name='${e(c.name)}'${state}/>${alias}\n      <address type='virtio-serial' controller='0' bus='0' port='${index + 1}'/>\n    </channel>`
}

/** The <graphics> element alone; the password only where it was asked for. */
export function graphics(g: XmlGraphics, secure: boolean): string {
  const passwd = secure && g.password !== undefined ? ` passwd='${e(g.password)}'${g.passwordValidTo === undefined ? '' : ` passwdValidTo='${e(g.passwordValidTo)}'`}` : ''
  if (g.kind === 'unix') {
    const socket = g.socketPath === undefined ? '' : ` socket='${e(g.socketPath)}'`
    return `    <graphics type='spice'${passwd}>\n      <listen type='socket'${socket}/>\n    </graphics>`
  }
  const port = g.port === undefined ? '' : ` port='${g.port}'`
  return `    <graphics type='spice'${port} autoport='yes' listen='127.0.0.1'${passwd}>\n      <listen type='address' address='127.0.0.1'/>\n    </graphics>`
}
