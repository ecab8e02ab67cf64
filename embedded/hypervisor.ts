// Why: a whole hypervisor in one process: sshd, virsh, machines with agents and displays. It is what `npm run demo`
// shows without root, and the double of the fast end-to-end tests. Nothing is written to disk, passwords are only here.
import { createServer, type Server, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { systemClock, type Clock } from './clock.ts'
import { EventLog } from './events.ts'
import { Faults, type FaultPoint } from './faults.ts'
import { Accounts, type AccountOptions } from './ssh/accounts.ts'
import { generateKeyPair, knownHostsLine, type KeyPair } from './ssh/host-key.ts'
import { FIRST_DISPLAY_PORT, Sshd } from './ssh/server.ts'
import type { DisplayFactory } from './vm/display.ts'
import { spiceDisplay } from './vm/spice-display.ts'
import { SimDomain, type DomainOptions } from './vm/domain.ts'

export interface HypervisorOptions {
  readonly users?: readonly AccountOptions[]
  readonly domains?: readonly DomainOptions[]
  /** Accounts that get the generated device key as an authorized key. */
  readonly deviceAccounts?: readonly string[]
  readonly hostName?: string
  readonly clock?: Clock
  /** How a machine's display is made. Default: a real SPICE server. */
  readonly display?: DisplayFactory
  /** False: no TCP listener; sockets come through accept(). Default true. */
  readonly listen?: boolean
}

export interface EmbeddedHypervisor {
  readonly host: string
  /** 22 when nothing listens. */
  readonly port: number
  /** Text of a known_hosts file that pins the key the hypervisor started with. */
  readonly knownHosts: string
  /** OpenSSH text; who needs it in a file writes it there with mode 0600. */
  readonly deviceKey: KeyPair
  readonly users: Accounts
  readonly domains: ReadonlyMap<string, SimDomain>
  readonly faults: Faults
  readonly events: EventLog
  /** One more SSH connection, over any byte stream. */
  accept(socket: Duplex): void
  /** Cuts every SSH connection now. */
  killConnections(): void
  /** New connections meet another host key from now on. */
  swapHostKey(): void
  /** True: the kernel refuses new connections, as when sshd is down. */
  refuseConnections(on: boolean): Promise<void>
  stop(): Promise<void>
}

const HOST = '127.0.0.1'

export async function startEmbeddedHypervisor(options: HypervisorOptions = {}): Promise<EmbeddedHypervisor> {
  const clock = options.clock ?? systemClock
  const events = new EventLog()
  const faults = new Faults()
  const deviceKey = generateKeyPair('latchkey-device')
  let hostKey = generateKeyPair('embedded-hypervisor')
  const accounts = new Accounts((options.users ?? []).map((u) => (options.deviceAccounts?.includes(u.name) ? { ...u, publicKeys: [...(u.publicKeys ?? []), deviceKey.publicKey] } : u)))

  const sshds: Sshd[] = []
  const raw = new Set<Duplex>()
  const kill = () => {
    for (const s of sshds) s.kill()
    for (const s of raw) s.destroy()
  }
  const reach = async (point: FaultPoint): Promise<void> => {
    const action = faults.take(point)
    if (action === undefined) return
    events.add({ kind: 'fault', point })
    if (action === 'kill') kill()
    else await action()
  }

  let lastId = 0
  const domains = new Map<string, SimDomain>()
  const takePort = () => {
    const used = new Set([...domains.values()].map((d) => d.displayPort))
    let port = FIRST_DISPLAY_PORT
    while (used.has(port)) port++
    return port
  }
  for (const o of options.domains ?? []) domains.set(o.name, new SimDomain(o, { clock, events, faults, nextId: () => ++lastId, takePort, makeDisplay: options.display ?? spiceDisplay, reach }))

  const hostName = options.hostName ?? 'hypervisor'
  const machine = { hostName, domains: [...domains.values()], faults, reach, account: (name: string) => accounts.get(name), now: () => clock.wall() }
  const newSshd = () => sshds.push(new Sshd(hostKey, { accounts, machine, events, clock }))
  newSshd()

  const accept = (socket: Duplex) => {
    socket.on('error', () => {})
    events.add({ kind: 'connect' })
    if (faults.connect !== 'ok') {
      raw.add(socket)
      socket.on('close', () => raw.delete(socket))
      if (faults.connect === 'reset-in-handshake') resetInHandshake(socket)
      return
    }
    void reach('connect').then(() => {
      if (!socket.destroyed) sshds.at(-1)?.accept(socket)
    })
  }

  let server: Server | undefined
  let port = 22
  const listen = async () => {
    server = createServer({ noDelay: true }, accept)
    port = await listenOn(server, port === 22 ? 0 : port)
  }
  const unlisten = async () => {
    const closing = server
    server = undefined
    if (closing) await new Promise<void>((resolve) => void closing.close(() => resolve()).unref())
  }
  if (options.listen !== false) await listen()
  const knownHosts = knownHostsLine(HOST, port, hostKey)

  return {
    host: HOST,
    port,
    knownHosts,
    deviceKey,
    users: accounts,
    domains,
    faults,
    events,
    accept,
    killConnections: kill,
    swapHostKey() {
      hostKey = generateKeyPair('embedded-hypervisor')
      newSshd()
    },
    async refuseConnections(on) {
      if (on === (server === undefined)) return
      if (!on) return await listen()
      kill()
      await unlisten()
    },
    async stop() {
      kill()
      for (const d of domains.values()) d.dispose()
      await unlisten()
    },
  }
}

/** Speaks the first line, so that the client is in the middle of the handshake when the reset comes. */
function resetInHandshake(socket: Duplex): void {
  socket.write('SSH-2.0-OpenSSH_9.2p1\r\n')
  socket.once('data', () => {
    if ('resetAndDestroy' in socket) (socket as Socket).resetAndDestroy()
    else socket.destroy()
  })
}

function listenOn(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, HOST, () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
}
