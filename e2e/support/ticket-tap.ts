// Why: a search for the ticket needs the ticket, and the product gives it to nobody. The hypervisor gets it by
// `virsh update-device`, so it is noted there, on its way into the machine.
import type { SimDomain } from '../../embedded/vm/domain.ts'

/** Every ticket that `domain` is given from now on, in order. */
export function tapTickets(domain: SimDomain | undefined): string[] {
  if (!domain) throw new Error('there is no such domain')
  const tickets: string[] = []
  const update = domain.updateDevice.bind(domain)
  domain.updateDevice = (xml) => {
    const ticket = /\bpasswd=["']([^"']+)["']/.exec(xml)?.[1]
    if (ticket !== undefined) tickets.push(ticket)
    update(xml)
  }
  return tickets
}
