// Why: setting a one-time ticket is a device update in libvirt's eyes, and libvirt refuses every other change to a live
// display. The checks and their words are those of libvirt 9 with QEMU 7.2 (each one provoked on the real thing).
import { XMLParser, XMLValidator } from 'fast-xml-parser'

/** What libvirt puts behind its `error:`. */
export class LibvirtError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'LibvirtError'
  }
}

export interface GraphicsNow {
  readonly kind: 'tcp' | 'unix'
  readonly socketPath: string | undefined
}
/** `password` undefined: the element names none, so the display keeps the one it has. */
export interface TicketChange {
  readonly password: string | undefined
  /** Wall clock, ms. */
  readonly validUntil: number | undefined
  readonly validTo: string | undefined
}

const attr = (node: Record<string, unknown>, name: string): string | undefined => {
  const v = node[`@${name}`]
  return typeof v === 'string' ? v : undefined
}

/** Reads the XML of `virsh update-device` against the live display. Throws LibvirtError. */
export function readGraphicsUpdate(xml: string, now: GraphicsNow | undefined): TicketChange {
  if (!xml.includes('<')) throw new LibvirtError(`(device_definition):1: Start tag expected, '<' not found\n${xml.split('\n')[0] ?? ''}\n^`)
  const valid = XMLValidator.validate(xml)
  if (valid !== true) throw new LibvirtError(`(device_definition):${valid.err.line}: ${valid.err.msg}`)
  // Entities are decoded (a password may hold & or '), a document type never is.
  if (/<!DOCTYPE/i.test(xml)) throw new LibvirtError('(device_definition):1: document type is not accepted')
  const parsed = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '@', parseAttributeValue: false, parseTagValue: false, trimValues: false, processEntities: true }).parse(xml) as Record<string, unknown>
  const root = Object.keys(parsed).find((k) => !k.startsWith('?') && k !== '#text')
  if (root !== 'graphics') throw new LibvirtError(root === 'disk' ? 'missing target information for device' : `Operation not supported: live update of device '${root ?? ''}' is not supported`)
  const raw = parsed['graphics']
  const g = (typeof raw === 'object' && raw !== null ? raw : {}) as Record<string, unknown>
  const type = attr(g, 'type') ?? ''
  if (!now || type !== 'spice') throw new LibvirtError(`device not found: cannot find existing graphics device to modify of type '${type}'`)

  const first = [g['listen']].flat()[0]
  const listen = (typeof first === 'object' && first !== null ? first : {}) as Record<string, unknown>
  const socket = attr(listen, 'type') === 'socket'
  if (socket !== (now.kind === 'unix')) throw new LibvirtError("Operation not supported: cannot change the type of listen address on 'spice' graphics")
  if (socket && attr(listen, 'socket') !== now.socketPath) throw new LibvirtError("Operation not supported: cannot change listen socket setting on 'spice' graphics")
  if (!socket) {
    if (attr(g, 'autoport') !== 'yes') throw new LibvirtError('Operation not supported: cannot change port settings on spice graphics')
    if ((attr(listen, 'address') ?? attr(g, 'listen')) !== '127.0.0.1') throw new LibvirtError("Operation not supported: cannot change listen address setting on 'spice' graphics")
  }
  const validTo = attr(g, 'passwdValidTo')
  if (validTo !== undefined && !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/.test(validTo)) throw new LibvirtError(`internal error: cannot parse password validity time '${validTo}', expect YYYY-MM-DDTHH:MM:SS`)
  return { password: attr(g, 'passwd'), validTo, validUntil: validTo === undefined ? undefined : Date.parse(`${validTo}Z`) }
}
