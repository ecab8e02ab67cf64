// Why: what a KVM-VDI dashboard remembers: people, pools, machines, sessions, and what reached a guest. Apart from the
// pages, so that a test can look and change it while the server runs.

export type MachineState = 'shut' | 'booting' | 'running'

export interface Machine {
  readonly vmId: number
  readonly name: string
  state: MachineState
  /** Asks after the one that starts it that still answer BOOTUP. */
  bootAsks: number
  maintenance: boolean
  /** Who it was handed to. */
  usedBy: string | undefined
  /** What its hypervisor was told at its last start; undefined: it was never started by the dashboard. */
  startedWith: { readonly username: string; readonly password: string } | undefined
  beats: number
}

export interface FakePool {
  readonly id: number
  readonly name: string
  readonly machines: Machine[]
}

export interface Person {
  readonly password: string
  /** AD people get their page at once, local ones by a redirect. */
  readonly directory: boolean
  readonly pools: readonly number[]
}

export interface Display {
  readonly address: string
  readonly password: string
}

export class KvmVdiState {
  readonly people = new Map<string, Person>()
  readonly pools: FakePool[] = []
  /** Session → name; what is not in it has no session. */
  readonly sessions = new Map<string, string>()
  engine: 'KVM' | 'OpenStack' = 'KVM'
  /** Setting of the dashboard; may name another host than the one that was asked. */
  serviceUrl = ''
  display: Display = { address: '127.0.0.1:5900', password: 'abcdefghijklmnopqrstuvwxyz' }
  /** Answers FAIL: virsh told no address. */
  displayFails = false
  readonly requests: string[] = []

  person(name: string, password: string, pools: readonly number[], directory = false): this {
    this.people.set(name, { password, pools, directory })
    return this
  }

  pool(id: number, name: string, machines: readonly (Partial<Machine> & { readonly vmId: number; readonly name: string })[]): this {
    this.pools.push({ id, name, machines: machines.map((m) => ({ state: 'running', bootAsks: 0, maintenance: false, usedBy: undefined, startedWith: undefined, beats: 0, ...m })) })
    return this
  }

  machine(name: string): Machine {
    const found = this.pools.flatMap((p) => p.machines).find((m) => m.name === name)
    if (!found) throw new Error(`no machine ${name}`)
    return found
  }

  /** The machine a person gets: their own one, else a free one. */
  handOut(poolId: number, user: string): Machine | 'none' {
    const pool = this.pools.find((p) => p.id === poolId)
    const mine = pool?.machines.find((m) => m.usedBy === user)
    const free = pool?.machines.find((m) => m.usedBy === undefined)
    const machine = mine ?? free
    if (machine) machine.usedBy = user
    return machine ?? 'none'
  }
}
