// Why: what a driver needs of HTTP and no more: requests to one configured server whose identity is proved, with bounded
// replies. Redirects are handed over, never followed, because one to elsewhere would take a token along.
import type { CallContext } from './driver.ts'
import type { TlsTrust } from './tls.ts'

export interface HttpConnector {
  /** Opens nothing yet. Throws config.invalid for a base that is no http(s) URL. */
  client(options: HttpClientOptions): HttpClient
}

export interface HttpClientOptions {
  /** e.g. https://engine.example.com/ovirt-engine ; every request is below it. */
  readonly base: string
  readonly trust: TlsTrust
  /** http: is refused (config.invalid) without it. */
  readonly insecure?: boolean
  /** From the request to its reply's head, and between two pieces of its body, ms. */
  readonly timeoutMs: number
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>
  /** Keeps the server's cookies for this client's life. */
  readonly cookies?: boolean
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Below the base, beginning with '/'; already encoded. Anything that would leave the base is internal.bug. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string | SecretHeader>>
  /** Text, or bytes that are made when they are sent and wiped afterwards (credentials). */
  readonly body?: { readonly type: string; readonly content: string | (() => Buffer) }
  /** Longest reply body, bytes; more is hypervisor.protocol. Default 8 MiB. */
  readonly maxBytes?: number
}

/** A header whose value is a secret: read when it is sent. */
export interface SecretHeader {
  readonly secret: () => string
}

export interface HttpReply {
  readonly status: number
  /** The status line's own words (RFC 9112 §4) on one line, at most 1000 characters; absent: it has none. */
  readonly reason?: string
  /** Names in lower case; several values are joined by ', '. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  /** UTF-8, U+FFFD for what is none. */
  text(): string
  /** Throws hypervisor.protocol where the body is not JSON (an HTML error page, a cut-off reply). */
  json(): unknown
}

export interface HttpClient {
  /** Any status resolves. Rejects with http.* (unreachable, refused, timeout, lost), tls.*, cancelled, hypervisor.protocol. */
  request(request: HttpRequest, ctx: CallContext): Promise<HttpReply>
  /** Proves the server's identity by a handshake alone. Rejects as request does. */
  handshake(ctx: CallContext): Promise<void>
  /** Forgets connections and cookies. Never throws. */
  close(): void
}
