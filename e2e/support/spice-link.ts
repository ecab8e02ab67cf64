// Why: whether a display lets somebody in is asked of the display itself, with a client that only links and leaves.
import type { Duplex } from 'node:stream'
import { encryptTicket, linkBytes, readReply, Wire } from '../../embedded/spice/testkit.ts'
import type { Lab } from '../lab/lab.ts'
import { probe } from '../lab/probe.ts'

/** SpiceLinkErr of spice-protocol: the two that a ticket leads to. */
export const LINK_OK = 0
export const LINK_PERMISSION_DENIED = 7

/** Goes through the link of the main channel with this ticket; resolves with the server's code. */
export async function linkResult(stream: Duplex, ticket: string): Promise<number> {
  const wire = new Wire(stream)
  stream.write(linkBytes())
  const reply = await readReply(wire)
  if (reply.error !== LINK_OK) return reply.error
  const method = Buffer.alloc(4)
  method.writeUInt32LE(1)
  stream.write(Buffer.concat([method, encryptTicket(reply.pubKey, ticket)]))
  return (await wire.read(4)).readUInt32LE(0)
}

/** Tries this ticket at a display of the lab, through an SSH connection of our own. A TCP display only. */
export async function tryTicket(lab: Lab, domain: string, ticket: string): Promise<number> {
  const port = Number(/<graphics type='spice' port='(\d+)'/.exec(await lab.virsh('dumpxml', domain))?.[1])
  const on = await probe(lab, { device: 'kiosk' })
  try {
    const stream = await on.forwardTcp(port)
    const code = await linkResult(stream, ticket)
    stream.destroy()
    return code
  } finally {
    on.close()
  }
}

export interface SetTicket {
  readonly ticket: string
  /** ms (epoch) at which QEMU stops taking it; undefined: never. */
  readonly validTo: number | undefined
}

/** The ticket that the display asks for now, by libvirt's word. */
export async function setTicket(lab: Lab, domain: string): Promise<SetTicket> {
  const graphics = /<graphics type='spice'[^>]*>/.exec(await lab.virsh('dumpxml', '--security-info', domain))?.[0] ?? ''
  const ticket = /\bpasswd='([^']*)'/.exec(graphics)?.[1]
  const validTo = /\bpasswdValidTo='([^']*)'/.exec(graphics)?.[1]
  if (ticket === undefined) throw new Error(`${domain} has no ticket`)
  return { ticket, validTo: validTo === undefined ? undefined : Date.parse(`${validTo}Z`) }
}
