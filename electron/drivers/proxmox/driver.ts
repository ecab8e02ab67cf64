// Why: signing in at a Proxmox VE cluster: the node's identity is proved by the first connection, then a ticket is asked
// for with the person's name and password, and with a second step where the account has one.
import { AppError } from '../../core/errors.ts'
import type { Clock } from '../../core/ports/clock.ts'
import type { CallContext, HypervisorDriver, SignInInput, SignInOutcome } from '../../core/ports/driver.ts'
import type { ConfiguredFiles } from '../../core/ports/files.ts'
import type { HttpClient, HttpConnector } from '../../core/ports/http.ts'
import type { SshConnector } from '../../core/ports/ssh.ts'
import type { Redactor } from '../../core/redactor.ts'
import type { Secret } from '../../core/secret.ts'
import { trustOf } from '../../core/trust.ts'
import type { ProxmoxHost } from '../../../shared/config/endpoint.ts'
import { PveApi } from './api.ts'
import { isToken, TicketAuth, TokenAuth, type Auth } from './auth.ts'
import { READ, replyError } from './faults.ts'
import { loginName, type LoginName } from './login-name.ts'
import { checkSshWay, NodeSsh } from './node-ssh.ts'
import { answerOf, challengeOf } from './second-factor.ts'
import { ProxmoxSession } from './session.ts'
import { askTicket, disposeTicket, type Ticket } from './sign-in.ts'

export interface ProxmoxDriverDeps {
  readonly endpoint: ProxmoxHost
  readonly http: HttpConnector
  readonly files: ConfiguredFiles
  /** For `signOn.ssh`. */
  readonly connector: SshConnector
  readonly redactor: Redactor
  readonly clock: Clock
  /** Started with --dev: no_verify is allowed. */
  readonly dev: boolean
}

interface SignIn {
  readonly http: HttpClient
  readonly person: LoginName
  readonly kept: SignInInput['kept']
}

/** Throws config.invalid for an address, a token or an SSH way that cannot work, config.untrusted-file for a file of them. */
export function createProxmoxDriver(deps: ProxmoxDriverDeps): HypervisorDriver {
  const { endpoint, files, redactor, clock } = deps
  const { ssh } = endpoint.signOn
  const trust = trustOf(endpoint.trust, files)
  const open = (): HttpClient => deps.http.client({ base: endpoint.url.replace(/\/+$/, ''), trust, timeoutMs: endpoint.connectSeconds * 1000 })
  open().close()
  if (endpoint.token !== undefined) readToken(endpoint.token, files).dispose()
  if (ssh !== undefined) checkSshWay(ssh, deps.dev)

  const opened = (s: SignIn, ticket: Ticket, ctx: CallContext): SignInOutcome => {
    const person = { ...s.person, userid: ticket.userid }
    let auth: Auth
    // The session comes after what it signs its requests with.
    const box: { session?: ProxmoxSession } = {}
    if (endpoint.token === undefined) auth = new TicketAuth({ http: s.http, redactor, clock, log: ctx.log, kept: s.kept, onEnded: (why) => box.session?.ended(why) }, ticket)
    else {
      // The person was checked; nothing more is done in their name.
      disposeTicket(ticket)
      auth = new TokenAuth(readToken(endpoint.token, files))
    }
    const api = new PveApi(s.http, auth)
    const nodes = ssh === undefined ? undefined : new NodeSsh(ssh, deps.connector, deps.dev, endpoint.connectSeconds * 1000)
    box.session = new ProxmoxSession({ endpoint, api, clock, redactor, person, byToken: endpoint.token !== undefined, ssh: nodes })
    ctx.log.info('signed in at a cluster', { comp: 'proxmox', byToken: endpoint.token !== undefined })
    return { kind: 'signed-in', session: box.session }
  }

  const challenged = (s: SignIn, half: Ticket, factors: NonNullable<Ticket['factors']>): SignInOutcome => {
    const forget = (): void => {
      disposeTicket(half)
      s.http.close()
    }
    return {
      kind: 'challenge',
      challenge: challengeOf(factors),
      async answer(answer: Secret, ctx: CallContext): Promise<SignInOutcome> {
        try {
          const ticket = await askTicket(s.http, { userid: half.userid, password: answerOf(factors, answer), challenge: half.ticket }, redactor, ctx)
          disposeTicket(half)
          return next(s, ticket, ctx)
        } catch (e) {
          forget()
          throw e
        }
      },
      cancel: forget,
    }
  }

  const next = (s: SignIn, ticket: Ticket, ctx: CallContext): SignInOutcome => (ticket.factors === undefined ? opened(s, ticket, ctx) : challenged(s, ticket, ticket.factors))

  return {
    kind: endpoint.kind,
    async signIn(input: SignInInput, ctx: CallContext): Promise<SignInOutcome> {
      const person = loginName(input.user, endpoint.realm)
      if (input.password.byteLength === 0) throw new AppError('auth.input', 'the password is empty')
      const http = open()
      try {
        return next({ http, person, kept: input.kept }, await askTicket(http, { userid: person.userid, password: input.password }, redactor, ctx), ctx)
      } catch (e) {
        http.close()
        throw e
      }
    },
    async health(ctx: CallContext): Promise<void> {
      const http = open()
      try {
        await http.handshake(ctx)
        // The realms are told to everybody, and come from the cluster's own file system: api-viewer, GET /access/domains.
        const reply = await http.request({ method: 'GET', path: '/api2/json/access/domains', maxBytes: 256 * 1024 }, ctx)
        if (reply.status >= 500) throw replyError(reply, 'GET /access/domains', READ)
      } finally {
        http.close()
      }
    },
  }
}

function readToken(path: string, files: ConfiguredFiles): Secret {
  const token = files.secret(path)
  if (isToken(token)) return token
  token.dispose()
  const what = `${path} holds no API token; it is written USER@REALM!NAME=SECRET`
  throw new AppError('config.invalid', what, { params: { what } })
}
