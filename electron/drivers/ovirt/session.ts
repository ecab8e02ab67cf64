// Why: what one signed-in person can do at an engine. The engine decides what is theirs (the Filter header); an id only
// says what is meant, and a pool stands for whichever of its VMs is theirs now.
import { AppError } from '../../core/errors.ts'
import type { Clock } from '../../core/ports/clock.ts'
import type { CallContext, ConsoleGrant, CredentialPath, Credentials, HypervisorSession } from '../../core/ports/driver.ts'
import { silentLogger } from '../../core/ports/logger.ts'
import type { Redactor } from '../../core/redactor.ts'
import type { OvirtHost } from '../../../shared/config/endpoint.ts'
import type { Desktop, DesktopAction, DesktopId, PowerState } from '../../../shared/desktop.ts'
import type { EngineApi } from './api.ts'
import { openConsole } from './console.ts'
import { desktopsOf, idOf, powerOf, vmOfPool } from './desktops.ts'
import type { Meanings } from './faults.ts'
import { guestPath } from './guest.ts'
import { checked, listed, Pool, Vm } from './model.ts'
import { bringUp, START } from './power.ts'
import { MAX_LIST } from './reply.ts'

export interface OvirtSessionDeps {
  readonly endpoint: OvirtHost
  readonly api: EngineApi
  readonly clock: Clock
  readonly redactor: Redactor
  readonly isMine: (given: Credentials) => boolean
}

const READ: Meanings = { notFound: 'desktop.not-found', otherwise: 'hypervisor.protocol' }
const LIST: Meanings = { notFound: 'hypervisor.protocol', otherwise: 'hypervisor.protocol' }
const ACT: Meanings = { notFound: 'desktop.not-found', otherwise: 'desktop.action-failed' }
const ALLOCATE: Meanings = {
  notFound: 'desktop.not-found',
  otherwise: 'desktop.start-failed',
  faults: [
    [/no host that satisfies|filter .*host|not enough memory|failed to run/i, 'desktop.start-failed'],
    [/no (?:more )?(?:available|free)|not available|already attached|no vms?\b|maximum|exceed|cannot allocate/i, 'desktop.pool-empty'],
  ],
}

/** …/4.4/#services-vm-methods-shutdown, -reboot, -stop, -reset */
const ACTIONS: Readonly<Record<DesktopAction, string>> = { shutdown: 'shutdown', reboot: 'reboot', off: 'stop', reset: 'reset' }

export class OvirtSession implements HypervisorSession {
  readonly #d: OvirtSessionDeps
  /** Pool → the VM of it that this person has now. */
  readonly #taken = new Map<string, string>()
  readonly #lost: ((why: AppError | undefined) => void)[] = []
  #closing: Promise<void> | undefined
  #watched = false

  constructor(deps: OvirtSessionDeps) {
    this.#d = deps
    // A console that is open needs no token: it is not taken from the person because a question beside it failed.
    deps.api.whenEnded((why) => this.#watched || this.#tell(why))
  }

  readonly attended = (_id: DesktopId, open: boolean): void => {
    this.#watched = open
  }

  async listDesktops(ctx: CallContext): Promise<readonly Desktop[]> {
    const [vms, pools] = await Promise.all([this.#vms(ctx), this.#pools(ctx)])
    for (const pool of pools) this.#remember(pool, vms)
    const desktops = desktopsOf(vms, pools, this.#taken)
    if (desktops.length === 0) throw new AppError('desktop.none-assigned', 'the engine shows this person neither a VM nor a pool')
    return desktops
  }

  async powerState(id: DesktopId, ctx: CallContext): Promise<PowerState> {
    const vmId = await this.#vmId(id, ctx)
    return vmId === undefined ? 'off' : powerOf(await this.#look(vmId, ctx))
  }

  async powerOn(id: DesktopId, onState: (s: PowerState) => void, ctx: CallContext): Promise<void> {
    const { api, clock, endpoint } = this.#d
    const known = await this.#vmId(id, ctx)
    if (known === undefined) onState('starting')
    const vmId = known ?? (await this.#allocate(id, ctx))
    await bringUp({
      look: () => this.#look(vmId, ctx),
      start: async () => void (await api.action(`/vms/${vmId}/start`, START, ctx)),
      onState: known === undefined ? (s) => (s === 'starting' ? undefined : onState(s)) : onState,
      clock,
      deadlineMs: endpoint.startSeconds * 1000,
      signal: ctx.signal,
      started: known === undefined,
    })
  }

  readonly act = async (id: DesktopId, action: DesktopAction, ctx: CallContext): Promise<void> => {
    const vmId = await this.#vmId(id, ctx)
    if (vmId === undefined) throw new AppError('desktop.action-failed', 'nothing was taken from this pool')
    await this.#d.api.action(`/vms/${vmId}/${ACTIONS[action]}`, ACT, ctx)
  }

  async openConsole(id: DesktopId, ctx: CallContext): Promise<ConsoleGrant> {
    const vmId = await this.#vmId(id, ctx)
    if (vmId === undefined) throw new AppError('spice.display-closed', 'nothing was taken from this pool')
    return await openConsole(this.#d.api, await this.#look(vmId, ctx), this.#d.redactor, ctx)
  }

  async credentialPath(id: DesktopId, ctx: CallContext): Promise<CredentialPath> {
    const vmId = await this.#vmId(id, ctx)
    if (vmId === undefined) throw new AppError('spice.display-closed', 'nothing was taken from this pool')
    const { sso } = await this.#look(vmId, ctx)
    // "Disable Single Sign On" in the VM's settings is IT's word.
    if (sso?.methods !== undefined && !sso.methods.some((m) => m.id === 'guest_agent')) return { kind: 'none', channelNames: [] }
    return guestPath(this.#d.api, vmId, this.#d.isMine)
  }

  onLost(fn: (why: AppError | undefined) => void): void {
    this.#lost.push(fn)
  }

  /** Also what somebody else began: all callers wait for the same end. */
  close(): Promise<void> {
    this.#closing ??= this.#d.api.close({ signal: new AbortController().signal, log: silentLogger }).then(() => this.#tell(undefined))
    return this.#closing
  }

  #tell(why: AppError | undefined): void {
    for (const fn of this.#lost.splice(0)) fn(why)
  }

  async #vms(ctx: CallContext): Promise<readonly Vm[]> {
    return listed(Vm, await this.#d.api.get('/vms', LIST, ctx, MAX_LIST), 'vm', (why) => ctx.log.warn('a VM was left out of the list', { comp: 'ovirt', why }))
  }

  async #pools(ctx: CallContext): Promise<readonly Pool[]> {
    return listed(Pool, await this.#d.api.get('/vmpools', LIST, ctx, MAX_LIST), 'vm_pool', (why) => ctx.log.warn('a pool was left out of the list', { comp: 'ovirt', why }))
  }

  async #look(vmId: string, ctx: CallContext): Promise<Vm> {
    return checked(Vm, await this.#d.api.get(`/vms/${vmId}`, READ, ctx), 'VM')
  }

  #remember(pool: Pool, vms: readonly Vm[]): string | undefined {
    const vm = vmOfPool(pool, vms, this.#taken.get(pool.id))
    if (vm === undefined) this.#taken.delete(pool.id)
    else this.#taken.set(pool.id, vm.id)
    return vm?.id
  }

  /** The VM that a desktop is now; undefined: a pool from which this person has none. Errors: desktop.not-found. */
  async #vmId(id: DesktopId, ctx: CallContext): Promise<string | undefined> {
    const meant = idOf(id)
    if (meant === undefined) throw new AppError('desktop.not-found', 'neither a VM nor a pool of an engine')
    if ('vm' in meant) return meant.vm
    const taken = this.#taken.get(meant.pool)
    if (taken !== undefined && (await this.#still(taken, ctx))) return taken
    const [pool, vms] = await Promise.all([this.#pool(meant.pool, ctx), this.#vms(ctx)])
    return this.#remember(pool, vms)
  }

  /** A stopped VM of an automatic pool is given to somebody else. */
  async #still(vmId: string, ctx: CallContext): Promise<boolean> {
    try {
      return (await this.#look(vmId, ctx)).status !== 'down'
    } catch (e) {
      if (e instanceof AppError && (e.code === 'desktop.not-found' || e.code === 'hypervisor.denied')) return false
      throw e
    }
  }

  async #pool(poolId: string, ctx: CallContext): Promise<Pool> {
    return checked(Pool, await this.#d.api.get(`/vmpools/${poolId}`, READ, ctx), 'pool')
  }

  /** Takes a VM; the engine starts it. Source: …/4.4/#services-vm_pool-methods-allocate_vm */
  async #allocate(id: DesktopId, ctx: CallContext): Promise<string> {
    const meant = idOf(id)
    if (meant === undefined || !('pool' in meant)) throw new AppError('internal.bug', 'only pools give VMs')
    const { vm } = await this.#d.api.action(`/vmpools/${meant.pool}/allocatevm`, ALLOCATE, ctx)
    if (vm !== undefined) this.#taken.set(meant.pool, vm.id)
    const vmId = vm?.id ?? this.#remember(await this.#pool(meant.pool, ctx), await this.#vms(ctx))
    // Of a pool of several it cannot be told from a list; the next list shows the VM as a desktop of its own.
    if (vmId === undefined) throw new AppError('hypervisor.protocol', 'a VM was taken from the pool, and the engine does not say which')
    return vmId
  }
}
