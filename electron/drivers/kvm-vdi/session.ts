// Why: what one signed-in person can do at a KVM-VDI dashboard. A pool is a desktop here: the dashboard keeps one machine
// per person and pool, and says which only when it is asked for it.
import { AppError, throwIfAborted, toAppError } from '../../core/errors.ts'
import { pause } from '../../core/pause.ts'
import type { Clock } from '../../core/ports/clock.ts'
import type { CallContext, ConsoleGrant, CredentialPath, Credentials, HypervisorSession } from '../../core/ports/driver.ts'
import { silentLogger } from '../../core/ports/logger.ts'
import type { HttpClient } from '../../core/ports/http.ts'
import type { Secret } from '../../core/secret.ts'
import type { KvmVdiHost } from '../../../shared/config/endpoint.ts'
import { DesktopId, type Desktop, type DesktopAction, type PowerState } from '../../../shared/desktop.ts'
import type { Dashboard } from './dashboard.ts'
import type { DesktopReply } from './desktop-reply.ts'
import { startHeartbeat } from './heartbeat.ts'
import type { Pool } from './pools-page.ts'
import { unsafeCredentials } from './unsafe.ts'

export interface KvmVdiSessionDeps {
  readonly endpoint: KvmVdiHost
  readonly http: HttpClient
  readonly dashboard: Dashboard
  readonly clock: Clock
  readonly user: string
  readonly kept: () => Secret | undefined
}

type Ready = Extract<DesktopReply, { status: 'ready' }>

/** Between two questions whether a desktop is up, ms. Each one runs the dashboard's whole routine, so never two at a time. */
const ASK_EVERY = 1000
/** How long signing out may take, ms. */
const BYE = 2000

export class KvmVdiSession implements HypervisorSession {
  readonly #d: KvmVdiSessionDeps
  readonly #machines = new Map<DesktopId, Ready>()
  readonly #beatFor = new Map<DesktopId, string>()
  readonly #delivered = new Map<DesktopId, CredentialPath>()
  readonly #lost: ((why: AppError | undefined) => void)[] = []
  #asking: Promise<unknown> = Promise.resolve()
  #stopBeat: (() => void) | undefined
  #over = false

  constructor(deps: KvmVdiSessionDeps) {
    this.#d = deps
  }

  async listDesktops(ctx: CallContext): Promise<readonly Desktop[]> {
    const pools = await this.#signedIn((c) => this.#d.dashboard.pools(c), ctx)
    return pools.map(toDesktop).sort((a, b) => a.title.localeCompare(b.title) || (a.id < b.id ? -1 : 1))
  }

  async powerState(id: DesktopId, ctx: CallContext): Promise<PowerState> {
    return toDesktop(await this.#pool(id, ctx)).power
  }

  /** Asks until the machine is there, one question at a time. */
  async powerOn(id: DesktopId, onState: (s: PowerState) => void, ctx: CallContext, credentials?: Credentials): Promise<void> {
    const refused = credentials && !this.#d.endpoint.allowUnsafeCharacters ? unsafeCredentials(credentials) : undefined
    if (refused) ctx.log.warn('the sign-on is left out', { comp: 'kvm-vdi', code: refused.code, detail: refused.detail, trace: refused.traceId })
    const sent = refused || !this.#d.endpoint.signOn.enabled ? undefined : credentials
    const until = this.#d.clock.now() + this.#d.endpoint.startSeconds * 1000
    for (let first = true; ; first = false) {
      const reply = await this.#ask(id, sent, ctx)
      if (reply.status === 'ready') {
        this.#keep(id, reply)
        // Only a machine that had to be started was given the credentials.
        this.#delivered.set(id, { kind: 'at-start', delivered: !first && sent !== undefined, ...(refused && { refused }) })
        onState('running')
        return
      }
      onState('starting')
      if (this.#d.clock.now() + ASK_EVERY > until) throw new AppError('desktop.start-timeout', `not up within ${this.#d.endpoint.startSeconds} s`)
      await pause(this.#d.clock, ASK_EVERY, ctx.signal, 'the desktop')
    }
  }

  /** The dashboard knows one display password per start of the machine; a second connection asks for its address anew. */
  async openConsole(id: DesktopId, ctx: CallContext): Promise<ConsoleGrant> {
    let known = this.#machines.get(id)
    this.#machines.delete(id)
    if (known === undefined) {
      const reply = await this.#ask(id, undefined, ctx)
      if (reply.status !== 'ready') throw new AppError('spice.display-closed', 'the desktop is not up')
      known = reply
    }
    this.#beatFor.set(id, known.name)
    if (ctx.signal.aborted) known.ticket.dispose()
    throwIfAborted(ctx.signal)
    return { hops: [{ via: 'tcp', host: known.host, port: known.port }], ticket: known.ticket, ticketKind: 'fixed' }
  }

  async credentialPath(id: DesktopId): Promise<CredentialPath> {
    return Promise.resolve(this.#delivered.get(id) ?? { kind: 'at-start', delivered: false })
  }

  async act(id: DesktopId, action: DesktopAction, ctx: CallContext): Promise<void> {
    if (action !== 'shutdown' && action !== 'off') throw new AppError('desktop.action-failed', `the dashboard has no ${action}`)
    const vmId = (await this.#pool(id, ctx)).provided?.vmId
    if (vmId === undefined) throw new AppError('desktop.action-failed', 'the dashboard names no running machine of this person there')
    await this.#signedIn((c) => this.#d.dashboard.power(vmId, action === 'off' ? 'destroy' : 'shutdown', c), ctx)
  }

  attended(id: DesktopId, open: boolean, ctx: CallContext): void {
    this.#stopBeat?.()
    this.#stopBeat = undefined
    const machine = this.#beatFor.get(id)
    if (!open || machine === undefined || this.#over) return
    const { clock, endpoint, dashboard } = this.#d
    this.#stopBeat = startHeartbeat({ clock, everyMs: endpoint.heartbeatSeconds * 1000, beat: (c) => this.#signedIn((d) => dashboard.heartbeat(machine, d), c), ctx })
  }

  onLost(fn: (why: AppError | undefined) => void): void {
    this.#lost.push(fn)
  }

  async close(): Promise<void> {
    if (this.#over) return
    this.#over = true
    this.#stopBeat?.()
    for (const { ticket } of this.#machines.values()) ticket.dispose()
    this.#machines.clear()
    const abort = new AbortController()
    const cancel = this.#d.clock.after(BYE, () => abort.abort())
    await this.#d.dashboard.signOut({ signal: abort.signal, log: silentLogger }).catch(() => undefined)
    cancel()
    this.#d.http.close()
  }

  #keep(id: DesktopId, reply: Ready): void {
    this.#machines.get(id)?.ticket.dispose()
    this.#machines.set(id, reply)
  }

  async #pool(id: DesktopId, ctx: CallContext): Promise<Pool> {
    const pools = await this.#signedIn((c) => this.#d.dashboard.pools(c), ctx)
    const pool = pools.find((p) => idOf(p) === id)
    if (!pool) throw new AppError('desktop.not-found', 'no such pool among those of this person')
    return pool
  }

  /** In a queue: parallel questions would each start the machine. */
  #ask(id: DesktopId, credentials: Credentials | undefined, ctx: CallContext): Promise<DesktopReply> {
    const pool = /^pool:(\d{1,9})$/.exec(id)?.[1]
    if (pool === undefined) throw new AppError('desktop.not-found', 'not the id of a pool')
    const { dashboard, endpoint } = this.#d
    const asked = this.#asking.then(() => this.#signedIn((c) => dashboard.desktop(pool, credentials, endpoint.useHypervisorAddress, c), ctx))
    this.#asking = asked.catch(() => undefined)
    return asked
  }

  /** A session that the dashboard ended is opened again as long as the password is kept; else that is told as its loss. */
  async #signedIn<T>(work: (ctx: CallContext) => Promise<T>, ctx: CallContext): Promise<T> {
    throwIfAborted(ctx.signal)
    try {
      return await work(ctx)
    } catch (e) {
      const error = toAppError(e)
      const password = this.#d.kept()
      if (error.code !== 'hypervisor.session-ended' || this.#over) throw error
      if (!password) throw this.#ended(error)
      try {
        await this.#d.dashboard.signIn({ user: this.#d.user, password }, ctx)
      } catch (again) {
        throw toAppError(again).code === 'auth.rejected' ? this.#ended(error) : again
      }
      return await work(ctx)
    }
  }

  #ended(error: AppError): AppError {
    for (const fn of this.#lost.splice(0)) fn(error)
    return error
  }
}

const idOf = (pool: Pool): DesktopId => DesktopId.parse(`pool:${pool.id}`)

/** A machine that can be shut down is up; of all others the page says nothing that could be relied on. */
function toDesktop(pool: Pool): Desktop {
  const up = pool.provided?.vmId !== undefined
  return { id: idOf(pool), title: pool.name, detail: pool.provided?.name ?? '', power: up ? 'running' : 'off' }
}
