// Why: the guest's end of the credential channel, speaking the oVirt guest agent's protocol as its sources do, with
// its silences: no acknowledgement, no word about a wrong password, a second login dropped while the first is at work.
import type { Clock } from '../clock.ts'
import type { EventLog } from '../events.ts'
import type { ChannelSocket } from './channel-socket.ts'
import type { Guest } from './guest.ts'
import { attackClient, type HostileKind } from './hostile-guest.ts'

export interface AgentOptions {
  /** From the machine's start until the agent opens its port, ms. Default 300. */
  readonly delayMs?: number
  /** The port is opened, but nothing is ever said. */
  readonly silent?: boolean
  /** From a right password to the session, ms. Default 50. */
  readonly confirmMs?: number
  /** Sends session-* messages. The original does so on Windows only; default: by the guest's flavour. */
  readonly sessionMessages?: boolean
  /** Each client is met with this before the agent behaves as usual. */
  readonly hostile?: HostileKind
  /** The client is dropped when a message of this name arrives, before it acts. */
  readonly dropOn?: string
}

export type AgentPoint = 'agent:message' | 'agent:login' | 'agent:confirm'

export interface AgentDeps {
  readonly domain: string
  readonly clock: Clock
  readonly events: EventLog
  /** Runs a fault hook, if one is set; resolves when the agent may go on. */
  readonly reach: (point: AgentPoint) => Promise<void>
  readonly onShutdown: (reboot: boolean) => void
  /** Credentials reached the greeter; `dots`: length of the password. */
  readonly onAttempt: (user: string, dots: number, verdict: 'busy' | 'wrong') => void
}

/** The original's intervals. */
const HEARTBEAT_MS = 5_000
const USER_CHECK_MS = 10_000
const API_VERSION = 3
/** The original has no bound; this one only ends a test that went wrong. */
const MAX_LINE = 16 * 1024 * 1024

type Message = Readonly<Record<string, unknown>>

export class GuestAgent {
  readonly #guest: Guest
  readonly #socket: ChannelSocket
  readonly #o: AgentOptions
  readonly #deps: AgentDeps
  readonly #timers = new Set<() => void>()
  #up = false
  #partial: Buffer[] = []
  #partialBytes = 0
  #queue: Promise<void> = Promise.resolve()
  #beats = 0
  #loginAtWork = false
  #toldUser = 'None'
  #lastUser: string | undefined
  #lastLocked = false
  #apiVersion = API_VERSION

  constructor(guest: Guest, socket: ChannelSocket, options: AgentOptions, deps: AgentDeps) {
    this.#guest = guest
    this.#socket = socket
    this.#o = options
    this.#deps = deps
    guest.onChange(() => this.#sessionChanged())
  }

  /** The machine has started to run; `resumed`: from an image, where the agent was up already. */
  powerOn(resumed: boolean): void {
    this.#lastUser = this.#guest.user
    this.#lastLocked = this.#guest.locked
    if (resumed) this.#start(false)
    else this.#later(this.#o.delayMs ?? 300, () => this.#start(true))
  }
  powerOff(): void {
    this.#cancelTimers()
    this.#up = false
    this.#partial = []
    this.#partialBytes = 0
    this.#beats = 0
    this.#toldUser = 'None'
  }
  /** The machine's processors stand still: nothing is read, nothing said. A sign-on under way is lost. */
  freeze(): void {
    this.#cancelTimers()
    this.#socket.freeze(true)
  }
  thaw(): void {
    if (this.#up) this.#keepTime()
    else this.#later(this.#o.delayMs ?? 300, () => this.#start(true))
    this.#socket.freeze(false)
  }

  #start(fresh: boolean): void {
    this.#up = true
    this.#beats = fresh ? 0 : 1
    this.#socket.guestOpen({ onBytes: (b) => this.#onBytes(b), onClient: () => this.#onClient() })
    if (fresh) {
      this.#say('session-startup')
      this.#sayUser()
    }
    this.#keepTime()
  }
  #keepTime(): void {
    this.#heartbeat()
    this.#every(HEARTBEAT_MS, () => this.#heartbeat())
    this.#every(USER_CHECK_MS, () => {
      if (this.#userName() !== this.#toldUser) this.#sayUser()
    })
  }
  #cancelTimers(): void {
    for (const cancel of this.#timers) cancel()
    this.#timers.clear()
    this.#loginAtWork = false
  }
  #onClient(): void {
    this.#partial = []
    this.#partialBytes = 0
    if (this.#o.hostile) void attackClient(this.#o.hostile, this.#socket)
  }

  #onBytes(bytes: Buffer): void {
    let from = 0
    for (let nl = bytes.indexOf(0x0a); nl >= 0; nl = bytes.indexOf(0x0a, from)) {
      const line = Buffer.concat([...this.#partial, bytes.subarray(from, nl)])
      this.#partial = []
      this.#partialBytes = 0
      from = nl + 1
      this.#onLine(line)
    }
    if (from < bytes.length && this.#partialBytes < MAX_LINE) {
      this.#partial.push(bytes.subarray(from))
      this.#partialBytes += bytes.length - from
    }
  }
  #onLine(line: Buffer): void {
    let message: unknown
    try {
      message = JSON.parse(line.toString('utf8'))
    } catch {
      return // as the original: what it can't parse it ignores in silence
    }
    if (typeof message !== 'object' || message === null || Array.isArray(message)) return
    const m = message as Message
    const name = m['__name__']
    if (typeof name !== 'string') return
    this.#deps.events.add({ kind: 'agent-message', domain: this.#deps.domain, name: name.slice(0, 64) })
    if (this.#o.dropOn === name) return this.#socket.dropClients()
    // One after the other, also when a hook holds one of them up.
    this.#queue = this.#queue.then(() => this.#handle(name, m))
  }

  async #handle(name: string, m: Message): Promise<void> {
    await this.#deps.reach('agent:message')
    if (!this.#up) return
    switch (name) {
      case 'refresh':
        this.#apiVersion = typeof m['apiVersion'] === 'number' ? Math.min(API_VERSION, m['apiVersion']) : 0
        return this.#everything()
      case 'api-version':
        if (m['apiVersion'] === this.#apiVersion || typeof m['apiVersion'] !== 'number') return
        this.#apiVersion = Math.min(API_VERSION, m['apiVersion'])
        return this.#everything()
      case 'echo':
        return this.#say('echo', m)
      case 'login':
        if (typeof m['username'] === 'string' && typeof m['password'] === 'string') await this.#login(m['username'], m['password'])
        return
      case 'lock-screen':
        return this.#guest.lock()
      case 'log-off':
        return this.#guest.signOut()
      case 'shutdown':
        return this.#deps.onShutdown(m['reboot'] === 'true')
    }
  }

  async #login(user: string, password: string): Promise<void> {
    await this.#deps.reach('agent:login')
    const account = this.#guest.check(user, password)
    const { user: present, locked } = this.#guest
    // A greeter takes anybody; a locked screen only its own person; an open session nobody.
    const acts = account !== undefined && !this.#loginAtWork && (present === undefined || (locked && present === account))
    this.#deps.events.add({ kind: 'agent-login', domain: this.#deps.domain, user, passwordCorrect: account !== undefined, acted: acts })
    if (!this.#loginAtWork && present === undefined) this.#deps.onAttempt(user, [...password].length, acts ? 'busy' : 'wrong')
    if (!acts) return
    this.#loginAtWork = true
    this.#later(this.#o.confirmMs ?? 50, () => {
      void this.#deps.reach('agent:confirm').then(() => {
        this.#loginAtWork = false
        if (!this.#up) return
        if (this.#guest.user === undefined) this.#guest.signIn(account)
        else this.#guest.unlock()
      })
    })
  }

  /** Runs on every change of the guest's session, whoever caused it. */
  #sessionChanged(): void {
    const { user, locked } = this.#guest
    const [before, wasLocked] = [this.#lastUser, this.#lastLocked]
    this.#lastUser = user
    this.#lastLocked = locked
    this.#deps.events.add({ kind: 'guest-session', domain: this.#deps.domain, user, locked })
    if (!this.#up || !(this.#o.sessionMessages ?? this.#guest.flavour === 'windows')) return
    if (user !== before) {
      // session-logon follows the name; session-logoff goes before it.
      if (user === undefined) this.#say('session-logoff')
      this.#sayUser()
      if (user !== undefined) this.#say('session-logon')
    } else if (locked !== wasLocked) this.#say(locked ? 'session-lock' : 'session-unlock')
  }

  #everything(): void {
    const linux = this.#guest.flavour === 'linux'
    this.#say('session-startup')
    this.#sayUser()
    this.#say('applications', { applications: linux ? ['kernel-6.1.0', 'xorg-server-1.21', 'spice-vdagent-0.22.1'] : ['QEMU guest agent', 'Spice Agent', 'oVirt Guest Agent'] })
    if (this.#apiVersion >= 3) this.#say('containers', { list: [] })
    this.#say('host-name', { name: this.#guest.hostName })
    this.#say('os-version', { version: linux ? '6.1.0-28-amd64' : 'Win 10' })
    this.#say('network-interfaces', { interfaces: [{ name: linux ? 'enp1s0' : 'Ethernet', hw: '52:54:00:0d:5e:01', inet: ['192.168.122.21'], inet6: ['fe80::5054:ff:fe0d:5e01'] }] })
    this.#say('disks-usage', { disks: [{ path: linux ? '/' : 'C:\\', fs: linux ? 'ext4' : 'NTFS', total: '21474836480', used: '7516192768' }], mapping: {} })
    this.#say('fqdn', { fqdn: `${this.#guest.hostName}.example.org` })
    if (this.#apiVersion < 2) return
    this.#say('timezone', { zone: 'UTC', offset: 0 })
    this.#say('os-info', linux ? { version: '12', distribution: 'Debian GNU/Linux', codename: 'bookworm', arch: 'x86_64', type: 'linux', kernel: '6.1.0-28-amd64' } : { version: '10.0', distribution: '', codename: 'Windows 11', arch: 'x86_64', type: 'windows', kernel: '' })
  }
  #heartbeat(): void {
    // The first one after the start says 0, as the original does before it has heard of its host's version.
    const apiVersion = this.#beats++ === 0 ? 0 : API_VERSION
    this.#say('heartbeat', { 'free-ram': '1402', 'memory-stat': { mem_total: '2010436', mem_free: '1436132', mem_unused: '1436132', swap_in: 0, swap_out: 0, pageflt: 0, majflt: 0 }, apiVersion })
  }
  #userName(): string {
    return this.#guest.user ?? 'None'
  }
  #sayUser(): void {
    this.#toldUser = this.#userName()
    this.#say('active-user', { name: this.#toldUser })
  }
  #say(name: string, args: Message = {}): void {
    if (this.#up && !this.#o.silent) this.#socket.write(JSON.stringify({ ...args, __name__: name }) + '\n')
  }
  #later(ms: number, fn: () => void): void {
    const cancel = this.#deps.clock.after(ms, () => {
      this.#timers.delete(cancel)
      fn()
    })
    this.#timers.add(cancel)
  }
  #every(ms: number, fn: () => void): void {
    this.#later(ms, () => {
      fn()
      this.#every(ms, fn)
    })
  }
}
