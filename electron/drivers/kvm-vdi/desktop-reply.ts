// Why: the dashboard's one answer about a desktop, made safe: a status from its list, an address that is one, a ticket that
// is a secret. PHP warnings may stand before the JSON, and an error text of virsh where the address should be.
// Layout: KVM-VDI client.php.
import { AppError } from '../../core/errors.ts'
import type { Redactor } from '../../core/redactor.ts'
import { Secret } from '../../core/secret.ts'

export type DesktopReply =
  | { readonly status: 'ready'; readonly host: string; readonly port: number; readonly ticket: Secret; readonly name: string }
  | { readonly status: 'starting' }

const MAX_NAME = 200

/**
 * @param vmField where the machine's name for the heartbeat is: `name` (KVM) or `vm_id` (OpenStack)
 * Errors: desktop.pool-empty, desktop.maintenance, desktop.start-failed, hypervisor.unavailable, hypervisor.protocol
 */
export function parseDesktopReply(body: string, vmField: 'name' | 'vm_id', redactor: Redactor): DesktopReply {
  const reply = json(body)
  switch (reply['status']) {
    case 'OK':
      return ready(reply, vmField, redactor)
    case 'BOOTUP':
      return { status: 'starting' }
    case 'NO_FREE_VMS':
      throw new AppError('desktop.pool-empty', 'the dashboard has no free machine in this pool')
    case 'MAINTENANCE':
      throw new AppError('desktop.maintenance', 'the machine or its hypervisor is in maintenance')
    case 'FAIL':
      throw new AppError('desktop.start-failed', 'the dashboard got no display from the hypervisor')
    case 'socket-failed':
      throw new AppError('hypervisor.unavailable', 'the dashboard does not reach its broker')
    default:
      throw new AppError('hypervisor.protocol', `the dashboard answered with an unknown status (${typeof reply['status']})`)
  }
}

function ready(reply: Readonly<Record<string, unknown>>, vmField: 'name' | 'vm_id', redactor: Redactor): DesktopReply {
  const { address, spice_password: password, protocol } = reply
  if (protocol !== undefined && protocol !== 'SPICE') throw new AppError('desktop.no-spice', 'the dashboard offers another protocol than SPICE')
  if (typeof password !== 'string' || password.length > 256) throw new AppError('hypervisor.protocol', 'the reply holds no display password')
  const ticket = Secret.from(password, redactor)
  try {
    const name = reply[vmField]
    if (typeof name !== 'string' || name === '' || name.length > MAX_NAME || /\p{Cc}/u.test(name)) throw new AppError('hypervisor.protocol', 'the reply names no machine')
    return { status: 'ready', ...parseAddress(address), ticket, name }
  } catch (e) {
    ticket.dispose()
    throw e
  }
}

/** `host:port`, `[v6]:port`; a plain port is needed, since no reply carries a CA. Errors: desktop.start-failed, desktop.no-spice */
export function parseAddress(address: unknown): { readonly host: string; readonly port: number } {
  const parts = typeof address === 'string' ? /^(?:\[([0-9A-Fa-f:.]{2,45})\]|([A-Za-z0-9][A-Za-z0-9.-]{0,252})):(\d{0,5})(\?.*)?$/.exec(address.trim()) : null
  if (parts === null) throw new AppError('desktop.start-failed', 'the reply holds no address of a display')
  const port = Number(parts[3])
  if (parts[3] === '' || port === 0) throw new AppError('desktop.no-spice', 'the display listens with TLS only, which the dashboard cannot vouch for')
  if (port > 65_535) throw new AppError('desktop.start-failed', 'the reply holds no address of a display')
  return { host: parts[1] ?? parts[2] ?? '', port }
}

/** The last JSON object of the body: warnings of PHP, in HTML, come before it. */
function json(body: string): Readonly<Record<string, unknown>> {
  const text = body.trim()
  // A brace inside a warning is possible, so each is tried as the beginning.
  for (let at = text.indexOf('{'), tries = 0; at >= 0 && tries < 32; at = text.indexOf('{', at + 1), tries++) {
    try {
      const value: unknown = JSON.parse(text.slice(at))
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Readonly<Record<string, unknown>>
    } catch {
      // not from here
    }
  }
  throw new AppError('hypervisor.protocol', text === '' ? 'the dashboard answered with nothing' : 'the dashboard answered with something that is no JSON')
}
