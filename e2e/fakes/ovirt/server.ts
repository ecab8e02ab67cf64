// Why: an oVirt engine that behaves as the documentation says one does: it checks method, path, headers, content type and
// token, ends tokens and tickets when their time is over, and refuses everything a real one would.
import { FakeHttpServer, type FakeReply, type FakeRequest } from '../http-server.ts'
import { api, type ApiOptions } from './api.ts'
import { logout, token, type SsoOptions } from './sso.ts'
import { EngineState } from './state.ts'
import { page } from './wire.ts'

export interface EngineOptions extends Partial<ApiOptions>, Partial<SsoOptions> {
  /** PEM of the engine's own authority, which also signs the hosts' certificates. */
  readonly ca?: string
}

export class FakeEngine {
  readonly state = new EngineState()
  readonly http: FakeHttpServer
  readonly #o: EngineOptions

  /** @param identity PEM of the engine's certificate and key */
  constructor(identity: { readonly key: string; readonly cert: string }, options: EngineOptions = {}) {
    this.#o = options
    this.http = new FakeHttpServer((r) => this.#answer(r), identity)
  }

  /** Where the engine is, as IT configures it. */
  get url(): string {
    return `https://127.0.0.1:${this.http.port}/ovirt-engine`
  }

  #answer(request: FakeRequest): FakeReply {
    const { path } = request
    if (path === '/ovirt-engine/sso/oauth/token') return token(request, this.state, { rfcErrors: this.#o.rfcErrors ?? false })
    if (path === '/ovirt-engine/services/sso-logout') return logout(request, this.state)
    // Administration guide: the health page, without a sign-in
    if (path === '/ovirt-engine/services/health') return { status: 200, headers: { 'Content-Type': 'text/html;charset=UTF-8' }, body: 'DB Up!Welcome to Health Status!' }
    // #obtaining-the-ca-certificate
    if (path === '/ovirt-engine/services/pki-resource') {
      if (request.query.get('resource') !== 'ca-certificate' || request.query.get('format') !== 'X509-PEM-CA') return page(404, 'Not Found')
      return { status: 200, headers: { 'Content-Type': 'application/x-x509-ca-cert' }, body: this.#o.ca ?? '' }
    }
    if (path === '/ovirt-engine/api' || path.startsWith('/ovirt-engine/api/')) return api(request, this.state, { xml: false, withoutFile: false, version: '4.5', ...this.#o })
    return page(404, 'Not Found')
  }
}
