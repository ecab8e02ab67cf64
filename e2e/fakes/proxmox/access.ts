// Why: who asks, with what proof, and what that person may. Sources: api-viewer, /access/ticket and /access/permissions;
// pve-access-control, API2/AccessControl.pm (its answers); pve-manager, HTTPServer.pm (its refusals before the API).
import type { FakeReply, FakeRequest } from '../http-server.ts'
import type { FakePerson, PveState } from './state.ts'
import { bare, data, only, Refusal } from './wire.ts'

/** The user or token that asks, or the refusal. */
export function authenticate(request: FakeRequest, state: PveState): string | FakeReply {
  const [, given] = /^PVEAPIToken=(.+)$/.exec(request.headers.authorization ?? '') ?? []
  if (given !== undefined) {
    const at = given.indexOf('=')
    const [id, secret] = [given.slice(0, at), given.slice(at + 1)]
    const token = state.tokens.get(id)
    if (!state.isEnabled(id.split('!')[0] ?? '')) return bare(401, 'user is disabled')
    if (token === undefined) return bare(401, `no such token '${id.split('!')[1] ?? ''}' for user '${id.split('!')[0] ?? ''}'`)
    return token.secret === secret ? id : bare(401, 'invalid token value!')
  }
  const cookie = /(?:^|;\s*)PVEAuthCookie=([^;]*)/.exec(request.headers.cookie ?? '')?.[1]
  if (cookie === undefined || cookie === '') return bare(401, 'No ticket')
  const userid = state.read(decodeURIComponent(cookie))
  if (userid === undefined || userid.startsWith('!tfa!') || !state.isEnabled(userid)) return bare(401, 'permission denied - invalid PVE ticket')
  const csrf = request.headers['csrfpreventiontoken']
  if (request.method !== 'GET' && (typeof csrf !== 'string' || !state.isCsrf(csrf, userid))) return bare(401, 'Permission denied - invalid csrf token')
  return userid
}

/** POST /access/ticket: whatever is wrong, the answer is the same, so that nobody learns who exists. */
export function ticket(given: Map<string, string[]>, state: PveState): FakeReply {
  const p = only(given, ['username', 'realm', 'password', 'otp', 'path', 'privs', 'new-format', 'tfa-challenge'], ['username', 'password'])
  const { username = '', realm, password = '' } = p
  if (username.length > 64) throw new Refusal(400, 'Parameter verification failed.', { username: 'value may only be 64 characters long' })
  const userid = realm === undefined ? username : `${username}@${realm}`
  const challenge = p['tfa-challenge']
  const refusal = new Refusal(401, 'authentication failure')
  const person = state.people.get(userid)
  if (!state.isEnabled(userid) || person === undefined) throw refusal
  if (challenge !== undefined) {
    if (!(state.read(challenge, userid) ?? '').startsWith('!tfa!') || !answers(person, password)) throw refusal
    return full(userid)
  }
  // A ticket of theirs is proof enough, and a half one is no ticket.
  const renewed = state.read(password)
  if (renewed !== undefined && !renewed.startsWith('!tfa!')) {
    if (renewed !== userid) throw refusal
    return full(userid)
  }
  if (person.password !== password) throw refusal
  const factors = person.tfa
  if (factors === undefined) return full(userid)
  const { totp, recovery, yubico, webauthn } = factors
  const methods = { totp: totp !== undefined, recovery: recovery?.map((_, i) => i) ?? [], ...(yubico !== undefined && { yubico: true }), ...(webauthn === true && { webauthn: { publicKey: { challenge: 'AAAA' } } }) }
  return data({ ticket: state.ticket(`!tfa!${encodeURIComponent(JSON.stringify(methods))}`, userid), username: userid, CSRFPreventionToken: state.csrf(userid), NeedTFA: 1 })

  function full(who: string): FakeReply {
    return data({ ticket: state.ticket(who), username: who, CSRFPreventionToken: state.csrf(who), cap: { vms: {}, nodes: {}, dc: {} }, clustername: 'lab' })
  }
}

/** A recovery key is good once. */
function answers({ tfa }: FakePerson, answer: string): boolean {
  const [, method, value = ''] = /^([a-z0-9]+):(.*)$/s.exec(answer) ?? []
  if (method === 'totp') return tfa?.totp === value
  if (method === 'yubico') return tfa?.yubico === value
  const at = tfa?.recovery?.indexOf(value) ?? -1
  if (method !== 'recovery' || at < 0) return false
  tfa!.recovery!.splice(at, 1)
  return true
}

/** GET /access/permissions: one's own, or with Sys.Audit on /access somebody else's. */
export function permissionsOf(who: string, given: Map<string, string[]>, state: PveState): FakeReply {
  const { userid = who, path } = only(given, ['userid', 'path'])
  if (!/^[^\s:/]+@[A-Za-z][A-Za-z0-9.\-_]+(![A-Za-z][A-Za-z0-9.\-_]+)?$/.test(userid)) throw new Refusal(400, 'Parameter verification failed.', { userid: 'value does not match the regex pattern' })
  if (userid !== who && !userid.startsWith(`${who}!`)) check(state, who, '/access', 'Sys.Audit')
  if (path === undefined) return data(state.effective(userid))
  const here = state.privileges(userid, path)
  return data(here.size === 0 ? {} : { [path]: Object.fromEntries([...here].map(([p, down]) => [p, down ? 1 : 0])) })
}

export function check(state: PveState, who: string, path: string, privilege: string): void {
  if (!state.may(who, path, privilege)) throw new Refusal(403, `Permission check failed (${path}, ${privilege})`)
}
