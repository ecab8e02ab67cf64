// Why: where IT gives SSH to the nodes, the VM's own channel is a socket there, and the guest's agent answers for itself.
// The socket exists because IT put it into the VM's `args` (see docs/admin/proxmox.md).
import { AppError } from '../../core/errors.ts'
import type { CallContext, CredentialPath } from '../../core/ports/driver.ts'
import type { SshConnection, SshConnector } from '../../core/ports/ssh.ts'
import type { ProxmoxHost } from '../../../shared/config/endpoint.ts'
import { parseLibvirtUri } from '../libvirt/uri.ts'

const CHANNEL = 'com.kvm-vdi.0'

type SshWay = NonNullable<ProxmoxHost['signOn']['ssh']>

/** Throws config.invalid for a way that cannot work. */
export function checkSshWay({ uri, socket }: SshWay, dev: boolean): void {
  parseLibvirtUri(uri.replaceAll('{node}', 'node'), { access: 'device', dev })
  const what = !socket.startsWith('/') || /\p{Cc}/u.test(socket) ? 'signOn.ssh.socket must be an absolute path' : socket.includes('{vmid}') ? undefined : 'signOn.ssh.socket must hold {vmid}: every VM has a socket of its own'
  if (what !== undefined) throw new AppError('config.invalid', what, { params: { what } })
}

export class NodeSsh {
  readonly #open = new Map<string, Promise<SshConnection>>()
  readonly #way: SshWay
  readonly #connector: SshConnector
  readonly #dev: boolean
  readonly #timeoutMs: number
  #over = false

  constructor(way: SshWay, connector: SshConnector, dev: boolean, timeoutMs: number) {
    this.#way = way
    this.#connector = connector
    this.#dev = dev
    this.#timeoutMs = timeoutMs
  }

  /** @param node as NodeName checks it */
  async channel(node: string, vmid: number, ctx: CallContext): Promise<CredentialPath> {
    const connection = await this.#connection(node, ctx)
    const path = this.#way.socket.replaceAll('{vmid}', String(vmid)).replaceAll('{node}', node)
    return { kind: 'guest-channel', name: CHANNEL, hops: [{ via: 'ssh-unix', ssh: { connection }, path }], guestConnected: undefined, helper: undefined }
  }

  close(): void {
    this.#over = true
    for (const opening of this.#open.values()) opening.then((c) => c.close(), () => undefined)
    this.#open.clear()
  }

  async #connection(node: string, ctx: CallContext): Promise<SshConnection> {
    const known = await this.#open.get(node)?.catch(() => undefined)
    if (known !== undefined && !known.closed) return known
    const uri = parseLibvirtUri(this.#way.uri.replaceAll('{node}', node), { access: 'device', dev: this.#dev })
    if (uri.user === undefined || uri.keyFile === undefined) throw new AppError('config.invalid', 'signOn.ssh needs an account and a key file')
    const target = { host: uri.host, port: uri.port, username: uri.user, knownHosts: uri.knownHosts ?? '', noVerify: uri.noVerify, timeoutMs: this.#timeoutMs }
    const opening = this.#connector.connect(target, { kind: 'key', keyFile: uri.keyFile }, ctx)
    this.#open.set(node, opening)
    const connection = await opening
    if (this.#over) {
      connection.close()
      throw new AppError('cancelled', 'the session is closed')
    }
    return connection
  }
}
