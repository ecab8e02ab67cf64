import { describe, expect, it } from 'vitest'
import { AppError } from '../../core/errors.ts'
import type { HttpClient, HttpReply, HttpRequest } from '../../core/ports/http.ts'
import { Redactor } from '../../core/redactor.ts'
import { Secret } from '../../core/secret.ts'
import { callContext } from '../../core/testkit.ts'
import { obtainToken, revokeToken } from './sso.ts'

interface Told {
  readonly request: HttpRequest
  readonly body: string
}

function server(...replies: readonly (readonly [number, string])[]): { http: HttpClient; told: Told[] } {
  const told: Told[] = []
  const http: HttpClient = {
    request: (request) => {
      const content = request.body?.content
      told.push({ request, body: typeof content === 'function' ? content().toString('latin1') : (content ?? '') })
      const [status, text] = replies[told.length - 1] ?? [500, '']
      const reply: HttpReply = {
        status, headers: { location: 'https://elsewhere.example/' }, body: Buffer.from(text), text: () => text,
        json: () => {
          try {
            return JSON.parse(text) as unknown
          } catch (cause) {
            throw new AppError('hypervisor.protocol', 'no JSON', { cause })
          }
        },
      }
      return Promise.resolve(reply)
    },
    handshake: () => Promise.resolve(),
    close: () => undefined,
  }
  return { http, told }
}

const redactor = new Redactor()
const ask = async (status: number, body: object | string): Promise<string> => {
  using password = Secret.from('pässwörd & "more"', redactor)
  const { http } = server([status, typeof body === 'string' ? body : JSON.stringify(body)])
  try {
    const token = await obtainToken(http, 'ada@internal', password, redactor, callContext())
    token.dispose()
    return 'a token'
  } catch (e) {
    return (e as AppError).code
  }
}

describe('a token', () => {
  it('is asked for in the body alone', async () => {
    using password = Secret.from('a&b=c d+ü', redactor)
    const { http, told } = server([200, '{"access_token":"abc","token_type":"bearer"}'])
    using token = await obtainToken(http, 'ada@internal', password, redactor, callContext())
    expect(token.use((b) => b.toString())).toBe('abc')
    expect(told[0]).toMatchObject({ request: { method: 'POST', path: '/sso/oauth/token', body: { type: 'application/x-www-form-urlencoded' } }, body: 'grant_type=password&scope=ovirt-app-api&username=ada%40internal&password=a%26b%3Dc+d%2B%C3%BC' })
  })
  it.each([
    ['auth.rejected', 401, { error_code: 'access_denied', error: 'Cannot authenticate user \'ada@internal\': The user name or password is incorrect..' }],
    ['auth.rejected', 400, { error: 'access_denied', error_description: 'Cannot authenticate user' }],
    ['auth.rejected', 200, { error_code: 'access_denied', error: 'Cannot authenticate user' }],
    ['auth.expired', 400, { error_code: 'access_denied', error: 'Unable to log in because the user password has expired.' }],
    ['auth.locked', 400, { error_code: 'access_denied', error: 'Unable to log in because the user account is disabled or locked.' }],
    ['auth.locked', 400, { error_code: 'access_denied', error: 'Unable to log in because the user account has expired.' }],
    ['hypervisor.denied', 400, { error_code: 'access_denied', error: 'The user ada@internal is not authorized to perform login' }],
    ['auth.unsupported', 400, { error_code: 'access_denied', error: 'Password authentication is not supported' }],
    ['hypervisor.protocol', 400, { error_code: 'invalid_scope', error: 'The requested scope is invalid' }],
    ['hypervisor.protocol', 404, '<html>Not Found</html>'],
    ['hypervisor.protocol', 400, { message: 'nothing we know' }],
    ['hypervisor.protocol', 200, '<html>a portal</html>'],
    ['hypervisor.protocol', 200, { access_token: 'with a blank' }],
    ['hypervisor.protocol', 200, {}],
    ['hypervisor.unavailable', 503, '<html>'],
    ['hypervisor.redirect', 302, ''],
  ] as const)('%s for %i %j', async (code, status, body) => expect(await ask(status, body)).toBe(code))
  it('is given back where the engine takes it', async () => {
    using token = Secret.from('abc/=', redactor)
    const { http, told } = server([404, ''], [200, '{}'])
    await revokeToken(http, token, callContext())
    expect(told.map((t) => `${t.request.path} ${t.body}`)).toEqual(['/services/sso-logout scope=ovirt-app-api&token=abc%2F%3D', '/sso/oauth/revoke scope=ovirt-app-api&token=abc%2F%3D'])
  })
})
