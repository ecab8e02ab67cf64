// Why: a display without a hypervisor's service: an address, or a connection file that something else handed out. There
// is nobody to sign in to, so the sign-in succeeds at once and the one desktop is the display.
import { AppError } from '../../core/errors.ts'
import type { Dialer } from '../../core/ports/dialer.ts'
import type { CallContext, HypervisorDriver } from '../../core/ports/driver.ts'
import type { ConfiguredFiles } from '../../core/ports/files.ts'
import type { TlsTrust } from '../../core/ports/tls.ts'
import type { Redactor } from '../../core/redactor.ts'
import { parseHostSubject } from '../../core/spice/host-subject.ts'
import { trustOf } from '../../core/trust.ts'
import type { SpiceEndpoint } from '../../../shared/config/endpoint.ts'
import { healthOf } from './health.ts'
import { SpiceSession } from './session.ts'
import { parseSpiceUri } from './spice-uri.ts'
import { disposeTarget, type SpiceTarget } from './target.ts'
import { disposeVv, parseVvFile, type VvFile } from './vv-file.ts'

export interface SpiceDriverDeps {
  readonly endpoint: SpiceEndpoint
  readonly files: ConfiguredFiles
  readonly dialer: Dialer
  readonly redactor: Redactor
  /** `latchkey open`: what was read already, in place of the endpoint's file. The driver owns it from now on. */
  readonly opened?: VvFile
}

/** What one connection is made of. `dispose` wipes it, unless it is kept for the next one. */
export interface Place {
  readonly target: SpiceTarget
  readonly title?: string
  /** The password came from a connection file, which is good for a short time only. */
  readonly shortLived: boolean
  dispose(): void
}

/** How to come by a place: made anew for each connection, because tickets and files are replaced meanwhile. */
export interface Places {
  next(): Place
  /** The person has left. */
  end(): void
}

/** Throws `config.invalid` or `config.untrusted-file` for an endpoint that cannot work; a .vv file is read when it is needed. */
export function createSpiceDriver(deps: SpiceDriverDeps): HypervisorDriver {
  const { endpoint } = deps
  const places = placesOf(deps)
  const trust = configuredTrust(deps)
  return {
    kind: endpoint.kind,
    anonymous: true,
    signIn: (_input, ctx: CallContext) => {
      if (ctx.signal.aborted) return Promise.reject(new AppError('cancelled', 'aborted'))
      return Promise.resolve({ kind: 'signed-in', session: new SpiceSession({ label: endpoint.label, places, trust }) })
    },
    health: async (ctx) => {
      await healthOf(places, trust, deps.dialer, ctx)
    },
  }
}

function placesOf({ endpoint, files, redactor, opened }: SpiceDriverDeps): Places {
  if (opened !== undefined) return openedOnce(opened)
  const { file, uri, ticket, subject } = endpoint
  if (file !== undefined) {
    if (ticket !== undefined || subject !== undefined) throw invalid('ticket and subject go with uri; a .vv file brings its own')
    return always(() => {
      const vv = parseVvFile(files.text(file), file, redactor)
      return { ...placeOf(vv), dispose: () => disposeVv(vv) }
    })
  }
  if (uri === undefined) throw invalid('give either uri or file')
  const target = parseSpiceUri(uri, redactor)
  if (target.password !== undefined) {
    disposeTarget(target)
    throw invalid('a password does not belong into the uri of a configuration; name a file with ticket')
  }
  const whole: SpiceTarget = { ...target, ...(subject !== undefined && { subject: checkedSubject(subject) }) }
  return always(() => {
    const password = ticket === undefined ? undefined : files.secret(ticket)
    return { target: { ...whole, ...(password !== undefined && { password }) }, shortLived: false, dispose: () => password?.dispose() }
  })
}

const always = (next: () => Place): Places => ({ next, end: () => undefined })

/** A file that was opened serves until the person leaves: a second connection within its time is not refused by us. */
function openedOnce(vv: VvFile): Places {
  let over = false
  return {
    next: () => {
      if (over) throw new AppError('vv.missing', `${vv.where} was used and forgotten`)
      return { ...placeOf(vv), dispose: () => undefined }
    },
    end: () => {
      over = true
      disposeVv(vv)
    },
  }
}

function placeOf(vv: VvFile): Omit<Place, 'dispose'> {
  return { target: vv.target, ...(vv.title !== undefined && { title: vv.title }), shortLived: vv.target.password !== undefined }
}

function checkedSubject(subject: string): string {
  const parts = parseHostSubject(subject)
  if ('message' in parts) throw invalid(`subject: ${parts.message}`)
  return subject
}

function invalid(what: string): AppError {
  return new AppError('config.invalid', what, { params: { what } })
}

/** undefined: what the target brings counts, else the system's authorities. */
function configuredTrust({ endpoint, files }: SpiceDriverDeps): TlsTrust | undefined {
  const { ca, sha256 } = endpoint.trust
  return ca === undefined && sha256 === undefined ? undefined : trustOf(endpoint.trust, files)
}
