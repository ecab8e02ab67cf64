// Why: one simulated machine: libvirt's state machine around a guest, its channels and its display. Everything that
// virsh may ask or change goes through here, so the rules hold for every command alike.
import { randomUUID } from 'node:crypto'
import { pause, type Clock } from '../clock.ts'
import type { EventLog } from '../events.ts'
import type { Faults } from '../faults.ts'
import { GuestAgent, type AgentOptions, type AgentPoint } from './agent.ts'
import { ChannelSocket } from './channel-socket.ts'
import type { Display, DisplayFactory, DisplayTicket } from './display.ts'
import { domainXml, type XmlDomain, type XmlGraphics } from './domain-xml.ts'
import { LibvirtError, readGraphicsUpdate } from './graphics-update.ts'
import { Guest, type GuestOptions } from './guest.ts'

export interface DomainOptions {
  readonly name: string
  readonly uuid?: string
  readonly title?: string
  readonly description?: string
  /** Who it is assigned to by <latchkey:desktop>; neither given: no such element. */
  readonly users?: readonly string[]
  readonly groups?: readonly string[]
  /** libosinfo id, e.g. http://debian.org/debian/12 */
  readonly osId?: string
  /** State at the beginning. Default: shut off. */
  readonly state?: 'shut off' | 'running' | 'paused' | 'pmsuspended' | 'saved'
  readonly display?: 'tcp' | 'unix' | 'none'
  /** passwd of the XML. Null: none, and then QEMU runs without tickets and takes none later. Default: a long random one. */
  readonly displayPassword?: string | null
  /** Name of the credential channel, null for none. Default com.kvm-vdi.0. */
  readonly channel?: string | null
  /** How long `start` takes, ms. Default 0. */
  readonly startMs?: number
  /** libvirt's message with which every start fails. */
  readonly startError?: string
  readonly guest?: GuestOptions
  readonly agent?: AgentOptions
}

export interface DomainDeps {
  readonly clock: Clock
  readonly events: EventLog
  readonly faults: Faults
  readonly nextId: () => number
  readonly takePort: () => number
  readonly makeDisplay: DisplayFactory
  readonly reach: (point: AgentPoint) => Promise<void>
}

/** Names and numbers of virDomainState and its reasons (libvirt-domain.h). */
const STATES = { 'running': 1, 'paused': 3, 'shut off': 5, 'pmsuspended': 7 } as const
export type DomainState = keyof typeof STATES
const REASONS: Record<DomainState, Readonly<Record<string, number>>> = {
  'running': { booted: 1, restored: 3, unpaused: 5, 'event wakeup': 8 },
  'paused': { user: 1 },
  'shut off': { unknown: 0, shutdown: 1, destroyed: 2, saved: 5, failed: 6 },
  'pmsuspended': { unknown: 0 },
}
const CHANNEL_DIR = '/var/lib/libvirt/qemu/channel/target'

export class SimDomain {
  readonly name: string
  readonly uuid: string
  readonly guest: Guest
  readonly channel: ChannelSocket | undefined
  readonly display: Display | undefined
  readonly options: DomainOptions
  readonly #deps: DomainDeps
  readonly #agent: GuestAgent | undefined
  #state: DomainState = 'shut off'
  #reason = 'unknown'
  #id: number | undefined
  #starting = false
  #port: number | undefined
  #spiceSocket: string | undefined
  #ticket: DisplayTicket = { kind: 'none' }
  #ticketing = false
  /** What the live XML says of the password; QEMU may know another one (see readGraphicsUpdate). */
  #xmlPassword: string | undefined
  #xmlValidTo: string | undefined

  constructor(options: DomainOptions, deps: DomainDeps) {
    this.options = options
    this.name = options.name
    this.uuid = options.uuid ?? randomUUID()
    this.#deps = deps
    this.guest = new Guest(options.guest ?? {}, options.name)
    const { domain, events } = { domain: this.name, events: deps.events }
    if (options.channel !== null) {
      this.channel = new ChannelSocket(options.channel ?? 'com.kvm-vdi.0', (client) => events.add({ kind: 'channel', domain, client }))
      this.#agent = new GuestAgent(this.guest, this.channel, options.agent ?? {}, { domain, clock: deps.clock, events, reach: deps.reach, onShutdown: (reboot) => this.#guestShutdown(reboot), onAttempt: (user, dots, verdict) => this.display?.showAttempt(user, dots, verdict) })
    }
    if (options.display !== 'none') this.display = deps.makeDisplay({
      name: this.name, uuid: this.uuid, hostName: this.guest.hostName, clock: deps.clock, faults: deps.faults, ticket: () => this.#ticket,
      onSubmit: (user, password) => this.#atGreeter(user, password),
      onLogOff: () => this.guest.signOut(),
    })
    this.guest.onChange(() => this.#paint())
    this.#begin(options.state ?? 'shut off')
  }

  get id(): number | undefined {
    return this.#id
  }
  get state(): DomainState {
    return this.#state
  }
  get reason(): string {
    return this.#reason
  }
  get saved(): boolean {
    return this.#id === undefined && this.#reason === 'saved'
  }
  get stateNumber(): number {
    return STATES[this.#state]
  }
  get reasonNumber(): number {
    return REASONS[this.#state][this.#reason] ?? 0
  }
  /** Port or socket of the live display. */
  get displayPort(): number | undefined {
    return this.#port
  }
  get displaySocket(): string | undefined {
    return this.#spiceSocket
  }

  async start(): Promise<void> {
    if (this.#id !== undefined || this.#starting) throw new LibvirtError('Domain is already active')
    this.#starting = true
    try {
      await pause(this.#deps.clock, this.options.startMs ?? 0)
      if (this.options.startError !== undefined) {
        // A managed save image survives a failed start.
        if (!this.saved) this.#reason = 'failed'
        throw new LibvirtError(this.options.startError)
      }
      this.#run(this.saved)
    } finally {
      this.#starting = false
    }
  }
  resume(): void {
    this.#needActive()
    if (this.#state === 'running') throw new LibvirtError('Requested operation is not valid: domain is already running')
    if (this.#state === 'pmsuspended') throw new LibvirtError('Requested operation is not valid: domain is pmsuspended')
    this.#set('running', 'unpaused')
  }
  suspend(): void {
    this.#needActive()
    if (this.#state === 'pmsuspended') throw new LibvirtError('Requested operation is not valid: domain is pmsuspended')
    this.#set('paused', 'user')
  }
  wakeUp(): void {
    this.#needActive()
    if (this.#state !== 'pmsuspended') throw new LibvirtError("internal error: unable to execute QEMU command 'system_wakeup': Unable to wake up: guest is not in suspended state")
    this.#set('running', 'event wakeup')
  }
  managedSave(): void {
    this.#needActive()
    this.#stop('saved')
  }
  /** Asks the guest, which obeys at once here. */
  shutdown(): void {
    this.#needActive()
    this.#stop('shutdown')
  }
  destroy(): void {
    this.#needActive()
    this.#stop('destroyed')
  }
  /** For the end of the hypervisor: no event, no error. */
  dispose(): void {
    this.#agent?.powerOff()
    this.channel?.close()
    this.display?.close()
  }

  /** `virsh update-device`: only the ticket can change. Throws LibvirtError. */
  updateDevice(xml: string): void {
    this.#needActive()
    const change = readGraphicsUpdate(xml, this.options.display === 'none' ? undefined : { kind: this.options.display ?? 'tcp', socketPath: this.#spiceSocket })
    if (change.password !== undefined) {
      if (!this.#ticketing || this.#deps.faults.ticketRefused) throw new LibvirtError("internal error: unable to execute QEMU command 'set_password': Could not set password")
      this.#ticket = { kind: 'ticket', value: change.password, ...(change.validUntil === undefined ? {} : { validUntil: change.validUntil }) }
      this.#deps.events.add({ kind: 'ticket', domain: this.name, validForMs: change.validUntil === undefined ? undefined : change.validUntil - this.#deps.clock.wall() })
    }
    this.#xmlPassword = change.password
    this.#xmlValidTo = change.validTo
  }

  xml(form: { readonly inactive: boolean; readonly secure: boolean }): string {
    return domainXml(this.#xmlDomain(form.inactive), form.secure)
  }
  hasMetadata(): boolean {
    return this.options.users !== undefined || this.options.groups !== undefined
  }

  #xmlDomain(inactive: boolean): XmlDomain {
    const o = this.options
    const live = !inactive && this.#id !== undefined
    const g: XmlGraphics | undefined = o.display === 'none' ? undefined : {
      kind: o.display ?? 'tcp',
      password: live ? this.#xmlPassword : this.#configuredPassword(),
      ...(live && this.#port !== undefined ? { port: this.#port } : {}),
      ...(live && this.#spiceSocket !== undefined ? { socketPath: this.#spiceSocket } : {}),
      ...(live && this.#xmlValidTo !== undefined ? { passwordValidTo: this.#xmlValidTo } : {}),
    }
    const c = this.channel
    return {
      name: this.name, uuid: this.uuid, title: o.title, description: o.description, osId: o.osId, memoryKiB: 2_097_152, vcpus: 2,
      users: o.users ?? [], groups: o.groups ?? [], hasMetadata: this.hasMetadata(), id: live ? this.#id : undefined, graphics: g,
      channels: c ? [{ name: c.name, connected: c.guestConnected, ...(live && c.path !== undefined ? { path: c.path } : {}) }] : [],
    }
  }
  #configuredPassword(): string | undefined {
    // Random and long: it is only there so that QEMU runs with tickets; who needs it reads it with --security-info.
    return this.options.displayPassword === null ? undefined : (this.options.displayPassword ?? this.#fallbackPassword)
  }
  readonly #fallbackPassword = randomUUID()

  #begin(state: NonNullable<DomainOptions['state']>): void {
    if (state === 'shut off') return
    this.#run(false)
    if (state === 'paused') this.#set('paused', 'user')
    if (state === 'pmsuspended') this.#set('pmsuspended', 'unknown')
    if (state === 'saved') this.#stop('saved')
  }
  #run(restored: boolean): void {
    const id = this.#deps.nextId()
    this.#id = id
    const kind = this.options.display ?? 'tcp'
    if (kind === 'tcp') this.#port = this.#deps.takePort()
    if (kind === 'unix') this.#spiceSocket = `/var/lib/libvirt/qemu/domain-${id}-${shortName(this.name)}/spice.sock`
    const password = this.#configuredPassword()
    this.#ticketing = password !== undefined
    this.#ticket = password === undefined ? { kind: 'none' } : { kind: 'ticket', value: password }
    this.#xmlPassword = password
    this.#xmlValidTo = undefined
    this.channel?.open(`${CHANNEL_DIR}/domain-${id}-${shortName(this.name)}/${this.channel.name}`)
    this.#set('running', restored ? 'restored' : 'booted')
    if (!restored) this.guest.boot()
    this.#agent?.powerOn(restored)
    this.#paint()
  }
  #stop(reason: 'saved' | 'shutdown' | 'destroyed'): void {
    this.#agent?.powerOff()
    this.channel?.close()
    this.display?.close()
    this.#id = undefined
    this.#port = undefined
    this.#spiceSocket = undefined
    this.#ticket = { kind: 'none' }
    if (reason !== 'saved') this.guest.boot()
    this.#set('shut off', reason)
  }
  #guestShutdown(reboot: boolean): void {
    if (!reboot) return this.#stop('shutdown')
    this.#agent?.powerOff()
    this.channel?.guestClose()
    this.guest.boot()
    this.#agent?.powerOn(false)
  }
  /** A person at the guest's own screen, without the agent. */
  #atGreeter(user: string, password: string): void {
    const account = this.guest.check(user, password)
    const { user: present, locked } = this.guest
    if (account !== undefined && present === undefined) this.guest.signIn(account)
    else if (account !== undefined && locked && account === present) this.guest.unlock()
    else this.display?.showAttempt(user, 0, 'wrong')
  }
  #needActive(): void {
    if (this.#id === undefined) throw new LibvirtError('Requested operation is not valid: domain is not running')
  }
  #set(state: DomainState, reason: string): void {
    const [stoodStill, standsStill] = [this.#state, state].map((s) => s === 'paused' || s === 'pmsuspended')
    if (standsStill && !stoodStill) this.#agent?.freeze()
    if (stoodStill && state === 'running') this.#agent?.thaw()
    this.#state = state
    this.#reason = reason
    this.#deps.events.add({ kind: 'domain', domain: this.name, state: `${state} (${reason})` })
  }
  #paint(): void {
    if (!this.display || this.#id === undefined) return
    if (this.guest.user === undefined) this.display.showSignIn()
    else if (this.guest.locked) this.display.showSignIn(this.guest.user)
    else this.display.showDesktop(this.guest.user)
  }
}

/** libvirt cuts the name in such folders to 20 characters (virDomainDefGetShortName). */
function shortName(name: string): string {
  return [...name].slice(0, 20).join('')
}
