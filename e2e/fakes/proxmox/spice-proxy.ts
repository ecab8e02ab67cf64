// Why: the nodes' SPICE proxy: takes CONNECT and nothing else, and only for names that the cluster signed less than 40 s ago.
// Source: pve-http-server AnyEvent.pm (handle_spice_proxy_request), pve-common Ticket.pm (verify_spice_connect_url).
import { createServer, type Server } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { SPICE_PORT, type FakeVm, type PveState } from './state.ts'

/** The VM behind a name that is signed, and not too old. */
export function vmBehind(state: PveState, target: string): FakeVm | undefined {
  const [, plain = '', time = '', vmid, signature, port] = /^(pvespiceproxy:([a-z0-9]{8}):(\d+):\S+)::([a-z0-9]{40}):(\d+)$/.exec(target) ?? []
  const age = state.seconds - parseInt(time, 16)
  if (!(age > -20 && age < 40) || state.sign(plain) !== signature || Number(port) !== SPICE_PORT) return undefined
  return state.vms.get(Number(vmid))
}

export class FakeSpiceProxy {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly asked: string[] = []

  constructor(state: PveState) {
    this.#server = createServer((_req, res) => res.writeHead(501, "method 'GET' not available").end())
    this.#server.on('connect', (request, socket: Socket) => {
      this.#hold(socket)
      this.asked.push(request.url ?? '')
      const target = vmBehind(state, request.url ?? '')?.target
      if (target === undefined) return void socket.end('HTTP/1.1 401 invalid ticket\r\nConnection: close\r\n\r\n')
      const inner = connect(target.port, target.host, () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n')
        socket.pipe(inner).pipe(socket)
      })
      this.#hold(inner)
      inner.on('error', () => socket.destroy())
    })
  }

  async start(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return (this.#server.address() as AddressInfo).port
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  #hold(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => this.#sockets.delete(socket))
  }
}
