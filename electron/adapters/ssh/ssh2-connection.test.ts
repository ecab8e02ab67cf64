import { execFileSync } from 'node:child_process'
import { chmodSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AppError } from '../../core/errors.ts'
import type { SshConnection, SshTarget } from '../../core/ports/ssh.ts'
import { Redactor } from '../../core/redactor.ts'
import { Secret } from '../../core/secret.ts'
import { callContext } from '../../core/testkit.ts'
import { HopDialer } from '../net/dialer.ts'
import { Ssh2Connector } from './ssh2-connector.ts'
import { sshdMissing, startSshd, type RealSshd } from './testkit-sshd.ts'

const connector = new Ssh2Connector()
const ctx = callContext()
const missing = sshdMissing()
const targetOf = (s: RealSshd, more: Partial<SshTarget> = {}): SshTarget => ({ host: '127.0.0.1', port: s.port, username: s.username, knownHosts: s.knownHosts, timeoutMs: 10_000, ...more })
const connectTo = (s: RealSshd, more: Partial<SshTarget> = {}, keyFile = s.keyFile) => connector.connect(targetOf(s, more), { kind: 'key', keyFile }, ctx)
async function failure(work: Promise<unknown>): Promise<AppError> {
  const error = await work.then(
    () => new Error('it worked'),
    (e: unknown) => e,
  )
  if (!(error instanceof AppError)) throw error
  return error
}
async function firstBytes(stream: Duplex): Promise<string> {
  return await new Promise((resolve, reject) => {
    stream.once('data', (b: Buffer) => resolve(b.toString('utf8')))
    stream.once('close', () => reject(new Error('closed before data')))
  })
}

describe.skipIf(missing !== undefined)(`a real sshd${missing === undefined ? '' : ` (left out: ${missing})`}`, () => {
  let sshd: RealSshd
  let connection: SshConnection
  beforeAll(async () => {
    sshd = await startSshd()
    connection = await connectTo(sshd)
  }, 60_000)
  afterAll(async () => {
    connection.close()
    await sshd.stop()
  })

  it('runs argv unchanged through the account\'s shell, with input and both outputs', async () => {
    const words = ["it's", '$HOME `id`', '', '-n', 'ü\n☃']
    expect(await connection.exec(['printf', '%s|', ...words], {}, ctx)).toEqual({ code: 0, stdout: words.map((w) => `${w}|`).join(''), stderr: '' })
    const big = Buffer.alloc(300_000, 'x')
    expect((await connection.exec(['cat'], { stdin: big }, ctx)).stdout).toHaveLength(big.length)
    expect(await connection.exec(['sh', '-c', 'echo out; echo err >&2; exit 3'], {}, ctx)).toEqual({ code: 3, stdout: 'out\n', stderr: 'err\n' })
  })

  it('tells a missing command and a killed one', async () => {
    expect((await connection.exec(['latchkey-no-such-command'], {}, ctx)).code).toBe(127)
    expect((await connection.exec(['sh', '-c', 'kill -KILL $$'], {}, ctx)).code).not.toBe(0)
  })

  it('bounds output, error output and time', async () => {
    expect((await failure(connection.exec(['head', '-c', '100000', '/dev/zero'], { maxStdout: 1000 }, ctx))).code).toBe('hypervisor.protocol')
    const noisy = await connection.exec(['sh', '-c', 'head -c 200000 /dev/zero >&2'], {}, ctx)
    expect([noisy.code, noisy.stderr.length]).toEqual([0, 16 * 1024])
    expect((await failure(connection.exec(['sleep', '60'], { timeoutMs: 50 }, ctx))).code).toBe('ssh.exec-failed')
    expect((await connection.exec(['true'], {}, ctx)).code).toBe(0)
  })

  it('can be cancelled while a channel opens and while a command runs', async () => {
    expect((await failure(connection.exec(['true'], {}, callContext(AbortSignal.abort())))).code).toBe('cancelled')
    const opening = new AbortController()
    const opened = connection.forwardTcp('127.0.0.1', sshd.port, callContext(opening.signal))
    opening.abort()
    expect((await failure(opened)).code).toBe('cancelled')
    const running = new AbortController()
    const run = connection.exec(['sh', '-c', 'echo started; sleep 60'], {}, callContext(running.signal))
    await connection.exec(['true'], {}, ctx)
    running.abort()
    expect((await failure(run)).code).toBe('cancelled')
    expect((await connection.exec(['true'], {}, ctx)).code).toBe(0)
  })

  it('forwards to a unix socket and to TCP, by the dialer', async () => {
    const path = join(sshd.dir, 'echo.sock')
    const server = createServer((s) => s.pipe(s)).listen(path)
    const dialer = new HopDialer()
    const unix = await dialer.dial([{ via: 'ssh-unix', ssh: { connection }, path }], ctx)
    unix.write('ping')
    expect(await firstBytes(unix)).toBe('ping')
    unix.destroy()
    const tcp = await dialer.dial([{ via: 'ssh-tcp', ssh: { connection }, host: '127.0.0.1', port: sshd.port }], ctx)
    expect(await firstBytes(tcp)).toMatch(/^SSH-2\.0-OpenSSH/)
    tcp.destroy()
    const plain = await dialer.dial([{ via: 'tcp', host: '127.0.0.1', port: sshd.port }], ctx)
    expect(await firstBytes(plain)).toMatch(/^SSH-2\.0-OpenSSH/)
    plain.destroy()
    server.close()
  })

  it('runs a helper with the socket path as its last argument', async () => {
    const stream = await new HopDialer().runHelper({ ssh: { connection }, argv: ['sh', '-c', 'read line; printf "%s %s" "$line" "$0"'] }, "/a b/it's", ctx)
    stream.write('{"x":1}\n')
    expect(await firstBytes(stream)).toBe("{\"x\":1} /a b/it's")
    stream.destroy()
  })

  it('failed forwards', async () => {
    expect((await failure(connection.forwardUnix(join(sshd.dir, 'none.sock'), ctx))).code).toBe('ssh.forward-failed')
    expect((await failure(connection.forwardUnix('relative', ctx))).code).toBe('ssh.forward-failed')
    expect((await failure(connection.forwardTcp('127.0.0.1', 1, ctx))).code).toBe('ssh.forward-failed')
    expect((await failure(new HopDialer().dial([], ctx))).code).toBe('internal.bug')
  })

  it.each(['ed25519', 'ecdsa', 'rsa'] as const)('a host pinned by its %s key is the same host, whatever else it offers', async (pin) => {
    const [type, blob] = execFileSync('cat', [join(sshd.dir, `host_${pin}.pub`)], { encoding: 'utf8' }).split(' ')
    const knownHosts = join(sshd.dir, `known_${pin}`)
    writeFileSync(knownHosts, `[127.0.0.1]:${sshd.port} ${type} ${blob}\n`, { mode: 0o644 })
    const other = await connectTo(sshd, { knownHosts })
    expect(other.closed).toBe(false)
    other.close()
  })

  it('accepts the file that ssh-keygen hashed', async () => {
    const knownHosts = join(sshd.dir, 'hashed')
    writeFileSync(knownHosts, execFileSync('cat', [sshd.knownHosts]), { mode: 0o644 })
    execFileSync('ssh-keygen', ['-H', '-f', knownHosts], { stdio: 'ignore' })
    chmodSync(knownHosts, 0o644)
    const other = await connectTo(sshd, { knownHosts })
    other.close()
    await expect(connectTo(sshd, { knownHosts, host: 'localhost' })).rejects.toMatchObject({ code: 'ssh.host-key-unknown' })
  })

  it.each(['ecdsa', 'rsa'] as const)('a device key of type %s works', async (type) => {
    const keyFile = join(sshd.dir, `client_${type}`)
    execFileSync('ssh-keygen', ['-q', '-t', type, ...(type === 'rsa' ? ['-b', '2048'] : []), '-N', '', '-f', keyFile])
    execFileSync('sh', ['-c', 'cat "$1.pub" >> "$2"', 'sh', keyFile, join(sshd.dir, 'authorized')])
    const other = await connectTo(sshd, {}, keyFile)
    other.close()
  })

  it('a device key that the server does not know, or that has a passphrase: ssh.device-key', async () => {
    const stranger = join(sshd.dir, 'stranger')
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', stranger])
    expect((await failure(connectTo(sshd, {}, stranger))).code).toBe('ssh.device-key')
    const locked = join(sshd.dir, 'locked')
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'secret', '-f', locked])
    expect((await failure(connectTo(sshd, {}, locked))).code).toBe('ssh.device-key')
  })

  it('closed by us: undefined; the server ends it: ssh.lost, also for what was under way', async () => {
    const ours = await connectTo(sshd)
    const why = new Promise((resolve) => ours.onClosed(resolve))
    ours.close()
    expect(await why).toBeUndefined()
    expect((await failure(ours.exec(['true'], {}, ctx))).code).toBe('ssh.lost')

    const theirs = await connectTo(sshd)
    const lost = new Promise<AppError | undefined>((resolve) => theirs.onClosed(resolve))
    // The parent of a command's shell is the sshd process of this connection.
    expect((await failure(theirs.exec(['sh', '-c', 'exec kill -KILL "$PPID"'], {}, ctx))).code).toBe('ssh.lost')
    expect((await lost)?.code).toBe('ssh.lost')
    expect(theirs.closed).toBe(true)
    expect((await failure(theirs.forwardTcp('127.0.0.1', 1, ctx))).code).toBe('ssh.lost')
    let late = 0
    await new Promise<void>((resolve) => theirs.onClosed(() => resolve(void late++)))
    expect(late).toBe(1)
  })
})

describe.skipIf(missing !== undefined)('a real sshd that forbids', () => {
  let sshd: RealSshd
  let connection: SshConnection
  beforeAll(async () => {
    sshd = await startSshd(['AllowStreamLocalForwarding no', 'AllowTcpForwarding no', 'PasswordAuthentication yes', 'PermitRootLogin yes', 'MaxAuthTries 1'])
    connection = await connectTo(sshd)
  }, 60_000)
  afterAll(async () => {
    connection.close()
    await sshd.stop()
  })

  it('forwards: ssh.forward-denied, though sshd says "connect failed" for unix sockets', async () => {
    const path = join(sshd.dir, 'echo.sock')
    const server = createServer((s) => s.pipe(s)).listen(path)
    expect((await failure(connection.forwardTcp('127.0.0.1', sshd.port, ctx))).code).toBe('ssh.forward-denied')
    expect((await failure(connection.forwardUnix(path, ctx))).code).toBe('ssh.forward-denied')
    server.close()
  })

  it('a second attempt: its "Too many authentication failures" is the rejection of the first', async () => {
    const password = Secret.from('not the password of anybody', new Redactor())
    expect((await failure(connector.verifyPassword(targetOf(sshd), password, ctx))).code).toBe('auth.rejected')
  })
})
