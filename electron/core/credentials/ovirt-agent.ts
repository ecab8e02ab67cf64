// Why: the oVirt guest agent's messages, pure: text in, typed and bounded values out. Source of names and shapes:
// oVirt/ovirt-guest-agent and vdsm's lib/vdsm/virt/guestagent.py (read, not copied). Unknown messages are a value of
// their own; nothing a guest sends can throw.

/** Highest version of the protocol that we speak. */
export const API_VERSION = 3

export type AgentMessage =
  | { readonly type: 'heartbeat'; readonly apiVersion: number }
  | { readonly type: 'active-user'; readonly name: string | undefined }
  | { readonly type: 'session-logon' | 'session-logoff' | 'session-lock' | 'session-unlock' | 'session-startup' | 'session-shutdown' | 'uninstalled' }
  | { readonly type: 'host-name'; readonly name: string }
  | { readonly type: 'fqdn'; readonly fqdn: string }
  | { readonly type: 'os-version'; readonly version: string }
  | { readonly type: 'os-info'; readonly text: string; readonly windows: boolean }
  | { readonly type: 'network-interfaces'; readonly interfaces: readonly GuestInterface[] }
  | { readonly type: 'applications'; readonly applications: readonly string[] }
  | { readonly type: 'other'; readonly name: string }
  | { readonly type: 'garbage' }

export interface GuestInterface {
  readonly name: string
  readonly mac: string
  readonly addresses: readonly string[]
}

const SESSION_EVENTS = new Set(['session-logon', 'session-logoff', 'session-lock', 'session-unlock', 'session-startup', 'session-shutdown', 'uninstalled'])
/** What agents say when nobody is signed in (ovirt-agent.md). */
const NOBODY = new Set(['', 'none', '(unknown)', 'unknown'])

/** Parses one line. Never throws. */
export function decodeMessage(line: string): AgentMessage {
  let raw: unknown
  try {
    raw = JSON.parse(line)
  } catch {
    return { type: 'garbage' }
  }
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return { type: 'garbage' }
  const m = raw as Record<string, unknown>
  const name = m['__name__']
  if (typeof name !== 'string') return { type: 'garbage' }
  switch (name) {
    case 'heartbeat':
      return { type: 'heartbeat', apiVersion: version(m['apiVersion']) }
    case 'active-user': {
      const user = text(m['name'], 256)
      return { type: 'active-user', name: NOBODY.has(user.toLowerCase()) ? undefined : user }
    }
    case 'host-name':
      return { type: 'host-name', name: text(m['name'], 256) }
    case 'fqdn':
      return { type: 'fqdn', fqdn: text(m['fqdn'], 256) }
    case 'os-version':
      return { type: 'os-version', version: text(m['version'], 256) }
    case 'os-info': {
      const distribution = text(m['distribution'], 100)
      const joined = [distribution, text(m['version'], 60), text(m['codename'], 60)].filter(Boolean).join(' ')
      return { type: 'os-info', text: joined, windows: /win/i.test(`${text(m['type'], 40)} ${distribution}`) }
    }
    case 'network-interfaces':
      return { type: 'network-interfaces', interfaces: list(m['interfaces'], 32).map(networkInterface) }
    case 'applications':
      return { type: 'applications', applications: list(m['applications'], 200).map((a) => text(a, 128)) }
    default:
      if (SESSION_EVENTS.has(name)) return { type: name as 'session-logon' }
      return { type: 'other', name: text(name, 64) }
  }
}

function networkInterface(raw: unknown): GuestInterface {
  const m = typeof raw === 'object' && raw !== null ? (raw as Record<string, unknown>) : {}
  const addresses = [...list(m['inet'], 16), ...list(m['inet6'], 16)].map((a) => text(a, 64)).filter(Boolean)
  return { name: text(m['name'], 64), mac: text(m['hw'], 64), addresses }
}

function list(raw: unknown, max: number): unknown[] {
  return Array.isArray(raw) ? raw.slice(0, max) : []
}

function version(raw: unknown): number {
  return typeof raw === 'number' && Number.isInteger(raw) && raw >= 0 && raw <= 1000 ? raw : 0
}

/** A guest's string: bounded, and without what vdsm strips too (controls, surrogates, non-characters, bidi overrides). */
function text(raw: unknown, max: number): string {
  if (typeof raw !== 'string') return ''
  return raw
    .slice(0, max)
    .toWellFormed()
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f\ufffe\uffff\u202a-\u202e\u2066-\u2069]/g, '\ufffd')
    .replace(/[\t\n\r\u0085]/g, ' ')
}

const line = (message: Record<string, unknown>): Buffer => Buffer.from(JSON.stringify(message) + '\n', 'utf8')

/** Commands without a secret, as the bytes of one line. */
export const encode = {
  refresh: (): Buffer => line({ __name__: 'refresh', apiVersion: API_VERSION }),
  apiVersion: (v: number): Buffer => line({ __name__: 'api-version', apiVersion: v }),
  lockScreen: (): Buffer => line({ __name__: 'lock-screen' }),
  logOff: (): Buffer => line({ __name__: 'log-off' }),
} as const

/**
 * The login line: every character that JSON allows arrives as typed. The caller zeroes the buffer after writing.
 * @param password UTF-8 bytes
 */
export function encodeLogin(user: string, password: Buffer): Buffer {
  // The password is escaped byte by byte (RFC 8259 §7; UTF-8 stands for itself), so that no string of it comes to be.
  const head = Buffer.from(`${JSON.stringify({ __name__: 'login', username: user }).slice(0, -1)},"password":"`, 'utf8')
  const tail = Buffer.from('"}\n', 'latin1')
  let length = head.length + tail.length
  for (const byte of password) length += escaped(byte)
  // Not from the shared pool, so that zeroing it is zeroing all of it.
  const out = Buffer.allocUnsafeSlow(length)
  let at = head.copy(out)
  for (const byte of password) {
    const size = escaped(byte)
    if (size === 6) at += out.write(`\\u00${byte.toString(16).padStart(2, '0')}`, at, 'latin1')
    else {
      if (size === 2) out[at++] = 0x5c
      out[at++] = byte
    }
  }
  tail.copy(out, at)
  return out
}

/** Bytes that one byte of a JSON string takes: quote and backslash 2, controls 6 (\u00XX), everything else 1. */
function escaped(byte: number): 1 | 2 | 6 {
  if (byte < 0x20) return 6
  return byte === 0x22 || byte === 0x5c ? 2 : 1
}

/** Bytes of name + password that the guest's side can carry (Linux PAM module 256 − 4 − 1, Windows pipe 1024 − 4 − 1). */
export const CREDENTIAL_LIMIT = { linux: 251, windows: 1019 } as const

/**
 * Same person? Windows names are case-insensitive and come with or without `DOMAIN\\` or `@domain`. A domain counts
 * only where both names carry one, compared by its first label (CORP is corp.example.com).
 */
export function sameUser(typed: string, reported: string, windows: boolean): boolean {
  const a = splitName(typed, windows)
  const b = splitName(reported, windows)
  if (a.name === '' || a.name !== b.name) return false
  return a.domain === undefined || b.domain === undefined || a.domain === b.domain
}

function splitName(full: string, windows: boolean): { name: string; domain: string | undefined } {
  const fold = (t: string): string => (windows ? t.toLowerCase() : t).normalize('NFC')
  const label = (t: string): string => t.toLowerCase().split('.')[0] ?? ''
  const down = full.match(/^([^\\@]*)\\(.*)$/s)
  if (down) return { name: fold(down[2] ?? ''), domain: label(down[1] ?? '') }
  const at = full.match(/^(.*)@([^@\\]*)$/s)
  if (at) return { name: fold(at[1] ?? ''), domain: label(at[2] ?? '') }
  return { name: fold(full), domain: undefined }
}
