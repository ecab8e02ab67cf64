// Why: one sign-on attempt as the session sees it: steps, phases and exactly one result, whatever happens on the way.
import type { OsFamily } from '../../../shared/desktop.ts'
import type { SsoStep } from '../../../shared/sso.ts'
import { GuestLink } from '../credentials/guest-link.ts'
import type { SignOnResult, SignOnTimes } from '../credentials/sign-on.ts'
import { AppError, toAppError, toUser } from '../errors.ts'
import type { CallContext, HypervisorSession } from '../ports/driver.ts'
import type { Secret } from '../secret.ts'
import type { Effect } from './effects.ts'
import type { SessionEvent } from './event.ts'
import type { PhaseTracker } from './phases.ts'
import type { RunnerParts, VisitParts } from './runner.ts'

export interface SignOnJob {
  readonly parts: RunnerParts
  readonly session: HypervisorSession
  readonly visit: VisitParts
  readonly effect: Extract<Effect, { do: 'signOn' }>
  readonly enabled: boolean
  readonly times: SignOnTimes
  readonly password: Secret | undefined
  readonly phases: PhaseTracker
  readonly dispatch: (e: SessionEvent) => void
}

const SIGN_ON = ['agent', 'inject', 'confirm'] as const

/** Never rejects; dispatches sso.step, guest.facts and one sso.done (none once the visit is over). */
export async function runSignOn(job: SignOnJob): Promise<void> {
  const { parts, visit, phases } = job
  phases.forget(...SIGN_ON)
  const over = (): boolean => visit.abort.signal.aborted
  const step = (s: SsoStep): void => {
    if (over()) return
    enterPhase(phases, s)
    job.dispatch({ type: 'sso.step', visit: visit.visit, step: s })
  }
  const result = await attempt(job, step).catch((e: unknown): SignOnResult => ({ outcome: 'failed', error: toAppError(e) }))
  if (over()) return
  closePhases(phases, result)
  const { outcome, confirmedBy, error } = result
  parts.log.info('sign-on to the guest', { comp: 'sign-on', outcome, confirmedBy, code: error?.code, detail: error?.detail, trace: error?.traceId })
  job.dispatch({ type: 'sso.done', visit: visit.visit, outcome, ...(confirmedBy && { confirmedBy }), ...(error && { error: toUser(error) }) })
}

async function attempt(job: SignOnJob, onStep: (s: SsoStep) => void): Promise<SignOnResult> {
  const { parts, session, visit, effect, enabled, times, password } = job
  if (!enabled) return { outcome: 'off' }
  if (!password) return { outcome: 'expired', error: new AppError('agent.password-gone', 'the password was wiped before this desktop was opened') }
  const ctx: CallContext = { signal: visit.abort.signal, log: parts.log.child({ visit: visit.visit }) }
  // A copy with the attempt's own lifetime, made before anything is waited for: wiping the vault (time limit,
  // keepPasswordMinutes: 0) must not cut a running attempt.
  using own = password.clone()
  onStep('waiting-for-agent')
  const path = await session.credentialPath(effect.desktop.id, ctx)
  const os: OsFamily | undefined = effect.desktop.os
  visit.link ??= new GuestLink({
    dialer: parts.dialer,
    clock: parts.clock,
    user: session.guestUser ?? effect.who.user,
    times,
    windowsHint: os === 'windows',
    onStep: (s) => s !== 'waiting-for-agent' && onStep(s),
    onFacts: (facts) => !visit.abort.signal.aborted && job.dispatch({ type: 'guest.facts', visit: visit.visit, facts }),
  })
  return await visit.link.signOn(path, own, ctx)
}

function enterPhase(phases: PhaseTracker, step: SsoStep): void {
  switch (step) {
    case 'waiting-for-agent':
      return phases.start('agent')
    case 'sending':
      phases.end('agent')
      return phases.start('inject')
    case 'confirming':
      phases.end('inject')
      return phases.is('confirm', 'running') ? undefined : phases.start('confirm')
  }
}

function closePhases(phases: PhaseTracker, result: SignOnResult): void {
  const ok = result.outcome === 'confirmed' || result.outcome === 'already-signed-in'
  for (const name of SIGN_ON) {
    phases.end(name, ok ? 'done' : 'failed')
    if (phases.is(name, 'waiting')) phases.skip(name)
  }
}
