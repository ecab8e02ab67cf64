// Why: the engine's single sign-on: a token for a name and a password, given back at the end.
// Source: https://ovirt.github.io/ovirt-engine-api-model/4.4/#oauth-authentication (token, 401 when it ran out, no
// refresh); the engine's SDKs for giving it back (services/sso-logout).
import { AppError } from '../../core/errors.ts'
import { formBody } from '../../core/form-body.ts'
import type { CallContext } from '../../core/ports/driver.ts'
import type { HttpClient, HttpReply } from '../../core/ports/http.ts'
import type { Redactor } from '../../core/redactor.ts'
import { Secret } from '../../core/secret.ts'
import { plain } from './faults.ts'
import { checked, Token } from './model.ts'

const SCOPE = 'ovirt-app-api'
const MAX_REPLY = 256 * 1024

/**
 * Errors: auth.rejected, auth.expired, auth.locked, auth.unsupported, hypervisor.denied, hypervisor.*, http.*, tls.*.
 * @param name as loginName makes it. The token is the caller's.
 */
export async function obtainToken(http: HttpClient, name: string, password: Secret, redactor: Redactor, ctx: CallContext): Promise<Secret> {
  const body = formBody({ grant_type: 'password', scope: SCOPE, username: name, password })
  const reply = await http.request({ method: 'POST', path: '/sso/oauth/token', headers: { Accept: 'application/json' }, body, maxBytes: MAX_REPLY }, ctx)
  if (reply.status !== 200) throw refusal(reply)
  const document = reply.json()
  // Some versions answer a refusal with 200.
  const refused = refusalIn(document)
  if (refused !== undefined) throw refused
  return Secret.from(checked(Token, document, 'token').access_token, redactor)
}

/** Ends the token's session on the engine. Rejects where that did not work. */
export async function revokeToken(http: HttpClient, token: Secret, ctx: CallContext): Promise<void> {
  const body = formBody({ scope: SCOPE, token })
  const ask = (path: string): Promise<HttpReply> => http.request({ method: 'POST', path, headers: { Accept: 'application/json' }, body, maxBytes: MAX_REPLY }, ctx)
  let reply = await ask('/services/sso-logout')
  if (reply.status === 404 || reply.status === 405) reply = await ask('/sso/oauth/revoke')
  if (reply.status >= 300) throw new AppError('hypervisor.protocol', `giving the token back: status ${reply.status}`)
}

function refusal(reply: HttpReply): AppError {
  const { status } = reply
  if (status >= 300 && status < 400) return new AppError('hypervisor.redirect', `sign-in: status ${status}, to ${plain(reply.headers['location'] ?? 'nowhere').slice(0, 200)}`)
  if (status >= 500) return new AppError('hypervisor.unavailable', `sign-in: status ${status}`)
  let document: unknown
  try {
    document = reply.json()
  } catch {
    return new AppError('hypervisor.protocol', `sign-in: status ${status}: is this the address of an engine?`)
  }
  return refusalIn(document) ?? new AppError('hypervisor.protocol', `sign-in: status ${status} without a reason`)
}

/**
 * Two spellings are in use: `error_code` with the sentence in `error`, and RFC 6749's `error` with `error_description`.
 * The sentences are those of the engine's authentication extensions.
 */
function refusalIn(document: unknown): AppError | undefined {
  if (typeof document !== 'object' || document === null) return undefined
  const text = (key: string): string | undefined => {
    const value: unknown = Reflect.get(document, key)
    return typeof value === 'string' ? plain(value) : undefined
  }
  const code = text('error_code') ?? text('error')
  if (code === undefined) return undefined
  const sentence = (text('error_code') === undefined ? text('error_description') : text('error')) ?? ''
  const detail = `sign-in refused: ${code}: ${sentence}`
  if (/password\b.*\bexpired|expired\b.*\bpassword|credentials\b.*\bexpired|must be changed/i.test(sentence)) return new AppError('auth.expired', detail)
  if (/locked|disabled|account has expired|login times|not allowed.*time/i.test(sentence)) return new AppError('auth.locked', detail)
  if (/not authorized/i.test(sentence)) return new AppError('hypervisor.denied', detail)
  if (/not enabled|not supported|interactive|negotiat/i.test(sentence)) return new AppError('auth.unsupported', detail)
  return new AppError(code === 'access_denied' || code === 'invalid_grant' ? 'auth.rejected' : 'hypervisor.protocol', detail)
}
