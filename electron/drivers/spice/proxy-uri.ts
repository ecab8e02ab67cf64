// Why: the proxy of a .vv file may carry a name and a password, which become a Secret before anything else is done.
import type { Redactor } from '../../core/redactor.ts'
import { Secret } from '../../core/secret.ts'

export interface ProxyTarget {
  /** https: the proxy itself is spoken to by TLS. */
  readonly tls: boolean
  readonly host: string
  readonly port: number
  /** Value of Proxy-Authorization (RFC 7617). */
  readonly authorization?: Secret
}

/** spice-gtk's defaults for a proxy without a port: those of squid. */
const DEFAULT_PORTS = { http: 3128, https: 3129 } as const

/** `http[s]://[user[:password]@]host[:port][/]`, or a sentence that does not quote it. */
export function parseProxyUri(text: string, redactor: Redactor): ProxyTarget | { readonly message: string } {
  const parts = /^(?:(https?):\/\/)?(?:([^@/?#]*)@)?(?:\[([0-9a-f:.]+)\]|([\w.-]+))(?::([0-9]{1,5}))?\/?$/i.exec(text)
  if (parts === null) return { message: 'the proxy is written http://[user:password@]host[:port]' }
  const scheme = (parts[1] ?? 'http').toLowerCase() as 'http' | 'https'
  const port = parts[5] === undefined ? DEFAULT_PORTS[scheme] : Number(parts[5])
  if (port < 1 || port > 65_535) return { message: `${port} is no port` }
  const base = { tls: scheme === 'https', host: parts[3] ?? parts[4]!, port }
  if (parts[2] === undefined) return base
  const colon = parts[2].indexOf(':')
  const decoded = decodeAll(colon < 0 ? [parts[2], ''] : [parts[2].slice(0, colon), parts[2].slice(colon + 1)])
  if (decoded === undefined) return { message: 'name or password of the proxy: a % is not followed by two hexadecimal digits, or a control character is encoded' }
  if (decoded[0]!.includes(':')) return { message: 'the name for the proxy contains a colon, which HTTP cannot carry' }
  return { ...base, authorization: Secret.from(`Basic ${Buffer.from(decoded.join(':'), 'utf8').toString('base64')}`, redactor) }
}

function decodeAll(texts: readonly string[]): readonly string[] | undefined {
  try {
    const decoded = texts.map((t) => decodeURIComponent(t))
    return decoded.some((t) => /\p{Cc}/u.test(t)) ? undefined : decoded
  } catch {
    return undefined
  }
}
