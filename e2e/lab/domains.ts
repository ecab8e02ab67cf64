// Why: the desktops as libvirt XML, from the table of facts. Fixed ids, direct kernel boot, software emulation.
import { randomUUID } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { desktopNamespace, domains, labPaths } from './facts.ts'
import type { DomainFacts } from './facts.ts'
import type { GuestImage } from './guest-image.ts'
import { inNamespace } from './namespace.ts'
import type { ProcessRef } from './run.ts'

export type Virsh = (...args: string[]) => Promise<string>

/** virsh on the lab's own system connection; throws with its message on failure. */
export const virshOf = (member: ProcessRef): Virsh => (...args) => inNamespace(member, 'virsh', ['-q', '-c', 'qemu:///system', ...args])

const escape = (text: string) => text.replace(/[&<>'"]/g, (c) => `&#${c.charCodeAt(0)};`)

/** The domain's definition. `spicePassword` is the permanent one of those that have one. */
export function domainXml(facts: DomainFacts, image: GuestImage, spicePassword: string): string {
  const kernel = facts.broken ? `${image.kernel}.does-not-exist` : image.kernel
  const cmdline = ['quiet', 'loglevel=0', 'console=tty1', 'random.trust_cpu=on', 'no_timer_check', 'panic=1', `latchkey.name=${facts.name}`, ...facts.guest].join(' ')
  const assigned = [
    ...facts.users.map((u) => `<latchkey:user>${escape(u)}</latchkey:user>`),
    ...facts.groups.map((g) => `<latchkey:group>${escape(g)}</latchkey:group>`),
  ].join('')
  const channel = facts.channel === undefined ? '' : `
    <channel type='unix'><source mode='bind'/><target type='virtio' name='${facts.channel}'/></channel>`
  const password = facts.ticketing === 'open' ? ''
    : facts.ticketing === 'password' ? ` passwd='${escape(spicePassword)}'`
      : ` passwd='${randomUUID()}' passwdValidTo='1970-01-01T00:00:01'`
  const graphics = facts.display === 'socket'
    ? `<graphics type='spice'${password}><listen type='socket'/></graphics>`
    : `<graphics type='spice' autoport='yes'${password}><listen type='address' address='127.0.0.1'/></graphics>`
  return `<domain type='qemu'>
  <name>${facts.name}</name>
  <uuid>${facts.uuid}</uuid>
  <title>${escape(facts.title)}</title>
  <metadata>
    <latchkey:desktop xmlns:latchkey='${desktopNamespace}'>${assigned}</latchkey:desktop>
  </metadata>
  <memory unit='MiB'>128</memory>
  <vcpu>1</vcpu>
  <os>
    <type arch='x86_64' machine='pc'>hvm</type>
    <kernel>${kernel}</kernel>
    <initrd>${image.initrd}</initrd>
    <cmdline>${escape(cmdline)}</cmdline>
  </os>
  <features><acpi/></features>
  <clock offset='utc'/>
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>restart</on_reboot>
  <on_crash>destroy</on_crash>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <controller type='usb' model='none'/>${channel}
    <input type='keyboard' bus='ps2'/>
    <input type='mouse' bus='ps2'/>
    ${graphics}
    <video><model type='qxl' heads='1' primary='yes'/></video>
    <memballoon model='none'/>
  </devices>
</domain>
`
}

/** Defines every desktop (a definition of the same id is replaced). */
export async function defineDomains(virsh: Virsh, image: GuestImage, spicePassword: string): Promise<void> {
  for (const facts of domains) {
    // A file and not standard input: it may hold the display's permanent password, so only root may read it.
    const file = join(labPaths.run, `${randomUUID()}.xml`)
    writeFileSync(file, domainXml(facts, image, spicePassword), { mode: 0o600, flag: 'wx' })
    try {
      await virsh('define', file)
    } finally {
      rmSync(file, { force: true })
    }
  }
}

/** Ends and removes the lab's desktops, found by their ids. */
export async function removeDomains(virsh: Virsh): Promise<void> {
  const known = new Set((await virsh('list', '--all', '--uuid')).split('\n').map((l) => l.trim()))
  await Promise.all(domains.filter((d) => known.has(d.uuid)).map(async (d) => {
    if ((await virsh('domstate', d.uuid)).trim() !== 'shut off') await virsh('destroy', d.uuid)
    await virsh('undefine', '--managed-save', d.uuid)
  }))
}

export type DomainState = 'off' | 'running' | 'paused' | 'saved'

/** Brings a desktop into a state from whatever it is in; "running" is a fresh boot unless it runs already. */
export async function setDomainState(virsh: Virsh, name: string, state: DomainState): Promise<void> {
  const now = (await virsh('domstate', name)).trim()
  const saved = /Managed save:\s+yes/.test(await virsh('dominfo', name))
  if (state === 'off' || (state === 'saved' && saved)) {
    if (now !== 'shut off') await virsh('destroy', name)
    if (saved && state === 'off') await virsh('managedsave-remove', name)
    return
  }
  if (now === 'paused') await virsh('resume', name)
  else if (now !== 'running') await virsh('start', name)
  if (state === 'paused') await virsh('suspend', name)
  if (state === 'saved') await virsh('managedsave', name)
}
