// Why: libvirt without an init system: virtlogd and libvirtd as daemons of the lab in its own namespace, with a
// configuration of the lab's (no D-Bus here, so no polkit: the socket's group decides).
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { labPaths } from './facts.ts'
import { inNamespace, outside, startNamespace, tryInNamespace } from './namespace.ts'
import { refOf, until } from './run.ts'
import type { ProcessRef } from './run.ts'

const configFile = join(labPaths.run, 'libvirtd.conf')

const config = `# The lab's own, written anew at every start.
unix_sock_group = "libvirt"
unix_sock_ro_perms = "0770"
unix_sock_rw_perms = "0770"
auth_unix_ro = "none"
auth_unix_rw = "none"
log_outputs = "2:file:${labPaths.run}/libvirtd.log"
`

// Debian's user and group for QEMU stay: they decide who reaches the channel sockets. No private /dev for each machine
// (libvirt can't move the hidden /dev/kvm into it), no cgroups (containers have none), no MAC labels.
const qemuConfig = `# The lab's own, written anew at every start.
namespaces = []
cgroup_controllers = []
security_driver = "none"
`

/** The first process of the lab's namespace: it keeps the namespace alive. */
export async function startVirtlogd(): Promise<ProcessRef> {
  const pidFile = freshPidFile('virtlogd')
  await startNamespace('/usr/sbin/virtlogd', ['-d', '-p', pidFile])
  return processOf(pidFile)
}

/** Resolves when the daemon has its process; libvirtReady() says when it answers. */
export async function startLibvirtd(virtlogd: ProcessRef): Promise<ProcessRef> {
  writeFileSync(configFile, config, { mode: 0o644 })
  const pidFile = freshPidFile('libvirtd')
  writeFileSync(outside('/etc/libvirt/qemu.conf'), qemuConfig, { mode: 0o644 })
  await inNamespace(virtlogd, '/usr/sbin/libvirtd', ['-d', '-p', pidFile, '-f', configFile])
  return processOf(pidFile)
}

/** The first start on a machine asks QEMU for all that it can do, which takes seconds; the answer is kept. */
export async function libvirtReady(virtlogd: ProcessRef): Promise<void> {
  await until('libvirtd answers', 60_000, async () => ((await libvirtAnswers(virtlogd)) ? true : undefined))
}

export const libvirtAnswers = async (virtlogd: ProcessRef): Promise<boolean> =>
  (await tryInNamespace(virtlogd, 'virsh', ['-q', '-c', 'qemu:///system', 'version'])).code === 0

function freshPidFile(name: string): string {
  mkdirSync(labPaths.run, { recursive: true, mode: 0o755 })
  const file = join(labPaths.run, `${name}.pid`)
  rmSync(file, { force: true })
  return file
}

/** Waits for a daemon to write its id. */
export async function processOf(pidFile: string): Promise<ProcessRef> {
  return refOf(await until(`${pidFile} is written`, 5000, () => (existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8')) || undefined : undefined)))
}
