// Why: what the whole application can be doing, as one union. No state holds a secret, a stream or a promise:
// those belong to the effect runner (app.ts), which knows them by epoch, visit and link.
import type { Desktop } from '../../../shared/desktop.ts'
import type { ConfirmedBy, SsoOutcome, SsoStep } from '../../../shared/sso.ts'
import type { LinkId } from '../../../shared/view/ui-command.ts'
import type { Challenge } from '../ports/driver.ts'
import type { EndpointSummary, GuestFacts, UserError } from '../../../shared/view/view-state.ts'

/** What configuration decides and no event changes. */
export interface Settings {
  readonly endpoints: readonly EndpointSummary[]
  readonly defaultUser: string
  /** What the last person at this device chose; an endpoint that is no more counts as nothing. */
  readonly last?: { readonly endpoint: string; readonly user?: string | undefined }
  /** Fill in the last person's name. */
  readonly rememberUser?: boolean
  readonly autoConnectSingle: boolean
  readonly onDisconnect: 'keep' | 'lock' | 'logoff'
  /** ms from the console being ready to its first frame before `spice.timeout`. */
  readonly linkTimeoutMs: number
  /** ms that a half-made sign-in waits for a code: somebody who walked away must not leave it open. */
  readonly challengeTimeoutMs: number
  /** ms that leaving may take before the next person gets the screen regardless. */
  readonly cleanupTimeoutMs: number
}

export type SsoState =
  | { readonly state: 'idle' }
  | { readonly state: 'running'; readonly step: SsoStep }
  | { readonly state: 'done'; readonly outcome: SsoOutcome; readonly confirmedBy?: ConfirmedBy; readonly error?: UserError }

/** The person who is signed in to the hypervisor. */
export interface Who {
  readonly endpoint: string
  readonly user: string
}

/** One stay in one desktop: the sign-on and the console share its number. */
export interface Visit {
  readonly visit: number
  readonly desktop: Desktop
  readonly sso: SsoState
  readonly guest?: GuestFacts
}

export type SessionState =
  | { readonly name: 'booting' }
  | { readonly name: 'blocked'; readonly error: UserError }
  | { readonly name: 'signedOut'; readonly endpoint: string; readonly user: string; readonly error?: UserError; readonly notice?: 'signed-out' | 'cancelled' }
  /** Covers the first listing too; `resume` = the desktop to go back to after a lost connection. */
  | { readonly name: 'authenticating'; readonly who: Who; readonly epoch: number; readonly resume?: Desktop }
  /** The server waits for a code, or a new password; the typed password is kept meanwhile. */
  | { readonly name: 'challenged'; readonly who: Who; readonly epoch: number; readonly challenge: Challenge; readonly error?: UserError; readonly resume?: Desktop }
  | { readonly name: 'choosing'; readonly who: Who; readonly desktops: readonly Desktop[]; readonly loading?: number; readonly error?: UserError }
  | { readonly name: 'preparing'; readonly who: Who; readonly desktops: readonly Desktop[]; readonly at: Visit; readonly epoch: number; readonly step: 'power' | 'console' }
  | { readonly name: 'connecting'; readonly who: Who; readonly desktops: readonly Desktop[]; readonly at: Visit; readonly epoch: number; readonly link: LinkId }
  | { readonly name: 'connected'; readonly who: Who; readonly desktops: readonly Desktop[]; readonly at: Visit; readonly link: LinkId }
  | { readonly name: 'ending'; readonly who: Who; readonly epoch: number; readonly notice: 'signed-out' | 'cancelled'; readonly error?: UserError }
  /** `session` = whether the hypervisor connection still stands; without it retry signs in anew with the kept password. */
  | { readonly name: 'failed'; readonly who: Who; readonly desktops: readonly Desktop[]; readonly error: UserError; readonly desktop?: Desktop; readonly session: 'up' | 'reauth' | 'gone' }

export type StateName = SessionState['name']
