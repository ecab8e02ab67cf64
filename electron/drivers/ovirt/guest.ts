// Why: the engine can sign a person in to the guest, with one limit that must be told: it passes on the name and the
// password of its OWN session, so what we are lent is compared and never sent.
// Source: https://ovirt.github.io/ovirt-engine-api-model/4.4/#services-vm-methods-logon (takes nothing; needs the oVirt
// guest agent and its display-manager plug-ins in the guest), #services-vm_sessions and #types-session (who is in)
import { AppError, toAppError } from '../../core/errors.ts'
import type { ApiCredentialPath, CallContext, Credentials } from '../../core/ports/driver.ts'
import type { EngineApi } from './api.ts'
import { plain, type Meanings } from './faults.ts'
import { GuestSession, listed } from './model.ts'

/** "Guest agent non-responsive" is the host's error 19; a VM that is not up yet has no agent either. */
const LOGON: Meanings = {
  notFound: 'desktop.not-found',
  otherwise: 'agent.refused',
  faults: [[/guest.?agent|non-?responsive|not running|not up|in status|is down/i, 'agent.silent']],
}
const SESSIONS: Meanings = { notFound: 'hypervisor.denied', otherwise: 'hypervisor.protocol' }

/** What the agent says where nobody is signed in. */
const NOBODY = /^(|none|\(unknown\)|unknown)$/i

export function guestPath(api: EngineApi, vmId: string, isMine: (given: Credentials) => boolean): ApiCredentialPath {
  return {
    kind: 'api',
    async logon(credentials: Credentials, ctx: CallContext): Promise<void> {
      if (!isMine(credentials)) throw new AppError('agent.refused', 'the engine can only pass on the name that its own session was opened with')
      await api.action(`/vms/${vmId}/logon`, LOGON, ctx)
    },
    users: (ctx) => users(api, vmId, ctx),
  }
}

/** Console users are those of the engine who look at the screen; the others are what the guest's agent reported. */
async function users(api: EngineApi, vmId: string, ctx: CallContext): Promise<readonly string[] | undefined> {
  try {
    const sessions = listed(GuestSession, await api.get(`/vms/${vmId}/sessions`, SESSIONS, ctx), 'session', (why) => ctx.log.warn('a session was left out', { comp: 'ovirt', why }))
    const names = sessions.filter((s) => s.console_user !== true).map((s) => plain(s.user?.user_name ?? s.user?.name ?? ''))
    return names.filter((n) => !NOBODY.test(n))
  } catch (e) {
    const error = toAppError(e)
    if (error.code !== 'hypervisor.denied') throw error
    ctx.log.warn('the engine does not tell who is signed in to the guest', { comp: 'ovirt', why: error.detail })
    return undefined
  }
}
