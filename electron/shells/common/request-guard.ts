// Why: the gate that every request of the page passes, the same in both shells. Input and output are parsed against
// the contract; whatever goes wrong becomes an error reply, and a page that keeps sending nonsense is reset.
import { contract, type Reply, type RequestInput, type RequestName, type RequestOutput } from '../../../shared/ipc/contract.ts'
import { AppError, toAppError, toUser } from '../../core/errors.ts'
import type { Logger } from '../../core/ports/logger.ts'

/** Malformed requests that one life of the page may send; our own page sends none. */
export const MALFORMED_LIMIT = 3
/** Requests of one page that may wait for their answers at the same time. */
const MAX_PENDING = 256

export interface Malformed {
  readonly request: RequestName | 'unknown'
  /** How many this life of the page has sent by now. */
  readonly count: number
}

type Handler = (input: unknown) => Promise<unknown>

export class RequestGuard {
  readonly #log: Logger
  readonly #reset: () => void
  readonly #handlers = new Map<RequestName, Handler>()
  readonly #listeners: ((m: Malformed) => void)[] = []
  #malformed = 0
  #pending = 0

  /** `reset` is called once, when the page has used up its malformed requests: reload it. */
  constructor(log: Logger, reset: () => void) {
    this.#log = log
    this.#reset = reset
  }

  handle<K extends RequestName>(name: K, fn: (input: RequestInput<K>) => Promise<RequestOutput<K>>): void {
    // The one cast of the contract: `dispatch` parses with the schema of the same key before it calls.
    this.#handlers.set(name, fn as Handler)
  }

  /** For the audit: told of each up to the limit, with nothing of what the page wrote. */
  onMalformed(fn: (m: Malformed) => void): void {
    this.#listeners.push(fn)
  }

  get malformed(): number {
    return this.#malformed
  }

  /** Never rejects. */
  async dispatch(name: unknown, input: unknown): Promise<Reply> {
    if (typeof name !== 'string' || !isRequestName(name)) return this.refuseMalformed('unknown request name')
    const schemas = contract.requests[name]
    const parsed = schemas.input.safeParse(input)
    // Only paths are logged: the message could quote a password out of the input.
    if (!parsed.success) return this.refuseMalformed(`${name}: ${parsed.error.issues.map((i) => `${i.path.join('.')} ${i.code}`).join(', ').slice(0, 300)}`, name)
    const handler = this.#handlers.get(name)
    if (!handler) return this.#failed(new AppError('ipc.refused', `${name} has no handler`))
    if (this.#pending >= MAX_PENDING) return this.#failed(new AppError('ipc.refused', `more than ${MAX_PENDING} requests under way`))
    this.#pending++
    try {
      const value = await handler(parsed.data)
      const out = schemas.output.safeParse(value)
      if (!out.success) throw new AppError('internal.bug', `answer of ${name} breaks the contract: ${out.error.message.slice(0, 500)}`)
      return { ok: true, value: out.data }
    } catch (e) {
      return this.#failed(toAppError(e))
    } finally {
      this.#pending--
    }
  }

  /** For input that is broken before it has a name (bad JSON, too long, wrong shape on a port). */
  refuseMalformed(detail: string, request: Malformed['request'] = 'unknown'): Reply {
    this.#malformed++
    const error = new AppError('ipc.malformed', detail)
    // A page that floods us until its reload must not flood the log as well.
    if (this.#malformed <= MALFORMED_LIMIT) {
      this.#log.warn('malformed request from the page', { code: error.code, trace: error.traceId, detail, count: this.#malformed })
      for (const fn of this.#listeners) fn({ request, count: this.#malformed })
    }
    if (this.#malformed === MALFORMED_LIMIT) this.#reset()
    return { ok: false, error: toUser(error) }
  }

  #failed(error: AppError): Reply {
    const fields = { code: error.code, trace: error.traceId, detail: error.detail }
    if (error.code === 'internal.bug') this.#log.error('request failed', fields)
    else this.#log.info('request refused', fields)
    return { ok: false, error: toUser(error) }
  }
}

const isRequestName = (name: string): name is RequestName => Object.hasOwn(contract.requests, name)
