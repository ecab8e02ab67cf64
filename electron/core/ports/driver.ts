// Why: what a kind of hypervisor must be able to do; everything above this line is the same for all of them.
import type { Desktop, DesktopAction, DesktopId, PowerState } from '../../../shared/desktop.ts'
import type { ErrorCode } from '../../../shared/error-codes.ts'
import type { ChallengeKind } from '../../../shared/view/view-state.ts'
import type { AppError } from '../errors.ts'
import type { Secret } from '../secret.ts'
import type { Logger } from './logger.ts'
import type { SshConnection } from './ssh.ts'
import type { TlsTrust } from './tls.ts'

export interface CallContext {
  readonly signal: AbortSignal
  readonly log: Logger
}

export interface SignInInput {
  readonly user: string
  /** Owned by the caller: the driver may use it during the call and must not keep it (clone what must live longer). */
  readonly password: Secret
  /**
   * The person's password for as long as IT lets it be kept (session.keepPasswordMinutes), then undefined: so that a
   * session that ended on the server's side is opened again without asking. Never to be cloned.
   */
  readonly kept: () => Secret | undefined
}

export interface HypervisorDriver {
  readonly kind: string
  /** Nobody is asked who they are: name and password are empty. */
  readonly anonymous?: true
  /**
   * Rejects with auth.* / ssh.* / http.* / tls.* / hypervisor.*; on rejection nothing stays open. The password goes to
   * the server only after its identity was proved.
   */
  signIn(input: SignInInput, ctx: CallContext): Promise<SignInOutcome>
  /** Whether the server answers and proves its identity, without any credentials. Rejects with why it does not. */
  health?(ctx: CallContext): Promise<void>
}

export type SignInOutcome =
  | { readonly kind: 'signed-in'; readonly session: HypervisorSession }
  /** The server wants one more thing of the person; whoever gets this must call `answer` or `cancel`. */
  | {
      readonly kind: 'challenge'
      readonly challenge: Challenge
      /** Rejects as signIn does (a wrong answer is auth.challenge-rejected). The answer stays the caller's. */
      answer(answer: Secret, ctx: CallContext): Promise<SignInOutcome>
      /** Forgets the half-made sign-in; never throws. */
      cancel(): void
    }

/** One more step of a sign-in, whatever the server calls it. */
export interface Challenge {
  /** totp: a code of digits from an app; text: anything; new-password: the old one has run out and is changed here. */
  readonly kind: ChallengeKind
  /** The server's own words as plain text, at most 300 characters; empty: ours are enough. */
  readonly prompt: string
}

export interface HypervisorSession {
  /** Which of an endpoint's hosts this is, in the words of the configuration; absent: there is only one. */
  readonly site?: string
  /** The name by which the guests know this person, where it is not the one that was typed (a realm of the hypervisor's own). */
  readonly guestUser?: string
  listDesktops(ctx: CallContext): Promise<readonly Desktop[]>
  /**
   * Brings the desktop to `running` from any state; reports on the way. Errors: desktop.start-failed,
   * desktop.start-timeout, desktop.pool-empty, desktop.maintenance.
   * @param credentials for the hypervisors that can sign the person in only while they start the desktop; absent where
   *   IT wants no guest sign-on. Lent for the call.
   */
  powerOn(id: DesktopId, onState: (s: PowerState) => void, ctx: CallContext, credentials?: Credentials): Promise<void>
  powerState(id: DesktopId, ctx: CallContext): Promise<PowerState>
  /** What the person may do to a desktop besides starting it; where it is absent, nothing. Rejects with hypervisor.*. */
  readonly act?: (id: DesktopId, action: DesktopAction, ctx: CallContext) => Promise<void>
  /** Told that the console of this desktop is open or closed: for hypervisors that want to hear a heartbeat meanwhile. */
  readonly attended?: (id: DesktopId, open: boolean, ctx: CallContext) => void
  /** Sets a one-time ticket where it can and says how the display is reached. Call anew for every connection. */
  openConsole(id: DesktopId, ctx: CallContext): Promise<ConsoleGrant>
  /** How this hypervisor lets us sign the person into the guest. Read from the LIVE domain. */
  credentialPath(id: DesktopId, ctx: CallContext): Promise<CredentialPath>
  /** Called once when the working connection is lost (undefined: closed by us). */
  onLost(fn: (why: AppError | undefined) => void): void
  /** Ends everything; never throws. */
  close(): Promise<void>
}

/** A person's name and password, lent for one call. */
export interface Credentials {
  readonly user: string
  readonly password: Secret
}

export type CredentialPath =
  | { readonly kind: 'none'; readonly channelNames: readonly string[] }
  /** A stream to the guest's port, opened by `hops`; `guestConnected` is the XML's word (undefined: not told). */
  | { readonly kind: 'guest-channel'; readonly name: string; readonly hops: readonly Hop[]; readonly guestConnected: boolean | undefined; readonly helper: ChannelHelper | undefined }
  | ApiCredentialPath
  /**
   * The hypervisor itself passed them on when it started the desktop (`delivered`), or could not since it was running
   * already, or `refused` to for a reason. Nobody reports what became of it.
   */
  | { readonly kind: 'at-start'; readonly delivered: boolean; readonly refused?: AppError }

/** The hypervisor's own API brings the credentials into the guest. */
export interface ApiCredentialPath {
  readonly kind: 'api'
  /** Sends them once. Errors: agent.* for a refusal that has words (no agent, refused, too long), else hypervisor.*. */
  logon(credentials: Credentials, ctx: CallContext): Promise<void>
  /** Who is signed in to the guest, as its agent told the hypervisor; absent: this hypervisor cannot tell. undefined: not known now. */
  readonly users?: (ctx: CallContext) => Promise<readonly string[] | undefined>
}

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
  /** Way to the SPICE server for each channel that `secure` does not name. Data, so that tests can assert it. */
  readonly hops: readonly Hop[]
  /** The channel types (spice/enums.h) that go another way, by TLS, while the others do not. */
  readonly secure?: { readonly hops: readonly Hop[]; readonly channels: readonly number[] }
  /** Channel types that must not be opened. */
  readonly disabled?: readonly number[]
  readonly ticket: Secret | undefined
  /** one-time: set for this connection; fixed: the ticket of the XML; none: the display asks for none. */
  readonly ticketKind: 'one-time' | 'fixed' | 'none'
  /** What a refused ticket means here, where "try again" would be the wrong advice. Absent: spice.ticket-refused. */
  readonly refusal?: ErrorCode
}

export type Hop =
  | { readonly via: 'tcp'; readonly host: string; readonly port: number }
  | { readonly via: 'ssh-tcp'; readonly ssh: SshRef; readonly host: string; readonly port: number }
  | { readonly via: 'ssh-unix'; readonly ssh: SshRef; readonly path: string }
  /** A socket of this device. */
  | { readonly via: 'unix'; readonly path: string }
  /**
   * Inside the hops before: asks an HTTP proxy for `target` (host:port, or a name that only the proxy understands).
   * `authorization` is the value of Proxy-Authorization, e.g. "Basic …"; in a grant it ends with the console link.
   */
  | { readonly via: 'http-connect'; readonly target: string; readonly authorization?: Secret }
  /** Inside the hops before. `host`: whose certificate is expected. */
  | { readonly via: 'tls'; readonly host: string; readonly trust: TlsTrust }
