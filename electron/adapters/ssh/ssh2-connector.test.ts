import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { AppError } from '../../core/errors.ts'
import type { SshTarget } from '../../core/ports/ssh.ts'
import { Redactor } from '../../core/redactor.ts'
import { Secret } from '../../core/secret.ts'
import { callContext } from '../../core/testkit.ts'
import { Ssh2Connector } from './ssh2-connector.ts'
import { startFakeServer, startRawServer, type FakeOptions, type FakeServer } from './testkit-ssh2-server.ts'

const redactor = new Redactor()
const connector = new Ssh2Connector()
const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

async function fake(options?: FakeOptions): Promise<FakeServer> {
  const server = await startFakeServer(options)
  stops.push(server.stop)
  return server
}
const target = (s: { port: number; knownHosts: string }, more: Partial<SshTarget> = {}): SshTarget => ({ host: '127.0.0.1', port: s.port, username: 'ada', knownHosts: s.knownHosts, timeoutMs: 5_000, ...more })
const secret = (text = 'right horse') => Secret.from(text, redactor)
async function failure(work: Promise<unknown>): Promise<AppError> {
  const error = await work.then(
    () => new Error('it worked'),
    (e: unknown) => e,
  )
  if (!(error instanceof AppError)) throw error
  return error
}
const signIn = (s: { port: number; knownHosts: string }, password = secret(), more: Partial<SshTarget> = {}) => connector.connect(target(s, more), { kind: 'password', password }, callContext())

describe('authentication', () => {
  it('sends the password at once, without asking for methods first', async () => {
    const server = await fake()
    const connection = await signIn(server)
    expect(server.attempts).toEqual(['password ada right horse'])
    connection.close()
  })

  it('wrong password: auth.rejected, once, without the password in the error', async () => {
    const server = await fake()
    const error = await failure(signIn(server, secret('wrong horse')))
    expect(error.code).toBe('auth.rejected')
    expect(server.attempts).toHaveLength(1)
    expect(JSON.stringify([error.message, error.detail, error.stack, String(error.cause)])).not.toContain('wrong horse')
  })

  it('does not try a refused password a second time by keyboard-interactive', async () => {
    const server = await fake({ auth: (ctx) => ctx.reject(['password', 'keyboard-interactive']) })
    expect((await failure(signIn(server, secret('wrong')))).code).toBe('auth.rejected')
    expect(server.attempts).toHaveLength(1)
  })

  const interactive = (prompts: { prompt: string; echo: boolean }[], onAnswers: (a: string[]) => boolean): FakeOptions => ({
    auth: (ctx) => {
      if (ctx.method !== 'keyboard-interactive') return ctx.reject(['keyboard-interactive'])
      ctx.prompt(prompts, '', '', (answers) => (onAnswers(answers) ? ctx.accept() : ctx.reject(['keyboard-interactive'])))
    },
  })

  it('answers keyboard-interactive where the server has no password method', async () => {
    const server = await fake(interactive([{ prompt: 'Password: ', echo: false }], (a) => a[0] === 'right horse'))
    const connection = await signIn(server)
    expect(connection.closed).toBe(false)
    connection.close()
  })

  it.each([
    ['a wrong answer', [{ prompt: 'Password: ', echo: false }], 'auth.rejected'],
    ['a visible input', [{ prompt: 'Code: ', echo: true }], 'auth.unsupported'],
    ['two inputs', [{ prompt: 'Password: ', echo: false }, { prompt: 'Code: ', echo: false }], 'auth.unsupported'],
    ['a locked account', [{ prompt: 'The account is locked due to 3 failed logins.\nPassword: ', echo: false }], 'auth.locked'],
    ['an expired password', [{ prompt: 'New password: ', echo: false }], 'auth.expired'],
    ['a password to be changed', [{ prompt: 'You are required to change your password immediately.\nCurrent password: ', echo: false }], 'auth.expired'],
  ])('keyboard-interactive with %s', async (_name, prompts, code) => {
    const server = await fake(interactive(prompts, () => false))
    expect((await failure(signIn(server))).code).toBe(code)
  })

  it('a second prompt after the password is more than we can answer', async () => {
    const server = await fake({
      auth: (ctx) => {
        if (ctx.method !== 'keyboard-interactive') return ctx.reject(['keyboard-interactive'])
        ctx.prompt([{ prompt: 'Password: ', echo: false }], () => ctx.prompt([{ prompt: 'Code: ', echo: false }], () => ctx.accept()))
      },
    })
    expect((await failure(signIn(server))).code).toBe('auth.unsupported')
  })

  it.each([
    ['second factor', (ctx: { reject(m: string[], partial: boolean): void }) => ctx.reject(['publickey'], true)],
    ['keys only', (ctx: { reject(m: string[], partial: boolean): void }) => ctx.reject(['publickey'], false)],
  ])('%s: auth.unsupported', async (_name, auth) => {
    const server = await fake({ auth: auth as never })
    expect((await failure(signIn(server))).code).toBe('auth.unsupported')
  })

  it.each([
    ['account told locked by banner, then closed', 'Your account has expired; please contact your administrator.', 'auth.locked'],
    ['closed without a word', undefined, 'ssh.handshake'],
  ])('%s', async (_name, banner, code) => {
    const server = await fake({ ...(banner === undefined ? {} : { banner }), auth: (_ctx, connection) => connection.end() })
    expect((await failure(signIn(server))).code).toBe(code)
  })

  it('a legal banner that speaks of locked accounts does not turn a wrong password into a locked account', async () => {
    const server = await fake({ banner: 'Your account will be locked after 3 attempts.' })
    expect((await failure(signIn(server, secret('wrong')))).code).toBe('auth.rejected')
  })

  it('verifyPassword opens no channel and closes', async () => {
    let channels = 0
    const closed = Promise.withResolvers<void>()
    const server = await fake({
      ready: (connection) => {
        connection.on('session', () => channels++)
        connection.on('close', () => closed.resolve())
      },
    })
    await connector.verifyPassword(target(server), secret(), callContext())
    await closed.promise
    expect(channels).toBe(0)
    expect((await failure(connector.verifyPassword(target(server), secret('no'), callContext()))).code).toBe('auth.rejected')
  })

  it('identify proves the host and sends no name', async () => {
    const server = await fake()
    await connector.identify(target(server), callContext())
    const other = await fake()
    expect((await failure(connector.identify({ ...target(server), knownHosts: other.knownHosts }, callContext()))).code).toBe('ssh.host-key-unknown')
    expect((await failure(connector.identify({ ...target(server), port: 1 }, callContext()))).code).toBe('ssh.refused')
    expect(server.attempts).toEqual([])
  })

  it('a used-up Secret is refused, not sent', async () => {
    const server = await fake()
    const password = secret()
    password.dispose()
    expect((await failure(signIn(server, password))).code).toBe('secret.disposed')
    expect(server.attempts).toEqual([])
  })
})

describe('host key', () => {
  it('unknown and changed are different errors, and nothing of the password was sent', async () => {
    const server = await fake()
    const other = await fake()
    const unknown = await failure(signIn({ port: server.port, knownHosts: other.knownHosts }))
    expect(unknown.code).toBe('ssh.host-key-unknown')
    const swapped = join(server.dir, 'swapped')
    writeFileSync(swapped, readFileSync(other.knownHosts, 'utf8').replace(String(other.port), String(server.port)), { mode: 0o644 })
    expect((await failure(signIn({ port: server.port, knownHosts: swapped }))).code).toBe('ssh.host-key-changed')
    const revoked = join(server.dir, 'revoked')
    writeFileSync(revoked, '@revoked ' + readFileSync(server.knownHosts, 'utf8'), { mode: 0o644 })
    expect((await failure(signIn({ port: server.port, knownHosts: revoked }))).code).toBe('ssh.host-key-changed')
    expect(server.attempts).toEqual([])
  })

  it('noVerify accepts an unknown key, never a changed one', async () => {
    const server = await fake()
    const other = await fake()
    const connection = await signIn({ port: server.port, knownHosts: '' }, secret(), { noVerify: true })
    connection.close()
    const swapped = join(server.dir, 'swapped')
    writeFileSync(swapped, readFileSync(other.knownHosts, 'utf8').replace(String(other.port), String(server.port)), { mode: 0o644 })
    expect((await failure(signIn({ port: server.port, knownHosts: swapped }, secret(), { noVerify: true }))).code).toBe('ssh.host-key-changed')
  })

  it('reads known_hosts only if regular and not writable by everybody', async () => {
    const server = await fake()
    chmodSync(server.knownHosts, 0o666)
    expect((await failure(signIn(server))).code).toBe('config.untrusted-file')
    const folder = join(server.dir, 'folder')
    mkdirSync(folder)
    expect((await failure(signIn({ port: server.port, knownHosts: folder }))).code).toBe('config.untrusted-file')
    expect((await failure(signIn({ port: server.port, knownHosts: join(server.dir, 'none') }))).code).toBe('config.missing')
    expect(server.connections).toHaveLength(0)
  })
})

describe('bad luck', () => {
  const pins = async () => (await fake()).knownHosts

  it('refused', async () => {
    const raw = await startRawServer(() => {})
    await raw.stop()
    expect((await failure(signIn({ port: raw.port, knownHosts: await pins() }))).code).toBe('ssh.refused')
  })

  it('a name that does not resolve', async () => {
    expect((await failure(signIn({ port: 22, knownHosts: await pins() }, secret(), { host: 'no-such-host.invalid' }))).code).toBe('ssh.unreachable')
  })

  it.each([
    ['reset before a word', (s: { resetAndDestroy(): void }) => s.resetAndDestroy()],
    ['reset after the version line', (s: { write(b: string, cb: () => void): void; resetAndDestroy(): void }) => s.write('SSH-2.0-x\r\n', () => s.resetAndDestroy())],
    ['closed after the version line', (s: { end(b: string): void }) => s.end('SSH-2.0-x\r\n')],
    ['another protocol', (s: { end(b: string): void }) => s.end('HTTP/1.1 400 Bad Request\r\n\r\n')],
  ])('%s: ssh.handshake', async (_name, act) => {
    const raw = await startRawServer(act as never)
    stops.push(raw.stop)
    expect((await failure(signIn({ port: raw.port, knownHosts: await pins() }))).code).toBe('ssh.handshake')
  })

  it('no common algorithm: ssh.handshake', async () => {
    const raw = await startRawServer((s) => s.write('SSH-2.0-x\r\n' + 'garbage that is no packet '.repeat(400)))
    stops.push(raw.stop)
    expect((await failure(signIn({ port: raw.port, knownHosts: await pins() }))).code).toBe('ssh.handshake')
  })

  it('silence: ssh.timeout by the deadline for everything', async () => {
    const raw = await startRawServer(() => {})
    stops.push(raw.stop)
    expect((await failure(signIn({ port: raw.port, knownHosts: await pins() }, secret(), { timeoutMs: 30 }))).code).toBe('ssh.timeout')
    const server = await fake({ auth: () => {} })
    const error = await failure(signIn(server, secret(), { timeoutMs: 300 }))
    expect(error.code).toBe('ssh.timeout')
  })

  it('can be cancelled before, during the handshake and during authentication', async () => {
    const server = await fake()
    expect((await failure(connector.connect(target(server), { kind: 'password', password: secret() }, callContext(AbortSignal.abort())))).code).toBe('cancelled')
    expect(server.connections).toHaveLength(0)

    const handshake = new AbortController()
    const gone = Promise.withResolvers<void>()
    const raw = await startRawServer((s) => {
      s.on('close', () => gone.resolve())
      handshake.abort()
    })
    stops.push(raw.stop)
    expect((await failure(connector.connect(target({ port: raw.port, knownHosts: server.knownHosts }), { kind: 'password', password: secret() }, callContext(handshake.signal)))).code).toBe('cancelled')
    await gone.promise

    const auth = new AbortController()
    const slow = await fake({ auth: () => auth.abort() })
    expect((await failure(connector.connect(target(slow), { kind: 'password', password: secret() }, callContext(auth.signal)))).code).toBe('cancelled')
  })
})

describe('device key', () => {
  const withKey = (s: FakeServer, keyFile: string) => connector.connect(target(s), { kind: 'key', keyFile }, callContext())

  it.each([
    ['missing', undefined, 0o600],
    ['not a key', 'hello', 0o600],
    ['readable by others', 'hello', 0o644],
  ])('%s: ssh.device-key before anything is sent', async (_name, content, mode) => {
    const server = await fake()
    const keyFile = join(server.dir, 'key')
    if (content !== undefined) writeFileSync(keyFile, content, { mode })
    const error = await failure(withKey(server, keyFile))
    expect(error.code).toBe('ssh.device-key')
    expect(server.connections).toHaveLength(0)
  })
})
