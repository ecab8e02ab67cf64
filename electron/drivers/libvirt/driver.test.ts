import { describe, expect, it } from 'vitest'
import { AppError } from '../../core/errors.ts'
import type { CallContext } from '../../core/ports/driver.ts'
import type { AskPerson, SshConnection, SshConnector, SshCredential, SshTarget } from '../../core/ports/ssh.ts'
import { Redactor } from '../../core/redactor.ts'
import { Secret } from '../../core/secret.ts'
import { callContext, ManualClock, settle } from '../../core/testkit.ts'
import { LibvirtEndpoint } from '../../../shared/config/endpoint.ts'
import { createLibvirtDriver } from './driver.ts'
import { failure, FakeHypervisor } from './testkit.ts'

class FakeConnector implements SshConnector {
  readonly seen: { what: string; target: SshTarget }[] = []
  readonly connection = new FakeHypervisor()
  readonly connecting = Promise.withResolvers<SshConnection>()
  readonly verifying = Promise.withResolvers<void>()
  readonly signals: AbortSignal[] = []
  /** How the person can be asked, and the password as it was lent. */
  ask: AskPerson | undefined
  password: Secret | undefined
  async connect(target: SshTarget, credential: SshCredential, ctx: CallContext, ask?: AskPerson): Promise<SshConnection> {
    if (credential.kind === 'password') [this.ask, this.password] = [ask, credential.password]
    this.seen.push({ what: credential.kind === 'key' ? `key ${credential.keyFile}` : `password of ${credential.password.byteLength} bytes`, target })
    return await this.#until(this.connecting.promise, ctx)
  }
  async identify(target: SshTarget): Promise<void> {
    this.seen.push({ what: 'identify', target })
    return Promise.resolve()
  }
  async verifyPassword(target: SshTarget, password: Secret, ctx: CallContext, ask?: AskPerson): Promise<void> {
    ;[this.ask, this.password] = [ask, password]
    this.seen.push({ what: `verify ${password.byteLength} bytes`, target })
    await this.#until(this.verifying.promise, ctx)
  }
  #until<T>(work: Promise<T>, ctx: CallContext): Promise<T> {
    this.signals.push(ctx.signal)
    return new Promise((resolve, reject) => {
      ctx.signal.addEventListener('abort', () => reject(new AppError('cancelled', 'aborted')))
      work.then(resolve, reject)
    })
  }
}

const uri = 'qemu+ssh://kiosk@kvm:2222/system?keyfile=/key&known_hosts=/known'
function setUp(access: 'person' | 'device', more: Record<string, unknown> = {}) {
  const connector = new FakeConnector()
  const redactor = new Redactor()
  const endpoint = LibvirtEndpoint.parse({ id: 'x', label: 'X', kind: 'libvirt', access, uri, connectSeconds: 7, ...more })
  const driver = createLibvirtDriver({ endpoint: { ...endpoint, uri: String(endpoint.uri) }, connector, redactor, clock: new ManualClock(), dev: false })
  const signIn = (user = 'ada', password = 'pass', ctx = callContext()) => driver.signIn({ user, password: Secret.from(password, redactor), kept: () => undefined }, ctx)
  return { connector, driver, signIn, redactor }
}

describe('sign-in', () => {
  it('person: one connection as the person', async () => {
    const { connector, signIn, driver } = setUp('person')
    connector.connecting.resolve(connector.connection)
    const outcome = await signIn()
    expect([driver.kind, outcome.kind]).toEqual(['libvirt', 'signed-in'])
    expect(connector.seen).toEqual([{ what: 'password of 4 bytes', target: { host: 'kvm', port: 2222, username: 'ada', knownHosts: '/known', noVerify: false, timeoutMs: 7000 } }])
  })

  it('device: the key works, the person is only checked, at the same time', async () => {
    const { connector, signIn } = setUp('device')
    const done = signIn()
    await settle()
    expect(connector.seen.map((s) => [s.what, s.target.username])).toEqual([
      ['key /key', 'kiosk'],
      ['verify 4 bytes', 'ada'],
    ])
    connector.connecting.resolve(connector.connection)
    await settle()
    expect(connector.connection.calls).toEqual([])
    connector.verifying.resolve()
    expect((await done).kind).toBe('signed-in')
    expect(connector.connection.closed).toBe(false)
  })

  it('device: a wrong password closes the connection that had opened', async () => {
    const { connector, signIn } = setUp('device')
    const done = failure(signIn())
    connector.connecting.resolve(connector.connection)
    await settle()
    connector.verifying.reject(new AppError('auth.rejected', 'no'))
    expect((await done).code).toBe('auth.rejected')
    expect(connector.connection.closed).toBe(true)
  })

  it('device: the first failure is reported and ends the other attempt', async () => {
    const { connector, signIn } = setUp('device')
    const done = failure(signIn())
    connector.connecting.reject(new AppError('ssh.device-key', 'no'))
    expect((await done).code).toBe('ssh.device-key')
    expect(connector.signals.map((s) => s.aborted)).toEqual([true, true])
  })

  it('device: cancelling ends both', async () => {
    const { signIn } = setUp('device')
    const abort = new AbortController()
    const done = failure(signIn('ada', 'pass', callContext(abort.signal)))
    abort.abort()
    expect((await done).code).toBe('cancelled')
  })

  it.each(['', '-oProxyCommand=x', 'a\nb', 'a\0b', 'a\u2028b', 'x'.repeat(257), 'é'.repeat(129)])('the name %j is refused before anything is sent', async (user) => {
    const { connector, signIn } = setUp('person')
    expect((await failure(signIn(user))).code).toBe('auth.input')
    expect(connector.seen).toEqual([])
  })
  it.each(['ada', 'ada@corp.example', 'CORP\\ada', 'ädä', 'a b', 'x'.repeat(256)])('the name %j may be tried', async (user) => {
    const { connector, signIn } = setUp('person')
    connector.connecting.resolve(connector.connection)
    await signIn(user)
    expect(connector.seen[0]?.target.username).toBe(user)
  })
  it('an empty password is not sent', async () => {
    const { connector, signIn } = setUp('person')
    expect((await failure(signIn('ada', ''))).code).toBe('auth.input')
    expect(connector.seen).toEqual([])
  })

  it.each([
    ['URI', { uri: 'qemu+ssh://kvm/system' }],
    ['virsh', { virsh: '  ' }],
  ])('a %s that cannot work shows when the driver is made', (_name, more) => {
    expect(() => setUp('person', more)).toThrow('config.invalid')
  })
})

describe('a server that asks for more', () => {
  const secret = (text: string, redactor: Redactor) => Secret.from(text, redactor)
  /** Signed in as far as the question. */
  async function asked(access: 'person' | 'device') {
    const t = setUp(access)
    const signingIn = t.signIn()
    await settle()
    if (access === 'device') t.connector.connecting.resolve(t.connector.connection)
    const given = t.connector.ask?.({ kind: 'totp', prompt: 'Code' }).then(
      (answer) => {
        const text = answer.use((b) => b.toString())
        if (text !== '42') return t.connector[access === 'person' ? 'connecting' : 'verifying'].reject(new AppError('auth.challenge-rejected', 'no'))
        if (access === 'person') t.connector.connecting.resolve(t.connector.connection)
        else t.connector.verifying.resolve()
      },
      () => undefined,
    )
    const outcome = await signingIn
    if (outcome.kind !== 'challenge') throw new Error(outcome.kind)
    return { ...t, outcome, given }
  }

  describe.each(['person', 'device'] as const)('access: %s', (access) => {
    it('the right answer opens the session; the copy of the password is wiped then', async () => {
      const { connector, outcome, redactor } = await asked(access)
      expect(outcome.challenge).toEqual({ kind: 'totp', prompt: 'Code' })
      expect(connector.password?.disposed).toBe(false)
      expect((await outcome.answer(secret('42', redactor), callContext())).kind).toBe('signed-in')
      expect(connector.connection.closed).toBe(false)
      expect(connector.password?.disposed).toBe(true)
      expect(connector.connection.calls).toEqual([])
    })
    it('a wrong one is rejected and leaves nothing open', async () => {
      const { connector, outcome, redactor } = await asked(access)
      expect((await failure(outcome.answer(secret('41', redactor), callContext()))).code).toBe('auth.challenge-rejected')
      if (access === 'device') expect(connector.connection.closed).toBe(true)
      expect(connector.password?.disposed).toBe(true)
    })
    it('leaving ends both connections and wipes the password', async () => {
      const { connector, outcome, given } = await asked(access)
      outcome.cancel()
      await given
      await settle()
      expect(connector.signals.every((s) => s.aborted)).toBe(true)
      if (access === 'device') expect(connector.connection.closed).toBe(true)
      expect(connector.password?.disposed).toBe(true)
    })
  })

  it('device: its own connection lost meanwhile ends the question', async () => {
    const { connector, outcome, redactor } = await asked('device')
    connector.connection.lose(new AppError('ssh.lost', 'gone'))
    await settle()
    expect((await failure(outcome.answer(secret('42', redactor), callContext()))).code).toBe('ssh.lost')
    expect(connector.signals.every((s) => s.aborted)).toBe(true)
  })
})

it('its health is the host key, without a name', async () => {
  const { connector, driver } = setUp('device')
  await driver.health?.(callContext())
  expect(connector.seen).toMatchObject([{ what: 'identify', target: { host: 'kvm', port: 2222, username: '', knownHosts: '/known' } }])
})
