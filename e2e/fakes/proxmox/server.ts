// Why: a Proxmox VE cluster that behaves as the API viewer and the product's own sources say one does: it checks method,
// path, parameters, cookie or token and the CSRF token of every write, ends tickets on time, and refuses what a real one
// would refuse, in its words.
import { FakeHttpServer, type FakeReply, type FakeRequest } from '../http-server.ts'
import { authenticate, permissionsOf, ticket } from './access.ts'
import { FakeSpiceProxy } from './spice-proxy.ts'
import { PveState } from './state.ts'
import { agent, current, haRound, power, resources, spiceproxy, taskStatus, vmAt } from './vms.ts'
import { bare, data, parameters, Refusal, refused } from './wire.ts'

export interface PveOptions {
  readonly version?: 7 | 8 | 9
}

export class FakePve {
  readonly state = new PveState()
  readonly http: FakeHttpServer
  readonly proxy = new FakeSpiceProxy(this.state)
  readonly #version: number

  /** @param identity PEM of the node's certificate and key */
  constructor(identity: { readonly key: string; readonly cert: string }, options: PveOptions = {}) {
    this.#version = options.version ?? 8
    this.http = new FakeHttpServer((r) => this.#answer(r), identity)
  }

  get url(): string {
    return `https://127.0.0.1:${this.http.port}`
  }

  async start(): Promise<void> {
    await this.http.start()
    this.state.display.proxyPort = await this.proxy.start()
  }

  async close(): Promise<void> {
    await this.http.close()
    await this.proxy.close()
  }

  #answer(request: FakeRequest): FakeReply {
    const { state } = this
    const path = /^\/api2\/json(\/.*)$/.exec(request.path)?.[1]
    if (path === undefined) return bare(501, `no such file '${request.path}'`)
    try {
      const given = parameters(request)
      const what = `${request.method} ${path}`
      // The two that everybody may ask: api-viewer, /access/ticket and /access/domains
      if (what === 'POST /access/ticket') return ticket(given, state)
      if (what === 'GET /access/domains') return data([{ realm: 'pam', type: 'pam', comment: 'Linux PAM standard authentication' }, { realm: 'pve', type: 'pve', default: 1 }])
      const who = authenticate(request, state)
      return typeof who === 'string' ? this.#signedIn(who, what, given) : who
    } catch (e) {
      if (e instanceof Refusal) return refused(e, this.#version >= 8)
      throw e
    }
  }

  #signedIn(who: string, what: string, given: Map<string, string[]>): FakeReply {
    const { state } = this
    if (what === 'GET /access/permissions') return permissionsOf(who, given, state)
    if (what === 'GET /cluster/resources') return resources(state, who, given)
    const [, method = '', node = '', rest = ''] = /^(GET|POST) \/nodes\/([^/]+)\/(.+)$/.exec(what) ?? []
    const [, upid] = /^tasks\/([^/]+)\/status$/.exec(rest) ?? []
    const [, vmid, below = ''] = /^qemu\/(\d+)\/(.+)$/.exec(rest) ?? []
    if (upid === undefined && vmid === undefined) throw new Refusal(501, `Method '${what}' not implemented`)
    const up = state.nodes.get(node)
    if (up === undefined) throw new Refusal(500, `hostname lookup '${node}' failed - failed to get address info for: ${node}: Name or service not known`)
    // What AnyEvent::HTTP says of a node that does not answer.
    if (up === 'down') return bare(595, 'No route to host')
    if (upid !== undefined) return taskStatus(state, who, node, decodeURIComponent(upid))
    const vm = vmAt(state, node, Number(vmid))
    const [, order] = /^status\/(start|stop|shutdown|reboot|reset|resume)$/.exec(below) ?? []
    const [, command] = /^agent\/([a-z-]+)$/.exec(below) ?? []
    if (method === 'GET' && below === 'status/current') {
      const reply = current(state, who, vm)
      haRound(vm)
      return reply
    }
    if (method === 'POST' && order !== undefined) return power(state, who, vm, order, given)
    if (method === 'POST' && below === 'spiceproxy') return spiceproxy(state, who, vm, given)
    if (command !== undefined) return agent(state, who, vm, method, command, given, this.#version)
    throw new Refusal(501, `Method '${what}' not implemented`)
  }
}
