// Why: what one signed-in person can do at a cluster. Every request names the node a VM is on, and VMs move: whatever
// fails because of that is tried once more where the VM is now.
import { AppError, toAppError } from '../../core/errors.ts'
import type { Clock } from '../../core/ports/clock.ts'
import type { CallContext, ConsoleGrant, CredentialPath, HypervisorSession } from '../../core/ports/driver.ts'
import type { Redactor } from '../../core/redactor.ts'
import type { ProxmoxHost } from '../../../shared/config/endpoint.ts'
import type { Desktop, DesktopAction, DesktopId, PowerState } from '../../../shared/desktop.ts'
import type { PveApi } from './api.ts'
import { powerOf, toDesktop, vmidOf } from './desktops.ts'
import { mayHaveMoved, meaningOf, READ, type Meanings } from './faults.ts'
import { guestPath } from './guest.ts'
import type { LoginName } from './login-name.ts'
import { checked, Current, Resource, Upid } from './model.ts'
import type { NodeSsh } from './node-ssh.ts'
import { bringUp, START } from './power.ts'
import { assertMay, mayList, permissions } from './rights.ts'
import { spiceGrant } from './spiceproxy.ts'
import { failureOf, lookAtTask, taskEnd } from './tasks.ts'

export interface ProxmoxSessionDeps {
  readonly endpoint: ProxmoxHost
  readonly api: PveApi
  readonly clock: Clock
  readonly redactor: Redactor
  readonly person: LoginName
  /** An API token does the work: the person's rights are looked up, since the server checks the token's. */
  readonly byToken: boolean
  readonly ssh: NodeSsh | undefined
}

/** A VM is half a kilobyte of JSON; room for some 16,000 of them. */
const MAX_LIST = 16 * 1024 * 1024

const ACT: Meanings = { otherwise: 'desktop.action-failed' }
/** api-viewer, /nodes/{node}/qemu/{vmid}/status/… (right: VM.PowerMgmt) */
const ACTIONS: Readonly<Record<DesktopAction, string>> = { shutdown: 'shutdown', reboot: 'reboot', off: 'stop', reset: 'reset' }

export class ProxmoxSession implements HypervisorSession {
  readonly #d: ProxmoxSessionDeps
  readonly #nodes = new Map<number, string>()
  readonly #lost: ((why: AppError | undefined) => void)[] = []

  constructor(deps: ProxmoxSessionDeps) {
    this.#d = deps
  }

  /** The realm is the cluster's; guests know the name alone. */
  get guestUser(): string {
    return this.#d.person.name
  }

  async listDesktops(ctx: CallContext): Promise<readonly Desktop[]> {
    const { api, byToken, person } = this.#d
    const [vms, table] = await Promise.all([this.#vms(ctx), permissions(api, byToken ? person.userid : undefined, ctx)])
    const mine = vms.filter((vm) => mayList(table, vm.vmid, 'VM.Console'))
    if (mine.length === 0) throw new AppError('desktop.none-assigned', 'the cluster has no VM whose console this person may open')
    return mine.map(toDesktop).sort((a, b) => a.title.localeCompare(b.title) || Number(a.id) - Number(b.id))
  }

  async powerState(id: DesktopId, ctx: CallContext): Promise<PowerState> {
    return powerOf(await this.#look(await this.#vmid(id, ctx), ctx))
  }

  async powerOn(id: DesktopId, onState: (s: PowerState) => void, ctx: CallContext): Promise<void> {
    const { api, clock, endpoint } = this.#d
    const vmid = await this.#vmid(id, ctx)
    const order = async (what: string): Promise<string> => {
      await this.#assertPower(vmid, ctx)
      return await this.#at(vmid, ctx, async (vm) => checked(Upid, await api.post(`${vm}/status/${what}`, {}, START, ctx), what))
    }
    await bringUp({
      look: () => this.#look(vmid, ctx),
      start: () => order('start'),
      resume: () => order('resume'),
      task: (upid) => lookAtTask(api, upid, ctx),
      onState,
      clock,
      deadlineMs: endpoint.startSeconds * 1000,
      ctx,
    })
  }

  readonly act = async (id: DesktopId, action: DesktopAction, ctx: CallContext): Promise<void> => {
    const { api, clock, endpoint } = this.#d
    const vmid = await this.#vmid(id, ctx)
    await this.#assertPower(vmid, ctx)
    const upid = await this.#at(vmid, ctx, async (vm) => checked(Upid, await api.post(`${vm}/status/${ACTIONS[action]}`, {}, ACT, ctx), action))
    const task = await taskEnd(api, upid, clock, endpoint.startSeconds * 1000, ctx)
    if (task === undefined) return ctx.log.info('the task still runs', { comp: 'proxmox', action })
    const why = failureOf(task)
    if (why !== undefined) throw new AppError(meaningOf(why, ACT), `the task ended: ${why}`, { params: { server: why.slice(0, 300) } })
  }

  async openConsole(id: DesktopId, ctx: CallContext): Promise<ConsoleGrant> {
    const { api, endpoint, redactor } = this.#d
    const vmid = await this.#vmid(id, ctx)
    const vm = await this.#look(vmid, ctx)
    if (vm.status !== 'running') throw new AppError('spice.display-closed', `the VM is ${powerOf(vm)}`)
    if (vm.spice !== true) throw new AppError('desktop.no-spice', 'the VM has no SPICE display: its hardware needs qxl (or virtio with SPICE)')
    return await this.#at(vmid, ctx, (path) => spiceGrant(api, path, endpoint.proxy, redactor, ctx))
  }

  async credentialPath(id: DesktopId, ctx: CallContext): Promise<CredentialPath> {
    const { api, clock, endpoint, person, ssh } = this.#d
    const { enabled, helper, agentSeconds } = endpoint.signOn
    const vmid = await this.#vmid(id, ctx)
    if (!enabled || (ssh === undefined && helper === undefined)) return { kind: 'none', channelNames: [] }
    // Looked at first, so that the node is the one of now.
    await this.#look(vmid, ctx)
    // Before the helper: over the channel the guest itself tells what became of it.
    if (ssh !== undefined) return await ssh.channel(await this.#node(vmid, ctx), vmid, ctx)
    return guestPath({ api, clock, at: (c, work) => this.#at(vmid, c, work), helper: helper!, helperMs: agentSeconds * 1000, person })
  }

  onLost(fn: (why: AppError | undefined) => void): void {
    this.#lost.push(fn)
  }

  /** The sign-in is over on the server's side. */
  ended(why: AppError | undefined): void {
    for (const fn of this.#lost.splice(0)) fn(why)
  }

  close(): Promise<void> {
    this.#d.ssh?.close()
    this.#d.api.close()
    this.ended(undefined)
    return Promise.resolve()
  }

  /** api-viewer, /cluster/resources: what the asker may audit (VM.Audit). */
  async #vms(ctx: CallContext): Promise<readonly Resource[]> {
    const data = await this.#d.api.get('/cluster/resources?type=vm', READ, ctx, MAX_LIST)
    if (!Array.isArray(data)) throw new AppError('hypervisor.protocol', 'GET /cluster/resources: no list')
    const vms: Resource[] = []
    for (const one of data) {
      const parsed = Resource.safeParse(one)
      if (parsed.success && parsed.data.template !== true) vms.push(parsed.data)
      else if (!parsed.success && (one as { type?: unknown } | null)?.type === 'qemu') ctx.log.warn('a VM was left out of the list', { comp: 'proxmox', why: parsed.error.issues[0]?.path.join('.') })
    }
    this.#nodes.clear()
    for (const vm of vms) this.#nodes.set(vm.vmid, vm.node)
    return vms
  }

  /** The number behind a desktop that is this person's. Errors: desktop.not-found. */
  async #vmid(id: DesktopId, ctx: CallContext): Promise<number> {
    const vmid = vmidOf(id)
    if (vmid === undefined) throw new AppError('desktop.not-found', 'not the number of a VM')
    // Whoever only knows a number gets nothing by it: the token may do more than the person.
    if (this.#d.byToken) await assertMay(this.#d.api, this.#d.person.userid, vmid, 'VM.Console', 'desktop.not-found', ctx)
    return vmid
  }

  async #assertPower(vmid: number, ctx: CallContext): Promise<void> {
    if (this.#d.byToken) await assertMay(this.#d.api, this.#d.person.userid, vmid, 'VM.PowerMgmt', 'hypervisor.denied', ctx)
  }

  async #look(vmid: number, ctx: CallContext): Promise<Current> {
    return await this.#at(vmid, ctx, async (vm) => checked(Current, await this.#d.api.get(`${vm}/status/current`, READ, ctx), 'status/current'))
  }

  async #node(vmid: number, ctx: CallContext): Promise<string> {
    if (!this.#nodes.has(vmid)) await this.#vms(ctx)
    const node = this.#nodes.get(vmid)
    if (node === undefined) throw new AppError('desktop.not-found', `the cluster shows no VM ${vmid}`)
    return node
  }

  /** Runs `work` with the VM's path on its node; once more where it has moved meanwhile. */
  async #at<T>(vmid: number, ctx: CallContext, work: (vm: string) => Promise<T>): Promise<T> {
    const node = await this.#node(vmid, ctx)
    try {
      return await work(`/nodes/${node}/qemu/${vmid}`)
    } catch (e) {
      const error = toAppError(e)
      if (!mayHaveMoved(error)) throw error
      this.#nodes.delete(vmid)
      const now = await this.#node(vmid, ctx)
      if (now === node) throw error
      ctx.log.info('the VM is on another node now', { comp: 'proxmox', vmid, node: now })
      return await work(`/nodes/${now}/qemu/${vmid}`)
    }
  }
}
