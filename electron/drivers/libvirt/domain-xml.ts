// Why: what a domain's XML says about a desktop, as plain data. Pure: no calls, no state, no secret kept.
import { AppError } from '../../core/errors.ts'
import type { OsFamily } from '../../../shared/desktop.ts'
import { readAssignment, type Assignment } from './metadata.ts'
import { attr, child, childrenOf, parseXml, type XmlElement } from './xml.ts'

export interface SpiceListen {
  /** undefined: this display has no plain TCP port. */
  readonly port: number | undefined
  readonly tlsPort: number | undefined
  readonly address: string | undefined
  /** Absolute path of the unix socket, where the display listens on one. */
  readonly socket: string | undefined
}

export interface SpiceGraphics extends SpiceListen {
  /** The whole element, for update-device. */
  readonly element: XmlElement
  /** Only in XML asked for with --security-info. */
  readonly hasPassword: boolean
  /** ISO time without zone, in UTC. */
  readonly passwordValidTo: string | undefined
}

export interface AgentChannel {
  readonly name: string
  /** Absolute path; undefined while the domain does not run. */
  readonly path: string | undefined
  /** undefined: not told. */
  readonly connected: boolean | undefined
}

export interface Domain {
  readonly uuid: string
  readonly name: string
  readonly title: string
  readonly description: string
  /** True while the domain runs (it has an id). */
  readonly active: boolean
  readonly os: OsFamily | undefined
  readonly spice: SpiceGraphics | undefined
  readonly channels: readonly AgentChannel[]
  readonly assignment: Assignment | undefined
}

/** Throws only `hypervisor.protocol`. */
export function parseDomain(xml: string): Domain {
  const root = parseXml(xml)
  if (root.name !== 'domain') throw new AppError('hypervisor.protocol', 'XML that is not a domain')
  const uuid = text(child(root, 'uuid')).toLowerCase()
  const name = text(child(root, 'name'))
  if (!/^[0-9a-f-]{36}$/.test(uuid) || name === '') throw new AppError('hypervisor.protocol', 'domain XML without uuid or name')
  const devices = child(root, 'devices')
  const metadata = child(root, 'metadata')
  return {
    uuid,
    name,
    title: text(child(root, 'title')),
    description: text(child(root, 'description')),
    active: root.attrs.has('id'),
    os: osFamily(metadata),
    spice: spiceGraphics(devices),
    channels: channels(devices),
    assignment: readAssignment(metadata),
  }
}

/**
 * Cuts the output of several dumpxml commands into documents. Counts nesting, because metadata of other programs may
 * hold an element called `domain` too; text before, between and after the documents is left out.
 */
export function splitDomains(output: string): readonly string[] {
  const tokens = /<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>|<domain(?=[\s>/])(?:"[^"]*"|'[^']*'|[^>"'])*>|<\/domain\s*>/g
  const documents: string[] = []
  let depth = 0
  let start = -1
  for (const match of output.matchAll(tokens)) {
    const token = match[0]
    if (token.startsWith('<!')) continue
    if (token.startsWith('</')) {
      depth = Math.max(0, depth - 1)
      if (depth === 0 && start >= 0) documents.push(output.slice(start, match.index + token.length))
      if (depth === 0) start = -1
    } else if (!token.endsWith('/>')) {
      if (depth === 0) start = match.index
      depth += 1
    }
  }
  return documents
}

function spiceGraphics(devices: XmlElement | undefined): SpiceGraphics | undefined {
  const element = childrenOf(devices, 'graphics').find((g) => attr(g, 'type') === 'spice')
  if (element === undefined) return undefined
  const listens = childrenOf(element, 'listen')
  const socket = listens.find((l) => attr(l, 'type') === 'socket')
  const address = listens.find((l) => attr(l, 'type') === 'address' || attr(l, 'type') === 'network')
  return {
    port: port(attr(element, 'port')),
    tlsPort: port(attr(element, 'tlsPort')),
    address: attr(address, 'address') ?? attr(element, 'listen'),
    socket: absolute(attr(socket, 'socket')),
    element,
    hasPassword: element.attrs.has('passwd'),
    passwordValidTo: attr(element, 'passwdValidTo'),
  }
}

function channels(devices: XmlElement | undefined): readonly AgentChannel[] {
  const out: AgentChannel[] = []
  for (const c of childrenOf(devices, 'channel')) {
    const target = child(c, 'target')
    const name = attr(target, 'name')
    if (attr(c, 'type') !== 'unix' || attr(target, 'type') !== 'virtio' || name === undefined) continue
    const state = attr(target, 'state')
    out.push({ name, path: absolute(attr(child(c, 'source'), 'path')), connected: state === undefined ? undefined : state === 'connected' })
  }
  return out
}

/** -1 is libvirt's "not allocated yet". */
function port(value: string | undefined): number | undefined {
  if (value === undefined || !/^[0-9]{1,5}$/.test(value)) return undefined
  const n = Number(value)
  return n >= 1 && n <= 65_535 ? n : undefined
}

function absolute(path: string | undefined): string | undefined {
  return path !== undefined && path.startsWith('/') && !path.includes('\0') ? path : undefined
}

/** libosinfo ids: http://microsoft.com/win/10, http://debian.org/debian/12, http://freebsd.org/freebsd/14.0. */
const FAMILIES: readonly (readonly [RegExp, OsFamily])[] = [
  [/^https?:\/\/(www\.)?microsoft\.com\//i, 'windows'],
  [/^https?:\/\/(www\.)?(freebsd|openbsd|netbsd|dragonflybsd)\.org\//i, 'bsd'],
  [/^https?:\/\/(www\.)?(apple\.com|reactos\.org|haiku-os\.org|oracle\.com\/solaris|illumos\.org|omnios\.org|smartos\.org|novell\.com\/netware|ibm\.com|minix)/i, 'other'],
]

function osFamily(metadata: XmlElement | undefined): OsFamily | undefined {
  const info = metadata?.children.find((c) => /(^|:)libosinfo$/.test(c.name))
  const id = attr(info?.children.find((c) => /(^|:)os$/.test(c.name)), 'id')
  if (id === undefined || id === '') return undefined
  const known = FAMILIES.find(([pattern]) => pattern.test(id))
  if (known !== undefined) return known[1]
  // What remains of libosinfo's database, nearly all of it, is Linux distributions.
  return /^https?:\/\//i.test(id) ? 'linux' : undefined
}

function text(e: XmlElement | undefined): string {
  return e?.text.trim() ?? ''
}
