// Why: what a cluster knows: people, tokens, ACLs, nodes, VMs, tasks, and a time of its own.
import { createHmac, randomBytes } from 'node:crypto'

export interface FakePerson {
  password: string
  /** The account is switched off, or its expiry date (seconds) has passed. */
  enable?: boolean
  expire?: number
  tfa?: { totp?: string; recovery?: string[]; yubico?: string; webauthn?: boolean }
}

export interface FakeToken {
  readonly secret: string
  /** Privilege separation: it has what its own ACLs give, out of what its owner has. */
  readonly privsep: boolean
}

export interface FakeAcl {
  readonly path: string
  /** User or token id. */
  readonly who: string
  /** Empty: the role NoAccess. */
  readonly privileges: readonly string[]
  readonly propagate: boolean
}

export interface FakeVm {
  readonly vmid: number
  /** Looks until high availability has started it. */
  haRounds?: number
  readonly type: 'qemu' | 'lxc'
  name: string
  node: string
  template: boolean
  pool?: string
  status: 'running' | 'stopped'
  qmpstatus: string
  lock?: string
  spice: boolean
  ha: boolean
  /** How its next start goes; slow: so many looks at the task; dies: the task works, and the VM is where it was. */
  start: 'at-once' | 'slow' | 'fails' | 'never' | 'dies'
  agent: 'none' | 'silent' | 'runs'
  /** What the helper in the guest ends with. */
  helperStatus: number
  delivered?: unknown
  commands: string[][]
  users: { user: string; domain?: string }[]
  display?: { password: string; until: number }
  /** Where its real display listens; the port the cluster names is another. */
  target?: { host: string; port: number }
}

export interface FakeTask {
  readonly upid: string
  readonly owner: string
  looks: number
  exitstatus: string
  done: () => void
}

/** PVE::Tools::spice_port_range: 61000–61999 */
export const SPICE_PORT = 61_000
/** Ticket.pm: spice tickets -20…40 s; AccessControl.pm: tickets two hours, five minutes for clocks that differ. */
const TICKET_LIFE = 2 * 3600
const GRACE = 300

export class PveState {
  /** ms; passes only where a test lets it. */
  now = 1_750_000_000_000
  readonly people = new Map<string, FakePerson>()
  readonly tokens = new Map<string, FakeToken>()
  readonly acls: FakeAcl[] = []
  readonly vms = new Map<number, FakeVm>()
  readonly tasks = new Map<string, FakeTask>()
  readonly processes = new Map<number, { looks: number; exitcode: number }>()
  readonly nodes = new Map<string, 'up' | 'down'>([['pve1', 'up'], ['pve2', 'up']])
  /** Every full or half ticket that was given out. */
  readonly issued: string[] = []
  display = { ca: '', subject: 'OU=PVE Cluster Node,O=Proxmox Virtual Environment,CN=pve1.example.com', proxyPort: 3128 }
  readonly #secret = randomBytes(32)

  get seconds(): number {
    return Math.floor(this.now / 1000)
  }

  addVm(vmid: number, over: Partial<FakeVm> = {}): FakeVm {
    const vm: FakeVm = { vmid, type: 'qemu', name: `vm${vmid}`, node: 'pve1', template: false, status: 'stopped', qmpstatus: 'stopped', spice: true, ha: false, start: 'at-once', agent: 'runs', helperStatus: 0, commands: [], users: [], ...over }
    this.vms.set(vmid, vm)
    return vm
  }

  grant(who: string, path: string, privileges: readonly string[], propagate = true): void {
    this.acls.push({ path, who, privileges, propagate })
  }

  sign(text: string): string {
    return createHmac('sha1', this.#secret).update(text).digest('hex')
  }

  /** Ticket.pm: assemble_rsa_ticket; the signature of another kind. @param aad signed along and not told */
  ticket(data: string, aad = ''): string {
    const plain = `PVE:${data}:${this.seconds.toString(16).toUpperCase().padStart(8, '0')}`
    const ticket = `${plain}::${Buffer.from(this.sign(`${plain}:${aad}`)).toString('base64')}`
    this.issued.push(ticket)
    return ticket
  }

  /** What the ticket says; undefined: not signed here, or its time is over. */
  read(ticket: string, aad = ''): string | undefined {
    const [, plain = '', data, time = '', signature] = /^(PVE:(\S+):([0-9A-F]{8}))::([^:\s]+)$/.exec(ticket) ?? []
    const age = this.seconds - parseInt(time, 16)
    if (data === undefined || Buffer.from(this.sign(`${plain}:${aad}`)).toString('base64') !== signature) return undefined
    return age > -GRACE && age < TICKET_LIFE ? data : undefined
  }

  csrf(userid: string): string {
    const time = this.seconds.toString(16).toUpperCase().padStart(8, '0')
    return `${time}:${this.sign(`${time}:${userid}`)}`
  }

  isCsrf(token: string, userid: string): boolean {
    const [, time = '', signature] = /^([0-9A-F]{8}):(\S+)$/.exec(token) ?? []
    const age = this.seconds - parseInt(time, 16)
    return signature === this.sign(`${time}:${userid}`) && age > -GRACE && age < TICKET_LIFE
  }

  isEnabled(userid: string): boolean {
    const person = this.people.get(userid)
    return person !== undefined && person.enable !== false && !(person.expire !== undefined && person.expire !== 0 && person.expire < this.seconds)
  }

  /** Privileges of a user or token on a path, each with whether it is handed down. */
  privileges(who: string, path: string): Map<string, boolean> {
    const [owner = '', token] = who.split('!')
    const own = this.#granted(who, path)
    if (token === undefined) return own
    const owners = this.#granted(owner, path)
    if (this.tokens.get(who)?.privsep !== true) return owners
    return new Map([...own].filter(([p]) => owners.has(p)))
  }

  may(who: string, path: string, privilege: string): boolean {
    return this.privileges(who, path).has(privilege)
  }

  /** A deeper path takes the place of what was handed down; a pool adds to its members. */
  #granted(who: string, path: string): Map<string, boolean> {
    const steps = path === '/' ? ['/'] : ['/', ...path.split('/').slice(1).map((_, i, all) => `/${all.slice(0, i + 1).join('/')}`)]
    let now = new Map<string, boolean>()
    for (const step of steps) {
      const here = this.acls.filter((a) => a.who === who && a.path === step && (a.propagate || step === path))
      if (here.length > 0) now = new Map(here.flatMap((a) => a.privileges.map((p): [string, boolean] => [p, a.propagate])))
    }
    const pool = this.vms.get(Number(/^\/vms\/(\d+)$/.exec(path)?.[1]))?.pool
    if (pool !== undefined) for (const [p, down] of this.#granted(who, `/pool/${pool}`)) now.set(p, down)
    return now
  }

  /** RPCEnvironment.pm: get_effective_permissions; a path without any right is left out. */
  effective(who: string): Record<string, Record<string, number>> {
    const paths = new Set(['/', '/access', '/access/groups', '/nodes', '/pool', '/sdn', '/storage', '/vms', ...this.acls.map((a) => a.path)])
    for (const { vmid, pool } of this.vms.values()) if (pool !== undefined) paths.add(`/vms/${vmid}`).add(`/pool/${pool}`)
    const out: Record<string, Record<string, number>> = {}
    for (const path of paths) {
      const here = this.privileges(who, path)
      if (here.size > 0) out[path] = Object.fromEntries([...here].map(([p, down]) => [p, down ? 1 : 0]))
    }
    return out
  }
}
