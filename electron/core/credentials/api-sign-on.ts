// Why: one sign-on where the hypervisor's API carries the credentials (oVirt's logon, a command in a Proxmox guest): look
// who sits there, send once, and ask until the guest's own agent has told the hypervisor that the person is in.
import type { SsoStep } from '../../../shared/sso.ts'
import { AppError, toAppError } from '../errors.ts'
import { sleep, type Clock } from '../ports/clock.ts'
import type { ApiCredentialPath, CallContext } from '../ports/driver.ts'
import type { Secret } from '../secret.ts'
import { sameUser } from './ovirt-agent.ts'
import { checkName, type SignOnResult, type SignOnTimes } from './sign-on.ts'

export interface ApiSignOnOptions {
  readonly path: ApiCredentialPath
  readonly user: string
  readonly password: Secret
  readonly times: Pick<SignOnTimes, 'agent' | 'confirm'>
  readonly clock: Clock
  /** The guest compares names as Windows does. */
  readonly windows: boolean
  readonly onStep: (step: SsoStep) => void
}

/** Between two questions who is signed in, ms: an API answers from what the agent told it, every few seconds at best. */
const ASK_EVERY = 2000

/** Resolves with a typed result, never rejects. */
export async function apiSignOn(o: ApiSignOnOptions, ctx: CallContext): Promise<SignOnResult> {
  const bad = checkName(o.user)
  if (bad) return { outcome: 'refused', error: bad }
  const before = await who(o, ctx)
  if (before.error) return failed(before.error)
  const there = before.users ?? []
  const mine = there.some((name) => sameUser(o.user, name, o.windows))
  // Nothing is sent where somebody else sits: their screen lock would meet this person's password.
  if (!mine && there.length > 0) return { outcome: 'other-user', error: new AppError('agent.other-user', 'somebody else is signed in to the guest') }
  const refusal = await logon(o, ctx)
  if (mine) return { outcome: 'already-signed-in', confirmedBy: 'hypervisor' }
  if (refusal) return failed(refusal)
  o.onStep('confirming')
  if (!o.path.users) return { outcome: 'unreported' }
  return await confirmed(o, ctx)
}

/** An agent that is still starting refuses too: tried again until the time for its first word is over. */
async function logon(o: ApiSignOnOptions, ctx: CallContext): Promise<AppError | undefined> {
  const until = o.clock.now() + o.times.agent
  for (;;) {
    o.onStep('sending')
    try {
      await o.path.logon({ user: o.user, password: o.password }, ctx)
      return undefined
    } catch (e) {
      const error = toAppError(e)
      if (error.code !== 'agent.silent' || o.clock.now() + ASK_EVERY > until) return error
      o.onStep('waiting-for-agent')
    }
    if (!(await pause(o.clock, ctx))) return new AppError('cancelled', 'sign-on was cancelled')
  }
}

async function confirmed(o: ApiSignOnOptions, ctx: CallContext): Promise<SignOnResult> {
  const until = o.clock.now() + o.times.confirm
  while (o.clock.now() <= until) {
    const { users, error } = await who(o, ctx)
    if (error) return failed(error)
    if (users?.some((name) => sameUser(o.user, name, o.windows)) === true) return { outcome: 'confirmed', confirmedBy: 'hypervisor' }
    if (users !== undefined && users.length > 0) return { outcome: 'other-user', error: new AppError('agent.other-user', 'somebody else signed in meanwhile') }
    if (!(await pause(o.clock, ctx))) return failed(new AppError('cancelled', 'sign-on was cancelled'))
  }
  return { outcome: 'not-confirmed', error: new AppError('agent.not-confirmed', 'the hypervisor names no session in time') }
}

async function who(o: ApiSignOnOptions, ctx: CallContext): Promise<{ readonly users?: readonly string[] | undefined; readonly error?: AppError }> {
  try {
    return { users: await o.path.users?.(ctx) }
  } catch (e) {
    const error = toAppError(e)
    // An agent that does not answer now is no reason to send nothing: it may be starting.
    return error.code === 'agent.silent' ? {} : { error }
  }
}

function failed(error: AppError): SignOnResult {
  switch (error.code) {
    case 'agent.silent':
      return { outcome: 'agent-silent', error }
    case 'agent.refused':
    case 'agent.credentials-invalid':
    case 'agent.credentials-too-long':
    case 'auth.unsafe-characters':
      return { outcome: 'refused', error }
    case 'hypervisor.denied':
    case 'agent.channel-denied':
      return { outcome: 'channel-denied', error }
    case 'agent.no-channel':
      return { outcome: 'no-channel', error }
    default:
      return { outcome: 'failed', error }
  }
}

/** @returns false when the sign-on was cancelled meanwhile */
async function pause(clock: Clock, { signal }: CallContext): Promise<boolean> {
  return await sleep(clock, ASK_EVERY, signal).then(() => true, () => false)
}
