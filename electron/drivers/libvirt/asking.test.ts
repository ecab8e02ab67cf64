import { describe, expect, it } from 'vitest'
import { AppError } from '../../core/errors.ts'
import type { CallContext, HypervisorSession, SignInOutcome } from '../../core/ports/driver.ts'
import type { AskPerson } from '../../core/ports/ssh.ts'
import { Redactor } from '../../core/redactor.ts'
import { Secret } from '../../core/secret.ts'
import { callContext, settle } from '../../core/testkit.ts'
import { signInAsking } from './asking.ts'
import { failure } from './testkit.ts'

const redactor = new Redactor()
const secret = (text: string) => Secret.from(text, redactor)
const totp = { kind: 'totp', prompt: 'Code' } as const
const text = { kind: 'text', prompt: 'Colour' } as const
function session() {
  const closes = { count: 0 }
  return { closes, session: { close: () => Promise.resolve(void closes.count++) } as unknown as HypervisorSession }
}
type Challenged = Extract<SignInOutcome, { kind: 'challenge' }>
const challenged = (outcome: SignInOutcome): Challenged => {
  if (outcome.kind !== 'challenge') throw new Error(outcome.kind)
  return outcome
}
/** Rejects when its signal fires, as a connection does. */
const cut = (ctx: CallContext): Promise<never> =>
  new Promise((_, reject) => ctx.signal.addEventListener('abort', () => reject(new AppError('cancelled', 'aborted')), { once: true }))

describe('signInAsking', () => {
  it('nobody asks: as if it were not there', async () => {
    const { session: made } = session()
    expect(await signInAsking(() => Promise.resolve(made), callContext())).toEqual({ kind: 'signed-in', session: made })
    expect((await failure(signInAsking(() => Promise.reject(new AppError('auth.rejected', 'no')), callContext()))).code).toBe('auth.rejected')
  })

  it('each question is a challenge, each answer reaches the one who asked', async () => {
    const got: string[] = []
    const { session: made } = session()
    const work = async (ask: AskPerson) => {
      for (const q of [totp, text]) got.push((await ask(q)).use((b) => b.toString()))
      return made
    }
    const first = challenged(await signInAsking(work, callContext()))
    expect(first.challenge).toEqual(totp)
    const second = challenged(await first.answer(secret('1'), callContext()))
    expect(second.challenge).toEqual(text)
    expect((await second.answer(secret('red'), callContext())).kind).toBe('signed-in')
    expect(got).toEqual(['1', 'red'])
  })

  it('a refusal of the answer is the answer’s rejection', async () => {
    const first = challenged(await signInAsking(async (ask) => { await ask(totp); throw new AppError('auth.challenge-rejected', 'no') }, callContext()))
    expect((await failure(first.answer(secret('1'), callContext()))).code).toBe('auth.challenge-rejected')
  })

  it('what ended while the person typed is told at the answer', async () => {
    const end = Promise.withResolvers<never>()
    const first = challenged(await signInAsking(async (ask) => await Promise.race([ask(totp), end.promise]).then(() => session().session), callContext()))
    end.reject(new AppError('auth.challenge-timeout', 'late'))
    await settle()
    expect((await failure(first.answer(secret('1'), callContext()))).code).toBe('auth.challenge-timeout')
  })

  it.each(['cancel', 'abort of the first call', 'abort of the answer'] as const)('%s ends the work', async (how) => {
    const call = new AbortController()
    let ended = false
    const work = async (ask: AskPerson, ctx: CallContext): Promise<HypervisorSession> => {
      try {
        const cutting = cut(ctx)
        if (how === 'abort of the first call') return await cutting
        await Promise.race([ask(totp), cutting])
        return await cutting
      } finally {
        ended = true
      }
    }
    const signingIn = signInAsking(work, callContext(call.signal))
    if (how === 'abort of the first call') {
      call.abort()
      expect((await failure(signingIn)).code).toBe('cancelled')
    } else {
      const first = challenged(await signingIn)
      // The call that brought the challenge is over: its signal means nothing any more.
      if (how === 'abort of the answer') {
        call.abort()
        await settle()
        expect(ended).toBe(false)
        const second = new AbortController()
        const answering = first.answer(secret('1'), callContext(second.signal))
        second.abort()
        expect((await failure(answering)).code).toBe('cancelled')
      } else first.cancel()
    }
    await settle()
    expect(ended).toBe(true)
  })

  it('a session that is made in the moment of leaving is closed', async () => {
    const { session: made, closes } = session()
    const slow = Promise.withResolvers<HypervisorSession>()
    const first = challenged(await signInAsking(async (ask) => { void ask(totp).catch(() => undefined); return await slow.promise }, callContext()))
    first.cancel()
    first.cancel()
    slow.resolve(made)
    await settle()
    expect(closes.count).toBe(1)
  })
})
