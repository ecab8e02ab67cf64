// Why: "who signed in to what, and when" must be answered without reading debug lines, and must not vanish because
// somebody set the log level to error. Audit records are a closed list and have no level that switches them off.
// They go through the same redacting sink, marked `"stream":"audit"` and with priority notice:
//   journalctl -t latchkey --grep '"stream":"audit"'
import type { ErrorCode } from '../../../shared/error-codes.ts'
import type { SsoOutcome } from '../../../shared/sso.ts'
import type { Clock } from '../../core/ports/clock.ts'
import type { Sink } from './sink.ts'
import type { NameWriter } from './user-names.ts'

export type AuditEvent =
  | { readonly event: 'sign-in'; readonly ok: true; readonly user: string; readonly endpoint: string }
  | { readonly event: 'sign-in'; readonly ok: false; readonly user: string; readonly endpoint: string; readonly code: ErrorCode; readonly trace: string }
  | { readonly event: 'sign-out'; readonly user: string; readonly endpoint: string }
  | { readonly event: 'console-opened'; readonly user: string; readonly endpoint: string; readonly desktop: string }
  | { readonly event: 'console-closed'; readonly user: string; readonly endpoint: string; readonly desktop: string; readonly reason: string }
  | { readonly event: 'guest-sign-on'; readonly user: string; readonly endpoint: string; readonly desktop: string; readonly outcome: SsoOutcome }
  | { readonly event: 'connection-lost'; readonly user: string; readonly endpoint: string; readonly code: ErrorCode; readonly trace: string }
  | { readonly event: 'host-key'; readonly endpoint: string; readonly code: 'ssh.host-key-unknown' | 'ssh.host-key-changed'; readonly trace: string }
  | { readonly event: 'config-loaded'; readonly files: number; readonly warnings: number }
  | { readonly event: 'config-rejected'; readonly code: ErrorCode; readonly trace: string }
  | { readonly event: 'ipc-malformed'; readonly request: string; readonly count: number }
  | { readonly event: 'power'; readonly action: string; readonly ok: boolean }

export interface Audit {
  record(event: AuditEvent): void
}

export function createAudit({ sink, clock, names }: { readonly sink: Sink; readonly clock: Pick<Clock, 'wall'>; readonly names: NameWriter }): Audit {
  return {
    record(event) {
      const named = 'user' in event ? { ...event, user: names(event.user) } : event
      sink.write(JSON.stringify({ t: new Date(clock.wall()).toISOString(), stream: 'audit', ...named }), 'notice')
    },
  }
}
