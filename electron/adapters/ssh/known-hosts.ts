// Why: a host is who its pinned key says it is. Reads OpenSSH's known_hosts format (sshd(8), "SSH_KNOWN_HOSTS FILE
// FORMAT"): names, [name]:port, hashed names, lists, wildcards, negation, @revoked. Lines marked @cert-authority are
// left out: host certificates are not negotiated, and taking the CA's key for a host key would be wrong.
import { createHmac, timingSafeEqual } from 'node:crypto'

export interface KnownHost {
  readonly revoked: boolean
  readonly patterns: readonly string[]
  readonly keyType: string
  /** The key blob of the line, as the server presents it. */
  readonly key: Buffer
}

export type HostKeyVerdict = 'match' | 'unknown' | 'changed' | 'revoked'

/** Lines that cannot be read are left out, as OpenSSH does: one bad line must not unpin the others. */
export function parseKnownHosts(text: string): readonly KnownHost[] {
  return text.split('\n').map(parseLine).filter((e) => e !== undefined)
}

function parseLine(raw: string): KnownHost | undefined {
  const line = raw.trim()
  if (line === '' || line.startsWith('#')) return undefined
  const fields = line.split(/[ \t]+/)
  const marker = fields[0]!.startsWith('@') ? fields.shift() : undefined
  if (marker !== undefined && marker !== '@revoked') return undefined
  const [hosts, keyType, blob] = fields
  if (hosts === undefined || keyType === undefined || blob === undefined || !/^[A-Za-z0-9+/]+={0,2}$/.test(blob)) return undefined
  const key = Buffer.from(blob, 'base64')
  if (blobType(key) !== keyType) return undefined
  return { revoked: marker === '@revoked', patterns: hosts.split(','), keyType, key }
}

/** The type that a key blob names itself: a string with a 32-bit length in front (RFC 4253, 6.6). */
export function blobType(key: Buffer): string | undefined {
  if (key.length < 4) return undefined
  const length = key.readUInt32BE(0)
  return length <= 64 && key.length >= 4 + length ? key.toString('latin1', 4, 4 + length) : undefined
}

/** Key types pinned for this host, in the order of the file; empty: the host is not known. */
export function pinnedTypes(entries: readonly KnownHost[], host: string, port: number): readonly string[] {
  const name = hostName(host, port)
  return [...new Set(entries.filter((e) => !e.revoked && matches(e, name)).map((e) => e.keyType))]
}

/** A revoked key is refused even where another line allows it. */
export function judgeHostKey(entries: readonly KnownHost[], host: string, port: number, key: Buffer): HostKeyVerdict {
  const name = hostName(host, port)
  const mine = entries.filter((e) => matches(e, name))
  if (mine.some((e) => e.revoked && e.key.equals(key))) return 'revoked'
  const pins = mine.filter((e) => !e.revoked)
  if (pins.some((e) => e.key.equals(key))) return 'match'
  return pins.length > 0 ? 'changed' : 'unknown'
}

/** OpenSSH writes the port only where it is not 22. */
function hostName(host: string, port: number): string {
  const lower = host.toLowerCase()
  return port === 22 ? lower : `[${lower}]:${port}`
}

function matches(entry: KnownHost, name: string): boolean {
  let hit = false
  for (const pattern of entry.patterns) {
    if (pattern.startsWith('|')) {
      if (matchesHash(pattern, name)) hit = true
    } else if (pattern.startsWith('!')) {
      if (matchesGlob(pattern.slice(1), name)) return false
    } else if (matchesGlob(pattern, name)) hit = true
  }
  return hit
}

/** |1|base64(salt)|base64(HMAC-SHA1(salt, name)) */
function matchesHash(pattern: string, name: string): boolean {
  const [, magic, salt, hash] = pattern.split('|')
  if (magic !== '1' || salt === undefined || hash === undefined) return false
  const want = Buffer.from(hash, 'base64')
  const have = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest()
  return want.length === have.length && timingSafeEqual(want, have)
}

/** `*` and `?` only. Walked by hand: a regular expression built from a file could be made to run for hours. */
function matchesGlob(pattern: string, name: string): boolean {
  const p = pattern.toLowerCase()
  let pi = 0
  let star = -1
  let mark = 0
  for (let ni = 0; ni < name.length; ) {
    if (pi < p.length && p[pi] === '*') {
      star = pi++
      mark = ni
    } else if (pi < p.length && (p[pi] === '?' || p[pi] === name[ni])) {
      pi++
      ni++
    } else if (star >= 0) {
      pi = star + 1
      ni = ++mark
    } else return false
  }
  while (p[pi] === '*') pi++
  return pi === p.length
}
