// Why: how a VM's display is reached, in the engine's words: the file it makes for remote-viewer, or, from an engine that
// makes none, a ticket and the display's own data.
// Source: https://ovirt.github.io/ovirt-engine-api-model/4.4/#services-vm_graphics_consoles,
// #services-vm_graphics_console-methods-remote_viewer_connection_file, #services-vm_graphics_console-methods-ticket
import { AppError } from '../../core/errors.ts'
import type { CallContext, ConsoleGrant } from '../../core/ports/driver.ts'
import type { Redactor } from '../../core/redactor.ts'
import { Secret } from '../../core/secret.ts'
import { disposeTarget, targetToGrant, type SpiceTarget } from '../spice/target.ts'
import { parseProxyUri } from '../spice/proxy-uri.ts'
import { disposeVv, parseVvFile } from '../spice/vv-file.ts'
import type { EngineApi } from './api.ts'
import { plain, type Meanings } from './faults.ts'
import { Console, listed, type Vm } from './model.ts'
import { onlyConnection, vvText } from './vv-text.ts'

/** The engine's own is 120 s; a connection is made at once. */
const TICKET_SECONDS = 60

const CLOSED: Meanings = { notFound: 'desktop.not-found', otherwise: 'spice.display-closed' }
const TICKET: Meanings = { notFound: 'hypervisor.protocol', otherwise: 'spice.ticket-set-failed', faults: [[/not running|is down|in status/i, 'spice.display-closed']] }

/** Errors: desktop.no-spice, desktop.not-found, spice.display-closed, spice.ticket-set-failed, hypervisor.*, http.*. */
export async function openConsole(api: EngineApi, vm: Vm, redactor: Redactor, ctx: CallContext): Promise<ConsoleGrant> {
  const consoles = listed(Console, await api.get(`/vms/${vm.id}/graphicsconsoles?current=true`, CLOSED, ctx), 'graphics_console', (why) => ctx.log.warn('a console was left out', { comp: 'ovirt', why }))
  const spice = consoles.find((c) => c.protocol.toLowerCase() === 'spice')
  if (spice === undefined) {
    // Without a run there is no console; with one there is VNC only.
    if (consoles.length === 0) throw new AppError('spice.display-closed', `the VM (${vm.status ?? 'unknown'}) has no console now`)
    throw new AppError('desktop.no-spice', `the VM has consoles of ${consoles.map((c) => plain(c.protocol)).join(', ')} only`)
  }
  const path = `/vms/${vm.id}/graphicsconsoles/${spice.id}`
  const target = (await fromFile(api, path, redactor, ctx)) ?? (await fromTicket(api, path, spice, vm, redactor, ctx))
  try {
    return await granted(api, target, ctx)
  } finally {
    disposeTarget(target)
  }
}

async function granted(api: EngineApi, target: SpiceTarget, ctx: CallContext): Promise<ConsoleGrant> {
  // Without it the hosts' certificates, which the engine's own authority signs, would be held against the system's.
  const ca = target.tlsPort !== undefined && target.ca === undefined ? await engineCa(api, ctx) : target.ca
  const grant = targetToGrant({ ...target, ...(ca !== undefined && { ca }) })
  return { ...grant, ticketKind: grant.ticket === undefined ? 'none' : 'one-time' }
}

/** undefined: this engine has no such action. */
async function fromFile(api: EngineApi, path: string, redactor: Redactor, ctx: CallContext): Promise<SpiceTarget | undefined> {
  let text: string | undefined
  try {
    text = (await api.action(`${path}/remoteviewerconnectionfile`, TICKET, ctx)).remote_viewer_connection_file
  } catch (e) {
    if (e instanceof AppError && e.code === 'hypervisor.protocol' && /status 40[45]/.test(e.detail)) return undefined
    throw e
  }
  if (text === undefined) return undefined
  try {
    const file = parseVvFile(onlyConnection(vvText(text)), 'the console file of the engine', redactor)
    const target = { ...file.target, ...(file.target.password !== undefined && { password: file.target.password.clone() }), ...(file.target.proxy?.authorization !== undefined && { proxy: { ...file.target.proxy, authorization: file.target.proxy.authorization.clone() } }) }
    disposeVv(file)
    return target
  } catch (e) {
    // A mistake in a file is IT's; one in a reply is the engine's.
    if (e instanceof AppError && e.code === 'vv.invalid') throw new AppError('hypervisor.protocol', e.detail, { cause: e })
    throw e
  }
}

async function fromTicket(api: EngineApi, path: string, spice: Console, vm: Vm, redactor: Redactor, ctx: CallContext): Promise<SpiceTarget> {
  const { display } = vm
  const host = plain(spice.address ?? display?.address ?? '')
  const port = portOf(spice.port ?? display?.port)
  const tlsPort = portOf(spice.tls_port ?? display?.secure_port)
  if (host === '' || (port === undefined && tlsPort === undefined)) throw new AppError('spice.display-closed', 'the console has no address or no port now')
  const { ticket } = await api.action(`${path}/ticket`, TICKET, ctx, { ticket: { expiry: TICKET_SECONDS } })
  if (ticket === undefined) throw new AppError('hypervisor.protocol', 'the engine gave no ticket')
  const subject = display?.certificate?.subject?.trim()
  return {
    host,
    ...(port !== undefined && { port }),
    ...(tlsPort !== undefined && { tlsPort }),
    ...(subject !== undefined && subject !== '' && { subject }),
    ...proxyOf(display?.proxy, redactor),
    password: Secret.from(ticket.value, redactor),
  }
}

/** -1 and 0 are the engine's words for none. */
function portOf(port: number | undefined): number | undefined {
  return port !== undefined && port >= 1 && port <= 65_535 ? port : undefined
}

function proxyOf(text: string | undefined, redactor: Redactor): Pick<SpiceTarget, 'proxy'> {
  if (text === undefined || text.trim() === '') return {}
  const proxy = parseProxyUri(text.trim(), redactor)
  if ('message' in proxy) throw new AppError('hypervisor.protocol', `the proxy of the display: ${proxy.message}`)
  return { proxy }
}

/** Believed because it came over the connection that was proved. Source: …/4.4/#obtaining-the-ca-certificate */
async function engineCa(api: EngineApi, ctx: CallContext): Promise<string> {
  const reply = await api.open('/services/pki-resource?resource=ca-certificate&format=X509-PEM-CA', ctx)
  const pem = reply.text()
  if (reply.status !== 200 || !pem.includes('-----BEGIN CERTIFICATE-----')) throw new AppError('hypervisor.protocol', `the engine's certificate authority: status ${reply.status} without a certificate`)
  return pem
}
