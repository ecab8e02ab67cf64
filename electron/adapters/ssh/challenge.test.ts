// Why: a server that asks for more than a password is led by its own words; each sequence that PAM modules are known for
// is played here by a scripted server, with the answers as it got them.
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { AuthContext, Connection } from 'ssh2'
import { AppError } from '../../core/errors.ts'
import type { Challenge } from '../../core/ports/driver.ts'
import type { AskPerson } from '../../core/ports/ssh.ts'
import { Redactor } from '../../core/redactor.ts'
import { Secret } from '../../core/secret.ts'
import { callContext, settle } from '../../core/testkit.ts'
import { Ssh2Connector } from './ssh2-connector.ts'
import { startFakeServer, type FakeServer } from './testkit-ssh2-server.ts'

const redactor = new Redactor()
const connector = new Ssh2Connector()
const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})
const secret = (text: string) => Secret.from(text, redactor)
const hidden = (prompt: string) => ({ prompt, echo: false })
const seen = (prompt: string) => ({ prompt, echo: true })
type Prompts = ReturnType<typeof hidden>[]

/** Requests in turn, one after the other; `verdict` sees all answers. `answers` fills as they come. */
function conversation(rounds: readonly Prompts[], verdict: (answers: string[]) => boolean, o: { methods?: string[]; instructions?: string } = {}) {
  const answers: string[] = []
  const auth = (ctx: AuthContext): void => {
    if (ctx.method !== 'keyboard-interactive') return ctx.reject((o.methods ?? ['keyboard-interactive']) as never)
    const round = (n: number): void => {
      const prompts = rounds[n]
      if (!prompts) return verdict(answers) ? ctx.accept() : ctx.reject(['keyboard-interactive'])
      ctx.prompt(prompts, 'PAM authentication', o.instructions ?? '', (given) => {
        answers.push(...given)
        round(n + 1)
      })
    }
    round(0)
  }
  return { auth, answers }
}

function person(...typed: string[]) {
  const asked: Challenge[] = []
  const ask: AskPerson = (challenge) => {
    asked.push(challenge)
    const next = typed.shift()
    return next === undefined ? Promise.reject(new AppError('cancelled', 'nobody there')) : Promise.resolve(secret(next))
  }
  return { asked, ask }
}

async function fake(auth: (ctx: AuthContext, c: Connection) => void): Promise<FakeServer> {
  const server = await startFakeServer({ auth })
  stops.push(server.stop)
  return server
}
const target = (s: FakeServer) => ({ host: '127.0.0.1', port: s.port, username: 'ada', knownHosts: s.knownHosts, timeoutMs: 5_000 })
/** `in`, or the code of the error. */
const verify = (s: FakeServer, ask?: AskPerson, ctx = callContext()): Promise<string> =>
  connector.verifyPassword(target(s), secret('right horse'), ctx, ask).then(
    () => 'in',
    (e: unknown) => (e instanceof AppError ? e.code : String(e)),
  )

describe('a code', () => {
  it.each([
    ['in a second request', [[hidden('Password: ')], [hidden('Verification code: ')]], ['right horse', '123456'], { kind: 'totp', prompt: '' }],
    ['in the same request', [[hidden('Password: '), seen('Verification code: ')]], ['right horse', '123456'], { kind: 'totp', prompt: '' }],
    ['before the password', [[hidden('Verification code: ')], [hidden('Password: ')]], ['123456', 'right horse'], { kind: 'totp', prompt: '' }],
    ['with words of its own', [[hidden('Password: ')], [hidden("One-time password (OATH) for `ada': ")]], ['right horse', '123456'], { kind: 'totp', prompt: "One-time password (OATH) for `ada':" }],
    ['that is none of digits', [[hidden('Password: ')], [hidden('YubiKey: ')]], ['right horse', '123456'], { kind: 'text', prompt: 'YubiKey:' }],
    ['of a visible question', [[hidden('Password: ')], [seen('Mother: ')]], ['right horse', '123456'], { kind: 'text', prompt: 'Mother:' }],
  ] as [string, Prompts[], string[], Challenge][])('%s', async (_name, rounds, answers, challenge) => {
    const script = conversation(rounds, (a) => a.join() === answers.join())
    const p = person('123456')
    expect(await verify(await fake(script.auth), p.ask)).toBe('in')
    expect(script.answers).toEqual(answers)
    expect(p.asked).toEqual([challenge])
  })

  it('wrong: auth.challenge-rejected; a wrong password alone: auth.rejected', async () => {
    const script = conversation([[hidden('Password: ')], [hidden('Code: ')]], () => false)
    expect(await verify(await fake(script.auth), person('1').ask)).toBe('auth.challenge-rejected')
    const alone = conversation([[hidden('Password: ')]], () => false)
    expect(await verify(await fake(alone.auth), person('1').ask)).toBe('auth.rejected')
  })

  it('without anybody to ask: auth.unsupported', async () => {
    expect(await verify(await fake(conversation([[hidden('Password: ')], [hidden('Code: ')]], () => true).auth))).toBe('auth.unsupported')
  })

  it('the password is not typed where it can be seen, and not given to the same question twice', async () => {
    const visible = conversation([[seen('Password: ')]], () => true)
    const p = person('typed')
    expect(await verify(await fake(visible.auth), p.ask)).toBe('in')
    expect(visible.answers).toEqual(['typed'])
    const again = conversation([[hidden('Password: ')], [hidden('Password: ')]], () => true)
    expect(await verify(await fake(again.auth), person().ask)).toBe('auth.rejected')
    expect(again.answers).toEqual(['right horse'])
    // Two modules with a question each: the second is the person's to answer.
    const two = conversation([[hidden('Password: ')], [hidden('LDAP Password: ')]], () => true)
    expect(await verify(await fake(two.auth), person('other').ask)).toBe('in')
    expect(two.answers).toEqual(['right horse', 'other'])
  })

  it('its words are plain and bounded', async () => {
    const p = person('1')
    await verify(await fake(conversation([[hidden('Password: ')], [hidden(`\u001b[2J<b>${'x'.repeat(5000)}\u202e code: `)]], () => true).auth), p.ask)
    expect(p.asked[0]?.prompt).toMatch(/^…x+ code:$/)
    expect(p.asked[0]?.prompt.length).toBe(300)
  })

  it('a server that does not stop asking is left', async () => {
    const endless = (ctx: AuthContext): void => {
      if (ctx.method !== 'keyboard-interactive') return ctx.reject(['keyboard-interactive'])
      const again = (): void => ctx.prompt([hidden('Code: ')], '', '', again)
      again()
    }
    expect(await verify(await fake(endless), () => Promise.resolve(secret('1')))).toBe('auth.unsupported')
    expect(await verify(await fake(conversation([Array.from({ length: 9 }, () => hidden('Code: '))], () => true).auth), person('1').ask)).toBe('auth.unsupported')
  })
})

describe('AuthenticationMethods password,keyboard-interactive', () => {
  const staged = (rounds: Prompts[], right: string) => {
    const answers: string[] = []
    const auth = (ctx: AuthContext): void => {
      if (ctx.method === 'password') return ctx.password === 'right horse' ? ctx.reject(['keyboard-interactive'], true) : ctx.reject(['password'])
      if (ctx.method !== 'keyboard-interactive') return ctx.reject(['password'])
      const round = (n: number): void => {
        const prompts = rounds[n]
        if (!prompts) return answers.at(-1) === right ? ctx.accept() : ctx.reject(['keyboard-interactive'])
        ctx.prompt(prompts, '', '', (given) => {
          answers.push(...given)
          round(n + 1)
        })
      }
      round(0)
    }
    return { auth, answers }
  }
  it.each([
    ['the code alone', [[hidden('Verification code: ')]], ['42']],
    ['the code under an unknown name', [[hidden('Response: ')]], ['42']],
    ['the whole stack anew', [[hidden('Password: ')], [hidden('Verification code: ')]], ['right horse', '42']],
  ] as [string, Prompts[], string[]][])('%s', async (_name, rounds, answers) => {
    const script = staged(rounds, '42')
    expect(await verify(await fake(script.auth), person('42').ask)).toBe('in')
    expect(script.answers).toEqual(answers)
    expect(await verify(await fake(staged(rounds, '42').auth), person('41').ask)).toBe('auth.challenge-rejected')
  })
  it('without anybody to ask: auth.unsupported', async () => {
    expect(await verify(await fake(staged([[hidden('Code: ')]], '42').auth))).toBe('auth.unsupported')
  })
  it('the other way round: the code, then the password', async () => {
    const server = await fake((ctx) => {
      if (ctx.method === 'keyboard-interactive') return ctx.prompt([hidden('OTP: ')], '', '', (a) => (a[0] === '7' ? ctx.reject(['password'], true) : ctx.reject(['keyboard-interactive'])))
      if (ctx.method === 'password' && server.attempts.filter((a) => a.startsWith('password')).length > 1) return ctx.password === 'right horse' ? ctx.accept() : ctx.reject(['password'])
      ctx.reject(['keyboard-interactive'])
    })
    expect(await verify(server, person('7').ask)).toBe('in')
  })
})

describe('a password that has run out', () => {
  const WARNING = 'You are required to change your password immediately (administrator enforced).\n'
  it('is changed: one question to the person, the old one given by itself', async () => {
    const script = conversation([[hidden('Password: ')], [hidden(`${WARNING}Current password: `)], [hidden('New password: ')], [hidden('Retype new password: ')]], (a) => a[2] === a[3])
    const p = person('new horse')
    expect(await verify(await fake(script.auth), p.ask)).toBe('in')
    expect(script.answers).toEqual(['right horse', 'right horse', 'new horse', 'new horse'])
    expect(p.asked).toEqual([{ kind: 'new-password', prompt: '' }])
  })
  it('one that the server does not like is asked for anew, with its reason', async () => {
    const bad = hidden('BAD PASSWORD: The password is shorter than 8 characters\nNew password: ')
    const script = conversation([[hidden('Password: ')], [hidden('New password: ')], [bad], [hidden('Retype new password: ')]], () => true)
    const p = person('short', 'long enough')
    expect(await verify(await fake(script.auth), p.ask)).toBe('in')
    expect(script.answers).toEqual(['right horse', 'short', 'long enough', 'long enough'])
    expect(p.asked[1]).toEqual({ kind: 'new-password', prompt: 'BAD PASSWORD: The password is shorter than 8 characters' })
  })
  it('given up by the server: auth.expired', async () => {
    const script = conversation([[hidden('Password: ')], [hidden('New password: ')]], () => false)
    expect(await verify(await fake(script.auth), person('x').ask)).toBe('auth.expired')
  })

  const byRequest = (rejectOnce: boolean) => async () => {
    const got: string[] = []
    let refused = !rejectOnce
    const server = await fake((ctx) => {
      if (ctx.method !== 'password') return ctx.reject(['password'])
      const change = (text: string): void =>
        ctx.requestChange(text, (fresh) => {
          got.push(fresh)
          if (refused) return ctx.accept()
          refused = true
          change('too short')
        })
      change('expired')
    })
    const p = person('new one', 'newer one')
    expect(await verify(server, p.ask)).toBe('in')
    expect(got).toEqual(rejectOnce ? ['new one', 'newer one'] : ['new one'])
    expect(p.asked.map((a) => a.prompt)).toEqual(rejectOnce ? ['expired', 'too short'] : ['expired'])
  }
  it('by SSH’s own request', byRequest(false))
  it('by SSH’s own request, refused once', byRequest(true))
  it('by SSH’s own request without anybody to ask: auth.expired', async () => {
    const server = await fake((ctx) => (ctx.method === 'password' ? ctx.requestChange('expired', () => ctx.accept()) : ctx.reject(['password'])))
    expect(await verify(server)).toBe('auth.expired')
  })
})

describe('while the person types', () => {
  const asking = () => {
    const asked = Promise.withResolvers<void>()
    const typed = Promise.withResolvers<Secret>()
    const ask: AskPerson = () => {
      asked.resolve()
      return typed.promise
    }
    return { asked: asked.promise, typed, ask }
  }
  const script = () => conversation([[hidden('Password: ')], [hidden('Code: ')]], (a) => a[1] === '1')

  it('the deadline stands still, and counts again for the server’s answer', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const a = asking()
      const answered = Promise.withResolvers<void>()
      const server = await fake((ctx) => {
        if (ctx.method !== 'keyboard-interactive') return ctx.reject(['keyboard-interactive'])
        ctx.prompt([hidden('Password: ')], '', '', () => ctx.prompt([hidden('Code: ')], '', '', () => answered.resolve()))
      })
      const result = verify(server, a.ask)
      await a.asked
      vi.advanceTimersByTime(60_000)
      a.typed.resolve(secret('1'))
      await answered.promise
      vi.advanceTimersByTime(5_000)
      expect(await result).toBe('ssh.timeout')
    } finally {
      vi.useRealTimers()
    }
  })

  it('a server that lost patience: auth.challenge-timeout, and the late answer goes nowhere', async () => {
    const a = asking()
    const server = await fake(script().auth)
    const result = verify(server, a.ask)
    await a.asked
    server.connections[0]?.end()
    expect(await result).toBe('auth.challenge-timeout')
    a.typed.resolve(secret('1'))
    await settle()
  })

  it('leaving closes the connection', async () => {
    const a = asking()
    const server = await fake(script().auth)
    const abort = new AbortController()
    const result = verify(server, a.ask, callContext(abort.signal))
    await a.asked
    const closed = new Promise<void>((r) => server.connections[0]?.on('close', () => r()))
    abort.abort()
    expect(await result).toBe('cancelled')
    await closed
  })

  it('an answer that was wiped meanwhile is not sent', async () => {
    const a = asking()
    const s = script()
    const result = verify(await fake(s.auth), a.ask)
    await a.asked
    const wiped = secret('1')
    wiped.dispose()
    a.typed.resolve(wiped)
    expect(await result).toBe('secret.disposed')
    expect(s.answers).toEqual(['right horse'])
  })
})
