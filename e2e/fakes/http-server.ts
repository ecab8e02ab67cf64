// Why: what all doubles of web products share: a server of its own certificate authority that can stop and come back,
// that holds, cuts, swells, drips and redirects replies on demand, and that counts what reached it. What a product
// answers when it is well is the product's own handler.
import { createServer as createHttp, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createHttps } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Fault } from '../../electron/drivers/http-contract/driver-rig.testkit.ts'

export interface FakeRequest {
  readonly method: string
  /** Decoded path without the query. */
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export interface FakeReply {
  readonly status: number
  /** Of the status line; absent: the usual one. */
  readonly reason?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
}

export type Handler = (request: FakeRequest) => FakeReply | Promise<FakeReply>

const MAX_BODY = 1024 * 1024
const HUGE = 100 * 1024 * 1024
const DRIP_MS = 5
const PAGE = '<!DOCTYPE html>\n<html><head><title>Error</title></head><body><h1>Something is wrong</h1><script>alert(1)</script></body></html>'

export class FakeHttpServer {
  readonly #handler: Handler
  readonly #identity: { readonly key: string; readonly cert: string } | undefined
  #server: Server | undefined
  #elsewhere: Server | undefined
  #port = 0
  #fault: Fault | undefined
  #holding: { came: () => void; waiting: (() => void)[] } | undefined
  /** Requests that reached it: "GET /path". */
  readonly requests: string[] = []
  elsewhere = 0

  /** @param identity PEM; absent: plain http */
  constructor(handler: Handler, identity?: { readonly key: string; readonly cert: string }) {
    this.#handler = handler
    this.#identity = identity
  }

  get port(): number {
    return this.#port
  }

  /** Listens on loopback; the second time on the same port. */
  async start(): Promise<void> {
    const listener = (req: IncomingMessage, res: ServerResponse): void => void this.#serve(req, res)
    const server = this.#identity === undefined ? createHttp(listener) : createHttps(this.#identity, listener)
    server.on('tlsClientError', () => {})
    server.on('clientError', (_e, socket) => socket.destroy())
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(this.#port, '127.0.0.1', resolve))
    this.#server = server
    this.#port = (server.address() as AddressInfo).port
    if (this.#elsewhere !== undefined) return
    const elsewhere = createHttp((_req, res) => {
      this.elsewhere++
      res.end('thanks')
    })
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve))
    this.#elsewhere = elsewhere
  }

  async stop(): Promise<void> {
    this.release()
    await ended(this.#server)
    this.#server = undefined
  }

  async close(): Promise<void> {
    await this.stop()
    await ended(this.#elsewhere)
    this.#elsewhere = undefined
  }

  fault(kind: Fault | undefined): void {
    this.#fault = kind
  }

  /** Answers nothing until `release`; resolves when the first such request has come. */
  hold(): Promise<void> {
    return new Promise((came) => {
      this.#holding = { came, waiting: [] }
    })
  }

  release(): void {
    const held = this.#holding
    this.#holding = undefined
    for (const go of held?.waiting ?? []) go()
  }

  async #serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    res.on('error', () => {})
    try {
      const body = await bodyOf(req)
      const url = new URL(req.url ?? '/', 'http://fake.invalid')
      this.requests.push(`${req.method} ${url.pathname}`)
      const held = this.#holding
      if (held) {
        held.came()
        await new Promise<void>((go) => held.waiting.push(go))
      }
      if (this.#fault) return misbehave(this.#fault, res, `http://127.0.0.1:${(this.#elsewhere?.address() as AddressInfo).port}/collect`)
      const reply = await this.#handler({ method: req.method ?? '', path: url.pathname, query: url.searchParams, headers: req.headers, body })
      res.writeHead(reply.status, reply.reason, reply.headers).end(reply.body)
    } catch {
      res.destroy()
    }
  }
}

/** A reply of this fault, for doubles with a server of their own. @param elsewhere where a redirect points to */
export function misbehave(kind: Fault, res: ServerResponse, elsewhere: string): void {
  const json = { 'Content-Type': 'application/json' }
  switch (kind) {
    case '500':
    case '502':
    case '503':
      return void res.writeHead(Number(kind), { 'Content-Type': 'text/html; charset=iso-8859-1' }).end(PAGE)
    case 'html':
      return void res.writeHead(200, { 'Content-Type': 'text/html' }).end(PAGE)
    case 'truncated':
      return void res.writeHead(200, json).end('{"access_token":"abc","vm":[{"id":"1","na')
    case 'huge':
      return swell(res.writeHead(200, json))
    case 'slow':
      return drip(res.writeHead(200, json))
    case 'redirect':
      return void res.writeHead(302, { Location: elsewhere }).end()
    case 'drop':
      return void res.destroy()
  }
}

function swell(res: ServerResponse): void {
  const piece = Buffer.alloc(256 * 1024, ' ')
  let left = HUGE
  const more = (): void => {
    while (left > 0 && !res.destroyed) {
      left -= piece.length
      if (!res.write(piece)) return
    }
    if (!res.destroyed) res.end('{}')
  }
  res.on('drain', more)
  more()
}

function drip(res: ServerResponse): void {
  const timer = setInterval(() => res.write(' '), DRIP_MS)
  res.on('close', () => clearInterval(timer))
}

async function bodyOf(req: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  let length = 0
  for await (const piece of req as AsyncIterable<Buffer>) {
    length += piece.length
    if (length > MAX_BODY) throw new Error('the request is too long')
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString('utf8')
}

function ended(server: Server | undefined): Promise<void> {
  if (server === undefined) return Promise.resolve()
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
