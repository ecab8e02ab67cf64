// Why: a real OpenSSH server of the lab's own: own configuration, own host key, one port on loopback. The rules for
// the device account are those that the administrator's guide asks for; its siblings each break one of them.
import { createHmac, randomBytes } from 'node:crypto'
import { chmodSync, chownSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { devices, labPaths, people } from './facts.ts'
import { processOf } from './daemons.ts'
import { inNamespace } from './namespace.ts'
import { must } from './run.ts'
import type { ProcessRef } from './run.ts'

export interface SshFiles {
  /** Pins the server's key by plain name. */
  readonly knownHosts: string
  /** The same pin with a hashed name. */
  readonly knownHostsHashed: string
  /** Pins another key for this server: a changed host key. */
  readonly knownHostsChanged: string
  /** Holds no key: an unknown host. */
  readonly knownHostsEmpty: string
  /** Private key that opens every device account; root's, 0600. */
  readonly deviceKey: string
}

const inSsh = (name: string) => join(labPaths.ssh, name)
export const sshFiles: SshFiles = {
  knownHosts: inSsh('known_hosts'), knownHostsHashed: inSsh('known_hosts.hashed'), knownHostsChanged: inSsh('known_hosts.changed'),
  knownHostsEmpty: inSsh('known_hosts.empty'), deviceKey: inSsh('device_ed25519'),
}
const log = join(labPaths.run, 'sshd.log')

/** Starts sshd in the namespace of that process on a free port of 127.0.0.1. */
export async function startSshd(member: ProcessRef): Promise<{ process: ProcessRef; port: number }> {
  mkdirSync(labPaths.authorized, { recursive: true, mode: 0o755 })
  mkdirSync('/run/sshd', { recursive: true, mode: 0o755 })
  for (const name of ['host_ed25519', 'other_host_ed25519', 'device_ed25519']) {
    if (!existsSync(inSsh(name))) await must('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', inSsh(name)])
  }
  for (const device of devices) {
    copyFileSync(inSsh('device_ed25519.pub'), join(labPaths.authorized, device.name))
    chmodSync(join(labPaths.authorized, device.name), 0o644)
  }
  const port = await freePort()
  writeKnownHosts(port)
  const pidFile = join(labPaths.run, 'sshd.pid')
  rmSync(pidFile, { force: true })
  writeFileSync(inSsh('sshd_config'), sshdConfig(port, pidFile), { mode: 0o600 })
  await inNamespace(member, '/usr/sbin/sshd', ['-f', inSsh('sshd_config'), '-E', log])
  return { process: await processOf(pidFile), port }
}

/** The Match blocks of docs/admin/libvirt.md, word for word (documented.test.ts compares): what is advised is what is tested. */
export const documentedRules = {
  device: [
    'AuthenticationMethods publickey', 'AllowTcpForwarding local', 'AllowStreamLocalForwarding local', 'PermitListen none', 'PermitTTY no',
    'AllowAgentForwarding no', 'X11Forwarding no', 'PermitTunnel no', 'PermitUserRC no',
  ],
  /** access: device; people whose password is only checked. */
  checked: ['AuthenticationMethods password', 'MaxSessions 0', 'DisableForwarding yes', 'PermitTTY no'],
  /** access: person */
  person: [
    'AuthenticationMethods password', 'AllowTcpForwarding local', 'AllowStreamLocalForwarding local', 'PermitListen none', 'PermitTTY no',
    'AllowAgentForwarding no', 'X11Forwarding no', 'PermitTunnel no',
  ],
} as const

/**
 * No PermitOpen in the good rules: OpenSSH applies its list to stream-local forwards too, and a path can't be put on it,
 * so any PermitOpen closes every channel (sshd: "Received request to connect to path ..., but the request was denied").
 */
export function sshdConfig(port: number, pidFile: string): string {
  const match = (users: readonly { readonly name: string }[], rules: readonly string[]) => [`Match User ${users.map((u) => u.name).join(',')}`, ...rules.map((r) => `  ${r}`)]
  const interactive = documentedRules.person.map((r) => r.replace('Methods password', 'Methods keyboard-interactive'))
  return `${[
    '# The lab\'s own server, written anew at every start. What is not in a Match block is closed.',
    'ListenAddress 127.0.0.1', `Port ${port}`, `HostKey ${inSsh('host_ed25519')}`, `PidFile ${pidFile}`,
    `AuthorizedKeysFile ${labPaths.authorized}/%u`,
    `AllowUsers ${[...people, ...devices].map((a) => a.name).join(' ')}`,
    'UsePAM yes', 'UseDNS no', 'PrintMotd no', 'PrintLastLog no', 'LogLevel VERBOSE', 'PermitRootLogin no',
    'PasswordAuthentication no', 'KbdInteractiveAuthentication no', 'PubkeyAuthentication no',
    'MaxStartups 200:30:400', 'LoginGraceTime 30',
    'AllowAgentForwarding no', 'X11Forwarding no', 'PermitTunnel no', 'PermitListen none',
    ...match(people.filter((p) => p.checkedOnly), ['PasswordAuthentication yes', ...documentedRules.checked]),
    ...match(people.filter((p) => p.method === 'password' && !p.checkedOnly), ['PasswordAuthentication yes', ...documentedRules.person]),
    ...match(people.filter((p) => p.method === 'keyboard-interactive'), ['KbdInteractiveAuthentication yes', ...interactive]),
    ...devices.filter((d) => d.sshd.length > 0).flatMap((d) => match([d], d.sshd)),
    ...match(devices, ['PubkeyAuthentication yes', ...documentedRules.device]),
  ].join('\n')}\n`
}

function writeKnownHosts(port: number): void {
  const key = (name: string) => readFileSync(inSsh(`${name}.pub`), 'utf8').split(' ').slice(0, 2).join(' ')
  const host = `[127.0.0.1]:${port}`
  const salt = randomBytes(20)
  const hashed = `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(host).digest('base64')}`
  writeFileSync(sshFiles.knownHosts, `${host} ${key('host_ed25519')}\n`, { mode: 0o644 })
  writeFileSync(sshFiles.knownHostsHashed, `${hashed} ${key('host_ed25519')}\n`, { mode: 0o644 })
  writeFileSync(sshFiles.knownHostsChanged, `${host} ${key('other_host_ed25519')}\n`, { mode: 0o644 })
  writeFileSync(sshFiles.knownHostsEmpty, '', { mode: 0o644 })
}

/** Copies the device's key for the account that will run the application; 0600, its own folder. Returns the path. */
export function deviceKeyFor(uid: number, gid: number): string {
  const folder = join(labPaths.keys, String(uid))
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const file = join(folder, 'device_ed25519')
  copyFileSync(sshFiles.deviceKey, file)
  chmodSync(file, 0o600)
  chownSync(file, uid, gid)
  chmodSync(folder, 0o700)
  chownSync(folder, uid, gid)
  return file
}

/** A port of 127.0.0.1 that nothing listens on just now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}
