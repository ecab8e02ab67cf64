// Why: the desktop as libvirt has it: a QXL screen, sound over SPICE, and three ports: credentials, SPICE's agent, QEMU's agent.
// The mouse is a PS/2 one, so absolute positions come only through SPICE's agent.
import { randomUUID } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { desktopNamespace } from '../lab/facts.ts'
import type { Lab } from '../lab/lab.ts'
import { must } from '../lab/run.ts'
import { domain, guestPaths, person } from './facts.ts'

const overlay = join(guestPaths.root, 'run.qcow2')

export interface StartOptions {
  /** Without the kernel's display driver: Xorg drives the QXL device itself, and draws with more of its commands. */
  readonly ums?: boolean
}

export function domainXml(o: StartOptions = {}): string {
  const cmdline = ['root=/dev/vda', 'rw', 'quiet', 'loglevel=3', 'console=ttyS0', 'console=tty1', 'random.trust_cpu=on', 'no_timer_check', 'mitigations=off', 'net.ifnames=0', 'vt.global_cursor_default=0', `latchkey.name=${domain.name}`, ...(o.ums === true ? ['modprobe.blacklist=qxl', 'nomodeset'] : [])].join(' ')
  // QEMU accepts tickets later only if it was started with a password: one that nobody has and that has expired.
  return `<domain type='qemu'>
  <name>${domain.name}</name>
  <uuid>${domain.uuid}</uuid>
  <title>${domain.title}</title>
  <metadata><latchkey:desktop xmlns:latchkey='${desktopNamespace}'><latchkey:user>${person.name}</latchkey:user></latchkey:desktop></metadata>
  <memory unit='MiB'>${domain.memoryMiB}</memory>
  <vcpu>${domain.cpus}</vcpu>
  <os>
    <type arch='x86_64' machine='pc'>hvm</type>
    <kernel>${guestPaths.kernel}</kernel>
    <initrd>${guestPaths.initrd}</initrd>
    <cmdline>${cmdline}</cmdline>
  </os>
  <features><acpi/></features>
  <clock offset='utc'/>
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>restart</on_reboot>
  <on_crash>destroy</on_crash>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <controller type='usb' model='none'/>
    <disk type='file' device='disk'><driver name='qemu' type='qcow2' cache='unsafe'/><source file='${overlay}'/><target dev='vda' bus='virtio'/></disk>
    <serial type='file'><source path='${guestPaths.root}/serial.log'/><target port='0'/></serial>
    <channel type='unix'><source mode='bind'/><target type='virtio' name='${domain.channel}'/></channel>
    <channel type='spicevmc'><target type='virtio' name='com.redhat.spice.0'/></channel>
    <channel type='unix'><source mode='bind'/><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
    <input type='keyboard' bus='ps2'/>
    <input type='mouse' bus='ps2'/>
    <graphics type='spice' autoport='yes' passwd='${randomUUID()}' passwdValidTo='1970-01-01T00:00:01'><listen type='address' address='127.0.0.1'/></graphics>
    <audio id='1' type='spice'/>
    <sound model='ich9'><audio id='1'/></sound>
    <video><model type='qxl' heads='1' primary='yes' ram='65536' vram='65536' vgamem='32768'/></video>
    <memballoon model='none'/>
  </devices>
</domain>
`
}

/** Whether the lab's libvirt knows the desktop, and runs it. */
export async function stateOf(lab: Lab): Promise<'unknown' | 'off' | 'running'> {
  const known = (await lab.virsh('list', '--all', '--uuid')).split('\n').map((l) => l.trim())
  if (!known.includes(domain.uuid)) return 'unknown'
  return (await lab.virsh('domstate', domain.uuid)).trim() === 'running' ? 'running' : 'off'
}

/** Defines and starts it on a fresh overlay: what a session leaves on the disk is gone at the next start. */
export async function startDomain(lab: Lab, o: StartOptions = {}): Promise<void> {
  await removeDomain(lab)
  await must('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', guestPaths.disk, '-F', 'raw', overlay])
  const file = join(guestPaths.root, 'domain.xml')
  writeFileSync(file, domainXml(o), { mode: 0o600 })
  try {
    await lab.virsh('define', file)
  } finally {
    rmSync(file)
  }
  await lab.virsh('start', domain.uuid)
}

/** Ends and forgets it. */
export async function removeDomain(lab: Lab): Promise<void> {
  const state = await stateOf(lab)
  if (state === 'running') await lab.virsh('destroy', domain.uuid)
  if (state !== 'unknown') await lab.virsh('undefine', domain.uuid)
  rmSync(overlay, { force: true })
}
