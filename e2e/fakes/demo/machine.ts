// Why: one embedded machine as a web product's double has it behind itself: it really starts and stops, its guest really
// compares the password it is given, and its display is a port that a client connects to.
import { createServer as createTcp, type AddressInfo, type Server, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { createServer as createTls } from 'node:tls'
import { systemClock, type Clock } from '../../../embedded/clock.ts'
import type { EventLog } from '../../../embedded/events.ts'
import { startEmbeddedHypervisor } from '../../../embedded/hypervisor.ts'
import { xmlEscape } from '../../../embedded/vm/domain-xml.ts'
import type { AgentOptions } from '../../../embedded/vm/agent.ts'
import type { SimDomain } from '../../../embedded/vm/domain.ts'
import { spiceDisplay } from '../../../embedded/vm/spice-display.ts'

export interface MachineOptions {
  readonly name: string
  readonly person: { readonly name: string; readonly password: string }
  /** Who is signed in already when it comes up. */
  readonly signedIn?: string
  readonly state?: 'shut off' | 'running'
  readonly startMs?: number
  /** The display's fixed password; default: a random one, until ticket() sets another. */
  readonly displayPassword?: string
  /** PEM: the display is reached by TLS alone. */
  readonly tls?: { readonly key: string; readonly cert: string }
  /** Default: real time. */
  readonly clock?: Clock
}

export interface Machine {
  readonly domain: SimDomain
  readonly events: EventLog
  /** Where the display listens on 127.0.0.1, machine running or not, as a hypervisor's proxy does. */
  readonly displayPort: number
  readonly state: 'off' | 'starting' | 'running'
  /** The guest's agent has opened its port. */
  readonly agentUp: boolean
  /** Who has a session in the guest, as its own agent reports it. */
  readonly users: readonly string[]
  /** Does nothing to one that starts or runs. */
  start(): void
  /** Does nothing to one that is off. */
  stop(): void
  /** The display's password from now on. The machine must be running. */
  ticket(value: string, validMs: number): void
  /** As the hypervisor's own agent does it: into the guest's channel, once the machine runs and its guest has spoken. */
  signOn(user: string, password: string): void
  close(): Promise<void>
}

/** The agent's quick answers suit a demonstration; its order of events is the original's. */
const AGENT: AgentOptions = { delayMs: 400, confirmMs: 120, sessionMessages: true }

export async function startMachine(o: MachineOptions): Promise<Machine> {
  const clock = o.clock ?? systemClock
  const hypervisor = await startEmbeddedHypervisor({
    listen: false,
    clock,
    display: spiceDisplay,
    domains: [{
      name: o.name, state: o.state ?? 'shut off', startMs: o.startMs ?? 300, agent: AGENT, osId: 'http://debian.org/debian/12',
      guest: { flavour: 'linux', accounts: [o.person], ...(o.signedIn !== undefined && { signedIn: o.signedIn }) },
      ...(o.displayPassword !== undefined && { displayPassword: o.displayPassword }),
    }],
  })
  const domain = hypervisor.domains.get(o.name)!
  const display = await listenFor(domain, o.tls)
  let starting = false
  const channel = new HostAgent(domain, hypervisor.events)
  return {
    domain,
    events: hypervisor.events,
    displayPort: display.port,
    get state() {
      return domain.id !== undefined ? 'running' : starting ? 'starting' : 'off'
    },
    get agentUp() {
      return domain.channel?.guestConnected === true
    },
    get users() {
      return domain.id === undefined || domain.guest.user === undefined ? [] : [domain.guest.user]
    },
    start() {
      if (starting || domain.id !== undefined) return
      starting = true
      void domain.start().finally(() => (starting = false))
    },
    stop() {
      if (domain.id !== undefined) domain.shutdown()
    },
    ticket(value, validMs) {
      const until = new Date(clock.wall() + validMs).toISOString().slice(0, 19)
      domain.updateDevice(`<graphics type='spice' autoport='yes' listen='127.0.0.1' passwd='${xmlEscape(value)}' passwdValidTo='${until}'><listen type='address' address='127.0.0.1'/></graphics>`)
    },
    signOn: (user, password) => channel.login(user, password),
    close: async () => {
      channel.close()
      await display.close()
      await hypervisor.stop()
    },
  }
}

/** One connection to the channel for the machine's life; what it is given is said when the guest has said something. */
class HostAgent {
  readonly #domain: SimDomain
  readonly #off: () => void
  #stream: Duplex | undefined
  #heard = false
  #line: string | undefined

  constructor(domain: SimDomain, events: EventLog) {
    this.#domain = domain
    this.#off = events.on((e) => {
      if (e.kind === 'domain' && this.#line !== undefined) this.#connect()
    })
  }

  login(user: string, password: string): void {
    this.#line = `${JSON.stringify({ __name__: 'login', username: user, password })}\n`
    this.#connect()
    if (this.#heard) this.#say()
  }
  close(): void {
    this.#off()
    this.#stream?.destroy()
  }

  #connect(): void {
    if (this.#stream !== undefined || this.#domain.id === undefined) return
    const stream = this.#domain.channel?.connect()
    if (stream === undefined) throw new Error(`the channel of ${this.#domain.name} takes nobody`)
    this.#stream = stream
    this.#heard = false
    stream.on('error', () => undefined)
    stream.on('data', () => {
      this.#heard = true
      this.#say()
    })
    stream.on('close', () => {
      if (this.#stream === stream) this.#stream = undefined
    })
    // A guest that came up before us has said its first words to nobody.
    stream.write('{"__name__":"refresh","apiVersion":3}\n')
  }
  #say(): void {
    if (this.#line !== undefined) this.#stream?.write(this.#line)
    this.#line = undefined
  }
}

async function listenFor(domain: SimDomain, tls: MachineOptions['tls']): Promise<{ readonly port: number; close(): Promise<void> }> {
  const raw = new Set<Socket>()
  const accept = (socket: Duplex): void => {
    socket.on('error', () => undefined)
    if (domain.id === undefined) return void socket.destroy()
    domain.display?.accept(socket)
  }
  const server: Server = tls ? createTls(tls, accept).on('tlsClientError', () => undefined) : createTcp({ noDelay: true }, accept)
  server.on('connection', (socket) => {
    raw.add(socket)
    socket.on('close', () => raw.delete(socket))
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    close: () => new Promise((resolve) => {
      server.close(() => resolve())
      for (const socket of raw) socket.destroy()
    }),
  }
}

/** Makes a field of a double's record answer from the machine, and act on it, instead of only remembering. */
export function live<T extends object, K extends keyof T>(record: T, field: K, get: () => T[K], set: (value: T[K]) => void = () => undefined): void {
  Object.defineProperty(record, field, { get, set, enumerable: true, configurable: true })
}
