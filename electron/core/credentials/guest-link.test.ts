// Why: every outcome of a sign-on, with a scripted guest on the other end of a real stream pair and a manual clock.
import { duplexPair } from 'node:stream'
import type { Duplex } from 'node:stream'
import { describe, expect, it } from 'vitest'
import type { GuestFacts } from '../../../shared/view/view-state.ts'
import { AppError } from '../errors.ts'
import type { CredentialPath } from '../ports/driver.ts'
import type { SshConnection } from '../ports/ssh.ts'
import { Redactor } from '../redactor.ts'
import { Secret } from '../secret.ts'
import { callContext, ManualClock, settle } from '../testkit.ts'
import { GuestLink } from './guest-link.ts'
import { defaultTimes, type SignOnResult } from './sign-on.ts'

const times = { ...defaultTimes, agent: 60_000, confirm: 45_000 }
const connection = {} as SshConnection
const channel = (over: Partial<Extract<CredentialPath, { kind: 'guest-channel' }>> = {}): CredentialPath => ({
  kind: 'guest-channel',
  name: 'com.kvm-vdi.0',
  hops: [{ via: 'ssh-unix', ssh: { connection }, path: '/run/channel' }],
  guestConnected: undefined,
  helper: undefined,
  ...over,
})

/** A guest that the test plays: it reads parsed lines and says what it likes. */
class Guest {
  readonly lines: Record<string, unknown>[] = []
  readonly stream: Duplex
  #text = ''
  constructor(stream: Duplex) {
    this.stream = stream
    stream.on('error', () => undefined)
    stream.on('data', (b: Buffer) => {
      this.#text += b.toString('utf8')
      for (let at; (at = this.#text.indexOf('\n')) >= 0; this.#text = this.#text.slice(at + 1)) this.lines.push(JSON.parse(this.#text.slice(0, at)) as Record<string, unknown>)
    })
  }
  say(...messages: object[]): void {
    for (const m of messages) this.stream.write(JSON.stringify(m) + '\n')
  }
  got(name: string): Record<string, unknown>[] {
    return this.lines.filter((l) => l['__name__'] === name)
  }
}

function setUp(opts: { user?: string; password?: string; dialError?: AppError; helperError?: AppError; windows?: boolean; queued?: boolean | Error } = {}) {
  const [ours, theirs] = duplexPair()
  const guest = new Guest(theirs)
  const clock = new ManualClock()
  const steps: string[] = []
  const facts: GuestFacts[] = []
  const helped: string[] = []
  const asked: string[] = []
  const link = new GuestLink({
    dialer: {
      dial: () => (opts.dialError ? Promise.reject(opts.dialError) : Promise.resolve(ours)),
      runHelper: (h, path) => {
        helped.push(...h.argv, path)
        return opts.helperError ? Promise.reject(opts.helperError) : Promise.resolve(ours)
      },
      hasQueue: () => {
        asked.push('queue')
        return opts.queued instanceof Error ? Promise.reject(opts.queued) : Promise.resolve(opts.queued)
      },
    },
    clock,
    user: opts.user ?? 'ada',
    times,
    windowsHint: opts.windows ?? false,
    onStep: (s) => steps.push(s),
    onFacts: (f) => facts.push(f),
  })
  const password = Secret.from(opts.password ?? 'p"a$s`\\w\u00f6rd', new Redactor())
  const abort = new AbortController()
  const run = (path = channel()): Promise<SignOnResult> => link.signOn(path, password, callContext(abort.signal))
  return { link, guest, clock, steps, facts, helped, asked, run, abort, password }
}

const nobody = { __name__: 'active-user', name: 'None' }
const ada = { __name__: 'active-user', name: 'ada' }

describe('outcomes', () => {
  it('confirmed by session-logon; the password arrives as typed', async () => {
    const t = setUp()
    const result = t.run()
    await settle()
    expect(t.guest.got('refresh')).toEqual([{ __name__: 'refresh', apiVersion: 3 }])
    t.guest.say({ __name__: 'heartbeat', apiVersion: 3 }, nobody)
    await settle()
    expect(t.guest.got('login')).toEqual([{ __name__: 'login', username: 'ada', password: 'p"a$s`\\w\u00f6rd' }])
    t.guest.say(ada, { __name__: 'session-logon' })
    expect(await result).toEqual({ outcome: 'confirmed', confirmedBy: 'active-user' })
    expect(t.steps).toEqual(['waiting-for-agent', 'sending', 'confirming'])
    expect(t.guest.got('api-version')).toEqual([{ __name__: 'api-version', apiVersion: 3 }])
    await t.link.close()
    expect(t.clock.pending).toBe(0)
  })
  it('confirmed by session-logon where the event comes before the name', async () => {
    const t = setUp()
    const result = t.run()
    await settle()
    t.guest.say(nobody)
    await settle()
    t.guest.say({ __name__: 'session-logon' })
    await settle()
    t.guest.say(ada)
    expect(await result).toEqual({ outcome: 'confirmed', confirmedBy: 'session-logon' })
  })
  it('confirmed only when asked, as the Linux agent does, with the login repeated', async () => {
    const t = setUp()
    const result = t.run()
    await settle()
    t.guest.say(nobody)
    await t.clock.advance(6500)
    expect(t.guest.got('login')).toHaveLength(2)
    expect(t.guest.got('refresh').length).toBeGreaterThanOrEqual(6)
    t.guest.say(ada)
    expect(await result).toEqual({ outcome: 'confirmed', confirmedBy: 'active-user' })
  })
  it('already signed in as this person', async () => {
    const t = setUp()
    const result = t.run()
    await settle()
    t.guest.say(ada)
    expect(await result).toEqual({ outcome: 'already-signed-in', confirmedBy: 'active-user' })
  })
  it('somebody else is signed in: nothing is sent', async () => {
    const t = setUp()
    const result = t.run()
    await settle()
    t.guest.say({ __name__: 'active-user', name: 'grace' })
    expect(await result).toMatchObject({ outcome: 'other-user', error: { code: 'agent.other-user' } })
    await t.clock.advance(60_000)
    expect(t.guest.got('login')).toEqual([])
  })
  it('no channel on this VM', async () => {
    const t = setUp()
    expect(await t.run({ kind: 'none', channelNames: ['com.kvm-vdi.0'] })).toMatchObject({ outcome: 'no-channel', error: { code: 'agent.no-channel', params: { channel: 'com.kvm-vdi.0' } } })
  })
  it('agent silent', async () => {
    const t = setUp()
    const result = t.run(channel({ guestConnected: false }))
    await t.clock.advance(60_000)
    expect(await result).toMatchObject({ outcome: 'agent-silent', error: { code: 'agent.silent' } })
  })
  it('in use by another program: ours waits in the queue behind it', async () => {
    const t = setUp({ queued: true })
    const result = t.run()
    await t.clock.advance(3000)
    await settle()
    expect(await result).toMatchObject({ outcome: 'channel-busy', error: { code: 'agent.channel-busy' } })
  })
  it('the channel serves us and the port is open in the guest: the agent is silent, after its own time', async () => {
    const t = setUp({ queued: false })
    const result = t.run(channel({ guestConnected: true }))
    await t.clock.advance(3000)
    await settle()
    await t.clock.advance(57_000)
    expect(await result).toMatchObject({ outcome: 'agent-silent', error: { code: 'agent.silent' } })
  })
  it('an agent that speaks is not asked about the queue any more', async () => {
    const t = setUp({ queued: true })
    const result = t.run()
    await settle()
    t.guest.say(ada)
    expect(await result).toMatchObject({ outcome: 'already-signed-in' })
    await t.clock.advance(60_000)
    expect(t.asked).toEqual([])
  })
  it.each([undefined, new Error('gone')])('in use by another program, where the queue cannot be told (%s): the port is open in the guest, yet nothing is heard', async (queued) => {
    const t = setUp(queued === undefined ? {} : { queued })
    const result = t.run(channel({ guestConnected: true }))
    await t.clock.advance(12_000)
    expect(await result).toMatchObject({ outcome: 'channel-busy', error: { code: 'agent.channel-busy' } })
  })
  it('not confirmed in time, after three attempts', async () => {
    const t = setUp()
    const result = t.run()
    await settle()
    t.guest.say(nobody)
    await t.clock.advance(46_000)
    expect(await result).toMatchObject({ outcome: 'not-confirmed', error: { code: 'agent.not-confirmed' } })
    expect(t.guest.got('login')).toHaveLength(3)
  })
  it('sends although the agent never says who is signed in', async () => {
    const t = setUp()
    const result = t.run()
    await settle()
    t.guest.say({ __name__: 'heartbeat' })
    await t.clock.advance(2000)
    expect(t.guest.got('login')).toHaveLength(1)
    t.guest.say(ada)
    expect((await result).outcome).toBe('confirmed')
  })
  it.each([
    ['a name with a newline', { user: 'ada\nroot' }, 'agent.credentials-invalid'],
    ['an empty name', { user: ' ' }, 'agent.credentials-invalid'],
    ['a NUL in the password', { password: 'a\0b' }, 'agent.credentials-invalid'],
  ])('refuses %s before anything is sent', async (_what, opts, code) => {
    const t = setUp(opts)
    expect(await t.run()).toMatchObject({ outcome: 'refused', error: { code } })
    await settle()
    expect(t.guest.lines).toEqual([])
  })
  it('refuses what the guest would cut, counted in bytes of UTF-8', async () => {
    for (const [windows, limit] of [[false, 251], [true, 1019]] as const) {
      for (const extra of [0, 1]) {
        const t = setUp({ password: '\u00e4'.repeat((limit - 3) / 2) + 'x'.repeat(extra), windows })
        const result = t.run()
        await settle()
        t.guest.say(nobody)
        await settle()
        expect(t.guest.got('login')).toHaveLength(extra === 0 ? 1 : 0)
        if (extra) expect(await result).toMatchObject({ outcome: 'refused', error: { code: 'agent.credentials-too-long', params: { limit: String(limit) } } })
      }
    }
  })
  it('the way breaks in the middle', async () => {
    const t = setUp()
    const result = t.run()
    await settle()
    t.guest.say(nobody)
    await settle()
    t.guest.stream.destroy()
    expect(await result).toMatchObject({ outcome: 'failed', error: { code: 'agent.lost' } })
  })
  it('the socket may not be reached', async () => {
    const t = setUp({ dialError: new AppError('ssh.forward-failed', 'connect failed') })
    expect(await t.run()).toMatchObject({ outcome: 'channel-denied', error: { code: 'agent.channel-denied' } })
  })
  it('the socket is full', async () => {
    const t = setUp({ dialError: new AppError('agent.channel-busy', 'EAGAIN') })
    expect(await t.run()).toMatchObject({ outcome: 'channel-busy' })
  })
  it('what was told before the login confirms nothing', async () => {
    const t = setUp()
    const result = t.run()
    await settle()
    t.guest.say({ __name__: 'session-logon' }, { __name__: 'session-unlock' }, nobody)
    await settle()
    t.guest.say(ada)
    expect(await result).toEqual({ outcome: 'confirmed', confirmedBy: 'active-user' })
  })
  it('a guest that repeats session-logon is asked for the name once', async () => {
    const t = setUp()
    void t.run()
    await settle()
    t.guest.say(nobody)
    await settle()
    const before = t.guest.got('refresh').length
    const timers = t.clock.pending
    for (let i = 0; i < 200; i++) t.guest.say({ __name__: 'session-logon' })
    await settle(20)
    expect(t.guest.got('refresh').length - before).toBe(1)
    expect(t.clock.pending - timers).toBeLessThanOrEqual(1)
    await t.link.close()
  })
  it('a channel that opens after the person has left is closed at once', async () => {
    const t = setUp()
    const result = t.run()
    // The dialler has an answer already; the sign-on has not seen it yet.
    void t.link.close()
    t.abort.abort()
    expect(await result).toMatchObject({ outcome: 'failed', error: { code: 'cancelled' } })
    await settle()
    expect(t.guest.stream.destroyed || t.guest.stream.readableEnded).toBe(true)
    expect(t.link.open).toBe(false)
  })
  it('cancel ends it', async () => {
    const t = setUp()
    const result = t.run()
    await settle()
    t.abort.abort()
    expect(await result).toMatchObject({ outcome: 'failed', error: { code: 'cancelled' } })
    expect(t.clock.pending).toBe(0)
  })
})

describe('the helper command', () => {
  const helper = { ssh: { connection }, argv: ['/usr/libexec/latchkey-channel'] }
  it('is used where forwards are forbidden, with the socket as its last argument and nothing secret', async () => {
    const t = setUp({ dialError: new AppError('ssh.forward-denied', 'administratively prohibited') })
    const result = t.run(channel({ helper }))
    await settle()
    t.guest.say(nobody)
    await settle()
    t.guest.say(ada)
    expect((await result).outcome).toBe('confirmed')
    expect(t.helped).toEqual(['/usr/libexec/latchkey-channel', '/run/channel'])
  })
  it('is not tried when the socket itself is the trouble', async () => {
    const t = setUp({ dialError: new AppError('ssh.forward-failed', 'connect failed') })
    expect((await t.run(channel({ helper }))).outcome).toBe('channel-denied')
    expect(t.helped).toEqual([])
  })
})

describe('a hostile guest', () => {
  it('survives long lines, bad UTF-8, unknown messages and still signs on', async () => {
    const t = setUp()
    const result = t.run()
    await settle()
    for (let i = 0; i < 20; i++) t.guest.stream.write(Buffer.alloc(100_000, 0x7b))
    t.guest.stream.write(Buffer.from([0x0a, 0xff, 0xfe, 0x0a]))
    t.guest.say({ __name__: 'rm -rf' }, { __name__: 7 }, [] as object, nobody)
    await settle(20)
    t.guest.say(ada)
    expect((await result).outcome).toBe('confirmed')
  })
  it('brakes a flood', async () => {
    const t = setUp()
    void t.run()
    await settle()
    for (let i = 0; i < 9000; i++) t.guest.say({ __name__: 'host-name', name: `h${i}` })
    await settle(50)
    expect(t.guest.stream.writableLength).toBeGreaterThan(0)
    await t.clock.advance(10_000)
    expect(t.facts.at(-1)?.hostName).toBe('h8999')
    expect(t.facts.length).toBeLessThan(30)
    await t.link.close()
  })
})

describe('after the sign-on', () => {
  it('keeps the facts coming and sends lock, log-off and a farewell', async () => {
    const t = setUp()
    const result = t.run()
    await settle()
    t.guest.say(nobody)
    await settle()
    t.guest.say(ada)
    await result
    t.guest.say({ __name__: 'os-info', distribution: 'Debian', version: '12', codename: 'bookworm', type: 'linux' })
    await t.clock.advance(300)
    expect(t.facts.at(-1)).toMatchObject({ os: 'Debian 12 bookworm', activeUser: 'ada' })
    expect(t.link.command('lock')).toBe(true)
    await t.link.close('logoff')
    await settle()
    expect(t.guest.lines.slice(-2)).toEqual([{ __name__: 'lock-screen' }, { __name__: 'log-off' }])
    expect(t.link.command('lock')).toBe(false)
  })
})
