// Why: the dashboard gives a desktop to somebody else when it hears nothing for some minutes, while the first person may
// still sit in it. A missed beat is therefore tried again at once, then more often, and told as the alarm it is.
import { toAppError } from '../../core/errors.ts'
import type { Clock } from '../../core/ports/clock.ts'
import type { CallContext } from '../../core/ports/driver.ts'

/** Between two tries after a missed beat, ms. */
const HURRY = 3000

export interface HeartbeatOptions {
  readonly clock: Clock
  readonly everyMs: number
  readonly beat: (ctx: CallContext) => Promise<void>
  readonly ctx: CallContext
}

/** Beats until the result is called. */
export function startHeartbeat({ clock, everyMs, beat, ctx }: HeartbeatOptions): () => void {
  const abort = new AbortController()
  const within: CallContext = { ...ctx, signal: AbortSignal.any([ctx.signal, abort.signal]) }
  let cancel = (): void => undefined
  let missed = 0
  const once = async (): Promise<void> => {
    try {
      await beat(within)
      if (missed > 0) ctx.log.info('the dashboard hears us again', { comp: 'kvm-vdi', missed })
      missed = 0
    } catch (e) {
      if (abort.signal.aborted) return
      const error = toAppError(e)
      missed++
      ctx.log[missed === 1 ? 'warn' : 'error']('the dashboard did not hear that the desktop is in use; it may give it to somebody else', { comp: 'kvm-vdi', missed, code: error.code, detail: error.detail, trace: error.traceId })
    }
    // The first retry does not wait.
    if (!abort.signal.aborted) cancel = clock.after(missed === 0 ? everyMs : missed === 1 ? 0 : Math.min(HURRY, everyMs), () => void once())
  }
  void once()
  return () => {
    abort.abort()
    cancel()
  }
}
