// Why: what a KVM-VDI dashboard is asked, one function per request; the session above knows no path and no header.
// Source: KVM-VDI client_pools.php, draw_html5_buttons.php, client.php, client_hb.php, client_power.php, logout.php.
import { AppError } from '../../core/errors.ts'
import { formBody } from '../../core/form-body.ts'
import type { CallContext, Credentials, SignInInput } from '../../core/ports/driver.ts'
import type { HttpClient, HttpReply } from '../../core/ports/http.ts'
import type { Redactor } from '../../core/redactor.ts'
import { parseDesktopReply, type DesktopReply } from './desktop-reply.ts'
import { parsePools, type Pool } from './pools-page.ts'

/** The dashboard compares the whole header; with any other it answers as to a browser. */
export const USER_AGENT = 'KVM-VDI client'
const REFUSED = 'LOGIN_FAILURE'
/** What its pages and answers can be, bytes. */
const MAX_PAGE = 4 * 1024 * 1024
const MAX_ANSWER = 256 * 1024

type Engine = 'KVM' | 'OpenStack'
const ASK: Readonly<Record<Engine, string>> = { KVM: '/client.php', OpenStack: '/inc/infrastructure/OpenStack/GetClientConnection.php' }

export class Dashboard {
  readonly #http: HttpClient
  readonly #redactor: Redactor
  #engine: Engine = 'KVM'

  constructor(http: HttpClient, redactor: Redactor) {
    this.#http = http
    this.#redactor = redactor
  }

  /** Errors: auth.rejected, hypervisor.redirect, hypervisor.protocol, hypervisor.unavailable, http.*, tls.* */
  async signIn({ user, password }: Pick<SignInInput, 'user' | 'password'>, ctx: CallContext): Promise<void> {
    const path = '/client_pools.php'
    let reply = await this.#http.request({ method: 'POST', path, body: formBody({ username: user, password }), maxBytes: MAX_PAGE }, ctx)
    if (isRedirect(reply)) {
      // It names the dashboard's own idea of its address, which need not be ours: only the page is taken from it.
      if (!/\/client_pools\.php$/.test(new URL(reply.headers['location'] ?? '', 'https://x.invalid/').pathname)) throw new AppError('hypervisor.redirect', 'the dashboard sent the sign-in to another page')
      reply = await this.#http.request({ method: 'GET', path, maxBytes: MAX_PAGE }, ctx)
    }
    if (reply.status === 200 && reply.text().trim() === REFUSED) throw new AppError('auth.rejected', 'the dashboard does not accept this name and password')
    this.#engine = engineOf(this.#ok(reply))
  }

  async pools(ctx: CallContext): Promise<readonly Pool[]> {
    const reply = await this.#http.request({ method: 'GET', path: '/draw_html5_buttons.php', maxBytes: MAX_PAGE }, ctx)
    const pools = parsePools(this.#ok(reply).text())
    // Nobody's page is as empty as that of a session which is over; the page around it tells them apart.
    if (pools.length === 0) engineOf(this.#ok(await this.#http.request({ method: 'GET', path: '/client_pools.php', maxBytes: MAX_PAGE }, ctx)))
    return pools
  }

  /** @param credentials passed on to the guest if the dashboard starts one now; undefined: no sign-on */
  async desktop(pool: string, credentials: Credentials | undefined, hypervisorAddress: boolean, ctx: CallContext): Promise<DesktopReply> {
    const body = formBody({ pool, protocol: 'SPICE', username: credentials?.user ?? '', password: credentials?.password ?? '', use_hypervisor_address: hypervisorAddress ? '1' : '0' })
    const reply = await this.#http.request({ method: 'POST', path: ASK[this.#engine], body, maxBytes: MAX_ANSWER }, ctx)
    return parseDesktopReply(this.#ok(reply).text(), this.#engine === 'KVM' ? 'name' : 'vm_id', this.#redactor)
  }

  async heartbeat(machine: string, ctx: CallContext): Promise<void> {
    this.#ok(await this.#http.request({ method: 'POST', path: '/client_hb.php', body: formBody({ vmname: machine }), maxBytes: MAX_ANSWER }, ctx))
  }

  async power(vmId: string, action: 'shutdown' | 'destroy', ctx: CallContext): Promise<void> {
    this.#ok(await this.#http.request({ method: 'POST', path: '/client_power.php', body: formBody({ vm: vmId, action }), maxBytes: MAX_ANSWER }, ctx))
  }

  /** Ends the session there. */
  async signOut(ctx: CallContext): Promise<void> {
    await this.#http.request({ method: 'GET', path: '/logout.php?type=client', maxBytes: MAX_PAGE }, ctx)
  }

  /** 200, or why not: without a session the dashboard redirects, to the sign-in page or to its start page with an error. */
  #ok(reply: HttpReply): HttpReply {
    if (reply.status === 200) {
      if (reply.text().trim() === REFUSED) throw ended('it asked for a sign-in')
      return reply
    }
    if (isRedirect(reply)) {
      const to = URL.parse(reply.headers['location'] ?? '', 'https://x.invalid/')
      throw to?.searchParams.get('error') === '1' ? ended('it redirected to its sign-in page') : new AppError('hypervisor.redirect', 'the dashboard redirected to another page')
    }
    if (reply.status === 401 || reply.status === 403) throw new AppError('hypervisor.denied', `the web server answered ${reply.status}`)
    if (reply.status >= 500) throw new AppError('hypervisor.unavailable', `the web server answered ${reply.status}`)
    throw new AppError('hypervisor.protocol', `the web server answered ${reply.status}; is the address right?`)
  }
}

/** Only pages for somebody who is signed in have it. */
function engineOf({ headers }: HttpReply): Engine {
  const engine = headers['kvm-vdi-engine']
  if (engine !== 'KVM' && engine !== 'OpenStack') throw new AppError('hypervisor.protocol', 'this is no KVM-VDI dashboard: its page does not name its engine')
  return engine
}

const isRedirect = (reply: HttpReply): boolean => reply.status >= 300 && reply.status < 400
const ended = (detail: string): AppError => new AppError('hypervisor.session-ended', detail)
