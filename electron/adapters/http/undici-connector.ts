// Why: HTTP to one configured server, with every pause bounded: reaching it, its reply's head, the pieces of the body,
// and all of it together. undici does the protocol and the pool; who the server is, how long anything may take and what
// is sent where is decided here. No global dispatcher, no redirects, no proxy from the environment, no decompression.
import { CookieJar } from 'tough-cookie'
import { Pool, type Dispatcher } from 'undici'
import { AppError, throwIfAborted } from '../../core/errors.ts'
import type { Clock } from '../../core/ports/clock.ts'
import type { CallContext } from '../../core/ports/driver.ts'
import type { HttpClient, HttpClientOptions, HttpConnector, HttpReply, HttpRequest } from '../../core/ports/http.ts'
import { silentLogger } from '../../core/ports/logger.ts'
import { systemClock } from '../clock.ts'
import { parseBase, targetOf, type BaseUrl } from './base-url.ts'
import { connectTo } from './connect.ts'
import { Deadline } from './deadline.ts'
import { requestError } from './failures.ts'
import { replyOf, type RawHeaders } from './reply.ts'

/** Enough for what a driver asks at the same time; a kiosk is one person. */
const CONNECTIONS = 4
/** A server that drips a byte now and then stays within every pause; this times the pause is the end of it. */
export const WHOLE = 4
const DEFAULT_MAX_BYTES = 8 * 1024 * 1024

export class UndiciConnector implements HttpConnector {
  readonly #clock: Clock

  constructor(clock: Clock = systemClock) {
    this.#clock = clock
  }

  client(options: HttpClientOptions): HttpClient {
    return new UndiciClient(parseBase(options.base, options.insecure === true), options, this.#clock)
  }
}

class UndiciClient implements HttpClient {
  readonly #base: BaseUrl
  readonly #o: HttpClientOptions
  readonly #clock: Clock
  readonly #pool: Pool
  readonly #closed = new AbortController()
  #jar: CookieJar | undefined

  constructor(base: BaseUrl, options: HttpClientOptions, clock: Clock) {
    this.#base = base
    this.#o = options
    this.#clock = clock
    if (options.cookies === true) this.#jar = newJar()
    this.#pool = new Pool(base.origin, {
      connections: CONNECTIONS,
      // All pauses are timed here, by one clock: see Deadline.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: (_options, callback) => {
        this.#connect({ signal: this.#closed.signal, log: silentLogger }).then(
          (socket) => callback(null, socket as Parameters<typeof callback>[1] & object),
          (error: Error) => callback(error, null),
        )
      },
    })
    // Failed connections are told by the requests that waited for them.
    this.#pool.on('connectionError', () => {})
  }

  async request(request: HttpRequest, ctx: CallContext): Promise<HttpReply> {
    const target = targetOf(this.#base, request.path)
    try {
      return await this.#once(request, target, ctx)
    } catch (e) {
      // A server closes a connection that was idle for long just when it is used again. Whoever only reads may ask again.
      if (request.method !== 'GET' || !(e instanceof AppError) || e.code !== 'http.lost' || ctx.signal.aborted || this.#closed.signal.aborted) throw e
      return await this.#once(request, target, ctx)
    }
  }

  async handshake(ctx: CallContext): Promise<void> {
    const signal = AbortSignal.any([ctx.signal, this.#closed.signal])
    const socket = await this.#connect({ ...ctx, signal })
    socket.destroy()
  }

  close(): void {
    if (this.#closed.signal.aborted) return
    this.#closed.abort()
    this.#jar = undefined
    this.#pool.destroy(new AppError('cancelled', 'the client was closed')).catch(() => {})
  }

  #connect(ctx: CallContext): ReturnType<typeof connectTo> {
    return connectTo({ base: this.#base, trust: this.#o.trust, timeoutMs: this.#o.timeoutMs, clock: this.#clock }, ctx)
  }

  async #once(request: HttpRequest, target: string, ctx: CallContext): Promise<HttpReply> {
    throwIfAborted(ctx.signal)
    if (this.#closed.signal.aborted) throw new AppError('cancelled', 'the client is closed')
    const deadline = new Deadline({ clock: this.#clock, signal: ctx.signal, pauseMs: this.#o.timeoutMs, wholeMs: this.#o.timeoutMs * WHOLE, host: this.#base.host })
    const content = bytesOf(request)
    try {
      const reply = await this.#pool.request({
        method: request.method,
        path: target,
        headers: this.#headers(request, target),
        body: content ?? null,
        signal: deadline.signal,
      })
      deadline.moved()
      return await this.#read(reply, request, target, deadline)
    } catch (cause) {
      throw deadline.why ?? requestError(cause, this.#base.host)
    } finally {
      deadline.end()
      // Whatever became of the request: nobody needs what was in it any more.
      content?.fill(0)
    }
  }

  async #read(reply: Dispatcher.ResponseData, request: HttpRequest, target: string, deadline: Deadline): Promise<HttpReply> {
    const limit = request.maxBytes ?? DEFAULT_MAX_BYTES
    const pieces: Buffer[] = []
    let length = 0
    const encoding = reply.headers['content-encoding']
    const why = Number(reply.headers['content-length'] ?? 0) > limit ? `is longer than ${limit} bytes` : encoding !== undefined && encoding !== 'identity' ? 'is compressed, which was not asked for' : undefined
    if (why !== undefined) deadline.fail(new AppError('hypervisor.protocol', `${this.#base.host}: the reply (status ${reply.statusCode}) ${why}`))
    // Kept even where the body turns out to be unreadable: a browser would have taken them too.
    this.#keepCookies(reply.headers, target)
    for await (const piece of reply.body as AsyncIterable<Buffer>) {
      deadline.moved()
      length += piece.length
      if (length > limit) deadline.fail(new AppError('hypervisor.protocol', `${this.#base.host}: the reply (status ${reply.statusCode}) is longer than ${limit} bytes`))
      else pieces.push(piece)
    }
    if (deadline.why !== undefined) throw deadline.why
    return replyOf(reply.statusCode, reply.headers, Buffer.concat(pieces, length), reply.statusText)
  }

  #headers(request: HttpRequest, target: string): Record<string, string> {
    const out: Record<string, string> = { ...this.#o.headers }
    for (const [name, value] of Object.entries(request.headers ?? {})) out[name] = typeof value === 'string' ? value : value.secret()
    if (request.body !== undefined) out['content-type'] = request.body.type
    const cookies = this.#jar?.getCookieStringSync(this.#base.origin + target)
    if (cookies !== undefined && cookies !== '') out['cookie'] = cookies
    return out
  }

  #keepCookies(headers: RawHeaders, target: string): void {
    const set = headers['set-cookie']
    // One that is not for this server, or cannot be read, is passed over, as browsers do.
    for (const one of set === undefined ? [] : [set].flat()) this.#jar?.setCookieSync(one as string, this.#base.origin + target, { ignoreError: true })
  }
}

/** Public suffixes do not matter to a jar that serves one host, and intranets have names that look like some. */
function newJar(): CookieJar {
  return new CookieJar(undefined, { rejectPublicSuffixes: false })
}

function bytesOf({ body }: HttpRequest): Buffer | undefined {
  if (body === undefined) return undefined
  return typeof body.content === 'string' ? Buffer.from(body.content, 'utf8') : body.content()
}
