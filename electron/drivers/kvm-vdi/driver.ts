// Why: signing in at a KVM-VDI dashboard, as its own thin client does, but with the server's identity proved first.
import { AppError } from '../../core/errors.ts'
import type { Clock } from '../../core/ports/clock.ts'
import type { CallContext, HypervisorDriver, SignInInput, SignInOutcome } from '../../core/ports/driver.ts'
import type { ConfiguredFiles } from '../../core/ports/files.ts'
import type { HttpClient, HttpConnector } from '../../core/ports/http.ts'
import type { Redactor } from '../../core/redactor.ts'
import { trustOf } from '../../core/trust.ts'
import type { KvmVdiHost } from '../../../shared/config/endpoint.ts'
import { Dashboard, USER_AGENT } from './dashboard.ts'
import { KvmVdiSession } from './session.ts'

export interface KvmVdiDriverDeps {
  readonly endpoint: KvmVdiHost
  readonly http: HttpConnector
  readonly files: ConfiguredFiles
  readonly redactor: Redactor
  readonly clock: Clock
}

/** Throws config.invalid for an address that cannot work (http:// without `insecure`), config.untrusted-file for its CA. */
export function createKvmVdiDriver(deps: KvmVdiDriverDeps): HypervisorDriver {
  const { endpoint, files, redactor, clock } = deps
  const trust = trustOf(endpoint.trust, files)
  const open = (): HttpClient =>
    deps.http.client({ base: endpoint.url.replace(/\/+$/, ''), trust, insecure: endpoint.insecure, timeoutMs: endpoint.connectSeconds * 1000, headers: { 'user-agent': USER_AGENT }, cookies: true })
  open().close()

  return {
    kind: endpoint.kind,
    async signIn(input: SignInInput, ctx: CallContext): Promise<SignInOutcome> {
      if (input.user === '' || /[\p{Cc}\p{Cs}\u2028\u2029]/u.test(input.user)) throw new AppError('auth.input', 'the user name is empty or holds a control character')
      if (input.password.byteLength === 0) throw new AppError('auth.input', 'the password is empty')
      const http = open()
      try {
        const dashboard = new Dashboard(http, redactor)
        await dashboard.signIn(input, ctx)
        return { kind: 'signed-in', session: new KvmVdiSession({ endpoint, http, dashboard, clock, user: input.user, kept: input.kept }) }
      } catch (e) {
        http.close()
        throw e
      }
    },
    async health(ctx: CallContext): Promise<void> {
      const http = open()
      try {
        await http.handshake(ctx)
      } finally {
        http.close()
      }
    },
  }
}
