// Why: says in half a minute whether the lab is what the tests believe it is: each fact is tried through ssh2 and
// printed with its time. A failing product test with a passing self-check is the product's fault.
import { randomBytes } from 'node:crypto'
import type { Lab } from './lab.ts'
import type { Log } from './install.ts'
import { GuestChannel, probe } from './probe.ts'
import type { Probe } from './probe.ts'
import { until } from './run.ts'

/** Runs all checks in order; true if every one holds. Desktops that it started are off again afterwards. */
export async function selfCheck(lab: Lab, log: Log): Promise<boolean> {
  let ok = true
  const fact = async (what: string, work: () => Promise<string | void>): Promise<void> => {
    const from = Date.now()
    try {
      const more = await work()
      log(`ok    ${String(Date.now() - from).padStart(6)} ms  ${what}${more === undefined ? '' : `: ${more}`}`)
    } catch (error) {
      ok = false
      log(`FAIL  ${String(Date.now() - from).padStart(6)} ms  ${what}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  await signInFacts(lab, fact)
  const device = await probe(lab, { device: 'kiosk' })
  try {
    await desktopFacts(lab, device, fact)
    await rightsFacts(lab, device, fact)
    await guestFacts(lab, device, fact)
    await stateFacts(lab, fact)
  } finally {
    device.close()
    for (const domain of lab.domains) await lab.setState(domain.name, 'off')
  }
  return ok
}

type Fact = (what: string, work: () => Promise<string | void>) => Promise<void>

const demand = (condition: boolean, text: string): void => {
  if (!condition) throw new Error(text)
}

/** The work must be refused, with words that fit. */
async function refused(work: () => Promise<unknown>, words: RegExp): Promise<string> {
  const outcome = await work().then(() => undefined, (error: unknown) => (error instanceof Error ? error.message : String(error)))
  if (outcome === undefined) throw new Error('was let in')
  demand(words.test(outcome), `refused with other words: ${outcome}`)
  return outcome.replaceAll('\n', ' ').trim()
}

async function signInFacts(lab: Lab, fact: Fact): Promise<void> {
  const enter = (person: string, password?: string) => async () => (await probe(lab, { person, ...(password === undefined ? {} : { password }) })).close()
  const hostKey = (file: string) => () => refused(() => probe(lab, { device: 'kiosk' }, file), /host/i)
  // Side by side: PAM answers each wrong password two seconds late.
  await Promise.all([
    fact('ada signs in by password', enter('ada')),
    fact('grace signs in by keyboard-interactive', enter('grace')),
    fact('a wrong password is refused', () => refused(enter('ada', 'wrong'), /authentication methods failed/i)),
    fact('a locked account is refused', () => refused(enter('linus'), /authentication methods failed/i)),
    fact('an expired account is refused', () => refused(enter('edith'), /account has expired/i)),
    fact('a person whose password must change is not let in', () => refused(enter('ken'), /authentication methods failed|closed/i)),
    fact('an unknown host key', hostKey(lab.ssh.knownHostsEmpty)),
    fact('a changed host key', hostKey(lab.ssh.knownHostsChanged)),
    fact('the hashed pin fits', async () => (await probe(lab, { device: 'kiosk' }, lab.ssh.knownHostsHashed)).close()),
  ])
}

const virshOver = async (on: Probe, command: string, input?: string): Promise<string> => {
  const result = await on.exec(`virsh -q -c qemu:///system ${command}`, input)
  demand(result.code === 0, result.stderr.trim())
  return result.stdout
}

/** Path of the channel's socket in the live XML, once the guest has opened its end. */
const channelPath = (on: Probe, domain: string): Promise<string> =>
  until(`the agent of ${domain}`, 30_000, async () => /path='(\/[^']+)'\/>\s*<target type='virtio'[^>]*state='connected'/.exec(await virshOver(on, `dumpxml ${domain}`))?.[1])

async function signOn(channel: GuestChannel, username: string, password: string, ms: number): Promise<boolean> {
  channel.send({ __name__: 'login', username, password })
  return (await channel.next((m) => m.__name__ === 'session-logon', ms)) !== undefined
}

async function desktopFacts(lab: Lab, device: Probe, fact: Fact): Promise<void> {
  const pairs = [['ada', 'ada-desktop'], ['grace', 'grace-desktop']] as const
  await Promise.all(pairs.map(async ([person, domain]) => {
    const { password } = lab.person(person)
    let own: Probe | undefined
    await lab.setState(domain, 'off')
    await fact(`${person} starts ${domain} and its agent opens the channel`, async () => {
      own = await probe(lab, { person })
      await virshOver(own, `start ${domain}`)
      return channelPath(own, domain)
    })
    for (const on of [own, device]) {
      if (on === undefined) continue
      await fact(`${on === device ? 'kiosk' : person} signs ${person} on through the channel`, async () => {
        const channel = new GuestChannel(await on.forwardUnix(await channelPath(on, domain)))
        channel.send({ __name__: 'refresh', apiVersion: 3 })
        demand((await channel.next((m) => m.__name__ === 'active-user', 3000)) !== undefined, 'no active-user after refresh')
        const text = 'ä"\\\n\u0001😀$`'
        channel.send({ __name__: 'echo', text })
        demand((await channel.next((m) => m.__name__ === 'echo', 2000))?.['text'] === text, 'the echo is not what was sent')
        demand(!(await signOn(channel, person, `${password}x`, 1000)), 'a wrong password was believed')
        const from = Date.now()
        demand(await signOn(channel, person, password, 3000), 'no session-logon')
        const took = Date.now() - from
        channel.send({ __name__: 'lock-screen' })
        demand((await channel.next((m) => m.__name__ === 'session-lock', 2000)) !== undefined, 'no session-lock')
        channel.send({ __name__: 'login', username: person, password })
        demand((await channel.next((m) => m.__name__ === 'session-unlock', 3000)) !== undefined, 'no session-unlock')
        channel.send({ __name__: 'log-off' })
        demand((await channel.next((m) => m.__name__ === 'active-user', 2000))?.['name'] === 'None', 'still signed in after log-off')
        channel.close()
        return `session-logon after ${took} ms`
      })
    }
    await fact(`kiosk sets a one-time ticket on ${domain}`, () => setTicket(device, domain))
    await fact(`kiosk reaches the display of ${domain}`, async () => void (await openDisplay(device, domain)).destroy())
    own?.close()
  }))
}

async function setTicket(on: Probe, domain: string): Promise<void> {
  const ticket = randomBytes(16).toString('hex')
  const xml = /<graphics type='spice'[\s\S]*?<\/graphics>/.exec(await virshOver(on, `dumpxml ${domain}`))?.[0]
  demand(xml !== undefined, 'no graphics element')
  const until = new Date(Date.now() + 30_000).toISOString().slice(0, 19)
  await virshOver(on, `update-device ${domain} /dev/stdin --live`, xml?.replace(/ passwd(ValidTo)?='[^']*'/g, '').replace(/^<graphics/, `<graphics passwd='${ticket}' passwdValidTo='${until}'`))
  demand((await virshOver(on, `dumpxml --security-info ${domain}`)).includes(`passwd='${ticket}'`), 'the ticket is not in the live XML')
}

async function openDisplay(on: Probe, domain: string) {
  const xml = await virshOver(on, `dumpxml ${domain}`)
  const socket = /<listen type='socket' socket='([^']+)'/.exec(xml)?.[1]
  return socket === undefined ? on.forwardTcp(Number(/<graphics type='spice' port='(\d+)'/.exec(xml)?.[1])) : on.forwardUnix(socket)
}

async function rightsFacts(lab: Lab, device: Probe, fact: Fact): Promise<void> {
  const path = await channelPath(device, 'ada-desktop')
  const as = async <T>(name: string, work: (on: Probe) => Promise<T>): Promise<T> => {
    const on = await probe(lab, { device: name })
    try {
      return await work(on)
    } finally {
      on.close()
    }
  }
  await fact('kiosk-noforward: stream-local is prohibited', () => refused(() => as('kiosk-noforward', (on) => on.forwardUnix(path)), /./))
  await fact('kiosk-noforward: the helper reaches the agent', () => as('kiosk-noforward', async (on) => {
    const heard = await on.exec(`(cat; sleep 2) | ${lab.channelHelper} '${path}'`, '{"__name__":"refresh","apiVersion":3}\n')
    demand(heard.stdout.includes('active-user'), heard.stderr || 'heard nothing')
  }))
  await fact('kiosk-permitopen: PermitOpen denies stream-local too', () => refused(() => as('kiosk-permitopen', (on) => on.forwardUnix(path)), /./))
  await fact('kiosk-permitopen: the display is reached', () => as('kiosk-permitopen', async (on) => void (await openDisplay(on, 'ada-desktop')).destroy()))
  await fact('kiosk-nochannel: the socket is out of reach', () => refused(() => as('kiosk-nochannel', (on) => on.forwardUnix(path)), /./))
  await fact('kiosk-nodisplay: TCP is prohibited', () => refused(() => as('kiosk-nodisplay', (on) => openDisplay(on, 'ada-desktop')), /./))
  await fact('kiosk-nodisplay: AllowTcpForwarding no denies stream-local too', () => refused(() => as('kiosk-nodisplay', (on) => on.forwardUnix(path)), /./))
  await fact('kiosk-nolibvirt: libvirt refuses', () => refused(() => as('kiosk-nolibvirt', (on) => virshOver(on, 'list')), /permission denied/i))
  await fact('kiosk: a terminal is refused', async () => {
    const { stdout } = await device.exec('test -t 0 && echo terminal')
    demand(stdout === '', 'got a terminal')
  })
}

async function guestFacts(lab: Lab, device: Probe, fact: Fact): Promise<void> {
  for (const domain of lab.domains) await lab.setState(domain.name, 'off')
  const heard = async (domain: string): Promise<unknown> => {
    await lab.setState(domain, 'running')
    const channel = new GuestChannel(await device.forwardUnix(await channelPath(device, domain)))
    channel.send({ __name__: 'refresh', apiVersion: 3 })
    const user = await channel.next((m) => m.__name__ === 'active-user', 3000)
    channel.close()
    return user?.['name']
  }
  await Promise.all([
    fact('ada-silent opens the channel and says nothing', async () => demand((await heard('ada-silent')) === undefined, 'it spoke')),
    fact('grace is signed in to ada-occupied', async () => demand((await heard('ada-occupied')) === 'grace', 'she is not')),
  ])
}

async function stateFacts(lab: Lab, fact: Fact): Promise<void> {
  await fact('ada-broken does not start', () => refused(() => lab.setState('ada-broken', 'running'), /does-not-exist/))
  for (const state of ['paused', 'saved', 'running', 'off'] as const) await fact(`ada-saved becomes ${state}`, () => lab.setState('ada-saved', state))
  await fact('ada-password has its permanent password', async () => {
    demand((await lab.virsh('dumpxml', '--security-info', 'ada-password')).includes(lab.spicePassword), 'it has not')
  })
}
