// Why: libvirt's places (/run/libvirt, /var/lib/libvirt, /etc/libvirt, ...) are built into it. The lab's daemons run in
// a mount namespace in which these are folders of the lab, so that a libvirt that the machine runs for somebody is
// neither seen nor touched, and nothing is left when the last process of the lab ends.
import { chownSync, cpSync, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { labRoot } from './facts.ts'
import { must, run } from './run.ts'
import type { ProcessRef, RunResult } from './run.ts'

const places = ['/run/libvirt', '/var/lib/libvirt', '/var/log/libvirt', '/var/cache/libvirt', '/etc/libvirt'] as const
/** Where one of those places really is, for code outside the namespace. */
export const outside = (path: string): string => join(labRoot, 'system', path)

/**
 * Starts a program that becomes a daemon, as the first of a new namespace. The capability CAP_SYS_ADMIN is needed.
 * Later programs join it through inNamespace().
 */
export async function startNamespace(program: string, args: readonly string[]): Promise<void> {
  for (const place of places) {
    mkdirSync(place, { recursive: true, mode: 0o755 })
    const ours = outside(place)
    const isNew = !existsSync(ours)
    mkdirSync(ours, { recursive: true, mode: 0o755 })
    if (isNew && place === '/etc/libvirt') cpSync(place, ours, { recursive: true, filter: (source) => !source.endsWith('.xml') })
  }
  // What Debian's package makes, with its owners: the socket folders' modes are what the product meets in the field.
  const source = statSync('/var/lib/libvirt/qemu')
  for (const folder of ['/var/lib/libvirt/qemu', '/var/lib/libvirt/qemu/channel', '/var/lib/libvirt/qemu/channel/target']) {
    mkdirSync(outside(folder), { recursive: true, mode: 0o750 })
    chownSync(outside(folder), source.uid, source.gid)
  }
  mkdirSync(dirname(outside('/var/lib/libvirt/images/x')), { recursive: true, mode: 0o711 })
  const mounts = places.map((place) => `mount --bind ${outside(place)} ${place}`)
  // A /dev/kvm that root may open and libvirt-qemu may not (or that does not work) makes libvirt 9 throw away what it
  // knows of QEMU before every call, 4 s each. A file that nobody of QEMU's may open hides it: the lab is TCG everywhere.
  if (existsSync('/dev/kvm')) {
    writeFileSync(outside('/no-kvm'), '', { mode: 0o600 })
    mounts.push(`mount --bind ${outside('/no-kvm')} /dev/kvm`)
  }
  const script = `${mounts.join(' && ')} && exec "$@"`
  await must('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', script, 'sh', program, ...args])
}

/** The argv that runs a program in the namespace of this process. */
const entering = (member: ProcessRef, program: string, args: readonly string[]): readonly string[] =>
  ['-t', String(member.pid), '-m', '--', program, ...args]

export const inNamespace = (member: ProcessRef, program: string, args: readonly string[]): Promise<string> =>
  must('nsenter', entering(member, program, args))

export const tryInNamespace = (member: ProcessRef, program: string, args: readonly string[]): Promise<RunResult> =>
  run('nsenter', entering(member, program, args), { timeoutMs: 10_000 })
