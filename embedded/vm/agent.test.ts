// Why: the agent's silences and its one-client rule decide what the kiosk tells a person; they are tested here on a
// clock that stands still, against the rules written down from the original agent's sources.
import { describe, expect, it } from 'vitest'
import { EventLog } from '../events.ts'
import { Faults } from '../faults.ts'
import { settle, StillClock } from '../spice/testkit.ts'
import { AgentLine } from '../testkit.ts'
import { BlankDisplay } from './display.ts'
import { SimDomain, type DomainOptions } from './domain.ts'
import type { HostileKind } from './hostile-guest.ts'

const PASSWORD = `p'a"s$s\\\`ö\u{1f511}`

function machine(options: Partial<DomainOptions> = {}) {
  const clock = new StillClock()
  const events = new EventLog()
  const domain = new SimDomain(
    { name: 'vm', state: 'running', guest: { flavour: 'windows', accounts: [{ name: 'ada', password: PASSWORD }] }, agent: { delayMs: 0, confirmMs: 40 }, ...options },
    { clock, events, faults: new Faults(), nextId: () => 1, takePort: () => 5900, makeDisplay: (d) => new BlankDisplay(d), reach: () => Promise.resolve() },
  )
  clock.advance(0)
  const dial = () => new AgentLine(domain.channel!.connect()!)
  const shown = () => (domain.display as BlankDisplay).shown.at(-1)
  /** Lets streams run, then moves time. */
  const after = async (ms: number) => {
    await settle()
    clock.advance(ms)
    await settle()
  }
  return { clock, events, domain, dial, shown, after }
}
const names = (line: AgentLine, from = 0) => line.said.slice(from).map((m) => m.__name__)

describe('talking', () => {
  it('answers a refresh with all that its version allows, and echoes', async () => {
    const { dial, after } = machine()
    const line = dial()
    line.send('refresh', { apiVersion: 3 })
    line.send('echo', { cookie: { a: [1, 'ö'] } })
    await after(0)
    expect(names(line)).toEqual(['session-startup', 'active-user', 'applications', 'containers', 'host-name', 'os-version', 'network-interfaces', 'disks-usage', 'fqdn', 'timezone', 'os-info', 'echo'])
    expect(line.said.find((m) => m.__name__ === 'active-user')).toEqual({ __name__: 'active-user', name: 'None' })
    expect(line.said.at(-1)).toEqual({ __name__: 'echo', cookie: { a: [1, 'ö'] } })
    const before = line.said.length
    line.send('refresh')
    await after(0)
    expect(names(line, before)).not.toContain('os-info')
    expect(names(line, before)).not.toContain('containers')
  })
  it('beats every five seconds, first as version 0', async () => {
    const { domain, after } = machine({ agent: { delayMs: 100 } })
    const line = new AgentLine(domain.channel!.connect()!)
    await after(100)
    await after(5000)
    await after(5000)
    expect(line.said.filter((m) => m.__name__ === 'heartbeat').map((m) => m['apiVersion'])).toEqual([0, 3, 3])
  })
  it('gets what was written before it was up', async () => {
    const { dial, after } = machine({ agent: { delayMs: 3000 } })
    const line = dial()
    line.send('echo', { n: 1 })
    await after(2999)
    expect(line.said).toEqual([])
    await after(1)
    expect(names(line)).toContain('echo')
  })
  it('reads messages in any pieces and passes over what it can’t parse', async () => {
    const { domain, after } = machine()
    const stream = domain.channel!.connect()!
    const line = new AgentLine(stream)
    for (const piece of ['nonsense\n{"__na', 'me__":"echo","n":', '1}\n[]\nnull\n{"__name__":7}\n{"__name__":"fly"}\n{"__name__":"echo","n":2}\n']) stream.write(piece)
    await after(0)
    expect(line.said.map((m) => m['n'])).toEqual([1, 2])
  })
  it('serves one client; a second waits in silence until the first has left', async () => {
    const { dial, after, domain } = machine()
    const [first, second] = [dial(), dial()]
    first.send('echo')
    second.send('echo')
    await after(0)
    expect([names(first), names(second)]).toEqual([['echo'], []])
    first.close()
    await after(0)
    expect(names(second)).toEqual(['echo'])
    dial()
    dial()
    expect(domain.channel!.connect()).toBeUndefined()
  })
  it('stands still with its machine and goes on with it', async () => {
    const { dial, after, domain } = machine()
    const line = dial()
    domain.suspend()
    line.send('echo', { n: 1 })
    await after(30_000)
    expect(line.said).toEqual([])
    expect(domain.channel!.guestConnected).toBe(true)
    domain.resume()
    await after(0)
    expect(names(line)).toEqual(['heartbeat', 'echo'])
    await after(5000)
    expect(names(line)).toEqual(['heartbeat', 'echo', 'heartbeat'])
  })
  it('says nothing at all when it is silent', async () => {
    const { dial, after } = machine({ agent: { delayMs: 0, silent: true } })
    const line = dial()
    line.send('refresh', { apiVersion: 3 })
    await after(20_000)
    expect(line.said).toEqual([])
  })
})

describe('login', () => {
  it('opens a session for the right password only, and confirms it as Windows does', async () => {
    const { dial, after, domain, events, shown } = machine()
    const line = dial()
    line.send('login', { username: 'ada', password: PASSWORD + 'x' })
    await after(10_000)
    expect(names(line).filter((n) => n !== 'heartbeat')).toEqual([])
    expect([domain.guest.user, shown()]).toEqual([undefined, 'wrong:ada'])
    const before = line.said.length
    line.send('login', { username: 'ADA', password: PASSWORD })
    await after(39)
    expect([domain.guest.user, shown()]).toEqual([undefined, 'busy:ADA'])
    await after(1)
    expect(line.said.slice(before)).toEqual([{ name: 'ada', __name__: 'active-user' }, { __name__: 'session-logon' }])
    expect(shown()).toBe('desktop:ada')
    expect(events.of('agent-login').map((e) => [e.user, e.passwordCorrect, e.acted])).toEqual([['ada', false, false], ['ADA', true, true]])
    expect(JSON.stringify(events.all)).not.toContain('s$s')
  })
  it('of Linux tells only by active-user, when asked or within ten seconds', async () => {
    const { dial, after } = machine({ guest: { flavour: 'linux', accounts: [{ name: 'ada', password: PASSWORD }] } })
    const line = dial()
    line.send('login', { username: 'Ada', password: PASSWORD })
    line.send('login', { username: 'ada', password: PASSWORD })
    await after(40)
    expect(line.said).toEqual([])
    await after(9960)
    expect(names(line).filter((n) => n !== 'heartbeat')).toEqual(['active-user'])
    const before = line.said.length
    line.send('refresh', { apiVersion: 3 })
    await after(0)
    expect(line.said.slice(before).find((m) => m.__name__ === 'active-user')).toMatchObject({ name: 'ada' })
    expect(names(line)).not.toContain('session-logon')
  })
  it('cuts what is too long for the way to the login screen, so that it fails', async () => {
    const long = 'x'.repeat(248)
    const { dial, after, domain } = machine({ guest: { flavour: 'linux', accounts: [{ name: 'ada', password: long + 'y' }, { name: 'bob', password: long }] } })
    const line = dial()
    line.send('login', { username: 'ada', password: long + 'y' })
    await after(40)
    expect(domain.guest.user).toBeUndefined()
    line.send('login', { username: 'bob', password: long })
    await after(40)
    expect(domain.guest.user).toBe('bob')
  })
  it('drops a second login while one is at work and leaves another person’s session alone', async () => {
    const accounts = [{ name: 'ada', password: 'a' }, { name: 'eve', password: 'e' }]
    const { dial, after, domain, events } = machine({ guest: { flavour: 'windows', accounts } })
    const line = dial()
    line.send('login', { username: 'ada', password: 'a' })
    line.send('login', { username: 'eve', password: 'e' })
    await after(40)
    line.send('login', { username: 'eve', password: 'e' })
    await after(40)
    expect(domain.guest.user).toBe('ada')
    expect(events.of('agent-login').map((e) => e.acted)).toEqual([true, false, false])
  })
  it('locks, unlocks for the same person, logs off, and tells each', async () => {
    const { dial, after, shown, domain } = machine({ guest: { flavour: 'windows', accounts: [{ name: 'ada', password: PASSWORD }], signedIn: 'ada' } })
    const line = dial()
    line.send('lock-screen')
    await after(0)
    expect(shown()).toBe('locked:ada')
    line.send('login', { username: 'ada', password: PASSWORD })
    await after(40)
    expect(shown()).toBe('desktop:ada')
    line.send('log-off')
    await after(0)
    expect(line.said).toEqual([{ __name__: 'session-lock' }, { __name__: 'session-unlock' }, { __name__: 'session-logoff' }, { name: 'None', __name__: 'active-user' }])
    expect(shown()).toBe('sign-in')
    line.send('shutdown', { timeout: 0, message: '', reboot: 'false' })
    await after(0)
    expect([domain.state, domain.id, line.ended]).toEqual(['shut off', undefined, true])
  })
  it('also lets a person sign in at its own screen', () => {
    const { domain, shown } = machine()
    const { onSubmit, onLogOff } = (domain.display as BlankDisplay).options
    onSubmit('ada', 'wrong')
    expect(shown()).toBe('wrong:ada')
    onSubmit('ada', PASSWORD)
    expect(shown()).toBe('desktop:ada')
    onLogOff()
    expect(shown()).toBe('sign-in')
  })
})

describe('bad guests', () => {
  it('drops the client in the middle', async () => {
    const { dial, after, domain } = machine({ agent: { delayMs: 0, dropOn: 'login' } })
    const line = dial()
    line.send('login', { username: 'ada', password: PASSWORD })
    await after(1000)
    expect([line.ended, domain.guest.user]).toEqual([true, undefined])
  })
  it.each<[HostileKind, (all: Buffer) => boolean]>([
    ['long-lines', (b) => b.toString('latin1').split('\n').some((l) => l.length > 2 * 1024 * 1024)],
    ['invalid-utf8', (b) => !b.equals(Buffer.from(b.toString('utf8')))],
    ['unknown-messages', (b) => b.includes('"__proto__"')],
    ['broken-json', (b) => b.includes('[[[[')],
    ['flood', (b) => b.toString('latin1').split('\n').length > 20_000],
    ['endless-line', (b) => b.length > 64 * 1024 * 1024 && b.toString('latin1').split('\n').length < 10],
  ])('%s, and it answers all the same', async (hostile, isThere) => {
    const { domain } = machine({ agent: { delayMs: 0, hostile } })
    const stream = domain.channel!.connect()!
    const pieces: Buffer[] = []
    let tail = ''
    await new Promise<void>((resolve) => {
      let asked = false
      stream.on('data', (b: Buffer) => {
        pieces.push(b)
        tail = (tail + b.toString('latin1')).slice(-200)
        if (tail.includes('"probe"')) resolve()
        else if (!asked && domain.channel!.guestConnected) {
          asked = true
          stream.write('{"__name__":"echo","n":"probe"}\n')
        }
      })
    })
    await settle(50)
    // The answer may stand in the middle of the attack, as it would; so the attack's end is awaited by reading on.
    let size = -1
    while (size !== pieces.length) {
      size = pieces.length
      await settle(50)
    }
    expect(isThere(Buffer.concat(pieces))).toBe(true)
  })
  it('does not run ahead of a client that never reads', async () => {
    const { domain } = machine({ agent: { delayMs: 0, hostile: 'endless-line' } })
    const stream = domain.channel!.connect()!
    await settle(200)
    expect(stream.readableLength).toBeLessThan(4 * 1024 * 1024)
    stream.destroy()
  })
})
