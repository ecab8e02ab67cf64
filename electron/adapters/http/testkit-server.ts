// Why: test code. An HTTP(S) server of one test, ended with all its connections.
import { createServer as createHttp, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { createServer as createHttps } from 'node:https'
import { type AddressInfo, type Socket } from 'node:net'
import type { Issued } from '../net/testkit-certificates.ts'

export interface Seen {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

export interface TestServer {
  readonly port: number
  /** Requests whose body came whole. */
  readonly seen: Seen[]
  /** TCP connections so far. */
  readonly connections: () => number
  /** Those that are open. */
  readonly open: ReadonlySet<Socket>
  close(): void
}

export type Answer = (request: Seen, response: ServerResponse, raw: IncomingMessage) => void

/** @param identity absent: plain http */
export async function testServer(answer: Answer, identity?: Issued): Promise<TestServer> {
  const seen: Seen[] = []
  const listener: RequestListener = (raw, response) => {
    const pieces: Buffer[] = []
    raw.on('data', (b: Buffer) => pieces.push(b))
    raw.on('end', () => {
      const one: Seen = { method: raw.method ?? '', url: raw.url ?? '', headers: raw.headers, body: Buffer.concat(pieces) }
      seen.push(one)
      answer(one, response, raw)
    })
  }
  const server: Server = identity === undefined ? createHttp(listener) : createHttps({ cert: identity.cert, key: identity.key }, listener)
  server.on('tlsClientError', () => {})
  server.on('clientError', (_e: Error, s) => s.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'))
  const open = new Set<Socket>()
  let connections = 0
  server.on('connection', (s: Socket) => {
    connections++
    open.add(s)
    s.on('error', () => {})
    s.on('close', () => open.delete(s))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    connections: () => connections,
    open,
    close: () => {
      server.close()
      for (const s of open) s.destroy()
    },
  }
}
