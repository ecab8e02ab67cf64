// Why: the loader may not know drivers and drivers may not touch files; here the two are joined, so that a mistake in
// an address or a file is reported with its file and line like every other.
import { checkCaFile, checkKeyFile, checkKnownHosts, checkTokenFile } from '../adapters/config/key-files.ts'
import type { EndpointCheck, EndpointFinding } from '../adapters/config/load.ts'
import { toAppError } from '../core/errors.ts'
import { Redactor } from '../core/redactor.ts'
import { parseLibvirtUri, type LibvirtUri } from '../drivers/libvirt/uri.ts'
import { checkSshWay } from '../drivers/proxmox/node-ssh.ts'
import { parseSpiceUri } from '../drivers/spice/spice-uri.ts'
import { disposeTarget } from '../drivers/spice/target.ts'

type Given = Readonly<Record<string, unknown>>
/** Its place is checked for {vmid}; the schema has the same one. */
const DEFAULT_SOCKET = '/var/run/qemu-server/{vmid}.kvm-vdi'

type At = NonNullable<EndpointFinding['at']>

const error = (message: string, at: At): EndpointFinding => ({ severity: 'error', message, at })
const warning = (message: string, at: At): EndpointFinding => ({ severity: 'warning', message, at })
const filled = (value: unknown): value is string => typeof value === 'string' && value !== ''
const within = (given: Given, ...path: readonly string[]): unknown => path.reduce<unknown>((at, key) => (typeof at === 'object' && at !== null && Object.hasOwn(at, key) ? (at as Given)[key] : undefined), given)

/** Checks an endpoint's addresses and the files it names. For loadConfig's `checkEndpoint`. */
export const checkEndpoint: EndpointCheck = ({ kind, given }, { dev }) => {
  switch (kind) {
    case 'libvirt':
      return each(given, 'uri', (uri, at) => libvirt(uri, at, given['access'], dev))
    case 'proxmox':
      return [...each(given, 'url', (url, at) => web(url, at, false)), ...files(given), ...nodeWay(given, dev)]
    case 'kvm-vdi':
    case 'ovirt':
      return [...each(given, 'url', (url, at) => web(url, at, kind === 'kvm-vdi' ? given['insecure'] === true : false)), ...files(given)]
    case 'spice':
      return [...each(given, 'uri', spice), ...files(given)]
    default:
      return []
  }
}

/** Proxmox VE: SSH to its nodes, for the channel of each VM. */
function nodeWay(given: Given, dev: boolean): EndpointFinding[] {
  const at = ['signOn', 'ssh', 'uri']
  const [uri, socket] = [within(given, ...at), within(given, 'signOn', 'ssh', 'socket')]
  if (!filled(uri)) return []
  try {
    checkSshWay({ uri, socket: filled(socket) ? socket : DEFAULT_SOCKET }, dev)
    return libvirt(uri.replaceAll('{node}', 'node'), at, 'device', dev)
  } catch (e) {
    const wrong = toAppError(e)
    if (wrong.code !== 'config.invalid') throw wrong
    return [error(wrong.params['what'] ?? wrong.detail, at)]
  }
}

function spice(uri: string, at: At): EndpointFinding[] {
  const redactor = new Redactor()
  try {
    const target = parseSpiceUri(uri, redactor)
    const open = target.password !== undefined
    disposeTarget(target)
    return open ? [error('must not hold a password; name a file by `ticket`', at)] : []
  } catch (e) {
    const wrong = toAppError(e)
    if (wrong.code !== 'config.invalid') throw wrong
    return [error(wrong.params['what'] ?? wrong.detail, at)]
  }
}

/** One address or a list of them. */
function each(given: Given, key: string, check: (address: string, at: At) => EndpointFinding[]): EndpointFinding[] {
  const value = given[key]
  if (filled(value)) return check(value, [key])
  return Array.isArray(value) ? value.flatMap((one: unknown, i) => (filled(one) ? check(one, [key, i]) : [])) : []
}

function libvirt(uri: string, at: At, access: unknown, dev: boolean): EndpointFinding[] {
  let parsed: LibvirtUri
  try {
    // A mistyped `access` is told by the schema; the URI is then held to what both kinds of access demand.
    parsed = parseLibvirtUri(uri, { access: access === 'device' ? 'device' : 'person', dev })
  } catch (e) {
    const wrong = toAppError(e)
    if (wrong.code !== 'config.invalid') throw wrong
    return [error(wrong.params['what'] ?? wrong.detail, at)]
  }
  const findings: EndpointFinding[] = []
  const add = (found: readonly EndpointFinding[]): void => void findings.push(...found.map((f) => ({ ...f, at })))
  if (parsed.keyFile !== undefined) add(checkKeyFile(parsed.keyFile))
  if (parsed.keyFile !== undefined && access === 'person') findings.push(warning('keyfile is not used with access: person', at))
  if (parsed.knownHosts !== undefined) add(checkKnownHosts(parsed.knownHosts))
  if (parsed.noVerify) findings.push(warning('no_verify: any unknown host gets the passwords; good for a test only', at))
  return findings
}

function web(text: string, at: At, insecure: boolean): EndpointFinding[] {
  const url = URL.parse(text)
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) return [error('is no address; expected https://HOST[:PORT]/PATH', at)]
  if (url.username !== '' || url.password !== '') return [error('must not hold a name or a password', at)]
  if (url.search !== '' || url.hash !== '') return [error('must end with its path: no ? and no #', at)]
  if (url.protocol === 'https:') return []
  return insecure ? [warning('http: names, passwords and tickets cross the network in clear', at)] : [error('http:// is refused; use https://', at)]
}

function files(given: Given): EndpointFinding[] {
  const found = (path: readonly string[], check: (file: string) => EndpointFinding[]): EndpointFinding[] => {
    const file = within(given, ...path)
    return filled(file) ? check(file).map((f) => ({ ...f, at: [...path] })) : []
  }
  return [...found(['trust', 'ca'], checkCaFile), ...found(['token'], checkTokenFile), ...found(['ticket'], checkTokenFile), ...found(['file'], checkCaFile)]
}
