// Why: one signed-in person's requests. A token that ran out is replaced where the password is still kept; the person
// learns of it only where that cannot be.
import { AppError, toAppError } from '../../core/errors.ts'
import type { CallContext } from '../../core/ports/driver.ts'
import type { HttpClient, HttpReply, HttpRequest } from '../../core/ports/http.ts'
import type { Redactor } from '../../core/redactor.ts'
import type { Secret } from '../../core/secret.ts'
import { bearer } from './bearer.ts'
import { faultError, replyError, type Meanings } from './faults.ts'
import { Action, checked } from './model.ts'
import { documentOf } from './reply.ts'
import { obtainToken, revokeToken } from './sso.ts'
import type { z } from 'zod'

export interface EngineApiDeps {
  readonly http: HttpClient
  /** As loginName makes it. */
  readonly name: string
  readonly kept: () => Secret | undefined
  readonly redactor: Redactor
  readonly token: Secret
}

/**
 * Filter: the person's own view; without it whoever is no administrator is refused. Version: the API's, not the engine's.
 * Source: https://ovirt.github.io/ovirt-engine-api-model/4.4/#services-vms (filter), Introduction (Version).
 */
const HEADERS = { Accept: 'application/json, application/xml;q=0.9', Filter: 'true', Version: '4' }
const JSON_TYPE = 'application/json'

export class EngineApi {
  readonly #d: EngineApiDeps
  #token: Secret
  #renewing: Promise<unknown> = Promise.resolve()
  #ended: AppError | undefined
  #onEnded: (why: AppError) => void = () => undefined

  constructor(deps: EngineApiDeps) {
    this.#d = deps
    this.#token = deps.token
  }

  /** Told with every request that fails because the sign-in is over for good. */
  whenEnded(fn: (why: AppError) => void): void {
    this.#onEnded = fn
  }

  /** The document of a resource. @param path below /api */
  async get(path: string, m: Meanings, ctx: CallContext, maxBytes?: number): Promise<unknown> {
    const reply = await this.#authorised({ method: 'GET', path: `/api${path}`, ...(maxBytes !== undefined && { maxBytes }) }, ctx)
    if (reply.status !== 200) throw replyError(reply, `GET ${path}`, m)
    return documentOf(reply)
  }

  /** Carries an action out. Source: https://ovirt.github.io/ovirt-engine-api-model/4.4/#types-action */
  async action(path: string, m: Meanings, ctx: CallContext, parameters: object = {}): Promise<z.output<typeof Action>> {
    const reply = await this.#authorised({ method: 'POST', path: `/api${path}`, body: { type: JSON_TYPE, content: JSON.stringify(parameters) } }, ctx)
    if (reply.status < 200 || reply.status >= 300) throw replyError(reply, `POST ${path}`, m)
    const action = checked(Action, reply.body.length === 0 ? {} : documentOf(reply), `POST ${path}`)
    if (action.fault !== undefined || action.status === 'failed') throw faultError(action.fault?.detail ?? 'failed', `POST ${path}`, m)
    return action
  }

  /** Anything else of the engine, without the token. @param path below the engine */
  async open(path: string, ctx: CallContext): Promise<HttpReply> {
    return await this.#d.http.request({ method: 'GET', path, maxBytes: 1024 * 1024 }, ctx)
  }

  /** Gives the token back. Never throws. */
  async close(ctx: CallContext): Promise<void> {
    this.#ended ??= new AppError('cancelled', 'the session is closed')
    try {
      await revokeToken(this.#d.http, this.#token, ctx)
    } catch (e) {
      ctx.log.warn('the sign-in at the engine could not be ended; it ends by itself', { comp: 'ovirt', why: toAppError(e).message })
    } finally {
      this.#token.dispose()
      this.#d.http.close()
    }
  }

  async #authorised(request: HttpRequest, ctx: CallContext): Promise<HttpReply> {
    if (this.#ended) throw this.#told(this.#ended)
    const used = this.#token
    const headers = { ...HEADERS, Authorization: bearer(() => this.#token) }
    const reply = await this.#d.http.request({ ...request, headers }, ctx)
    if (reply.status !== 401) return reply
    await this.#renewed(used, ctx)
    const again = await this.#d.http.request({ ...request, headers }, ctx)
    if (again.status === 401) throw this.#end('the engine does not take the token that it just gave')
    return again
  }

  /** One after the other: the second of two requests that were refused finds a new token there. */
  async #renewed(used: Secret, ctx: CallContext): Promise<void> {
    const mine = this.#renewing.then(async () => {
      if (this.#ended) throw this.#told(this.#ended)
      if (this.#token === used) await this.#renew(ctx)
    })
    this.#renewing = mine.catch(() => {})
    await mine
  }

  async #renew(ctx: CallContext): Promise<void> {
    const password = this.#d.kept()
    if (password === undefined || password.disposed) throw this.#end('the token ran out and the password is not kept')
    let token: Secret
    try {
      token = await obtainToken(this.#d.http, this.#d.name, password, this.#d.redactor, ctx)
    } catch (e) {
      const error = toAppError(e)
      // Not tried again by the next request: accounts get locked that way.
      throw error.code.startsWith('auth.') ? this.#end(`the token ran out and a new one was refused: ${error.message}`) : error
    }
    if (this.#ended) {
      token.dispose()
      throw this.#ended
    }
    this.#token.dispose()
    this.#token = token
    ctx.log.info('the token had run out and was replaced', { comp: 'ovirt' })
  }

  #end(why: string): AppError {
    return this.#told((this.#ended ??= new AppError('hypervisor.session-ended', why)))
  }

  #told(why: AppError): AppError {
    if (why.code === 'hypervisor.session-ended') this.#onEnded(why)
    return why
  }
}
