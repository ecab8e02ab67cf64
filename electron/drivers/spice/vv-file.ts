// Why: .vv files are what Proxmox VE, oVirt and every other service hand out for a console; they are read here as
// virt-viewer 11 reads them (man remote-viewer, CONNECTION FILE), except that what virt-viewer passes over in silence
// ("fullscreen=true", a channel that does not exist) is told.
import { X509Certificate } from 'node:crypto'
import { didYouMean } from '../../../shared/did-you-mean.ts'
import { AppError } from '../../core/errors.ts'
import { parseHostSubject } from '../../core/spice/host-subject.ts'
import type { Redactor } from '../../core/redactor.ts'
import type { Secret } from '../../core/secret.ts'
import { CHANNEL_NAMES, CHANNEL_TYPES } from './channels.ts'
import { parseHotKey, type HotKey } from './hot-key.ts'
import { parseKeyFile, type Problem } from './key-file.ts'
import { parseProxyUri } from './proxy-uri.ts'
import type { SpiceTarget } from './target.ts'
import { parseUsbFilter, type UsbRule } from './usb-filter.ts'
import { newerThanOurs, osVersions, type OsVersion } from './vv-version.ts'
import { GroupReader } from './vv-reader.ts'

export const HOT_KEYS = ['toggle-fullscreen', 'release-cursor', 'secure-attention', 'smartcard-insert', 'smartcard-remove', 'usb-device-reset', 'zoom-in', 'zoom-out', 'zoom-reset'] as const
export type HotKeyName = (typeof HOT_KEYS)[number]

const EFFECTS = ['wallpaper', 'font-smooth', 'animation', 'all'] as const
export type Effect = (typeof EFFECTS)[number]

export interface VvFile {
  /** Name of the file in messages. */
  readonly where: string
  readonly target: SpiceTarget
  readonly title?: string
  readonly fullscreen?: boolean
  readonly hotKeys: Readonly<Partial<Record<HotKeyName, HotKey>>>
  readonly enableSmartcard?: boolean
  readonly enableUsbredir?: boolean
  readonly enableUsbAutoshare?: boolean
  readonly usbFilter?: readonly UsbRule[]
  readonly usbRedirectOnConnect?: readonly UsbRule[]
  readonly colorDepth?: 16 | 32
  readonly disableEffects: readonly Effect[]
  /** An OpenSSL cipher list. Kept to be shown; Latchkey chooses its ciphers itself. */
  readonly tlsCiphers?: string
  readonly version?: string
  readonly versions: readonly OsVersion[]
  readonly newerVersionUrl?: string
  readonly deleteThisFile: boolean
  readonly ovirt?: OvirtHints
  /** What was passed over: keys we do not know (with what may have been meant) and groups that are not ours. */
  readonly notes: readonly Problem[]
}

/** The [ovirt] group: how virt-viewer offers the engine's menu. */
export interface OvirtHints {
  readonly host?: string
  readonly vmGuid?: string
  readonly jsessionId?: Secret
  readonly ssoToken?: Secret
  readonly ca?: string
  readonly admin?: boolean
}

/** A certificate authority's chain and a few dozen keys are some 10 KiB. */
export const MAX_VV_BYTES = 256 * 1024

export type VvCheck = { readonly file: VvFile; readonly problems: readonly [] } | { readonly file: undefined; readonly problems: readonly Problem[] }

/** Everything that is wrong with the file, or the file. Its secrets are the caller's: `disposeVv`. Never throws. */
export function checkVvFile(text: string, where: string, redactor: Redactor): VvCheck {
  const secrets: Secret[] = []
  const problems: Problem[] = []
  const file = read(text, where, problems, secrets, redactor)
  if (file !== undefined && problems.length === 0) return { file, problems: [] }
  for (const secret of secrets) secret.dispose()
  return { file: undefined, problems: problems.sort((a, b) => a.line - b.line) }
}

/** Throws `vv.invalid` with all mistakes, one `where:line: sentence` a line, in the detail. */
export function parseVvFile(text: string, where: string, redactor: Redactor): VvFile {
  const { file, problems } = checkVvFile(text, where, redactor)
  if (file !== undefined) return file
  const lines = problems.map((p) => `${where}${p.line === 0 ? '' : `:${p.line}`}: ${p.message}`)
  throw new AppError('vv.invalid', lines.slice(0, 50).join('\n'), { params: { what: lines[0] ?? where } })
}

/** Wipes what the file holds. */
export function disposeVv(file: VvFile): void {
  file.target.password?.dispose()
  file.target.proxy?.authorization?.dispose()
  file.ovirt?.jsessionId?.dispose()
  file.ovirt?.ssoToken?.dispose()
}

function read(text: string, where: string, problems: Problem[], secrets: Secret[], redactor: Redactor): VvFile | undefined {
  if (text.length > MAX_VV_BYTES) {
    problems.push({ line: 0, message: `larger than ${MAX_VV_BYTES / 1024} KiB` })
    return undefined
  }
  const { groups, problems: lines } = parseKeyFile(text)
  problems.push(...lines)
  const main = groups.get('virt-viewer')
  if (main === undefined) {
    problems.push({ line: 0, message: 'no [virt-viewer] group: this is not a virt-viewer connection file' })
    return undefined
  }
  const g = new GroupReader(main, problems, secrets, redactor)
  checkType(g)
  const target = readTarget(g, redactor)
  const colorDepth = g.integer('color-depth')
  if (colorDepth !== undefined && colorDepth !== 16 && colorDepth !== 32) g.problem('color-depth', 'is 16 or 32')
  const version = g.text('version', (v) => (/^[0-9]+(\.[0-9]+)*(-[0-9]+)?$/.test(v) ? v : { message: 'a version is written 11.0' }))
  if (version !== undefined && newerThanOurs(version)) g.problem('version', 'the file is made for a newer virt-viewer than the one whose format is understood here (11.0)')
  const ovirt = groups.get('ovirt') === undefined ? undefined : readOvirt(new GroupReader(groups.get('ovirt')!, problems, secrets, redactor))
  return {
    where,
    target,
    ...optional({
      title: g.text('title'),
      fullscreen: g.flag('fullscreen'),
      enableSmartcard: g.flag('enable-smartcard'),
      enableUsbredir: g.flag('enable-usbredir'),
      enableUsbAutoshare: g.flag('enable-usb-autoshare'),
      usbFilter: g.text('usb-filter', parseUsbFilter),
      usbRedirectOnConnect: g.text('usb-redirect-on-connect', parseUsbFilter),
      colorDepth: colorDepth as 16 | 32 | undefined,
      tlsCiphers: g.text('tls-ciphers'),
      version,
      newerVersionUrl: g.text('newer-version-url', (u) => (/^https?:\/\/[^\s]+$/i.test(u) ? u : { message: 'is no http address' })),
      ovirt: ovirt?.hints,
    }),
    hotKeys: readHotKeys(g),
    disableEffects: (g.words('disable-effects', EFFECTS) ?? []) as readonly Effect[],
    versions: osVersions(g),
    deleteThisFile: g.flag('delete-this-file') ?? false,
    notes: notesOf(groups, g, ovirt?.notes ?? []),
  }
}

function checkType(g: GroupReader): void {
  const type = g.text('type')
  if (type === undefined) {
    if (!g.has('type')) g.problem('type', 'is missing; type=spice')
  } else if (type === 'vnc') g.problem('type', 'this is a VNC console; Latchkey speaks SPICE. Give the VM a SPICE display')
  else if (type === 'ovirt') g.problem('type', 'this file names an oVirt engine and no display; configure the engine as an endpoint of kind ovirt')
  else if (type !== 'spice') g.problem('type', 'only spice is understood')
}

function readTarget(g: GroupReader, redactor: Redactor): SpiceTarget {
  const unixPath = g.text('unix-path', (p) => (p.startsWith('/') ? p : { message: 'is no absolute path' }))
  const host = g.text('host', (h) => (/^[\x21-\x7e]{1,512}$/.test(h) && !/[@/?#\\]/.test(h) ? h.replace(/^\[(.*)\]$/, '$1') : { message: 'is no host name, no address, and no name that a proxy could understand' }))
  const port = g.port('port')
  const tlsPort = g.port('tls-port')
  const secureChannels = channels(g, 'secure-channels')
  const disabled = channels(g, 'disable-channels')
  const proxy = g.text('proxy', (p) => {
    if (p === '') return undefined
    const parsed = parseProxyUri(p, redactor)
    if (!('message' in parsed) && parsed.authorization !== undefined) g.own(parsed.authorization)
    return parsed
  })
  if (unixPath !== undefined) {
    for (const key of ['host', 'port', 'tls-port', 'proxy']) if (g.has(key)) g.problem(key, 'does not go together with unix-path')
  } else if (!g.has('unix-path')) {
    if (!g.has('host')) g.problem('host', 'is missing')
    if (port === undefined && tlsPort === undefined && !g.wrong('port') && !g.wrong('tls-port')) g.problem('port', 'neither port nor tls-port is given')
  }
  if ((secureChannels === 'all' || (secureChannels?.length ?? 0) > 0) && !g.has('tls-port')) g.problem('secure-channels', 'these channels must go by TLS, and there is no tls-port')
  if (disabled === 'all' || disabled?.includes(1) === true) g.problem('disable-channels', 'there is no console without the main channel')
  return optional({
    unixPath,
    host,
    port,
    tlsPort,
    user: g.text('username'),
    password: g.secret('password'),
    ca: g.text('ca', checkPem),
    subject: g.text('host-subject', checkSubject),
    proxy,
    secureChannels,
    disabledChannels: disabled === 'all' ? undefined : disabled,
  })
}

function checkSubject(text: string): string | undefined | { readonly message: string } {
  if (text.trim() === '') return undefined
  const parts = parseHostSubject(text)
  return 'message' in parts ? parts : text
}

/** spice-gtk takes the word "all" for all of them. */
function channels(g: GroupReader, key: string): readonly number[] | 'all' | undefined {
  const names = g.words(key, [...CHANNEL_NAMES, 'all'])
  if (names === undefined) return undefined
  return names.includes('all') ? 'all' : [...new Set(names.map((n) => CHANNEL_TYPES.get(n)!))]
}

/** Every certificate is looked at, because a damaged one would look like a wrong server later. */
function checkPem(text: string): string | undefined | { readonly message: string } {
  if (text.trim() === '') return undefined
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? []
  if (blocks.length === 0) return { message: 'holds no certificate; PEM on one line, with its line ends written as \\n' }
  for (const block of blocks) {
    try {
      new X509Certificate(block)
    } catch {
      return { message: 'holds a certificate that cannot be read; its line ends must be written as \\n' }
    }
  }
  return text
}

function readHotKeys(g: GroupReader): Partial<Record<HotKeyName, HotKey>> {
  const out: Partial<Record<HotKeyName, HotKey>> = {}
  for (const name of HOT_KEYS) {
    const key = g.text(name, parseHotKey)
    if (key !== undefined) out[name] = key
  }
  return out
}

function readOvirt(g: GroupReader): { readonly hints: OvirtHints; readonly notes: readonly Problem[] } {
  const hints = optional({ host: g.text('host'), vmGuid: g.text('vm-guid'), jsessionId: g.secret('jsessionid'), ssoToken: g.secret('sso-token'), ca: g.text('ca', checkPem), admin: g.flag('admin') })
  return { hints, notes: unknownKeys(g, ['host', 'vm-guid', 'jsessionid', 'sso-token', 'ca', 'admin']) }
}

const KNOWN = [
  'type', 'host', 'port', 'tls-port', 'unix-path', 'username', 'password', 'ca', 'host-subject', 'tls-ciphers', 'secure-channels', 'disable-channels', 'proxy',
  'fullscreen', 'title', ...HOT_KEYS, 'enable-smartcard', 'enable-usbredir', 'enable-usb-autoshare', 'usb-filter', 'usb-redirect-on-connect', 'color-depth',
  'disable-effects', 'version', 'versions', 'newer-version-url', 'delete-this-file',
]

function notesOf(groups: ReadonlyMap<string, unknown>, g: GroupReader, ofOvirt: readonly Problem[]): readonly Problem[] {
  const foreign = [...groups.keys()].filter((name) => name !== 'virt-viewer' && name !== 'ovirt' && !name.startsWith('x-'))
  return [...unknownKeys(g, KNOWN), ...ofOvirt, ...foreign.map((name) => ({ line: 0, message: `group [${name.slice(0, 60)}] is ignored` }))]
}

function unknownKeys(g: GroupReader, known: readonly string[]): readonly Problem[] {
  return g.leftOver().map(({ key, line }) => {
    const near = didYouMean(key, known)
    return { line, message: `unknown key "${key.slice(0, 60)}" is ignored${near === undefined ? '' : `; did you mean "${near}"?`}` }
  })
}

type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

/** Without the properties that are undefined, as exact optional properties want it. */
function optional<T extends object>(given: T): Present<T> {
  return Object.fromEntries(Object.entries(given).filter(([, v]) => v !== undefined)) as Present<T>
}
