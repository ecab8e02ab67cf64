// Why: the requests of one signed-in person: who asks, what a refusal means, and a sign-in that ended in between.
import { AppError } from '../../core/errors.ts'
import { formBody, type FormValue } from '../../core/form-body.ts'
import type { CallContext } from '../../core/ports/driver.ts'
import type { HttpClient, HttpReply, HttpRequest } from '../../core/ports/http.ts'
import type { Auth } from './auth.ts'
import { replyError, type Meanings } from './faults.ts'
import { dataOf } from './model.ts'

const ROOT = '/api2/json'

export class PveApi {
  readonly #http: HttpClient
  readonly #auth: Auth

  constructor(http: HttpClient, auth: Auth) {
    this.#http = http
    this.#auth = auth
  }

  /** The data of a resource. @param path below /api2/json, encoded */
  async get(path: string, m: Meanings, ctx: CallContext, maxBytes = 1024 * 1024): Promise<unknown> {
    return await this.#data({ method: 'GET', path: ROOT + path, maxBytes }, m, ctx)
  }

  async post(path: string, fields: Readonly<Record<string, FormValue>>, m: Meanings, ctx: CallContext): Promise<unknown> {
    return await this.#data({ method: 'POST', path: ROOT + path, body: formBody(fields), maxBytes: 1024 * 1024 }, m, ctx)
  }

  /** There is nothing to sign out of at the server: a ticket runs out, and nobody has it any more. Never throws. */
  close(): void {
    this.#auth.close()
    this.#http.close()
  }

  async #data(request: HttpRequest, m: Meanings, ctx: CallContext): Promise<unknown> {
    const reply = await this.#authorised(request, ctx)
    if (reply.status !== 200) throw replyError(reply, `${request.method} ${request.path.slice(ROOT.length).replace(/\?.*$/, '')}`, m)
    return dataOf(reply)
  }

  async #authorised(request: HttpRequest, ctx: CallContext): Promise<HttpReply> {
    const ask = (): Promise<HttpReply> => this.#http.request({ ...request, headers: this.#auth.headers(request.method !== 'GET') }, ctx)
    const used = this.#auth.current
    const reply = await ask()
    if (reply.status !== 401) return reply
    await this.#auth.refused(used, ctx)
    const again = await ask()
    if (again.status === 401) throw new AppError('hypervisor.session-ended', 'the server does not take the ticket that it just gave')
    return again
  }
}
