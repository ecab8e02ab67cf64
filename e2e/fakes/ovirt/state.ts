// Why: what an engine remembers: people, tokens, VMs, pools, tickets, and what reached a guest. Apart from the protocol, so
// that a test can look and change it while the server runs.
import { randomBytes, randomUUID } from 'node:crypto'

export interface FakePerson {
  password: string
  /** What the authentication extension answers instead of letting them in. */
  refusal?: 'expired' | 'locked'
  /** Has no role anywhere: gets a token and may do nothing with it. */
  roleless?: boolean
}

export interface FakeToken {
  readonly name: string
  /** The engine keeps it for `logon`; absent for sign-ins that had none. */
  readonly password: string | undefined
  readonly until: number
}

export interface FakeVm {
  readonly id: string
  name: string
  description: string
  status: string
  statusDetail?: string
  readonly osType: string
  /** Who sees it in the user portal. */
  readonly owners: Set<string>
  pool?: string
  consoles: readonly ('spice' | 'vnc')[]
  /** Statuses that follow, one a look; the last one stays. */
  next: string[]
  start: 'at-once' | 'slow' | 'fails' | 'never' | 'no-host' | 'maintenance'
  agent: boolean
  /** The VM's own setting: Use Guest Agent, or Disable Single Sign On. */
  sso: boolean
  guestUsers: string[]
  /** What the guest was given last, as the host sends it: user@domain. */
  delivered?: { readonly user: string; readonly password: string }
  ticket?: { readonly value: string; readonly until: number }
  actions: string[]
}

export interface FakePool {
  readonly id: string
  readonly name: string
  readonly maxUserVms: number
  readonly type: 'automatic' | 'manual'
  readonly owners: Set<string>
}

export interface FakeDisplay {
  readonly address: string
  readonly port: number
  readonly securePort: number
  /** As the host's certificate has it. */
  readonly subject: string
  readonly ca: string
  readonly proxy?: string
}

/** Seconds: the engine's defaults (UserSessionTimeOutInterval 30 min; a console ticket 120 s). */
export const TOKEN_SECONDS = 1800
export const TICKET_SECONDS = 120

export class EngineState {
  /** ms; moved by tests */
  now = 1_000_000
  /** Authentication profiles. */
  readonly profiles = new Set(['internal', 'corp.example.com'])
  readonly people = new Map<string, FakePerson>()
  readonly tokens = new Map<string, FakeToken>()
  readonly vms = new Map<string, FakeVm>()
  readonly pools = new Map<string, FakePool>()
  display: FakeDisplay = { address: '192.0.2.7', port: 5900, securePort: 5901, subject: 'O=example.com,CN=host1.example.com', ca: '' }

  /** What a demonstration does when a VM starts, and when its guest is given somebody's name (user@domain) and password. */
  onLaunch: (vm: FakeVm) => void = () => undefined
  onLogon: (vm: FakeVm, user: string, password: string) => void = () => undefined

  /** A real display behind the engine has a ticket of its own. */
  makeTicket = (): string => randomBytes(9).toString('base64')

  addVm(name: string, owners: readonly string[], over: Partial<FakeVm> = {}): FakeVm {
    const vm: FakeVm = { id: randomUUID(), name, description: '', status: 'down', osType: 'rhel_8x64', owners: new Set(owners), consoles: ['vnc', 'spice'], next: [], start: 'at-once', agent: true, sso: true, guestUsers: [], actions: [], ...over }
    this.vms.set(vm.id, vm)
    return vm
  }

  addPool(name: string, owners: readonly string[], vms: number, over: Partial<FakePool> = {}): FakePool {
    const pool: FakePool = { id: randomUUID(), name, maxUserVms: 1, type: 'automatic', owners: new Set(owners), ...over }
    this.pools.set(pool.id, pool)
    for (let i = 1; i <= vms; i++) this.addVm(`${name}-${i}`, [], { pool: pool.id })
    return pool
  }

  /** Whoever had it before loses it: there is one password, and one token for each sign-in. */
  signIn(name: string, password: string | undefined): string {
    const token = randomBytes(64).toString('base64url')
    this.tokens.set(token, { name, password, until: this.now + TOKEN_SECONDS * 1000 })
    return token
  }

  /** Who a token stands for, now. */
  holder(token: string): FakeToken | undefined {
    const held = this.tokens.get(token)
    if (held !== undefined && held.until > this.now) return held
    this.tokens.delete(token)
    return undefined
  }

  launch(vm: FakeVm): void {
    const from = vm.status === 'suspended' ? 'restoring_state' : 'wait_for_launch'
    vm.status = from
    if (vm.start === 'at-once') vm.next = ['powering_up', 'up']
    else if (vm.start === 'slow') vm.next = [from, from, from, from, 'powering_up', 'powering_up', 'up']
    else if (vm.start === 'fails') {
      vm.next = [from, 'down']
      vm.statusDetail = 'internal error: process exited while connecting to monitor'
    } else vm.next = []
    this.onLaunch(vm)
  }

  /** One look: the VM goes on as it was set to. */
  look(vm: FakeVm): string {
    const { status } = vm
    vm.status = vm.next.shift() ?? vm.status
    return status
  }

  newTicket(vm: FakeVm, seconds: number): string {
    const value = this.makeTicket()
    vm.ticket = { value, until: this.now + seconds * 1000 }
    return value
  }
}
