// Why: credentials reach the guest by its QEMU guest agent, which starts IT's own helper there: name and password are the
// helper's standard input, never a part of its command, where every account of the guest could read them.
// Source: https://pve.proxmox.com/pve-docs/api-viewer/#/nodes/{node}/qemu/{vmid}/agent (exec, exec-status, get-users);
// rights: VM.Monitor up to version 8, VM.GuestAgent.Unrestricted and VM.GuestAgent.Audit from version 9.
import { AppError, toAppError } from '../../core/errors.ts'
import { pause } from '../../core/pause.ts'
import type { Clock } from '../../core/ports/clock.ts'
import type { ApiCredentialPath, CallContext, Credentials } from '../../core/ports/driver.ts'
import type { PveApi } from './api.ts'
import { plain, type Meanings } from './faults.ts'
import { guestLine } from './guest-line.ts'
import type { LoginName } from './login-name.ts'
import { checked, ExecStatus, GuestUsers, Started } from './model.ts'

const ASK_EVERY = 500
/** What the server takes (api-viewer, input-data). */
const MAX_INPUT = 64 * 1024

const AGENT: Meanings = {
  otherwise: 'agent.refused',
  faults: [
    [/no qemu guest agent configured/i, 'agent.no-channel'],
    [/guest agent is not running|not running|got timeout|timed out|not connected/i, 'agent.silent'],
  ],
}
const USERS: Meanings = { ...AGENT, otherwise: 'hypervisor.denied' }

export interface GuestTools {
  readonly api: PveApi
  readonly clock: Clock
  /** Runs `work` with the VM's path, wherever the VM is now. */
  readonly at: <T>(ctx: CallContext, work: (vm: string) => Promise<T>) => Promise<T>
  readonly helper: readonly string[]
  /** How long the helper may take. */
  readonly helperMs: number
  readonly person: LoginName
}

export function guestPath(t: GuestTools): ApiCredentialPath {
  return {
    kind: 'api',
    logon: (credentials, ctx) => t.at(ctx, (vm) => logon(t, vm, credentials, ctx)),
    users: (ctx) => t.at(ctx, (vm) => users(t, vm, ctx)),
  }
}

async function logon(t: GuestTools, vm: string, credentials: Credentials, ctx: CallContext): Promise<void> {
  // The realm is Proxmox VE's; the guest knows the person by the name alone.
  const lent = { user: t.person.name, password: credentials.password }
  const size = guestLine(lent)
  size.fill(0)
  if (size.length > MAX_INPUT) throw new AppError('agent.credentials-too-long', `the credentials take ${size.length} bytes, ${MAX_INPUT} at most`)
  const { pid } = checked(Started, await t.api.post(`${vm}/agent/exec`, { 'command': t.helper, 'input-data': () => guestLine(lent) }, AGENT, ctx), 'agent/exec')
  const until = t.clock.now() + t.helperMs
  for (;;) {
    const status = checked(ExecStatus, await t.api.get(`${vm}/agent/exec-status?pid=${pid}`, AGENT, ctx), 'agent/exec-status')
    if (status.exited) return assertDone(status, ctx)
    if (t.clock.now() >= until) throw new AppError('agent.refused', `the helper in the guest did not end within ${t.helperMs} ms`)
    await pause(t.clock, ASK_EVERY, ctx.signal, 'the VM')
  }
}

function assertDone({ exitcode, signal, ...status }: { exitcode?: number | undefined; signal?: number | undefined; 'err-data'?: string | undefined }, ctx: CallContext): void {
  const said = plain(status['err-data'] ?? '').slice(0, 300)
  if (exitcode === 0) return
  ctx.log.debug('the helper in the guest failed', { comp: 'proxmox', exitcode, signal, said })
  throw new AppError('agent.refused', exitcode === undefined ? `the helper in the guest was ended by ${signal ?? 'something'}` : `the helper in the guest ended with status ${exitcode}`)
}

/** undefined: this guest's agent, or this account's rights, do not tell. */
async function users(t: GuestTools, vm: string, ctx: CallContext): Promise<readonly string[] | undefined> {
  try {
    const { result } = checked(GuestUsers, await t.api.get(`${vm}/agent/get-users`, USERS, ctx), 'agent/get-users')
    return result.map(({ user, domain }) => nameOf(plain(user), domain !== undefined, t.person))
  } catch (e) {
    const error = toAppError(e)
    if (error.code !== 'hypervisor.denied') throw error
    ctx.log.warn('who is signed in to the guest is not told', { comp: 'proxmox', why: error.detail })
    return undefined
  }
}

/** Only Windows names a domain, and writes names as it likes. The domain itself is none that a realm could be compared with. */
function nameOf(user: string, isWindows: boolean, { name }: LoginName): string {
  return isWindows && user.toLowerCase() === name.toLowerCase() ? name : user
}
