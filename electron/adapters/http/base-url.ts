// Why: a client speaks to one configured address and nothing else. Whatever a driver puts together (an identity that a
// server once sent, say), the request must stay below that address.
import { AppError } from '../../core/errors.ts'

export interface BaseUrl {
  readonly tls: boolean
  /** Without the brackets of an IPv6 address. */
  readonly host: string
  readonly port: number
  /** scheme://host:port, as undici wants it. */
  readonly origin: string
  /** '' or '/path' without a slash at its end. */
  readonly path: string
}

/** Throws config.invalid with a sentence for IT. */
export function parseBase(text: string, insecure: boolean): BaseUrl {
  const invalid = (why: string): AppError => new AppError('config.invalid', `${quoted(text)} ${why}`)
  const url = URL.parse(text)
  if (url === null || !/^https?:\/\//i.test(text)) throw invalid('is no address; write https://host.example.com/path')
  if (url.protocol === 'http:' && !insecure) throw invalid('is http, which would send passwords in clear; write https')
  if (url.username !== '' || url.password !== '') throw invalid('holds a user name or password; the address alone belongs here')
  if (url.search !== '' || url.hash !== '') throw invalid('must end before ? or #')
  const tls = url.protocol === 'https:'
  return {
    tls,
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? (tls ? 443 : 80) : Number(url.port),
    origin: url.origin,
    path: url.pathname.replace(/\/+$/, ''),
  }
}

/** What is sent as the request target. Throws internal.bug for a path that is not, or may not stay, below the base. */
export function targetOf(base: BaseUrl, path: string): string {
  const target = base.path + path
  const bug = (why: string): AppError => new AppError('internal.bug', `the path of a request ${why}`)
  if (!path.startsWith('/') || target.startsWith('//')) throw bug('does not begin with one slash')
  if (!/^[\x21\x24-\x5b\x5d-\x7e]+$/.test(path)) throw bug('is not encoded')
  const [plain = ''] = target.split('?')
  let decoded: string
  try {
    decoded = decodeURIComponent(plain)
  } catch {
    throw bug('has a percent sign that encodes nothing')
  }
  // Servers differ in what they decode before they resolve `..`, and some cut `;parameters` off first.
  if (decoded.split(/[/\\]/).some((s) => /^\.\.?(;.*)?$/s.test(s))) throw bug('climbs')
  return target
}

function quoted(text: string): string {
  // A password in an address must not come into the log by way of the message that refuses it.
  return `"${text.slice(0, 200).replace(/\/\/[^/@]*@/, '//…@')}"`
}
