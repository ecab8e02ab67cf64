// Why: what each virsh command prints and when it fails, in the words of virsh 9.0 with QEMU 7.2 (every text here was
// captured from the real pair, except the two of polkit, which are libvirt's sources').
import type { SimDomain } from '../vm/domain.ts'
import { desktopElement, DESKTOP_NAMESPACE } from '../vm/domain-xml.ts'
import { LibvirtError } from '../vm/graphics-update.ts'
import type { VirshCommand } from './parse.ts'

export interface LibvirtRights {
  /** none: polkit turns the connection down; monitor: only read-only connections; manage: all. */
  readonly connect: 'none' | 'monitor' | 'manage'
  /** As libvirt's polkit access driver with a rule per action. Default true. */
  readonly start?: boolean
  readonly updateDevice?: boolean
  /** dumpxml --security-info. Default true. */
  readonly readSecrets?: boolean
  /** Names of the domains the account may see. Default: all. */
  readonly sees?: readonly string[]
}

export interface VirshWorld {
  readonly domains: readonly SimDomain[]
  readonly rights: LibvirtRights
  readonly readonly: boolean
  readonly uri: string
  readonly hostName: string
  /** Whole standard input, once. */
  readonly readStdin: () => Promise<string>
}

/** Text for standard output; failures are thrown. */
type Run = (c: VirshCommand, w: VirshWorld) => string | Promise<string>

/** Each text is printed behind an `error:` of its own; libvirt's may hold line breaks. */
export class VirshFailure extends Error {
  readonly texts: readonly string[]
  constructor(...texts: string[]) {
    super(texts.join(': '))
    this.texts = texts
  }
}

const failed = (what: string, why: unknown): VirshFailure => {
  if (!(why instanceof LibvirtError)) throw why
  return new VirshFailure(what, why.message)
}
const DENIED = "access denied: 'QEMU' denied access"

/** Active ones by id, then the others by name: virsh's own order. */
function visible(w: VirshWorld): SimDomain[] {
  const seen = w.domains.filter((d) => w.rights.sees === undefined || w.rights.sees.includes(d.name))
  return seen.toSorted((a, b) => (a.id === undefined ? (b.id === undefined ? (a.name < b.name ? -1 : 1) : 1) : b.id === undefined ? -1 : a.id - b.id))
}
function find(text: string, w: VirshWorld): SimDomain {
  if (text === '') throw new VirshFailure("Failed to get option 'domain': Option argument is empty")
  const found = visible(w).find((d) => String(d.id) === text || d.uuid === text || d.name === text)
  if (!found) throw new VirshFailure(`failed to get domain '${text}'`)
  return found
}
const domainOf = (c: VirshCommand, w: VirshWorld): SimDomain => find(c.values.get('domain') ?? '', w)

/** A command that changes the machine's power state. */
function changing(failure: (name: string) => string, api: string, done: (name: string) => string, act: (d: SimDomain) => void | Promise<void>, right: 'start' | undefined = undefined): Run {
  return async (c, w) => {
    const d = domainOf(c, w)
    try {
      if (w.readonly) throw new LibvirtError(`operation forbidden: read only access prevents ${api}`)
      if (right === 'start' && w.rights.start === false) throw new LibvirtError(DENIED)
      await act(d)
    } catch (e) {
      throw failed(failure(d.name), e)
    }
    return done(d.name)
  }
}

const table = (header: readonly string[], rows: readonly (readonly string[])[], quiet: boolean): string => {
  const all = quiet ? rows : [header, ...rows]
  const widths = header.map((_, i) => Math.max(0, ...all.map((r) => (r[i] as string).length)))
  const line = (r: readonly string[]) => ' ' + r.map((cell, i) => (i + 1 < r.length ? cell.padEnd((widths[i] as number) + 3) : cell)).join('') + '\n'
  const rule = quiet ? [] : ['-'.repeat(widths.reduce((sum, w) => sum + w + 3, 0)) + '\n']
  return [...(quiet ? [] : [line(header)]), ...rule, ...rows.map(line)].join('')
}

function list(c: VirshCommand, w: VirshWorld & { readonly quiet: boolean }): string {
  const f = c.flags
  const states = { 'state-running': 'running', 'state-paused': 'paused', 'state-shutoff': 'shut off', 'state-other': 'pmsuspended' } as const
  const wanted = Object.entries(states).filter(([flag]) => f.has(flag)).map(([, s]) => s as string)
  const rows = visible(w).filter((d) => {
    const active = d.id !== undefined
    if (wanted.length > 0 ? !wanted.includes(d.state) : !(f.has('all') || (f.has('inactive') ? !active : active))) return false
    return !(f.has('with-managed-save') && !d.saved) && !(f.has('without-managed-save') && d.saved) && !f.has('transient')
  })
  if (f.has('uuid') || f.has('name') || f.has('id')) return rows.map((d) => [f.has('id') ? String(d.id ?? '-') : '', f.has('uuid') ? d.uuid : '', f.has('name') ? d.name : ''].filter((s) => s !== '').join(' ') + '\n').join('')
  const shown = (d: SimDomain) => (f.has('managed-save') && d.saved ? 'saved' : d.state)
  return table(['Id', 'Name', 'State', ...(f.has('title') ? ['Title'] : [])], rows.map((d) => [String(d.id ?? '-'), d.name, shown(d), ...(f.has('title') ? [d.options.title ?? ''] : [])]), w.quiet)
}

function domdisplay(c: VirshCommand, w: VirshWorld): string {
  const d = domainOf(c, w)
  if (d.id === undefined) throw new VirshFailure('Domain is not running')
  const type = c.values.get('type')
  if (type !== undefined && type !== 'spice') throw new VirshFailure(`No graphical display with type '${type}' found`)
  if (d.displayPort === undefined && d.displaySocket === undefined) throw new VirshFailure('No graphical display found')
  return (d.displaySocket === undefined ? `spice://127.0.0.1:${d.displayPort}` : `spice+unix://${d.displaySocket}`) + (c.flags.has('all') ? '\n' : '')
}

function dominfo(c: VirshCommand, w: VirshWorld): string {
  const d = domainOf(c, w)
  const rows = [
    ['Id:', String(d.id ?? '-')], ['Name:', d.name], ['UUID:', d.uuid], ['OS Type:', 'hvm'], ['State:', d.state], ['CPU(s):', '2'], ...(d.id === undefined ? [] : [['CPU time:', '4.2s']]),
    ['Max memory:', '2097152 KiB'], ['Used memory:', '2097152 KiB'], ['Persistent:', 'yes'], ['Autostart:', 'disable'], ['Managed save:', d.saved ? 'yes' : 'no'], ['Security model:', 'none'], ['Security DOI:', '0'],
  ]
  return rows.map(([k, v]) => (k as string).padEnd(16) + v + '\n').join('')
}

async function updateDevice(c: VirshCommand, w: VirshWorld): Promise<string> {
  const d = domainOf(c, w)
  const file = c.values.get('file') as string
  if (file !== '/dev/stdin' && file !== '/dev/fd/0' && file !== '/proc/self/fd/0') throw new VirshFailure(`Failed to open file '${file}': No such file or directory`)
  const xml = await w.readStdin()
  try {
    if (w.readonly) throw new LibvirtError('operation forbidden: read only access prevents virDomainUpdateDeviceFlags')
    if (w.rights.updateDevice === false) throw new LibvirtError(DENIED)
    d.updateDevice(xml)
  } catch (e) {
    throw failed(`Failed to update device from ${file}`, e)
  }
  return 'Device updated successfully\n'
}

function dumpxml(c: VirshCommand, w: VirshWorld): string {
  const d = domainOf(c, w)
  const secure = c.flags.has('security-info')
  if (secure && w.readonly) throw new VirshFailure('operation forbidden: virDomainGetXMLDesc with secure flag')
  if (secure && w.rights.readSecrets === false) throw new VirshFailure(DENIED)
  return d.xml({ inactive: c.flags.has('inactive'), secure })
}

function domstats(c: VirshCommand, w: VirshWorld): string {
  const chosen = c.rest.length === 0 ? visible(w) : c.rest.map((t) => find(t, w))
  return chosen.map((d) => `Domain: '${d.name}'\n  state.state=${d.stateNumber}\n  state.reason=${d.reasonNumber}\n`).join('\n')
}

function metadata(c: VirshCommand, w: VirshWorld): string {
  const d = domainOf(c, w)
  if (c.values.get('uri') !== DESKTOP_NAMESPACE || !d.hasMetadata()) throw new VirshFailure('metadata not found: Requested metadata element is not present')
  return desktopElement({ users: d.options.users ?? [], groups: d.options.groups ?? [] }, '', '', '') + '\n'
}

export const runners: Record<string, (c: VirshCommand, w: VirshWorld & { readonly quiet: boolean }) => string | Promise<string>> = {
  list,
  dumpxml,
  domstats,
  domdisplay,
  dominfo,
  metadata,
  'update-device': updateDevice,
  'domstate': (c, w) => {
    const d = domainOf(c, w)
    return d.state + (c.flags.has('reason') ? ` (${d.reason})` : '') + '\n'
  },
  'domuuid': (c, w) => domainOf(c, w).uuid + '\n',
  'domname': (c, w) => domainOf(c, w).name + '\n',
  'domid': (c, w) => String(domainOf(c, w).id ?? '-') + '\n',
  'start': async (c, w) => {
    const d = domainOf(c, w)
    // The one failure that virsh finds itself, and so without a first line of its own.
    if (d.id !== undefined) throw new VirshFailure('Domain is already active')
    return changing((n) => `Failed to start domain '${n}'`, 'virDomainCreate', (n) => `Domain '${n}' started\n`, (x) => x.start(), 'start')(c, w)
  },
  'resume': changing((n) => `Failed to resume domain '${n}'`, 'virDomainResume', (n) => `Domain '${n}' resumed\n`, (d) => d.resume(), 'start'),
  'suspend': changing((n) => `Failed to suspend domain '${n}'`, 'virDomainSuspend', (n) => `Domain '${n}' suspended\n`, (d) => d.suspend()),
  'dompmwakeup': changing((n) => `Domain '${n}' could not be woken up`, 'virDomainPMWakeup', (n) => `Domain '${n}' successfully woken up`, (d) => d.wakeUp(), 'start'),
  'managedsave': changing((n) => `Failed to save domain '${n}' state`, 'virDomainManagedSave', (n) => `\nDomain '${n}' state saved by libvirt\n`, (d) => d.managedSave()),
  'shutdown': changing((n) => `Failed to shutdown domain '${n}'`, 'virDomainShutdown', (n) => `Domain '${n}' is being shutdown\n`, (d) => d.shutdown()),
  'destroy': changing((n) => `Failed to destroy domain '${n}'`, 'virDomainDestroy', (n) => `Domain '${n}' destroyed\n`, (d) => d.destroy()),
  'version': () => 'Compiled against library: libvirt 9.0.0\nUsing library: libvirt 9.0.0\nUsing API: QEMU 9.0.0\nRunning hypervisor: QEMU 7.2.22\n',
  'uri': (_c, w) => w.uri + '\n',
  'hostname': (_c, w) => w.hostName + '\n',
}

/** Messages that virsh prints only without -q (vshPrintExtra); everything else is output proper. */
export const chatty: ReadonlySet<string> = new Set(['start', 'resume', 'suspend', 'dompmwakeup', 'managedsave', 'shutdown', 'destroy', 'update-device'])
