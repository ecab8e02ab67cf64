// Why: the typed results of passing the sign-in on to the guest. Each has words of its own on the screen;
// none of them is ever a gate: the console opens beside it.
import { z } from 'zod'

/** Final results of one sign-on attempt. */
export const SsoOutcome = z.enum([
  'confirmed',        // the guest itself said that this person's session opened
  'already-signed-in',// this person was in the guest before anything was sent
  'other-user',       // somebody else is signed in: nothing was sent
  'no-channel',       // this VM has no channel that we know
  'channel-denied',   // the account may not reach the channel's socket
  'channel-busy',     // another program holds the channel
  'agent-silent',     // the channel opened, nothing answered
  'refused',          // the guest (or a rule of ours) refused the credentials
  'not-confirmed',    // sent, but the session was not seen in time
  'unreported',       // passed on, but this hypervisor never says what became of it
  'start-only',       // this hypervisor signs on only while it starts a desktop, and this one was running
  'off',              // configured off
  'expired',          // the password was wiped before this desktop was opened (session.keepPasswordMinutes)
  'failed',           // the way broke (connection lost)
])
export type SsoOutcome = z.infer<typeof SsoOutcome>

/** What the guest told that made it confirmed. */
/** `hypervisor`: the guest's agent told the hypervisor, which told us. */
export const ConfirmedBy = z.enum(['session-logon', 'active-user', 'session-unlock', 'hypervisor'])
export type ConfirmedBy = z.infer<typeof ConfirmedBy>

/** Steps on the way, for the status line. */
export const SsoStep = z.enum(['waiting-for-agent', 'sending', 'confirming'])
export type SsoStep = z.infer<typeof SsoStep>
