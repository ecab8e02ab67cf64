// Why: the way from an address and a credential to an authenticated connection: pinned host, allow-listed crypto,
// one deadline for all of it, and cancellable at every moment. ssh2's `debug` is never wired: it prints what it sends.
import { connect as connectTcp, type Socket } from 'node:net'
import ssh2, { type Client as Ssh2Client, type ConnectConfig, type ParsedKey } from 'ssh2'
import { AppError, throwIfAborted } from '../../core/errors.ts'
import type { CallContext } from '../../core/ports/driver.ts'
import type { AskPerson, SshConnection, SshConnector, SshCredential, SshTarget } from '../../core/ports/ssh.ts'
import type { Secret } from '../../core/secret.ts'
import { answerPasswordChange } from './answer-password-change.ts'
import { keyMethod, noMethod, passwordMethod, type AuthMethod } from './auth-methods.ts'
import { orFail } from './conversation.ts'
import { CIPHER, HOST_KEY, hostKeyOrder, KEX, MAC } from './crypto-allowlist.ts'
import { blobType, judgeHostKey, parseKnownHosts, pinnedTypes, type KnownHost } from './known-hosts.ts'
import { tellsLocked } from './prompt-words.ts'
import { connectError, type Phase } from './ssh-errors.ts'
import { Ssh2Connection } from './ssh2-connection.ts'
import { KEY_RULES, KNOWN_HOSTS_RULES, readTrustedFile } from './trusted-file.ts'

/** Three silent intervals and the connection counts as dead: about 15 s. */
const KEEPALIVE_MS = 5_000
const KEEPALIVE_UNANSWERED = 2
const MAX_BANNER = 8_192

interface Opened {
  readonly client: Ssh2Client
  readonly socket: Socket
}

export class Ssh2Connector implements SshConnector {
  async connect(target: SshTarget, credential: SshCredential, ctx: CallContext, ask?: AskPerson): Promise<SshConnection> {
    const { client, socket } = await open(target, credential, ctx, ask)
    return new Ssh2Connection(client, socket)
  }

  async verifyPassword(target: SshTarget, password: Secret, ctx: CallContext, ask?: AskPerson): Promise<void> {
    const { client, socket } = await open(target, { kind: 'password', password }, ctx, ask)
    client.on('error', () => {})
    client.end()
    socket.destroySoon()
  }

  async identify(target: SshTarget, ctx: CallContext): Promise<void> {
    const { client, socket } = await open(target, { kind: 'none' }, ctx)
    client.on('error', () => {})
    socket.on('error', () => {})
    socket.destroy()
  }
}

async function open(target: SshTarget, credential: SshCredential | { readonly kind: 'none' }, ctx: CallContext, ask?: AskPerson): Promise<Opened> {
  throwIfAborted(ctx.signal)
  const [pins, key] = await Promise.all([readPins(target), credential.kind === 'key' ? readKey(credential.keyFile) : undefined])
  throwIfAborted(ctx.signal)

  return await new Promise<Opened>((resolve, reject) => {
    const client = new ssh2.Client()
    const socket = connectTcp({ host: target.host, port: target.port, noDelay: true })
    let phase: Phase = 'connecting'
    let banner = ''
    let settled = false
    let deadline: NodeJS.Timeout
    /** The person is asked: the server's patience counts, not ours. */
    let waiting = false

    const settle = (): boolean => {
      if (settled) return false
      settled = true
      clearTimeout(deadline)
      ctx.signal.removeEventListener('abort', onAbort)
      return true
    }
    const fail = (why: AppError): void => {
      if (!settle()) return
      // What ssh2 still reports of the dying socket has nobody to tell.
      client.on('error', () => {})
      socket.on('error', () => {})
      socket.destroy()
      reject(why)
    }
    const onAbort = (): void => fail(new AppError('cancelled', 'connecting was cancelled'))
    const arm = (): void => void (deadline = setTimeout(() => fail(new AppError('ssh.timeout', `${phase}: no answer within ${target.timeoutMs} ms`)), target.timeoutMs))
    arm()
    ctx.signal.addEventListener('abort', onAbort, { once: true })

    const askWaiting: AskPerson | undefined = ask && (async (challenge) => {
      waiting = true
      clearTimeout(deadline)
      const answer = await ask(challenge)
      if (settled) throw new AppError('cancelled', 'answered after the connection had ended')
      waiting = false
      arm()
      return answer
    })
    const method: AuthMethod = credential.kind === 'password' ? passwordMethod(target.username, credential.password, fail, askWaiting) : credential.kind === 'key' ? keyMethod(target.username, key!) : noMethod
    client.on('connect', () => (phase = 'handshake'))
    client.on('handshake', () => {
      phase = 'authentication'
      // The socket goes before ssh2 asks for the authentication service.
      if (credential.kind !== 'none' || !settle()) return
      socket.destroy()
      resolve({ client, socket })
    })
    client.on('banner', (text: string) => (banner = (banner + text).slice(0, MAX_BANNER)))
    client.on('change password', (text: string, done: (fresh: string) => void) => {
      if (method.changePassword) orFail(method.changePassword(text).then(({ old, fresh }) => answerPasswordChange(client, old, fresh, done)), fail)
    })
    client.on('error', (error: Error) => fail(waiting ? impatient(error) : connectError(error, phase, method.failure)))
    client.on('close', () => fail(waiting ? impatient() : closedEarly(phase, banner)))
    client.on('ready', () => {
      if (settle()) resolve({ client, socket })
    })

    const config: ConnectConfig = {
      sock: socket,
      username: target.username,
      authHandler: method.handler,
      readyTimeout: 0,
      keepaliveInterval: KEEPALIVE_MS,
      keepaliveCountMax: KEEPALIVE_UNANSWERED,
      algorithms: {
        kex: [...KEX],
        serverHostKey: hostKeyOrder(pinnedTypes(pins, target.host, target.port)),
        cipher: [...CIPHER],
        hmac: [...MAC],
        compress: ['none'],
      },
      hostVerifier: (presented: Buffer): boolean => {
        const refusal = judge(target, pins, presented)
        if (refusal === undefined) return true
        fail(refusal)
        return false
      },
    }
    try {
      client.connect(config)
    } catch (cause) {
      fail(new AppError('internal.bug', 'ssh2 refused its configuration', { cause }))
    }
  })
}

/** undefined: trusted. Called again at every re-keying, with the same answer for the same key. */
function judge(target: SshTarget, pins: readonly KnownHost[], presented: Buffer): AppError | undefined {
  const verdict = judgeHostKey(pins, target.host, target.port, presented)
  const about = `${target.host}:${target.port} presented a key of type ${blobType(presented) ?? 'unknown'}`
  switch (verdict) {
    case 'match':
      return undefined
    case 'unknown':
      return target.noVerify === true ? undefined : new AppError('ssh.host-key-unknown', `${about} that is not in the known_hosts file`, { params: { host: target.host } })
    case 'changed':
      return new AppError('ssh.host-key-changed', `${about} other than the pinned one`, { params: { host: target.host } })
    case 'revoked':
      return new AppError('ssh.host-key-changed', `${about} that is marked @revoked`, { params: { host: target.host } })
  }
}

/**
 * sshd refuses an expired account after a RIGHT password by a banner with PAM's words and a closed connection. Only
 * then are the words looked at: a site's legal banner may speak of locked accounts too.
 */
function closedEarly(phase: Phase, banner: string): AppError {
  if (phase === 'authentication' && tellsLocked(banner)) return new AppError('auth.locked', 'the server says that the account is locked or expired')
  return new AppError(phase === 'connecting' ? 'ssh.unreachable' : 'ssh.handshake', `${phase}: the server closed the connection`)
}

/** sshd's LoginGraceTime (120 s unless configured) ran out: it ends the connection without a word. */
function impatient(cause?: Error): AppError {
  return new AppError('auth.challenge-timeout', 'the server ended the connection while the person was asked; see LoginGraceTime', cause && { cause })
}

async function readPins(target: SshTarget): Promise<readonly KnownHost[]> {
  if (target.noVerify === true && target.knownHosts === '') return []
  return parseKnownHosts((await readTrustedFile(target.knownHosts, KNOWN_HOSTS_RULES)).toString('utf8'))
}

async function readKey(path: string): Promise<ParsedKey> {
  const bytes = await readTrustedFile(path, KEY_RULES)
  const parsed = ssh2.utils.parseKey(bytes)
  bytes.fill(0)
  // An OpenSSH file may hold several keys by its format, never in practice.
  const key: ParsedKey | Error | undefined = Array.isArray(parsed) ? (parsed as readonly ParsedKey[])[0] : parsed
  // ssh2's own message may quote the file's content; ours does not.
  if (key === undefined || key instanceof Error || !key.isPrivateKey()) throw new AppError('ssh.device-key', `${path} is not an unencrypted private key that can be used`)
  if (!['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ssh-rsa'].includes(key.type)) throw new AppError('ssh.device-key', `${path} has the type ${key.type}; usable: ${HOST_KEY.join(', ')}`)
  return key
}
