// Why: the engine's single sign-on as a client without a browser meets it.
// Source: https://ovirt.github.io/ovirt-engine-api-model/4.4/#oauth-authentication; services/sso-logout and the shape of
// the refusals as the engine's public SDKs use them (error_code, error).
import type { FakeReply, FakeRequest } from '../http-server.ts'
import type { EngineState } from './state.ts'

const json = (status: number, body: object): FakeReply => ({ status, headers: { 'Content-Type': 'application/json;charset=UTF-8' }, body: JSON.stringify(body) })

export interface SsoOptions {
  /** RFC 6749's spelling instead of the older one. */
  readonly rfcErrors: boolean
}

export function token(request: FakeRequest, state: EngineState, o: SsoOptions): FakeReply {
  const no = (code: string, sentence: string, status = 400): FakeReply => json(status, o.rfcErrors ? { error: code, error_description: sentence } : { error_code: code, error: sentence })
  if (request.method !== 'POST') return json(405, {})
  if (!/^application\/x-www-form-urlencoded\b/.test(request.headers['content-type'] ?? '')) return no('invalid_request', 'The request is missing the parameter grant_type')
  // Credentials in an address end up in log files.
  if (request.query.size > 0) return no('invalid_request', 'parameters belong into the body')
  const form = new URLSearchParams(request.body)
  if (form.get('grant_type') !== 'password') return no('unsupported_grant_type', `Unsupported grant type ${form.get('grant_type') ?? ''}`)
  if (!(form.get('scope') ?? '').split(' ').includes('ovirt-app-api')) return no('invalid_scope', 'The requested scope is invalid')
  const name = form.get('username') ?? ''
  const password = form.get('password') ?? ''
  const denied = (sentence: string): FakeReply => no('access_denied', `Cannot authenticate user '${name}': ${sentence}`)
  if (!state.profiles.has(name.slice(name.lastIndexOf('@') + 1))) return denied('No valid profile found in credentials..')
  const person = state.people.get(name)
  if (person === undefined || person.password !== password) return denied('The user name or password is incorrect..')
  if (person.refusal === 'expired') return denied('Unable to log in because the user password has expired. Contact the system administrator..')
  if (person.refusal === 'locked') return denied('Unable to log in because the user account is disabled or locked. Contact the system administrator..')
  return json(200, { access_token: state.signIn(name, password), scope: 'ovirt-app-api', exp: '9223372036854775807', token_type: 'bearer' })
}

export function logout(request: FakeRequest, state: EngineState): FakeReply {
  if (request.method !== 'POST') return json(405, {})
  const form = new URLSearchParams(request.body)
  const given = form.get('token') ?? ''
  if (!state.tokens.delete(given)) return json(400, { error_code: 'invalid_grant', error: 'The provided authorization grant is invalid' })
  return json(200, {})
}
