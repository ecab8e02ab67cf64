// Why: a .vv file and a URI say the same few things about a display; what follows from them (which way each channel
// goes, whose certificate is believed) is decided once, here.
// Differences from virt-viewer, all on the safe side: with a TLS port, TLS is not waited for until the plain port refuses;
// a host subject that is given must match even where the name of the host would; the trust IT configured beats a file's.
import { AppError } from '../../core/errors.ts'
import type { ConsoleGrant, Hop } from '../../core/ports/driver.ts'
import type { TlsTrust } from '../../core/ports/tls.ts'
import type { Secret } from '../../core/secret.ts'
import type { ProxyTarget } from './proxy-uri.ts'

export interface SpiceTarget {
  /** A socket of this device instead of a host. */
  readonly unixPath?: string
  /** Without the brackets of an IPv6 address; behind a proxy perhaps a name only the proxy understands. */
  readonly host?: string
  readonly port?: number
  readonly tlsPort?: number
  readonly user?: string
  /** Owned by whoever holds the target. */
  readonly password?: Secret
  /** PEM */
  readonly ca?: string
  readonly subject?: string
  readonly proxy?: ProxyTarget
  /** Channel types that must go by TLS; 'all' or absent: all of them where there is a TLS port. */
  readonly secureChannels?: readonly number[] | 'all'
  /** Channel types that are not to be opened. */
  readonly disabledChannels?: readonly number[]
}

export interface GrantOptions {
  /** What IT configured; takes the place of the target's CA. The target's host subject is kept unless this has one. */
  readonly trust?: TlsTrust
  /** Takes the place of the target's password. */
  readonly ticket?: Secret
}

/**
 * How the display is reached. Ticket and proxy authorization are copies that belong to the grant.
 * Errors: config.invalid where the target contradicts itself (the parsers refuse such targets already).
 */
export function targetToGrant(target: SpiceTarget, options: GrantOptions = {}): ConsoleGrant {
  // Before anything is copied: a target that is refused leaves no secret behind.
  waysOf(target, options.trust)
  const ways = waysOf(owning(target), options.trust)
  const password = options.ticket ?? target.password
  const ticket = password === undefined || password.byteLength === 0 ? undefined : password.clone()
  const refused = target.disabledChannels ?? []
  return { ...ways, ...(refused.length > 0 && { disabled: refused }), ticket, ticketKind: ticket === undefined ? 'none' : 'fixed' }
}

function owning(target: SpiceTarget): SpiceTarget {
  const { proxy } = target
  return proxy?.authorization === undefined ? target : { ...target, proxy: { ...proxy, authorization: proxy.authorization.clone() } }
}

function waysOf(target: SpiceTarget, configured: TlsTrust | undefined): Pick<ConsoleGrant, 'hops' | 'secure'> {
  if (target.unixPath !== undefined) return { hops: [{ via: 'unix', path: target.unixPath }] }
  const { host, port, tlsPort, secureChannels } = target
  if (host === undefined) throw new AppError('config.invalid', 'the display has no host')
  const plain = port === undefined ? undefined : reach(target, host, port)
  if (tlsPort === undefined) {
    if (plain === undefined) throw new AppError('config.invalid', 'the display has neither a port nor a TLS port')
    if (secureChannels === 'all' || (secureChannels?.length ?? 0) > 0) throw new AppError('config.invalid', 'channels must go by TLS and there is no TLS port')
    return { hops: plain }
  }
  const tls: readonly Hop[] = [...reach(target, host, tlsPort), { via: 'tls', host, trust: trustOf(target, configured) }]
  if (plain === undefined || secureChannels === undefined || secureChannels === 'all' || secureChannels.length === 0) return { hops: tls }
  return { hops: plain, secure: { hops: tls, channels: secureChannels } }
}

/** The way to a port of the display's host, directly or through the proxy. */
function reach({ proxy }: SpiceTarget, host: string, port: number): readonly Hop[] {
  if (proxy === undefined) return [{ via: 'tcp', host, port }]
  const authority = `${host.includes(':') && /^[0-9a-f:.]+$/i.test(host) ? `[${host}]` : host}:${port}`
  return [
    { via: 'tcp', host: proxy.host, port: proxy.port },
    // The proxy's own certificate has nothing to do with the display's CA.
    ...(proxy.tls ? [{ via: 'tls', host: proxy.host, trust: {} } as const] : []),
    { via: 'http-connect', target: authority, ...(proxy.authorization !== undefined && { authorization: proxy.authorization }) },
  ]
}

function trustOf(target: SpiceTarget, configured: TlsTrust | undefined): TlsTrust {
  const subject = configured?.subject ?? target.subject
  const ca = configured?.ca ?? (configured?.sha256 === undefined ? target.ca : undefined)
  return { ...(ca !== undefined && { ca }), ...(configured?.sha256 !== undefined && { sha256: configured.sha256 }), ...(subject !== undefined && { subject }) }
}

/** Wipes what the target holds. */
export function disposeTarget(target: SpiceTarget): void {
  target.password?.dispose()
  target.proxy?.authorization?.dispose()
}
