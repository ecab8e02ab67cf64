// Why: test code. A real OpenSSH server on loopback with keys of its own in a temporary folder, for one test file.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'

const SSHD = ['/usr/sbin/sshd', '/usr/local/sbin/sshd', '/usr/bin/sshd'].find((p) => existsSync(p))

/** Why the tests against a real sshd cannot run here; undefined: they can. In CI a missing sshd is a failure. */
export function sshdMissing(): string | undefined {
  if (SSHD !== undefined) return undefined
  if (process.env['CI'] === 'true') throw new Error('openssh-server is not installed, and in CI no test may be left out')
  return 'openssh-server is not installed'
}

export interface RealSshd {
  readonly port: number
  readonly username: string
  readonly dir: string
  readonly keyFile: string
  readonly knownHosts: string
  /** Ends the server. A connection that it serves is a process of its own and ends when the client closes it. */
  stop(): Promise<void>
}

/** `extra` are lines of sshd_config that win over the usual ones. Two host keys, ed25519 pinned unless `pin` says otherwise. */
export async function startSshd(extra: readonly string[] = [], pin: 'ed25519' | 'ecdsa' | 'rsa' = 'ed25519'): Promise<RealSshd> {
  const dir = mkdtempSync(join(tmpdir(), 'latchkey-sshd-'))
  // sshd needs its empty folder when started by root.
  if (userInfo().uid === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 })
  for (const type of ['ed25519', 'ecdsa', 'rsa']) keygen(type, join(dir, `host_${type}`))
  keygen('ed25519', join(dir, 'client'))
  writeFileSync(join(dir, 'authorized'), readFileSync(join(dir, 'client.pub')))
  const port = await freePort()
  // sshd takes the first value it reads, so what a test asks for stands in front.
  const config = [
    ...extra,
    'ListenAddress 127.0.0.1',
    `Port ${port}`,
    ...['ed25519', 'ecdsa', 'rsa'].map((t) => `HostKey ${join(dir, `host_${t}`)}`),
    `AuthorizedKeysFile ${join(dir, 'authorized')}`,
    'PidFile none',
    // The start-up files of whoever runs the tests must neither slow them down nor print into them.
    `SetEnv HOME=${dir}`,
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin prohibit-password',
  ]
  writeFileSync(join(dir, 'sshd_config'), config.join('\n') + '\n')
  const [type, blob] = readFileSync(join(dir, `host_${pin}.pub`), 'utf8').split(' ')
  const knownHosts = join(dir, 'known_hosts')
  writeFileSync(knownHosts, `[127.0.0.1]:${port} ${type} ${blob}\n`)
  chmodSync(knownHosts, 0o644)
  const child = spawn(SSHD!, ['-D', '-e', '-f', join(dir, 'sshd_config')], { stdio: ['ignore', 'ignore', 'pipe'] })
  await listening(child)
  return {
    port,
    username: userInfo().username,
    dir,
    keyFile: join(dir, 'client'),
    knownHosts,
    stop: async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      if (child.exitCode === null && child.kill('SIGTERM')) await ended
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

function keygen(type: string, path: string): void {
  execFileSync('ssh-keygen', ['-q', '-t', type, ...(type === 'rsa' ? ['-b', '2048'] : []), '-N', '', '-f', path])
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => (typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error('no port'))))
    })
  })
}

function listening(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let log = ''
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`sshd ended with ${code}: ${log}`)))
    child.stderr!.on('data', (chunk: Buffer) => {
      log += chunk.toString('utf8')
      if (log.includes('Server listening')) resolve()
    })
  })
}
