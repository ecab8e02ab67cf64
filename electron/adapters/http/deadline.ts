// Why: one request can hang in many places, and be given up from several sides; whichever comes first is the one reason
// that is told, and it ends the request.
import { AppError } from '../../core/errors.ts'
import type { Clock } from '../../core/ports/clock.ts'

export interface DeadlineOptions {
  readonly clock: Clock
  /** The caller's. */
  readonly signal: AbortSignal
  /** Longest time without progress, ms. */
  readonly pauseMs: number
  /** Longest time altogether, ms. */
  readonly wholeMs: number
  /** Named in the errors. */
  readonly host: string
}

/** Runs from its making to `end()`. */
export class Deadline {
  readonly #o: DeadlineOptions
  readonly #abort = new AbortController()
  readonly #cancelWhole: () => void
  #cancelPause: () => void = () => {}
  #why: AppError | undefined
  #over = false

  constructor(options: DeadlineOptions) {
    this.#o = options
    this.#cancelWhole = options.clock.after(options.wholeMs, () => this.#timeout(`the reply was not over within ${options.wholeMs} ms`))
    options.signal.addEventListener('abort', this.#onAbort, { once: true })
    this.moved()
  }

  /** Fires when the request must end. */
  get signal(): AbortSignal {
    return this.#abort.signal
  }

  /** Why it must end; undefined: it need not. */
  get why(): AppError | undefined {
    return this.#why
  }

  /** Something came: the pause begins anew. */
  moved(): void {
    if (this.#over) return
    this.#cancelPause()
    this.#cancelPause = this.#o.clock.after(this.#o.pauseMs, () => this.#timeout(`nothing came for ${this.#o.pauseMs} ms`))
  }

  fail(why: AppError): void {
    if (this.#over) return
    this.#why = why
    this.end()
    this.#abort.abort(why)
  }

  /** Forgets timers and listeners; harmless twice. */
  end(): void {
    if (this.#over) return
    this.#over = true
    this.#cancelPause()
    this.#cancelWhole()
    this.#o.signal.removeEventListener('abort', this.#onAbort)
  }

  #timeout(why: string): void {
    this.fail(new AppError('http.timeout', `${this.#o.host}: ${why}`))
  }

  readonly #onAbort = (): void => this.fail(new AppError('cancelled', 'the request was cancelled'))
}
