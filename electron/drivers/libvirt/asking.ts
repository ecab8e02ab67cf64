// Why: SSH asks in the middle of connecting, while the driver's port speaks of a sign-in that comes back with a challenge
// and is gone on with later. This turns the one into the other and owns what waits in between.
import { AppError, throwIfAborted, toAppError } from '../../core/errors.ts'
import type { CallContext, Challenge, HypervisorSession, SignInOutcome } from '../../core/ports/driver.ts'
import type { AskPerson } from '../../core/ports/ssh.ts'
import type { Secret } from '../../core/secret.ts'

/** Signs in; may ask, as often as it has to. On rejection nothing of it stays open. */
export type AskingSignIn = (ask: AskPerson, ctx: CallContext) => Promise<HypervisorSession>

type News = { readonly kind: 'session'; readonly session: HypervisorSession } | { readonly kind: 'asked'; readonly challenge: Challenge } | { readonly kind: 'failed'; readonly error: AppError }

/**
 * Runs `work` until it asks or ends. While it waits for an answer no call is under way, so it lives on a signal of its
 * own: a call that is aborted ends it, and so does `cancel`. Rejects as `work` does.
 */
export async function signInAsking(work: AskingSignIn, ctx: CallContext): Promise<SignInOutcome> {
  const life = new AbortController()
  let news = Promise.withResolvers<News>()
  let give: ((answer: Secret) => void) | undefined

  const ask: AskPerson = (challenge) => {
    const answered = Promise.withResolvers<Secret>()
    life.signal.addEventListener('abort', () => answered.reject(new AppError('cancelled', 'the sign-in was left')), { once: true })
    give = answered.resolve
    news.resolve({ kind: 'asked', challenge })
    return answered.promise
  }

  /** Waits for what comes next, on behalf of one call. */
  const step = async (call: CallContext): Promise<SignInOutcome> => {
    const end = (): void => life.abort()
    call.signal.addEventListener('abort', end, { once: true })
    try {
      if (call.signal.aborted) end()
      const next = await news.promise
      if (next.kind === 'failed') throw next.error
      if (next.kind === 'session') return { kind: 'signed-in', session: next.session }
      throwIfAborted(call.signal)
      return { kind: 'challenge', challenge: next.challenge, answer, cancel }
    } finally {
      call.signal.removeEventListener('abort', end)
    }
  }
  const answer = async (given: Secret, call: CallContext): Promise<SignInOutcome> => {
    // Whoever is not waiting any more has news already: why it ended while the person typed.
    const taken = give
    give = undefined
    if (!ended) news = Promise.withResolvers()
    taken?.(given)
    return await step(call)
  }
  const cancel = (): void => life.abort()

  let ended = false
  const tell = (last: News): void => {
    ended = true
    // An unanswered question is old news.
    if (give) news = Promise.withResolvers()
    news.resolve(last)
  }
  work(ask, { signal: life.signal, log: ctx.log }).then(
    (session) => {
      if (!life.signal.aborted) return tell({ kind: 'session', session })
      // It was left in the very moment in which it succeeded.
      tell({ kind: 'failed', error: new AppError('cancelled', 'the sign-in was left') })
      return session.close()
    },
    (error: unknown) => tell({ kind: 'failed', error: toAppError(error) }),
  )
  return await step(ctx)
}
