// Why: spice:// addresses as spice-gtk reads them, so that what works in remote-viewer works here, and what cannot work
// is refused with a sentence instead of a failed connection.
// Forms: spice://[user@]host[:port][?port=;tls-port=;password=] · spice+tls://host:port · spice+unix:///path
import { didYouMean } from '../../../shared/did-you-mean.ts'
import { AppError } from '../../core/errors.ts'
import type { Redactor } from '../../core/redactor.ts'
import { Secret } from '../../core/secret.ts'
import type { SpiceTarget } from './target.ts'

const SCHEMES = ['spice', 'spice+tls', 'spice+unix']
const PARAMETERS = ['port', 'tls-port', 'password']

/**
 * Throws `config.invalid`; the message never quotes the URI, which may hold a password. The password of the query is a
 * Secret owned by the caller.
 */
export function parseSpiceUri(text: string, redactor: Redactor): SpiceTarget {
  if (/[\s\p{Cc}]/u.test(text)) throw invalid('it contains a blank or a control character')
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase()
  if (scheme === undefined) throw invalid('it is written spice://HOST:PORT, spice+tls://HOST:PORT or spice+unix:///PATH')
  const rest = text.slice(scheme.length + 3)
  switch (scheme) {
    case 'spice+unix':
      return unix(rest)
    case 'spice':
    case 'spice+tls':
      return host(rest, scheme === 'spice+tls', redactor)
    default:
      throw invalid(`the scheme is not one of ${SCHEMES.join(', ')}${hint(scheme, SCHEMES)}`)
  }
}

function unix(rest: string): SpiceTarget {
  if (/[?#]/.test(rest)) throw invalid('spice+unix takes a path and nothing else; a ? or # in it is written %3F or %23')
  const path = decode(rest)
  if (!path.startsWith('/')) throw invalid('spice+unix needs an absolute path: spice+unix:///run/display.sock')
  return { unixPath: path }
}

function host(rest: string, tls: boolean, redactor: Redactor): SpiceTarget {
  const parts = /^([^/?#;]*)\/?(?:[?;]([^#]*))?(#.*)?$/.exec(rest)
  if (parts === null) throw invalid('a SPICE address has no path')
  const [, authority = '', query = '', fragment] = parts
  if (fragment !== undefined) throw invalid('it has no #fragment; write %23 for the character')
  const where = parseAuthority(authority)
  const given = parseQuery(query)
  const port = portOf('port', given.get('port'))
  const tlsPort = portOf('tls-port', given.get('tls-port'))
  if (tls && (port !== undefined || tlsPort !== undefined)) throw invalid('spice+tls takes its port after the host, not in the query')
  if (where.port !== undefined && port !== undefined) throw invalid('the port is given twice, after the host and in the query')
  const plain = tls ? undefined : (where.port ?? port)
  const secure = tls ? where.port : tlsPort
  if (plain === undefined && secure === undefined) throw invalid(tls ? 'the port is missing: spice+tls://HOST:PORT' : 'it names neither a port nor a tls-port')
  const password = given.get('password')
  return {
    host: where.host,
    ...(where.user !== undefined && { user: where.user }),
    ...(plain !== undefined && { port: plain }),
    ...(secure !== undefined && { tlsPort: secure }),
    ...(password !== undefined && password !== '' && { password: Secret.from(password, redactor) }),
  }
}

function parseAuthority(authority: string): { user: string | undefined; host: string; port: number | undefined } {
  const at = authority.lastIndexOf('@')
  const user = at < 0 ? undefined : decode(authority.slice(0, at))
  if (user !== undefined && user.includes(':')) throw invalid('a password does not stand before the @')
  const where = /^(?:\[([0-9a-f:.]+(?:%25[\w.-]+)?)\]|([^:[\]]+))(?::([0-9]+))?$/i.exec(authority.slice(at + 1))
  if (where === null) throw invalid('the host is missing or malformed; an IPv6 address goes into brackets: [2001:db8::1]')
  const host = decode(where[1] ?? where[2]!)
  if (!/^[\w.:%-]+$/.test(host) || host.startsWith('-')) throw invalid('the host is no name and no address')
  return { user: user === '' ? undefined : user, host, port: portOf('port', where[3]) }
}

/** Separated by & or ; ; a key we do not know, or one given twice, is a mistake as it is for spice-gtk. */
function parseQuery(query: string): ReadonlyMap<string, string> {
  const out = new Map<string, string>()
  for (const pair of query.split(/[&;]/)) {
    if (pair === '') continue
    const eq = pair.indexOf('=')
    const name = decode(eq < 0 ? pair : pair.slice(0, eq))
    if (!PARAMETERS.includes(name)) throw invalid(`a key of the query is not one of ${PARAMETERS.join(', ')}${hint(name, PARAMETERS)}`)
    if (eq < 0) throw invalid(`"${name}" has no value`)
    if (out.has(name)) throw invalid(`"${name}" is given twice`)
    out.set(name, decode(pair.slice(eq + 1)))
  }
  return out
}

function portOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : 0
  if (port < 1 || port > 65_535) throw invalid(`"${name}" is no port from 1 to 65535`)
  return port
}

function decode(text: string): string {
  let out
  try {
    out = decodeURIComponent(text)
  } catch (cause) {
    throw new AppError('config.invalid', 'spice uri: a % is not followed by two hexadecimal digits of UTF-8', { cause })
  }
  if (/\p{Cc}/u.test(out)) throw invalid('it encodes a control character')
  return out
}

function hint(word: string, known: readonly string[]): string {
  const near = didYouMean(word, known)
  return near === undefined ? '' : `; did you mean "${near}"?`
}

function invalid(what: string): AppError {
  return new AppError('config.invalid', `spice uri: ${what}`, { params: { what } })
}
