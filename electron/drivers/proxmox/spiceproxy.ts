// Why: the console is reached through a proxy that alone understands the host's name, and believed by the authority and
// the subject that came over the proved connection to the API. Both name and password are good for half a minute.
// Source: https://pve.proxmox.com/pve-docs/api-viewer/#/nodes/{node}/qemu/{vmid}/spiceproxy (right: VM.Console); the reply
// is a connection file's keys (man remote-viewer), which is how it is read.
import { AppError } from '../../core/errors.ts'
import type { CallContext, ConsoleGrant } from '../../core/ports/driver.ts'
import type { Redactor } from '../../core/redactor.ts'
import { targetToGrant } from '../spice/target.ts'
import { disposeVv, parseVvFile } from '../spice/vv-file.ts'
import type { PveApi } from './api.ts'
import type { Meanings } from './faults.ts'
import { checked, SpiceConfig } from './model.ts'

const SPICE: Meanings = {
  otherwise: 'spice.ticket-set-failed',
  faults: [
    [/no spice port/i, 'desktop.no-spice'],
    [/not running/i, 'spice.display-closed'],
  ],
}

/** Keys that say how the display is reached; the rest are hot keys and titles. */
const CONNECTION = ['type', 'host', 'tls-port', 'proxy', 'ca', 'host-subject', 'password', 'secure-channels'] as const
const NEEDED = ['host', 'tls-port', 'proxy', 'ca', 'host-subject', 'password'] as const

/** @param vm path below /api2/json @param proxy host under which this device reaches the nodes' SPICE proxy */
export async function spiceGrant(api: PveApi, vm: string, proxy: string | undefined, redactor: Redactor, ctx: CallContext): Promise<ConsoleGrant> {
  const fields = proxy === undefined ? {} : { proxy: proxy.replace(/^\[(.*)\]$/, '$1') }
  return grantOf(checked(SpiceConfig, await api.post(`${vm}/spiceproxy`, fields, SPICE, ctx), 'POST …/spiceproxy'), redactor)
}

/** Throws hypervisor.protocol for a reply that would leave the display unproved. */
export function grantOf(config: SpiceConfig, redactor: Redactor): ConsoleGrant {
  const missing = NEEDED.find((key) => config[key] === undefined || config[key] === '')
  if (missing !== undefined) throw new AppError('hypervisor.protocol', `the console's reply has no ${missing}`)
  // PEM comes with its line ends written as \n, as a file of one line per key has to have it; a real one is as good.
  const lines = CONNECTION.filter((key) => config[key] !== undefined).map((key) => `${key}=${key === 'ca' ? String(config[key]).replace(/\r?\n/g, '\\n') : config[key]!}`)
  // A line end in any other value would be a key of its own.
  const bad = lines.find((line) => /\p{Cc}/u.test(line))
  if (bad !== undefined) throw new AppError('hypervisor.protocol', `the console's reply has a control character in ${bad.slice(0, bad.indexOf('='))}`)
  let file
  try {
    file = parseVvFile(['[virt-viewer]', ...lines, ''].join('\n'), 'the console of the server', redactor)
  } catch (e) {
    // A mistake in a file is IT's; one in a reply is the server's.
    if (e instanceof AppError && e.code === 'vv.invalid') throw new AppError('hypervisor.protocol', e.detail, { cause: e })
    throw e
  }
  try {
    return { ...targetToGrant(file.target), ticketKind: 'one-time' }
  } finally {
    disposeVv(file)
  }
}
