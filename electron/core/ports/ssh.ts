// Why: what drivers need of SSH: one authenticated connection that carries many channels.
import type { Duplex } from 'node:stream'
import type { AppError } from '../errors.ts'
import type { Secret } from '../secret.ts'
import type { CallContext, Challenge } from './driver.ts'

export interface SshTarget {
  readonly host: string
  readonly port: number
  readonly username: string
  /** Absolute path of the known_hosts file that pins the host keys. */
  readonly knownHosts: string
  /** --dev only: accept an UNKNOWN key (a changed one is refused all the same). */
  readonly noVerify?: boolean
  /** Deadline for TCP + handshake + authentication, ms. */
  readonly timeoutMs: number
}

/** password is tried as `password`, then as the answer to the keyboard-interactive prompt that asks for it. */
export type SshCredential = { readonly kind: 'password'; readonly password: Secret } | { readonly kind: 'key'; readonly keyFile: string }

/**
 * Asks the person for one more thing while the half-made connection waits; the deadline stands still meanwhile. Called
 * once at a time. What it gives is lent until it is called again or the connection attempt ends. A rejection ends the
 * attempt with that error.
 */
export type AskPerson = (challenge: Challenge) => Promise<Secret>

export interface ExecResult {
  /** Exit status; undefined when killed by a signal. */
  readonly code: number | undefined
  readonly stdout: string
  /** At most 16 KiB kept. */
  readonly stderr: string
}

export interface ExecOptions {
  /** Written to standard input, then end of file. Secrets go here, never into argv. */
  readonly stdin?: Uint8Array
  /** Bytes of standard output kept before the command is ended with `hypervisor.protocol`; default 8 MiB. */
  readonly maxStdout?: number
  /** ms, default 30 000 */
  readonly timeoutMs?: number
}

export interface SshConnection {
  /** Runs argv (quoted for a POSIX shell by the adapter). A non-zero exit status is a result, not an error. */
  exec(argv: readonly string[], opts: ExecOptions, ctx: CallContext): Promise<ExecResult>
  /** Starts argv and returns its standard input/output as one stream (standard error is read and dropped). Rejects with ssh.exec-failed. */
  stream(argv: readonly string[], ctx: CallContext): Promise<Duplex>
  /** direct-streamlocal@openssh.com. Rejects with ssh.forward-denied (administratively prohibited) or ssh.forward-failed. */
  forwardUnix(path: string, ctx: CallContext): Promise<Duplex>
  /** direct-tcpip. Same errors. */
  forwardTcp(host: string, port: number, ctx: CallContext): Promise<Duplex>
  /** Called once when the connection is gone; undefined = closed by us. */
  onClosed(fn: (why: AppError | undefined) => void): void
  readonly closed: boolean
  close(): void
}

export interface SshConnector {
  /**
   * Errors: ssh.unreachable/refused/timeout/handshake/host-key-unknown/host-key-changed/device-key, auth.rejected,
   * auth.locked, auth.unsupported; with `ask` also auth.challenge-rejected, auth.challenge-timeout (the server did not
   * wait for the person) and auth.expired (a new password was asked for, given and not taken).
   * @param ask absent: a server that wants more than the password is auth.unsupported
   */
  connect(target: SshTarget, credential: SshCredential, ctx: CallContext, ask?: AskPerson): Promise<SshConnection>
  /** Authenticates as the person, opens no channel, closes at once. Same errors. */
  verifyPassword(target: SshTarget, password: Secret, ctx: CallContext, ask?: AskPerson): Promise<void>
  /** Key exchange alone: the host answers and is the pinned one. Nothing is authenticated, no name is sent. Same errors. */
  identify(target: SshTarget, ctx: CallContext): Promise<void>
}
