// Why: one libvirt URI holds everything about the way to a hypervisor, in the spelling that administrators know from
// virsh. A parameter we do not know is an error, not ignored: a mistyped `known_hosts` would otherwise unpin the host.
// Format: https://libvirt.org/uri.html and https://libvirt.org/remote.html (extra parameters).
import { editDistance } from '../../../shared/did-you-mean.ts'
import { AppError } from '../../core/errors.ts'

export interface LibvirtUri {
  /** Without the brackets of an IPv6 address. */
  readonly host: string
  readonly port: number
  /** Account of the working connection for access: device; with access: person the person's name is used instead. */
  readonly user: string | undefined
  /** Absolute path of the device's private key. */
  readonly keyFile: string | undefined
  /** Absolute path of the known_hosts file. */
  readonly knownHosts: string | undefined
  /** What virsh connects to on the hypervisor itself, e.g. qemu:///system. */
  readonly connectUri: string
  /** --dev only. */
  readonly noVerify: boolean
}

export interface UriRules {
  readonly access: 'person' | 'device'
  readonly dev: boolean
}

const SCHEMES = ['qemu+ssh', 'qemu+libssh2', 'qemu+libssh']
const PARAMETERS = ['keyfile', 'known_hosts', 'socket', 'no_verify']
const DEFAULT_PORT = 22

/** Throws `config.invalid` with a sentence; the URI itself holds no secret and may be quoted. */
export function parseLibvirtUri(text: string, rules: UriRules): LibvirtUri {
  if (/[\s\p{Cc}]/u.test(text)) throw invalid('the URI contains a blank or a control character')
  const parts = /^([a-z0-9+.-]+):\/\/([^/?#]*)(\/[^?#]*)?(?:\?([^#]*))?(#.*)?$/i.exec(text)
  if (parts === null) throw invalid('not a libvirt URI; expected qemu+ssh://USER@HOST/system?keyfile=…&known_hosts=…')
  const [, scheme = '', authority = '', path = '', query = '', fragment] = parts
  if (!SCHEMES.includes(scheme.toLowerCase())) throw invalid(`the scheme "${scheme}" is not supported; use qemu+ssh${suggest(scheme, SCHEMES)}`)
  if (fragment !== undefined) throw invalid('a libvirt URI has no #fragment; write %23 for the character')
  if (path !== '/system') throw invalid(`the path must be /system, not "${path}": desktops belong to the system instance`)
  const { user, host, port } = parseAuthority(authority)
  const given = parseQuery(query)

  const noVerify = flag(given.get('no_verify'))
  if (noVerify && !rules.dev) throw invalid('no_verify would accept any host; it is refused outside --dev. Put the host key into a known_hosts file')
  const keyFile = filePath('keyfile', given.get('keyfile'))
  const knownHosts = filePath('known_hosts', given.get('known_hosts'))
  const socket = filePath('socket', given.get('socket'))
  if (knownHosts === undefined && !noVerify) throw invalid('known_hosts is missing: name the file that holds the host key, e.g. known_hosts=/etc/latchkey/known_hosts')
  if (rules.access === 'device' && keyFile === undefined) throw invalid('access: device needs keyfile=/path/of/the/private/key')
  if (rules.access === 'device' && user === undefined) throw invalid('access: device needs the account before the host: qemu+ssh://USER@HOST/system')
  return {
    host,
    port,
    user,
    keyFile,
    knownHosts,
    connectUri: socket === undefined ? 'qemu:///system' : `qemu+unix:///system?socket=${encodeURIComponent(socket)}`,
    noVerify,
  }
}

function parseAuthority(authority: string): { user: string | undefined; host: string; port: number } {
  const at = authority.lastIndexOf('@')
  const userText = at < 0 ? undefined : decode(authority.slice(0, at))
  if (userText !== undefined && userText.includes(':')) throw invalid('a password does not belong into the URI')
  if (userText !== undefined && !/^[^\s\p{Cc}-][^\s\p{Cc}]*$/u.test(userText)) throw invalid('the account name before the @ is empty or not usable')
  const where = /^(?:\[([0-9a-f:.]+(?:%25[\w.-]+)?)\]|([^:[\]]+))(?::([0-9]{1,5}))?$/i.exec(authority.slice(at + 1))
  if (where === null) throw invalid('the host is missing or malformed; an IPv6 address goes into brackets: [2001:db8::1]')
  const host = decode(where[1] ?? where[2]!)
  if (!/^[\w.:%-]+$/.test(host) || host.startsWith('-')) throw invalid(`"${host}" is not a host name`)
  const port = where[3] === undefined ? DEFAULT_PORT : Number(where[3])
  if (port < 1 || port > 65_535) throw invalid(`${port} is not a port`)
  return { user: userText, host, port }
}

/** `+` stays a plus: these are paths, not form fields. */
function parseQuery(query: string): Map<string, string> {
  const out = new Map<string, string>()
  for (const pair of query.split(/[&;]/)) {
    if (pair === '') continue
    const eq = pair.indexOf('=')
    const name = decode(eq < 0 ? pair : pair.slice(0, eq))
    if (!PARAMETERS.includes(name)) throw invalid(`unknown parameter "${name}"${suggest(name, PARAMETERS)}`)
    if (out.has(name)) throw invalid(`the parameter "${name}" is given twice`)
    out.set(name, eq < 0 ? '' : decode(pair.slice(eq + 1)))
  }
  return out
}

function flag(value: string | undefined): boolean {
  if (value === undefined || value === '0') return false
  if (value === '1') return true
  throw invalid('no_verify is 0 or 1')
}

function filePath(name: string, value: string | undefined): string | undefined {
  if (value === undefined) return undefined
  if (!value.startsWith('/') || /[\p{Cc}]/u.test(value)) throw invalid(`${name} must be an absolute path`)
  return value
}

function decode(text: string): string {
  try {
    const out = decodeURIComponent(text)
    if (/\p{Cc}/u.test(out)) throw invalid('the URI encodes a control character')
    return out
  } catch (e) {
    throw e instanceof AppError ? e : invalid('a % in the URI is not followed by two hexadecimal digits of UTF-8')
  }
}

function suggest(word: string, known: readonly string[]): string {
  const plain = (s: string) => s.toLowerCase().replace(/[^a-z0-9]/g, '')
  const best = known.map((k) => ({ k, d: editDistance(plain(word), plain(k)) })).sort((a, b) => a.d - b.d)[0]
  return best !== undefined && best.d <= 3 ? ` (did you mean "${best.k}"?)` : `; known: ${known.join(', ')}`
}

function invalid(what: string): AppError {
  return new AppError('config.invalid', `uri: ${what}`, { params: { what } })
}
