// Why: replies and refusals in the server's own form. Source: pve-http-server, Formatter/Standard.pm (json) and AnyEvent.pm
// (error: a status line with its words and no body).
import type { FakeReply, FakeRequest } from '../http-server.ts'

/** What the server would say; its status line carries the words too. */
export class Refusal extends Error {
  readonly status: number
  readonly errors: Readonly<Record<string, string>> | undefined

  constructor(status: number, message: string, errors?: Readonly<Record<string, string>>) {
    super(message)
    this.status = status
    this.errors = errors
  }
}

const JSON_TYPE = { 'Content-Type': 'application/json;charset=UTF-8', 'Server': 'pve-api-daemon/3.0' }

export const data = (value: unknown): FakeReply => ({ status: 200, headers: JSON_TYPE, body: JSON.stringify({ data: value }) })

/** The bytes of UTF-8, as it writes them; the status line ends where the sentence does. */
const firstLine = (text: string): string => Buffer.from(text.split('\n')[0] ?? '', 'utf8').toString('latin1')

/** Before a request reaches the API: no body. */
export const bare = (status: number, reason: string): FakeReply => ({ status, reason: firstLine(reason), headers: { Server: 'pve-api-daemon/3.0', Connection: 'close' } })

/** @param inBody newer servers say it in the body too */
export function refused({ status, message, errors }: Refusal, inBody: boolean): FakeReply {
  return { status, reason: firstLine(message), headers: { ...JSON_TYPE, Connection: 'close' }, body: JSON.stringify({ data: null, ...(inBody && { message: `${message}\n` }), ...(errors && { errors }) }) }
}

/** Body and query as one, every name with all its values; a body of another type is refused. */
export function parameters(request: FakeRequest): Map<string, string[]> {
  const type = (request.headers['content-type'] ?? '').split(';')[0]
  const out = new Map<string, string[]>()
  const add = (from: URLSearchParams): void => {
    for (const [k, v] of from) out.set(k, [...(out.get(k) ?? []), v])
  }
  if (request.method === 'POST' || request.method === 'PUT') {
    if (request.body.length > 64 * 1024) throw new Refusal(501, 'for data too large')
    if (request.body !== '' && type !== 'application/x-www-form-urlencoded') throw new Refusal(506, `upload 'Content-Type '${type}' not implemented`)
    add(new URLSearchParams(request.body))
  }
  add(request.query)
  return out
}

/** JSONSchema.pm: unknown and missing parameters are errors of the parameter. */
export function only(given: Map<string, string[]>, known: readonly string[], needed: readonly string[] = []): Readonly<Record<string, string>> {
  const errors: Record<string, string> = {}
  for (const name of given.keys()) if (!known.includes(name)) errors[name] = 'property is not defined in schema and the schema does not allow additional properties'
  for (const name of needed) if (!given.has(name)) errors[name] = 'property is missing and it is not optional'
  if (Object.keys(errors).length > 0) throw new Refusal(400, 'Parameter verification failed.', errors)
  return Object.fromEntries([...given].map(([k, v]) => [k, v[0]!]))
}
