// Why: sshd's part of the double: handshake with a pinned key, PAM-like authentication, exec, and the two kinds of
// forward, each answered as OpenSSH 9.2 answers (measured), so that the client's error mapping meets the real codes.
import ssh2, { type AuthContext, type Connection, type ServerChannel } from 'ssh2'
import type { Duplex } from 'node:stream'
import type { Socket } from 'node:net'
import { pause, type Clock } from '../clock.ts'
import type { EventLog } from '../events.ts'
import { ALL_METHODS, EXPIRED_BANNER, type AccountOptions, type Accounts, type AuthMethod } from './accounts.ts'
import type { KeyPair } from './host-key.ts'
import { connectChannel, runProgram, type Machine, type StandardInput } from './programs.ts'
import { splitShellWords } from './shell-words.ts'
import { converse } from './pam.ts'
import { disconnectTooMany, openFailure, refuseChannel, sendBanner } from './wire.ts'

/** OpenSSH's default MaxAuthTries. */
const MAX_AUTH_TRIES = 6
/** Standard input kept for a program that reads it whole. */
const MAX_STDIN = 10 * 1024 * 1024
/** The client must know us for OpenSSH, or it does not try the @openssh.com channel types. */
const IDENT = 'OpenSSH_9.2p1 Debian-2+deb12u7'

export interface SshdDeps {
  readonly accounts: Accounts
  readonly machine: Machine
  readonly events: EventLog
  readonly clock: Clock
}

/** Only what both OpenSSL and BoringSSL have: no chacha20, no finite-field groups, no SHA-1, no compression. */
const ALGORITHMS = {
  kex: ['curve25519-sha256', 'curve25519-sha256@libssh.org', 'ecdh-sha2-nistp256'],
  serverHostKey: ['ssh-ed25519'],
  cipher: ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'aes128-ctr', 'aes192-ctr', 'aes256-ctr'],
  hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256', 'hmac-sha2-512'],
  compress: ['none'],
} as const

/** One sshd with one host key. It listens to nothing: sockets are handed to it. */
export class Sshd {
  readonly #server: ssh2.Server
  readonly #d: SshdDeps
  readonly #sockets = new Set<Duplex>()

  constructor(hostKey: KeyPair, deps: SshdDeps) {
    this.#d = deps
    const algorithms = Object.fromEntries(Object.entries(ALGORITHMS).map(([k, v]) => [k, [...v]])) as unknown as NonNullable<ssh2.ServerConfig['algorithms']>
    this.#server = new ssh2.Server({ hostKeys: [hostKey.privateKey], ident: IDENT, algorithms }, (c) => this.#connection(c))
  }

  accept(socket: Duplex): void {
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    this.#server.injectSocket(socket as Socket)
  }
  /** Ends every connection without a word, as a pulled cable or a crash. */
  kill(): void {
    for (const s of this.#sockets) s.destroy()
    this.#sockets.clear()
  }

  #connection(c: Connection): void {
    let user: string | undefined
    let failures = 0
    /** Stages of AuthenticationMethods that are done. */
    let done = 0
    c.on('error', () => {}) // a client that breaks off is everyday life
    c.on('close', () => this.#d.events.add({ kind: 'disconnect', user }))
    c.on('authentication', (ctx) => {
      void this.#authenticate(ctx, c, done).then((verdict) => {
        if (ctx.method !== 'none' && verdict !== 'probe') this.#d.events.add({ kind: 'auth', user: ctx.username, method: ctx.method, ok: verdict === 'yes' })
        const stages = this.#d.accounts.get(ctx.username)?.stages ?? []
        if (verdict === 'yes' && ++done < stages.length) ctx.reject(this.#methods(ctx.username, done), true)
        else if (verdict === 'yes') {
          user = ctx.username
          ctx.accept()
        } else if (verdict === 'probe') ctx.accept()
        else if (verdict === 'expired') {
          sendBanner(c, EXPIRED_BANNER)
          c.end()
        } else if (ctx.method !== 'none' && ++failures >= MAX_AUTH_TRIES) disconnectTooMany(c)
        else ctx.reject(this.#methods(ctx.username, done))
      }, () => c.end())
    })
    c.on('ready', () => {
      void this.#d.machine.reach('ready')
      const account = () => this.#d.accounts.get(user ?? '') as AccountOptions
      c.on('session', (accept) => {
        const session = accept()
        session.on('exec', (take, reject, info) => this.#exec(take, reject, info.command, account()))
        // No terminal and no shell for a kiosk account; env and signals are not answered, as by a strict AcceptEnv.
        session.on('pty', (_take, reject) => reject?.())
        session.on('shell', (_take, reject) => reject?.())
      })
      c.on('tcpip', (take, reject, info) => void this.#tcp(c, take, reject, info.destIP, info.destPort, account()))
      c.on('openssh.streamlocal', (take, reject, info) => void this.#unix(c, take, reject, info.socketPath, account()))
    })
  }

  #methods(name: string, done: number): AuthMethod[] {
    const account = this.#d.accounts.get(name)
    const stage = account?.stages?.[done]
    return stage === undefined ? [...(account?.methods ?? ALL_METHODS)] : [stage]
  }

  async #authenticate(ctx: AuthContext, c: Connection, done: number): Promise<'yes' | 'no' | 'probe' | 'expired'> {
    await pause(this.#d.clock, this.#d.machine.faults.authLatencyMs)
    await this.#d.machine.reach('auth')
    const { accounts } = this.#d
    if (ctx.method === 'none' || !this.#methods(ctx.username, done).some((m) => m === ctx.method)) return 'no'
    const account = accounts.get(ctx.username)
    if (ctx.method === 'publickey') {
      const key = accounts.key(ctx.username, ctx.key.data)
      if (!key) return 'no'
      if (ctx.signature === undefined || ctx.blob === undefined) return 'probe'
      if (key.verify(ctx.blob, ctx.signature, ctx.hashAlgo) !== true) return 'no'
      return account?.state === 'expired' ? 'expired' : 'yes'
    }
    if (ctx.method === 'password') {
      // sshd answers every question of PAM with the password, so one for a code is answered wrongly.
      if (!accounts.passwordRight(ctx.username, ctx.password) || (account?.otp !== undefined && account.stages === undefined)) return 'no'
      return account?.state === 'expired' ? 'expired' : 'yes'
    }
    if (ctx.method !== 'keyboard-interactive') return 'no'
    const ask = (prompt: string): Promise<string> =>
      new Promise((resolve) => {
        ctx.prompt([{ prompt, echo: false }], (given) => resolve(given[0] ?? ''))
        c.once('close', () => resolve(''))
      })
    const right = await converse(ask, ctx.username, accounts, account?.stages?.[done - 1] === 'password')
    // PAM runs the account phase inside the conversation here, so an expired account is a plain failure.
    return right && account?.state !== 'expired' ? 'yes' : 'no'
  }

  #exec(take: (() => ServerChannel) | undefined, reject: (() => void) | undefined, line: string, account: AccountOptions): void {
    const { machine, events, clock } = this.#d
    if (machine.faults.execDenied || account.rights?.exec === 'none') return reject?.()
    const channel = take?.()
    if (!channel) return
    channel.on('error', () => {})
    const input = countInput(channel)
    const words = splitShellWords(line)
    const argv = words.kind === 'argv' ? words.argv : []
    events.add({ kind: 'exec', user: account.name, line, argv })
    const run = async (): Promise<number> => {
      await pause(clock, machine.faults.execLatencyMs)
      if (words.kind === 'refused') {
        channel.stderr.write(words.message)
        return words.exit
      }
      return await runProgram({ argv, account, stdin: input, stream: channel, out: (t) => void channel.write(t), err: (t) => void channel.stderr.write(t) }, machine)
    }
    run().then(
      (exit) => {
        events.add({ kind: 'exec-end', user: account.name, argv, stdinBytes: input.bytes(), exit })
        if (channel.destroyed || channel.writableEnded) return
        channel.exit(exit)
        channel.end()
        channel.resume() // what nobody read must not hold up the end
      },
      (e: unknown) => {
        // A bug of this double: told as a crash of the program, so that the test sees it.
        channel.stderr.write(`internal: ${e instanceof Error ? (e.stack ?? e.message) : String(e)}\n`)
        channel.exit('SEGV', true, 'internal error')
        channel.end()
      },
    )
  }

  async #unix(c: Connection, take: () => ServerChannel, reject: () => void, path: string, account: AccountOptions): Promise<void> {
    const { machine, events } = this.#d
    await machine.reach('forward:unix')
    const log = (result: 'open' | 'prohibited' | 'failed') => events.add({ kind: 'forward', user: account.name, via: 'unix', target: path, result })
    // OpenSSH answers a forbidden forward with the reason of a failed one; so does this.
    if (machine.faults.streamLocalForbidden || account.rights?.streamLocal === false) {
      log('prohibited')
      return refuseChannel(c, reject, openFailure.connectFailed, 'open failed')
    }
    const shown = machine.domains.find((d) => d.displaySocket === path)
    if (shown?.display && !machine.faults.displayClosed && account.rights?.channelSockets !== false) {
      log('open')
      return shown.display.accept(take())
    }
    const opened = connectChannel(path, account, machine)
    if ('error' in opened) {
      log('failed')
      return refuseChannel(c, reject, openFailure.connectFailed, 'open failed')
    }
    log('open')
    join(take(), opened.stream)
  }

  async #tcp(c: Connection, take: () => ServerChannel, reject: () => void, host: string, port: number, account: AccountOptions): Promise<void> {
    const { machine, events } = this.#d
    await machine.reach('forward:tcp')
    const log = (result: 'open' | 'prohibited' | 'failed') => events.add({ kind: 'forward', user: account.name, via: 'tcp', target: `${host}:${port}`, result })
    // PermitOpen of the documented account: loopback and libvirt's automatic display ports.
    const permitted = ['127.0.0.1', 'localhost', '::1'].includes(host) && port >= FIRST_DISPLAY_PORT && port <= LAST_DISPLAY_PORT
    if (account.rights?.tcp === false || !permitted) {
      log('prohibited')
      return refuseChannel(c, reject, openFailure.prohibited, 'open failed')
    }
    const display = machine.faults.displayClosed ? undefined : machine.domains.find((d) => d.displayPort === port)?.display
    if (!display) {
      log('failed')
      return refuseChannel(c, reject, openFailure.connectFailed, 'Connection refused')
    }
    log('open')
    display.accept(take())
  }
}

/** libvirt's remote_display_port_min and _max. */
export const FIRST_DISPLAY_PORT = 5900
export const LAST_DISPLAY_PORT = 65535

function join(a: Duplex, b: Duplex): void {
  const end = () => {
    a.end()
    b.destroy()
  }
  a.on('error', end).on('close', end)
  b.on('error', end).on('close', end)
  a.pipe(b).pipe(a)
}

/** Counts standard input whoever reads it: whole (`all`, up to MAX_STDIN) or copied on (`pipe`). */
function countInput(channel: Duplex): StandardInput & { readonly bytes: () => number } {
  let bytes = 0
  let whole: Promise<string> | undefined
  const count = (b: Buffer) => void (bytes += b.length)
  const all = () =>
    (whole ??= new Promise((resolve) => {
      const pieces: Buffer[] = []
      channel.on('data', (b: Buffer) => {
        if (bytes + b.length <= MAX_STDIN) pieces.push(b)
        count(b)
      })
      const done = () => resolve(Buffer.concat(pieces).toString('utf8'))
      channel.on('end', done).on('close', done)
    }))
  const pipe = (to: Duplex) => void channel.on('data', count).pipe(to)
  return { bytes: () => bytes, all, pipe }
}
