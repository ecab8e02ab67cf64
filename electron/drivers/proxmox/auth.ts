// Why: what a request shows the server, behind one face: a person's ticket that is renewed, or IT's token that is not.
import { AppError, toAppError } from '../../core/errors.ts'
import type { Clock } from '../../core/ports/clock.ts'
import type { CallContext } from '../../core/ports/driver.ts'
import type { HttpClient, SecretHeader } from '../../core/ports/http.ts'
import type { Logger } from '../../core/ports/logger.ts'
import type { Redactor } from '../../core/redactor.ts'
import type { Secret } from '../../core/secret.ts'
import { askTicket, disposeTicket, type Ticket } from './sign-in.ts'

export interface Auth {
  /** @param writing whether the request changes something */
  headers(writing: boolean): Readonly<Record<string, SecretHeader>>
  /** What the headers of now hold; to be given back to `refused`. */
  readonly current: object
  /** The server answered 401. Resolves when there is something new to show; rejects with why there is not. */
  refused(used: object, ctx: CallContext): Promise<void>
  /** Wipes what it holds; never throws. */
  close(): void
}

/** A ticket is good for two hours (administration guide, User Management); renewed by itself at half of that. */
const RENEW_EVERY = 60 * 60 * 1000
const RETRY_AFTER = 5 * 60 * 1000

export interface TicketAuthDeps {
  readonly http: HttpClient
  readonly redactor: Redactor
  readonly clock: Clock
  readonly log: Logger
  readonly kept: () => Secret | undefined
  /** Told once when the sign-in has ended and cannot be opened again. */
  readonly onEnded: (why: AppError) => void
}

export class TicketAuth implements Auth {
  readonly #d: TicketAuthDeps
  readonly #abort = new AbortController()
  #ticket: Ticket
  #renewing: Promise<unknown> = Promise.resolve()
  #ended: AppError | undefined
  #cancel: () => void

  /** Owns the ticket from now on. */
  constructor(deps: TicketAuthDeps, ticket: Ticket) {
    this.#d = deps
    this.#ticket = ticket
    this.#cancel = deps.clock.after(RENEW_EVERY, () => void this.#prolong())
  }

  get current(): object {
    return this.#ticket
  }

  headers(writing: boolean): Readonly<Record<string, SecretHeader>> {
    if (this.#ended) throw this.#ended
    return { cookie: { secret: () => cookie(this.#ticket.ticket) }, ...(writing && { csrfpreventiontoken: { secret: () => text(this.#ticket.csrf) } }) }
  }

  async refused(used: object, ctx: CallContext): Promise<void> {
    // One after the other: the second of two requests that were refused finds a new ticket there.
    const mine = this.#renewing.then(async () => {
      if (this.#ended) throw this.#ended
      if (this.#ticket === used) await this.#signInAgain(ctx)
    })
    this.#renewing = mine.catch(() => undefined)
    await mine
  }

  close(): void {
    this.#ended ??= new AppError('cancelled', 'the session is closed')
    this.#abort.abort()
    this.#cancel()
    disposeTicket(this.#ticket)
  }

  /** The ticket itself is proof enough for the next one, second step included. */
  async #prolong(): Promise<void> {
    const { http, redactor, clock, log } = this.#d
    const old = this.#ticket
    let again = RENEW_EVERY
    try {
      const fresh = await askTicket(http, { userid: old.userid, password: old.ticket }, redactor, { signal: this.#abort.signal, log })
      // Somebody else was quicker, the session is over, or it is a half one.
      if (this.#ended || this.#ticket !== old || fresh.factors) disposeTicket(fresh)
      else this.#take(fresh)
    } catch (e) {
      const error = toAppError(e)
      if (!this.#ended) log.warn('the ticket could not be renewed yet', { comp: 'proxmox', code: error.code, detail: error.detail })
      again = RETRY_AFTER
    }
    if (!this.#ended) this.#cancel = clock.after(again, () => void this.#prolong())
  }

  async #signInAgain(ctx: CallContext): Promise<void> {
    const password = this.#d.kept()
    if (password === undefined || password.disposed) throw this.#end('the ticket is over and the password is not kept')
    let fresh: Ticket
    try {
      fresh = await askTicket(this.#d.http, { userid: this.#ticket.userid, password }, this.#d.redactor, ctx)
    } catch (e) {
      const error = toAppError(e)
      // Not tried again by the next request: accounts get locked that way.
      throw error.code.startsWith('auth.') ? this.#end(`the ticket is over and a new one was refused: ${error.message}`) : error
    }
    if (this.#ended || fresh.factors) {
      disposeTicket(fresh)
      throw this.#ended ?? this.#end('the ticket is over and the server asks for a second step')
    }
    this.#take(fresh)
    ctx.log.info('the ticket was over and was replaced', { comp: 'proxmox' })
  }

  #take(fresh: Ticket): void {
    disposeTicket(this.#ticket)
    this.#ticket = fresh
  }

  #end(why: string): AppError {
    if (this.#ended) return this.#ended
    this.#ended = new AppError('hypervisor.session-ended', why)
    this.#cancel()
    this.#d.onEnded(this.#ended)
    return this.#ended
  }
}

/** IT's own token (administration guide, API Tokens): no CSRF token, no end but the one that IT set. */
export class TokenAuth implements Auth {
  readonly current = {}
  readonly #token: Secret

  /** Owns the token from now on. */
  constructor(token: Secret) {
    this.#token = token
  }

  headers(): Readonly<Record<string, SecretHeader>> {
    return { authorization: { secret: () => `PVEAPIToken=${text(this.#token)}` } }
  }

  refused(): Promise<void> {
    return Promise.reject(new AppError('hypervisor.denied', 'the server does not accept the API token of the configuration: removed, expired, or its account disabled?'))
  }

  close(): void {
    this.#token.dispose()
  }
}

/** USER@REALM!NAME=SECRET */
export const isToken = (token: Secret): boolean => /^[^\s:/@!=]+(@[^\s:/@!=]+)*@[A-Za-z][\w.-]+![A-Za-z][\w.-]*=[!-~]+$/.test(text(token))

function cookie(ticket: Secret): string {
  return `PVEAuthCookie=${encodeURIComponent(text(ticket))}`
}

function text(secret: Secret): string {
  // eslint-disable-next-line latchkey/no-secret-string -- the HTTP library takes headers as strings and nothing else
  return secret.use((bytes) => bytes.toString('utf8'))
}
