// Why: what the machine wants done, as data; app.ts does it. A test can therefore assert behaviour without doing any.
import type { Desktop, DesktopId } from '../../../shared/desktop.ts'
import type { SsoOutcome } from '../../../shared/sso.ts'
import type { LinkId } from '../../../shared/view/ui-command.ts'
import type { UserError } from '../../../shared/view/view-state.ts'
import type { TimerId } from './event.ts'
import type { Who } from './state.ts'

export type Effect =
  | { readonly do: 'authenticate'; readonly epoch: number; readonly who: Who; readonly password: 'typed' | 'kept' }
  /** Sends what was typed for the challenge. */
  | { readonly do: 'answer'; readonly epoch: number }
  | { readonly do: 'list'; readonly epoch: number }
  | { readonly do: 'powerOn'; readonly epoch: number; readonly id: DesktopId }
  | { readonly do: 'openConsole'; readonly epoch: number; readonly id: DesktopId }
  | { readonly do: 'signOn'; readonly visit: number; readonly desktop: Desktop; readonly who: Who }
  /** Stops what the numbered foreground effect is doing. */
  | { readonly do: 'abort'; readonly epoch: number }
  /** Ends the sign-on and its channel; first sends `farewell` to the guest, if given. */
  | { readonly do: 'closeAgent'; readonly visit: number; readonly farewell?: 'lock' | 'logoff' }
  | { readonly do: 'guest'; readonly visit: number; readonly action: 'lock' | 'logoff' }
  | { readonly do: 'closeLink'; readonly link: LinkId }
  | { readonly do: 'closeSession' }
  | { readonly do: 'wipeSecrets' }
  /** Answered by cleanup.done when everything that was told to close is closed. */
  | { readonly do: 'settle'; readonly epoch: number }
  | { readonly do: 'startTimer'; readonly timer: TimerId; readonly ms: number; readonly epoch: number }
  | { readonly do: 'cancelTimer'; readonly timer: TimerId }
  | AuditEffect

/** Who did what, for the audit stream. `error` carries the code and trace id of what went wrong. */
export interface AuditEffect {
  readonly do: 'audit'
  readonly what: 'sign-in' | 'sign-in-failed' | 'guest-sign-on' | 'console-opened' | 'console-closed' | 'sign-out' | 'connection-lost'
  readonly who: Who
  readonly desktop?: string
  readonly error?: UserError
  readonly outcome?: SsoOutcome
}
