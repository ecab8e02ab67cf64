// Why: what one signed-in person can do at a libvirt host. Every action looks at the live domain and asks again whether
// it is this person's, because all of that changes without us; only what was seen within the last second is taken as it is.
import { AppError, throwIfAborted } from '../../core/errors.ts'
import type { Clock } from '../../core/ports/clock.ts'
import type { CallContext, ConsoleGrant, CredentialPath, Hop, HypervisorSession } from '../../core/ports/driver.ts'
import type { ExecResult, SshConnection } from '../../core/ports/ssh.ts'
import type { Redactor } from '../../core/redactor.ts'
import type { LibvirtHost } from '../../../shared/config/endpoint.ts'
import type { Desktop, DesktopId, PowerState } from '../../../shared/desktop.ts'
import type { MayUse } from './assignment.ts'
import { toDesktop } from './desktop.ts'
import type { SpiceGraphics } from './domain-xml.ts'
import { METADATA_NAMESPACE } from './metadata.ts'
import { HypervisorClock } from './hypervisor-clock.ts'
import { parseInspection, parseUuids, type Inspected } from './inspect.ts'
import { bringUp } from './power.ts'
import { obtainTicket } from './tickets.ts'
import { isUuid, MAX_BATCH, type Virsh } from './virsh.ts'
import { virshError } from './virsh-errors.ts'

export interface LibvirtSessionDeps {
  readonly endpoint: LibvirtHost
  readonly connection: SshConnection
  readonly virsh: Virsh
  readonly user: string
  readonly mayUse: MayUse
  readonly redactor: Redactor
  readonly clock: Clock
}

/**
 * How long what was seen of a RUNNING domain counts as its present state, ms. From the list to the console it is looked
 * at three times within a blink; one virsh process each would be the longest part of that way. Outdated XML cannot do
 * harm: libvirt refuses to update a display that is not the present one, and then it is read again.
 */
const FRESH_MS = 1000

/** Room for a few hundred domains of 8 to 40 KiB XML each in one batch. */
const MAX_INSPECTION = 32 * 1024 * 1024

export class LibvirtSession implements HypervisorSession {
  readonly #d: LibvirtSessionDeps
  readonly #hypervisorClock: HypervisorClock
  #groups: readonly string[] | undefined
  readonly #seen = new Map<string, { readonly at: number; readonly it: Inspected }>()

  constructor(deps: LibvirtSessionDeps) {
    this.#d = deps
    this.#hypervisorClock = new HypervisorClock(deps.connection, deps.clock)
  }

  async listDesktops(ctx: CallContext): Promise<readonly Desktop[]> {
    const { virsh } = this.#d
    const [uuids, groups] = await Promise.all([this.#run('listing domains', virsh.listUuids(), ctx), this.#groupsOf(ctx), this.#hypervisorClock.learn(ctx)])
    const all = parseUuids(uuids.stdout)
    const batches: (readonly string[])[] = []
    for (let i = 0; i < all.length; i += MAX_BATCH) batches.push(all.slice(i, i + MAX_BATCH))
    const found: Inspected[] = []
    // One after the other: more than one virsh at a time would only compete for the same libvirtd.
    for (const batch of batches) found.push(...(await this.#inspect(batch, ctx, this.#candidate)))
    const mine = found.filter((f) => this.#d.mayUse(f.domain, groups))
    for (const one of mine) this.#remember(one)
    if (mine.length === 0) throw new AppError('desktop.none-assigned', `none of ${all.length} domains is assigned to this person`)
    return mine.map(toDesktop).sort((a, b) => a.title.localeCompare(b.title) || (a.id < b.id ? -1 : 1))
  }

  async powerState(id: DesktopId, ctx: CallContext): Promise<PowerState> {
    return (await this.#look(id, ctx)).power
  }

  async powerOn(id: DesktopId, onState: (s: PowerState) => void, ctx: CallContext): Promise<void> {
    const { virsh, connection, clock, endpoint } = this.#d
    let known = this.#fresh(id)
    await bringUp({
      look: async () => {
        const first = known
        known = undefined
        return first ?? (await this.#look(id, ctx))
      },
      start: (timeoutMs) => connection.exec(virsh.start(id), { timeoutMs }, ctx),
      resume: (timeoutMs) => connection.exec(virsh.resume(id), { timeoutMs }, ctx),
      wakeUp: (timeoutMs) => connection.exec(virsh.wakeUp(id), { timeoutMs }, ctx),
      onState,
      clock,
      deadlineMs: endpoint.startSeconds * 1000,
      signal: ctx.signal,
    })
  }

  async openConsole(id: DesktopId, ctx: CallContext): Promise<ConsoleGrant> {
    const known = this.#fresh(id)
    try {
      return await this.#grant(known ?? (await this.#look(id, ctx)), ctx)
    } catch (error) {
      if (known === undefined || !(error instanceof AppError) || error.code !== 'spice.ticket-set-failed') throw error
      return await this.#grant(await this.#look(id, ctx), ctx)
    }
  }

  async #grant({ domain }: Inspected, ctx: CallContext): Promise<ConsoleGrant> {
    if (domain.spice === undefined) throw new AppError('desktop.no-spice', 'the domain has no SPICE display')
    if (!domain.active) throw new AppError('spice.display-closed', 'the domain does not run')
    const hops = [displayHop(domain.spice, this.#d.connection)]
    await this.#hypervisorClock.learn(ctx)
    const ticket = await obtainTicket(domain.uuid, domain.spice, { connection: this.#d.connection, virsh: this.#d.virsh, redactor: this.#d.redactor, hypervisorWall: () => this.#hypervisorClock.wall() }, ctx)
    if (ctx.signal.aborted) ticket.ticket?.dispose()
    throwIfAborted(ctx.signal)
    return { hops, ...ticket }
  }

  async credentialPath(id: DesktopId, ctx: CallContext): Promise<CredentialPath> {
    const { channels, helper } = this.#d.endpoint.signOn
    const { domain } = this.#fresh(id) ?? (await this.#look(id, ctx))
    for (const name of channels) {
      const channel = domain.channels.find((c) => c.name === name && c.path !== undefined)
      if (channel?.path === undefined) continue
      const ssh = { connection: this.#d.connection }
      return { kind: 'guest-channel', name, hops: [{ via: 'ssh-unix', ssh, path: channel.path }], guestConnected: channel.connected, helper: helper === undefined ? undefined : { ssh, argv: helper } }
    }
    return { kind: 'none', channelNames: channels }
  }

  onLost(fn: (why: AppError | undefined) => void): void {
    this.#d.connection.onClosed(fn)
  }

  async close(): Promise<void> {
    this.#d.connection.close()
  }

  /** What was just seen of a running domain of this person's. */
  #fresh(id: DesktopId): Inspected | undefined {
    const seen = this.#seen.get(id)
    return seen !== undefined && this.#d.clock.now() - seen.at <= FRESH_MS ? seen.it : undefined
  }

  #remember(one: Inspected): void {
    if (one.power === 'running') this.#seen.set(one.domain.uuid, { at: this.#d.clock.now(), it: one })
    else this.#seen.delete(one.domain.uuid)
  }

  /** The live domain, if it is this person's. One that is not is as good as not there. */
  async #look(id: DesktopId, ctx: CallContext): Promise<Inspected> {
    if (!isUuid(id)) throw new AppError('desktop.not-found', 'not the UUID of a domain')
    const [found, groups] = await Promise.all([this.#inspect([id], ctx), this.#groupsOf(ctx)])
    const one = found.find((f) => f.domain.uuid === id)
    if (one === undefined || !this.#d.mayUse(one.domain, groups)) {
      this.#seen.delete(id)
      throw new AppError('desktop.not-found', 'no such domain among those of this person')
    }
    this.#remember(one)
    return one
  }

  /** A document that does not name our namespace assigns nothing (libvirt writes a `/` as `/`, never as a reference). */
  readonly #candidate = (document: string): boolean => this.#d.endpoint.desktops.assign !== 'metadata' || document.includes(METADATA_NAMESPACE)

  async #inspect(uuids: readonly string[], ctx: CallContext, candidate?: (document: string) => boolean): Promise<readonly Inspected[]> {
    const result = await this.#d.connection.exec(this.#d.virsh.inspect(uuids), { maxStdout: MAX_INSPECTION }, ctx)
    const found = parseInspection(result.stdout, (why) => ctx.log.warn('a domain was left out of the list', { comp: 'libvirt', why: why.detail }), candidate)
    // virsh's status is that of its last command only: a domain deleted meanwhile must not fail the others.
    if (result.code !== 0 && !result.stdout.includes('</domain>')) throw virshError('reading domains', result)
    return found
  }

  /** The person's groups as the hypervisor sees them; asked once, and only where the assignment can depend on it. */
  async #groupsOf(ctx: CallContext): Promise<readonly string[]> {
    if (this.#d.endpoint.desktops.assign !== 'metadata') return []
    if (this.#groups !== undefined) return this.#groups
    const result = await this.#d.connection.exec(['id', '-Gn', this.#d.user], {}, ctx)
    if (result.code !== 0) ctx.log.warn('the groups of the person are not known to the hypervisor', { comp: 'libvirt', code: result.code })
    this.#groups = result.code === 0 ? result.stdout.split(/\s+/).filter((g) => g !== '') : []
    return this.#groups
  }

  async #run(doing: string, argv: readonly string[], ctx: CallContext): Promise<ExecResult> {
    const result = await this.#d.connection.exec(argv, {}, ctx)
    if (result.code !== 0) throw virshError(doing, result)
    return result
  }
}

/** How each SPICE channel reaches the display from the hypervisor itself. Addresses that mean "all" are reached on loopback. */
function displayHop(spice: SpiceGraphics, connection: SshConnection): Hop {
  const ssh = { connection }
  if (spice.socket !== undefined) return { via: 'ssh-unix', ssh, path: spice.socket }
  if (spice.port === undefined) throw new AppError('desktop.no-spice', spice.tlsPort === undefined ? 'the display listens nowhere' : 'the display listens with TLS only; inside SSH a plain port or a unix socket is needed')
  const host = spice.address === undefined || spice.address === '0.0.0.0' || spice.address === '::' ? '127.0.0.1' : spice.address
  return { via: 'ssh-tcp', ssh, host, port: spice.port }
}
