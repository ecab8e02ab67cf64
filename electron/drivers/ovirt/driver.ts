// Why: signing in at an oVirt or RHV engine: its identity is proved by the first connection, then a token is asked for
// with the person's name and password, then the API is asked whether it lets this person in.
import { AppError } from '../../core/errors.ts'
import type { Clock } from '../../core/ports/clock.ts'
import type { CallContext, Credentials, HypervisorDriver, SignInInput, SignInOutcome } from '../../core/ports/driver.ts'
import type { ConfiguredFiles } from '../../core/ports/files.ts'
import type { HttpClient, HttpConnector } from '../../core/ports/http.ts'
import type { Redactor } from '../../core/redactor.ts'
import { trustOf } from '../../core/trust.ts'
import type { OvirtHost } from '../../../shared/config/endpoint.ts'
import { EngineApi } from './api.ts'
import type { Meanings } from './faults.ts'
import { loginName } from './login-name.ts'
import { checked, Entry } from './model.ts'
import { OvirtSession } from './session.ts'
import { obtainToken } from './sso.ts'

export interface OvirtDriverDeps {
  readonly endpoint: OvirtHost
  readonly http: HttpConnector
  readonly files: ConfiguredFiles
  readonly redactor: Redactor
  readonly clock: Clock
}

/** Of the API's entry: whoever has a token but no role at all is refused here. */
const ENTRY: Meanings = { notFound: 'hypervisor.protocol', otherwise: 'hypervisor.protocol' }

/** Throws config.invalid for an address that cannot work, config.untrusted-file for its CA. */
export function createOvirtDriver(deps: OvirtDriverDeps): HypervisorDriver {
  const { endpoint, files, redactor, clock } = deps
  const trust = trustOf(endpoint.trust, files)
  const open = (): HttpClient => deps.http.client({ base: baseOf(endpoint.url), trust, timeoutMs: endpoint.connectSeconds * 1000 })
  open().close()

  return {
    kind: endpoint.kind,
    async signIn(input: SignInInput, ctx: CallContext): Promise<SignInOutcome> {
      const name = loginName(input.user, endpoint.domains)
      if (input.password.byteLength === 0) throw new AppError('auth.input', 'the password is empty')
      const http = open()
      let api: EngineApi | undefined
      try {
        const token = await obtainToken(http, name, input.password, redactor, ctx)
        let greeted = false
        // A new token for somebody who has no rights would have none either.
        api = new EngineApi({ http, name, kept: () => (greeted ? input.kept() : undefined), redactor, token })
        await greet(api, ctx)
        greeted = true
        const isMine = (given: Credentials): boolean => loginName(given.user, endpoint.domains) === name
        return { kind: 'signed-in', session: new OvirtSession({ endpoint, api, clock, redactor, isMine }) }
      } catch (e) {
        // The token was given: whoever is not let in with it must not leave it behind. The caller may have given up.
        if (api !== undefined) await api.close({ signal: new AbortController().signal, log: ctx.log })
        else http.close()
        throw e
      }
    },
    async health(ctx: CallContext): Promise<void> {
      const http = open()
      try {
        await http.handshake(ctx)
        await alive(http, ctx)
      } finally {
        http.close()
      }
    },
  }
}

/**
 * A web server in front can prove who it is while the engine behind it is down. The engine's own health page needs no
 * sign-in: oVirt administration guide, https://ENGINE/ovirt-engine/services/health. One that has none is no trouble.
 */
async function alive(http: HttpClient, ctx: CallContext): Promise<void> {
  const { status } = await http.request({ method: 'GET', path: '/services/health', maxBytes: 64 * 1024 }, ctx)
  if (status >= 500) throw new AppError('hypervisor.unavailable', `the engine's health page: status ${status}`)
}

/** Source: https://ovirt.github.io/ovirt-engine-api-model/4.4/#services-system (GET: product_info) */
async function greet(api: EngineApi, ctx: CallContext): Promise<void> {
  let entry
  try {
    entry = checked(Entry, await api.get('', ENTRY, ctx), 'entry of the API')
  } catch (e) {
    // A token that was given a moment ago is not old: the engine gives tokens to people who have no right to anything.
    if (e instanceof AppError && e.code === 'hypervisor.session-ended') throw new AppError('hypervisor.denied', 'the engine signed the person in and lets them do nothing: no role at all?', { cause: e })
    throw e
  }
  const { name = '', version } = entry.product_info
  ctx.log.info('signed in at an engine', { comp: 'ovirt', product: name.slice(0, 100), version: version?.full_version?.slice(0, 100) })
}

/** IT may write the API's address, as the engine's own tools want it. */
function baseOf(url: string): string {
  return url.replace(/\/+$/, '').replace(/\/api$/, '')
}
