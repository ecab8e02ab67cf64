// Why: a display password that is worth something for 30 seconds is worth little to whoever finds it later. libvirt
// takes it as device XML on standard input, so it is never in an argument list on either machine.
import { randomBytes } from 'node:crypto'
import { AppError } from '../../core/errors.ts'
import type { CallContext, ConsoleGrant } from '../../core/ports/driver.ts'
import type { SshConnection } from '../../core/ports/ssh.ts'
import type { Redactor } from '../../core/redactor.ts'
import { Secret } from '../../core/secret.ts'
import { parseDomain, splitDomains, type SpiceGraphics } from './domain-xml.ts'
import type { Virsh } from './virsh.ts'
import { classify, virshError, virshMessage } from './virsh-errors.ts'
import { attr, serialise } from './xml.ts'

const TICKET_BYTES = 16
export const TICKET_SECONDS = 30

export interface TicketTools {
  readonly connection: SshConnection
  readonly virsh: Virsh
  readonly redactor: Redactor
  /** Wall clock of the HYPERVISOR in ms: QEMU compares the expiry with its own clock. */
  readonly hypervisorWall: () => number
}

export type Ticket = Pick<ConsoleGrant, 'ticket' | 'ticketKind'>

/**
 * Sets a one-time ticket; where libvirt does not let us, the ticket of the XML; where that has none, none.
 * Errors: spice.ticket-set-failed, hypervisor.unavailable, ssh.*. The caller owns the Secret.
 */
export async function obtainTicket(uuid: string, spice: SpiceGraphics, tools: TicketTools, ctx: CallContext): Promise<Ticket> {
  const ticket = newTicket(tools.redactor)
  try {
    const xml = ticketXml(spice, ticket, tools.hypervisorWall() + TICKET_SECONDS * 1000)
    const result = await tools.connection.exec(tools.virsh.updateDevice(uuid), { stdin: xml }, ctx)
    xml.fill(0)
    if (result.code === 0) return { ticket, ticketKind: 'one-time' }
    ticket.dispose()
    const failure = classify(result)
    if (failure === 'unavailable') throw virshError('setting a ticket', result)
    if (failure !== 'denied' && !NOT_SUPPORTED.test(result.stderr)) throw new AppError('spice.ticket-set-failed', `setting a ticket: ${virshMessage(result)}`)
    ctx.log.info('a one-time ticket is not allowed here, looking for a fixed one', { comp: 'libvirt', why: virshMessage(result) })
  } catch (error) {
    ticket.dispose()
    throw error
  }
  return await fixedTicket(uuid, tools, ctx)
}

/**
 * A display that takes no ticket at all, as opposed to one that is not the present one ("cannot change port settings").
 * QEMU says "Could not set password" for a display that was started without tickets: it will ask for none.
 */
const NOT_SUPPORTED = /not supported|unsupported|could not set password/i

/** The ticket that stands in the domain's XML. libvirt shows it only to accounts that may read secrets. */
async function fixedTicket(uuid: string, tools: TicketTools, ctx: CallContext): Promise<Ticket> {
  const result = await tools.connection.exec(tools.virsh.dumpXmlWithSecrets(uuid), {}, ctx)
  // Whether the display wants a ticket cannot be told from the public XML, so "none" would be a guess.
  if (result.code !== 0) throw new AppError('spice.ticket-set-failed', `neither setting nor reading a ticket is allowed: ${virshMessage(result)}`)
  const document = splitDomains(result.stdout)[0]
  const spice = document === undefined ? undefined : parseDomain(document).spice
  if (spice === undefined) throw new AppError('desktop.no-spice', 'the domain has no SPICE display')
  const passwd = attr(spice.element, 'passwd')
  if (passwd === undefined || passwd === '') return { ticket: undefined, ticketKind: 'none' }
  if (spice.passwordValidTo !== undefined && Date.parse(`${spice.passwordValidTo}Z`) <= tools.hypervisorWall()) throw new AppError('spice.ticket-set-failed', 'the ticket of the XML has expired and no new one may be set')
  return { ticket: Secret.from(passwd, tools.redactor), ticketKind: 'fixed' }
}

/** 128 random bits as 32 hexadecimal digits: SPICE allows 60 bytes, and no digit needs escaping anywhere. */
export function newTicket(redactor: Redactor): Secret {
  return Secret.from(randomBytes(TICKET_BYTES).toString('hex'), redactor)
}

/** The display's own element with the ticket set: libvirt refuses the update when anything else differs. */
export function ticketXml(spice: SpiceGraphics, ticket: Secret, validTo: number): Buffer {
  const attrs = new Map(spice.element.attrs)
  // A marker, so that the ticket's text is only ever put into a buffer that can be wiped.
  attrs.set('passwd', MARK)
  attrs.set('passwdValidTo', new Date(validTo).toISOString().slice(0, 19))
  const [before = '', after = ''] = serialise({ ...spice.element, attrs }).split(MARK)
  return ticket.use((bytes) => Buffer.concat([Buffer.from(before, 'utf8'), bytes, Buffer.from(after, 'utf8')]))
}

const MARK = 'LATCHKEY-TICKET-MARK'
