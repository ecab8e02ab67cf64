// Why: what a kind of hypervisor must be able to do; everything above this line is the same for all of them.
import type { Desktop, DesktopId, PowerState } from '../../../shared/desktop.ts'
import type { AppError } from '../errors.ts'
import type { Secret } from '../secret.ts'
import type { Logger } from './logger.ts'
import type { SshConnection } from './ssh.ts'

export interface CallContext {
  readonly signal: AbortSignal
  readonly log: Logger
}

export interface SignInInput {
  readonly user: string
  /** Owned by the caller: the driver may use it during the call and must not keep it (clone what must live longer). */
  readonly password: Secret
}

export interface HypervisorDriver {
  readonly kind: string
  /** Rejects with auth.* / ssh.* / hypervisor.*; on rejection nothing stays open. */
  signIn(input: SignInInput, ctx: CallContext): Promise<SignInOutcome>
}
/** A challenge (OTP) joins here with a later issue. */
export type SignInOutcome = { readonly kind: 'signed-in'; readonly session: HypervisorSession }

export interface HypervisorSession {
  listDesktops(ctx: CallContext): Promise<readonly Desktop[]>
  /** Brings the desktop to `running` from any state; reports on the way. Errors: desktop.start-failed, desktop.start-timeout. */
  powerOn(id: DesktopId, onState: (s: PowerState) => void, ctx: CallContext): Promise<void>
  powerState(id: DesktopId, ctx: CallContext): Promise<PowerState>
  /** Sets a one-time ticket where it can and says how the display is reached. Call anew for every connection. */
  openConsole(id: DesktopId, ctx: CallContext): Promise<ConsoleGrant>
  /** How this hypervisor lets us sign the person into the guest. Read from the LIVE domain. */
  credentialPath(id: DesktopId, ctx: CallContext): Promise<CredentialPath>
  /** Called once when the working connection is lost (undefined: closed by us). */
  onLost(fn: (why: AppError | undefined) => void): void
  /** Ends everything; never throws. */
  close(): Promise<void>
}

export type CredentialPath =
  | { readonly kind: 'none'; readonly channelNames: readonly string[] }
  /** A stream to the guest's port, opened by `hops`; `guestConnected` is the XML's word (undefined: not told). */
  | { readonly kind: 'guest-channel'; readonly name: string; readonly hops: readonly Hop[]; readonly guestConnected: boolean | undefined; readonly helper: ChannelHelper | undefined }

/** Configured fallback for servers that forbid stream-local forwards: a command that pipes stdin/stdout to the channel. */
export interface ChannelHelper {
  readonly ssh: SshRef
  /** Its last argument is the socket path; the JSON lines go to its standard input. */
  readonly argv: readonly string[]
}

export interface SshRef {
  readonly connection: SshConnection
}

export interface ConsoleGrant {
  /** Way to the SPICE server for EACH channel. Data, so that tests can assert it. */
  readonly hops: readonly Hop[]
  readonly ticket: Secret | undefined
  /** one-time: set for this connection; fixed: the ticket of the XML; none: the display asks for none. */
  readonly ticketKind: 'one-time' | 'fixed' | 'none'
}

export type Hop =
  | { readonly via: 'tcp'; readonly host: string; readonly port: number }
  | { readonly via: 'ssh-tcp'; readonly ssh: SshRef; readonly host: string; readonly port: number }
  | { readonly via: 'ssh-unix'; readonly ssh: SshRef; readonly path: string }
