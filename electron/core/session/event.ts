// Why: everything that can happen, as data. Answers of effects carry the number they were asked with, so that a
// late one (after cancel, a second Enter, a sign-out) is recognised and dropped.
import type { Desktop, DesktopId, PowerState } from '../../../shared/desktop.ts'
import type { ConfirmedBy, SsoOutcome, SsoStep } from '../../../shared/sso.ts'
import type { LinkId } from '../../../shared/view/ui-command.ts'
import type { Challenge } from '../ports/driver.ts'
import type { GuestFacts, UserError } from '../../../shared/view/view-state.ts'

export type SessionEvent =
  | { readonly type: 'config.ready' }
  | { readonly type: 'config.rejected'; readonly error: UserError }
  | { readonly type: 'ui.signIn'; readonly endpoint: string; readonly user: string }
  | { readonly type: 'ui.answer' }
  | { readonly type: 'ui.cancel' }
  | { readonly type: 'ui.pick'; readonly desktop: DesktopId }
  | { readonly type: 'ui.refresh' }
  | { readonly type: 'ui.disconnect' }
  | { readonly type: 'ui.signOut' }
  | { readonly type: 'ui.retry' }
  | { readonly type: 'ui.dismiss' }
  | { readonly type: 'ui.signOnAgain' }
  | { readonly type: 'ui.guest'; readonly action: 'lock' | 'logoff' }
  | { readonly type: 'auth.ok'; readonly epoch: number }
  | { readonly type: 'auth.challenge'; readonly epoch: number; readonly challenge: Challenge; readonly error?: UserError }
  | { readonly type: 'auth.failed'; readonly epoch: number; readonly error: UserError }
  | { readonly type: 'list.ok'; readonly epoch: number; readonly desktops: readonly Desktop[] }
  | { readonly type: 'list.failed'; readonly epoch: number; readonly error: UserError }
  | { readonly type: 'power.state'; readonly epoch: number; readonly power: PowerState }
  | { readonly type: 'power.ok'; readonly epoch: number }
  | { readonly type: 'power.failed'; readonly epoch: number; readonly error: UserError }
  | { readonly type: 'console.ready'; readonly epoch: number; readonly link: LinkId }
  | { readonly type: 'console.failed'; readonly epoch: number; readonly error: UserError }
  | { readonly type: 'link.firstFrame'; readonly link: LinkId }
  | { readonly type: 'link.lost'; readonly link: LinkId; readonly error: UserError }
  | { readonly type: 'sso.step'; readonly visit: number; readonly step: SsoStep }
  | { readonly type: 'sso.done'; readonly visit: number; readonly outcome: SsoOutcome; readonly confirmedBy?: ConfirmedBy; readonly error?: UserError }
  | { readonly type: 'guest.facts'; readonly visit: number; readonly facts: GuestFacts }
  /** The hypervisor connection is gone. `canReauth`: the password is still kept. */
  | { readonly type: 'session.lost'; readonly error: UserError; readonly canReauth: boolean }
  | { readonly type: 'cleanup.done'; readonly epoch: number }
  | { readonly type: 'timer'; readonly timer: TimerId; readonly epoch: number }

export type TimerId = 'link' | 'cleanup' | 'challenge'
