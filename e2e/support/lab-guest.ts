// Why: what a guest of the real lab itself knows, asked past the product: who is signed in, by the agent's own channel;
// what its screen says, out of its video memory. Only for moments at which the product does not hold the channel.
import type { Lab } from '../lab/lab.ts'
import { GuestChannel, probe } from '../lab/probe.ts'
import { until } from '../lab/run.ts'

/** Path of the channel's socket in the live XML, once the guest has opened its end. */
export const channelPath = (lab: Lab, domain: string): Promise<string> =>
  until(`the agent of ${domain}`, 60_000, async () => /path='(\/[^']+)'\/>\s*<target type='virtio'[^>]*state='connected'/.exec(await lab.virsh('dumpxml', domain))?.[1])

/** Talks to the guest's agent through a connection of our own. */
export async function withGuest<T>(lab: Lab, domain: string, talk: (guest: GuestChannel) => Promise<T>): Promise<T> {
  const on = await probe(lab, { device: 'kiosk' })
  try {
    const guest = new GuestChannel(await on.forwardUnix(await channelPath(lab, domain)))
    const result = await talk(guest)
    guest.close()
    return result
  } finally {
    on.close()
  }
}

async function activeUser(guest: GuestChannel): Promise<string> {
  guest.send({ __name__: 'refresh', apiVersion: 3 })
  const said = await guest.next((m) => m.__name__ === 'active-user', 10_000)
  if (said === undefined) throw new Error('the guest does not say who is signed in')
  return String(said['name'])
}

/** Account name of whoever is signed in to the guest, "None" for nobody. */
export const whoIsIn = (lab: Lab, domain: string): Promise<string> => withGuest(lab, domain, activeUser)

/** Brings the desktop to where a test begins: it runs, its agent listens, nobody is signed in. */
export async function ready(lab: Lab, domain: string): Promise<void> {
  await lab.setState(domain, 'running')
  await withGuest(lab, domain, async (guest) => {
    if ((await activeUser(guest)) === 'None') return
    guest.send({ __name__: 'log-off' })
    const after = await guest.next((m) => m.__name__ === 'active-user', 5000)
    if (after?.['name'] !== 'None') throw new Error(`${domain} does not log off`)
  })
}

/** Whether the guest's session was locked: the same person's password unlocks it, and only a locked one says so. */
export const unlocks = (lab: Lab, domain: string, person: string): Promise<boolean> =>
  withGuest(lab, domain, async (guest) => {
    guest.send({ __name__: 'login', username: person, password: lab.person(person).guestPassword })
    return (await guest.next((m) => m.__name__ === 'session-unlock', 3000)) !== undefined
  })

/** Physical address of the VGA text buffer: 80 by 25 cells, a character and its colours each. */
const TEXT_BUFFER = '0xb8000'

/** The guest's text screen as it stands in its memory; characters of code page 437, those above ASCII as blanks. */
export async function screenText(lab: Lab, domain: string): Promise<string> {
  const dump = await lab.virsh('qemu-monitor-command', domain, '--hmp', `xp /2000hx ${TEXT_BUFFER}`)
  const cells = dump.split('\n').flatMap((line) => line.split(':')[1]?.match(/0x[0-9a-f]{4}/g) ?? []).map((cell) => Number(cell) & 0xff)
  if (cells.length !== 2000) throw new Error(`${cells.length} cells of text`)
  return cells.map((c, i) => (c < 32 || c > 126 ? ' ' : String.fromCharCode(c)) + (i % 80 === 79 ? '\n' : '')).join('')
}

/** Another program at the guest's channel that holds its connection and says nothing. */
export async function connectOnly(lab: Lab, domain: string): Promise<{ close(): void }> {
  const on = await probe(lab, { device: 'kiosk' })
  const stream = await on.forwardUnix(await channelPath(lab, domain))
  stream.on('error', () => undefined)
  stream.resume()
  return {
    close: () => {
      stream.destroy()
      on.close()
    },
  }
}
