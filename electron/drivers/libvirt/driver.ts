// Why: signing in at a libvirt host: one SSH connection per sign-in, opened as the person or as the device.
import { AppError, toAppError } from '../../core/errors.ts'
import type { Clock } from '../../core/ports/clock.ts'
import type { CallContext, HypervisorDriver, SignInInput, SignInOutcome } from '../../core/ports/driver.ts'
import type { AskPerson, SshConnection, SshConnector, SshTarget } from '../../core/ports/ssh.ts'
import type { Redactor } from '../../core/redactor.ts'
import type { Secret } from '../../core/secret.ts'
import type { LibvirtHost } from '../../../shared/config/endpoint.ts'
import { signInAsking } from './asking.ts'
import { assignmentRule } from './assignment.ts'
import { LibvirtSession } from './session.ts'
import { parseLibvirtUri, type LibvirtUri } from './uri.ts'
import { checkUserName } from './user-name.ts'
import { virshCommands } from './virsh.ts'

export interface LibvirtDriverDeps {
  readonly endpoint: LibvirtHost
  readonly connector: SshConnector
  readonly redactor: Redactor
  readonly clock: Clock
  /** Started with --dev: no_verify is allowed. */
  readonly dev: boolean
}

/** Throws `config.invalid` for a URI or rule that cannot work, so that a mistake shows before anybody signs in. */
export function createLibvirtDriver(deps: LibvirtDriverDeps): HypervisorDriver {
  const { endpoint, connector } = deps
  const uri = parseLibvirtUri(endpoint.uri, { access: endpoint.access, dev: deps.dev })
  const virsh = virshCommands(endpoint.virsh, uri.connectUri)
  assignmentRule(endpoint.desktops, '')

  return {
    kind: endpoint.kind,
    async signIn(input: SignInInput, ctx: CallContext): Promise<SignInOutcome> {
      checkUserName(input.user)
      if (input.password.byteLength === 0) throw new AppError('auth.input', 'the password is empty')
      const person = targetOf(uri, input.user, endpoint.connectSeconds * 1000)
      const work = async (ask: AskPerson, call: CallContext): Promise<LibvirtSession> => {
        // A conversation outlives this call, and may want the password again after the person was asked.
        using password = input.password.clone()
        const connection =
          endpoint.access === 'person'
            ? await connector.connect(person, { kind: 'password', password }, call, ask)
            : await connectAsDevice(connector, person, uri, password, call, ask)
        return new LibvirtSession({ endpoint, connection, virsh, user: input.user, mayUse: assignmentRule(endpoint.desktops, input.user), redactor: deps.redactor, clock: deps.clock })
      }
      return await signInAsking(work, ctx)
    },
    async health(ctx: CallContext): Promise<void> {
      await connector.identify(targetOf(uri, '', endpoint.connectSeconds * 1000), ctx)
    },
  }
}

function targetOf(uri: LibvirtUri, username: string, timeoutMs: number): SshTarget {
  return { host: uri.host, port: uri.port, username, knownHosts: uri.knownHosts ?? '', noVerify: uri.noVerify, timeoutMs }
}

/**
 * The working connection opens while the person's password is checked, because each handshake takes its time. Nothing
 * is done on it before the check succeeded, which may take as long as the person needs for a code. The first failure
 * ends both and is the one reported.
 */
async function connectAsDevice(connector: SshConnector, person: SshTarget, uri: LibvirtUri, password: Secret, ctx: CallContext, ask: AskPerson): Promise<SshConnection> {
  const { user, keyFile } = uri
  if (user === undefined || keyFile === undefined) throw new AppError('config.invalid', 'access: device needs an account and a key file')
  const other = new AbortController()
  const both: CallContext = { signal: AbortSignal.any([ctx.signal, other.signal]), log: ctx.log }
  let first: AppError | undefined
  const watch = async <T>(work: Promise<T>): Promise<T | undefined> => {
    try {
      return await work
    } catch (error) {
      first ??= toAppError(error)
      other.abort()
      return undefined
    }
  }
  const device = async (): Promise<SshConnection> => {
    const connection = await connector.connect({ ...person, username: user }, { kind: 'key', keyFile }, both)
    connection.onClosed((why) => {
      // While the person is asked nobody else would notice. Afterwards it is the session's business.
      if (why) first ??= why
      other.abort()
    })
    return connection
  }
  const [connection] = await Promise.all([
    watch(device()),
    watch(connector.verifyPassword(person, password, both, ask)),
  ])
  if (first === undefined && connection !== undefined) return connection
  connection?.close()
  throw first ?? new AppError('internal.bug', 'a connection ended without a reason')
}
