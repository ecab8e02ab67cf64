// Why: every step on the way to a server can hang, fail or be given up, and whichever happens must leave no socket, no
// timer and no listener behind.
import type { Duplex } from 'node:stream'
import { AppError } from '../../core/errors.ts'
import type { Clock } from '../../core/ports/clock.ts'
import type { CallContext } from '../../core/ports/driver.ts'

export interface StageOptions {
  readonly ctx: CallContext
  readonly clock: Clock
  readonly timeoutMs: number
  readonly onTimeout: () => AppError
}

/**
 * Runs one step on `stream`, from now to its deadline (the whole step, not the pause between two bytes: a server that
 * drips is as good as one that hangs). The stream is destroyed unless the step succeeds.
 * @param start begins the step; what it returns removes its listeners and is called exactly once.
 */
export function stage<T>(stream: Duplex, o: StageOptions, start: (done: (value: T) => void, fail: (why: AppError) => void) => () => void): Promise<T> {
  return new Promise((resolve, reject) => {
    if (o.ctx.signal.aborted) {
      abandon(stream)
      return reject(new AppError('cancelled', 'aborted'))
    }
    let over = false
    const made: { undo?: () => void } = {}
    const settle = (act: () => void): void => {
      if (over) return
      over = true
      cancelTimer()
      o.ctx.signal.removeEventListener('abort', onAbort)
      made.undo?.()
      act()
    }
    const fail = (why: AppError): void =>
      settle(() => {
        abandon(stream)
        reject(why)
      })
    const onAbort = (): void => fail(new AppError('cancelled', 'dialling was cancelled'))
    const cancelTimer = o.clock.after(o.timeoutMs, () => fail(o.onTimeout()))
    o.ctx.signal.addEventListener('abort', onAbort, { once: true })
    const undo = start((value) => settle(() => resolve(value)), fail)
    if (over) undo()
    else made.undo = undo
  })
}

/** Ends a stream nobody will read: what it still has to say is not to end the process. */
export function abandon(stream: Duplex): void {
  stream.on('error', () => {})
  stream.destroy()
}
