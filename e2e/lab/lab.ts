// Why: one call gives a test or the demo a real hypervisor: libvirt, QEMU and sshd on loopback, with people, device
// accounts and desktops, and one call ends it. See README.md for what it changes on the machine.
import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { copyFileSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { closeAccounts, idsOf, openAccounts, removeAccounts } from './accounts.ts'
import { libvirtAnswers, libvirtReady, startLibvirtd, startVirtlogd } from './daemons.ts'
import { defineDomains, removeDomains, setDomainState, virshOf } from './domains.ts'
import type { DomainState } from './domains.ts'
import { devices, domains, labPaths, labRoot, people } from './facts.ts'
import type { PersonFacts } from './facts.ts'
import { buildGuestImage } from './guest-image.ts'
import { install } from './install.ts'
import type { Log } from './install.ts'
import { end, isRunning, kill, treeOf } from './run.ts'
import { outside } from './namespace.ts'
import { deviceKeyFor, sshFiles, startSshd } from './sshd.ts'
import type { SshFiles } from './sshd.ts'
import { locked, readState, removeState, writeState } from './state.ts'
import type { LabState } from './state.ts'

export interface LabPerson {
  readonly name: string
  readonly fullName: string
  /** On the hypervisor (PAM). */
  readonly password: string
  /** In the guests; differs for one person only. */
  readonly guestPassword: string
  readonly method: PersonFacts['method']
  readonly account: PersonFacts['account']
  /** Names of the domains assigned by metadata, by user or group. */
  readonly desktops: readonly string[]
}

export interface LabDomain {
  readonly name: string
  readonly uuid: string
  readonly title: string
  readonly hasChannel: boolean
  readonly display: 'tcp' | 'socket'
}

export interface UriOptions {
  /** Device account; default kiosk. */
  readonly user?: string
  /** Default: root's own copy; see deviceKeyFor. */
  readonly keyFile?: string
  /** Default: the file that pins the right key. */
  readonly knownHosts?: string
}

export interface Lab {
  readonly sshHost: '127.0.0.1'
  readonly sshPort: number
  readonly knownHostsFile: string
  /** known_hosts variants for tests: hashed, changed key, empty. */
  readonly ssh: SshFiles
  readonly deviceUser: 'kiosk'
  /** The device accounts that each lack one right: kiosk-noforward, -permitopen, -nochannel, -nodisplay, -nolibvirt. */
  readonly deviceUsers: readonly string[]
  readonly deviceKeyFile: string
  readonly people: readonly LabPerson[]
  readonly domains: readonly LabDomain[]
  /** The permanent SPICE password of ada-password. */
  readonly spicePassword: string
  /** For signOn.helper: joins standard input and output to the socket given as the last argument. */
  readonly channelHelper: string
  /** For endpoint.virsh: a virsh whose connection may read everything and set no ticket. */
  readonly virshWithoutTickets: string
  person(name: string): LabPerson
  /** qemu+ssh URI for an endpoint of that access. */
  libvirtUri(access: 'person' | 'device', opts?: UriOptions): string
  /** A copy of the device key that this account (name or uid and gid) may read. */
  deviceKeyFor(account: string | { uid: number; gid: number }): string
  setState(domain: string, state: DomainState): Promise<void>
  virsh(...args: string[]): Promise<string>
  /** Ends every SSH connection at once and without a word, as a network does that fails; the server goes on. */
  endSessions(): Promise<void>
  /** Text of each log by name: sshd, libvirtd, qemu/<domain>. */
  logs(): Record<string, string>
  /** Ends all that the lab started and closes its accounts. */
  stop(): Promise<void>
}

/** Throws where the lab must not run: not root, or a machine under systemd without LATCHKEY_LAB=1. */
export function refuseWrongMachine(): void {
  if (process.getuid?.() !== 0) throw new Error('the lab needs root: it makes accounts and starts libvirt and sshd')
  if (readFileSync('/proc/1/comm', 'utf8').trim() === 'systemd' && process.env['LATCHKEY_LAB'] !== '1') {
    throw new Error('this machine runs systemd and so probably serves somebody; set LATCHKEY_LAB=1 if the lab may change it')
  }
}

/** Starts the lab, or gives the running one if it is healthy. Installs what is missing first. */
export async function startLab(opts: { log?: Log } = {}): Promise<Lab> {
  refuseWrongMachine()
  const log = opts.log ?? (() => undefined)
  return locked(async () => {
    const known = readState()
    if (known !== undefined && (await isHealthy(known))) return labOf(known)
    if (known !== undefined) await stopKnown(known)
    return labOf(await startFresh(log))
  })
}

/** Ends a lab of the state file, whoever started it. */
export async function stopLab(): Promise<void> {
  refuseWrongMachine()
  await locked(async () => {
    const known = readState()
    if (known !== undefined) await stopKnown(known)
  })
}

/** Stops, and removes accounts, images, keys and the cache: as if the lab had never been here (packages stay). */
export async function resetLab(): Promise<void> {
  await stopLab()
  await removeAccounts()
  rmSync(labRoot, { recursive: true, force: true })
}

/** The running lab, or undefined if there is none or it is not healthy. */
export async function runningLab(): Promise<Lab | undefined> {
  refuseWrongMachine()
  const known = readState()
  return known !== undefined && (await isHealthy(known)) ? labOf(known) : undefined
}

async function startFresh(log: Log): Promise<LabState> {
  const installed = await install(log)
  rmSync(labPaths.run, { recursive: true, force: true })
  for (const folder of [labPaths.run, labPaths.ssh, labPaths.keys]) mkdirSync(folder, { recursive: true, mode: 0o755 })
  copyFileSync(join(import.meta.dirname, 'channel-helper'), labPaths.helper)
  copyFileSync(join(import.meta.dirname, 'virsh-without-tickets'), labPaths.virshWithoutTickets)
  const word = () => randomBytes(6).toString('hex')
  const passwords = Object.fromEntries(people.map((p) => [p.name, `${word()}${p.tail}`]))
  const guestPasswords = Object.fromEntries(people.map((p) => [p.name, p.otherGuestPassword ? word() : (passwords[p.name] ?? '')]))
  let state: LabState = { version: 1, sshPort: 0, processes: {}, passwords, guestPasswords, spicePassword: word() }
  writeState(state)
  const started = (change: Partial<Omit<LabState, 'processes'>>, processes: LabState['processes']): void => {
    state = { ...state, ...change, processes: { ...state.processes, ...processes } }
    writeState(state)
  }
  try {
    await openAccounts(new Map(Object.entries(passwords)))
    const image = await buildGuestImage(installed, new Map(Object.entries(guestPasswords)))
    const virtlogd = await startVirtlogd()
    started({}, { virtlogd })
    started({}, { libvirtd: await startLibvirtd(virtlogd) })
    await libvirtReady(virtlogd)
    await defineDomains(virshOf(virtlogd), image, state.spicePassword)
    const sshd = await startSshd(virtlogd)
    started({ sshPort: sshd.port }, { sshd: sshd.process })
    log(`lab: sshd on 127.0.0.1:${sshd.port}, ${domains.length} desktops`)
    return state
  } catch (error) {
    await stopKnown(state)
    throw error
  }
}

async function isHealthy(state: LabState): Promise<boolean> {
  const { virtlogd, libvirtd, sshd } = state.processes
  if (!isRunning(virtlogd) || !isRunning(libvirtd) || !isRunning(sshd)) return false
  return (await libvirtAnswers(virtlogd)) && (await sshAnswers(state.sshPort))
}

function sshAnswers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const done = (ok: boolean) => {
      socket.destroy()
      resolve(ok)
    }
    socket.setTimeout(3000, () => done(false))
    socket.once('data', (data) => done(data.toString('latin1').startsWith('SSH-2.0-')))
    socket.once('error', () => done(false))
    socket.once('close', () => done(false))
  })
}

async function stopKnown(state: LabState): Promise<void> {
  const { virtlogd, libvirtd, sshd } = state.processes
  // Sessions first: a client that loses its server must not start a desktop again.
  if (isRunning(sshd)) await end(treeOf(sshd))
  if (isRunning(libvirtd)) {
    if (isRunning(virtlogd) && (await libvirtAnswers(virtlogd))) await removeDomains(virshOf(virtlogd))
    await end([libvirtd])
  }
  if (isRunning(virtlogd)) await end([virtlogd])
  await end(orphans())
  await closeAccounts()
  removeState()
}

/** QEMU processes of the lab's desktops that a dead libvirtd left behind, known by their ids in the command line. */
function orphans() {
  return domains.flatMap((domain) => {
    try {
      const pid = Number(readFileSync(outside(`/run/libvirt/qemu/${domain.name}.pid`), 'utf8'))
      const isOurs = readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0').includes(domain.uuid)
      return isOurs ? treeOf({ pid, started: '' }) : []
    } catch {
      return []
    }
  })
}

function labOf(state: LabState): Lab {
  const { virtlogd } = state.processes
  if (virtlogd === undefined) throw new Error('the lab has no namespace')
  const virsh = virshOf(virtlogd)
  const assigned = (person: PersonFacts) =>
    domains.filter((d) => d.users.includes(person.name) || d.groups.some((g) => person.groups.includes(g))).map((d) => d.name)
  const folk: LabPerson[] = people.map((p) => ({
    name: p.name, fullName: p.fullName, method: p.method, account: p.account, desktops: assigned(p),
    password: state.passwords[p.name] ?? '', guestPassword: state.guestPasswords[p.name] ?? '',
  }))
  const lab: Lab = {
    sshHost: '127.0.0.1', sshPort: state.sshPort, knownHostsFile: sshFiles.knownHosts, ssh: sshFiles,
    deviceUser: 'kiosk', deviceUsers: devices.map((d) => d.name), deviceKeyFile: sshFiles.deviceKey,
    people: folk, spicePassword: state.spicePassword, channelHelper: labPaths.helper, virshWithoutTickets: labPaths.virshWithoutTickets,
    domains: domains.map((d) => ({ name: d.name, uuid: d.uuid, title: d.title, hasChannel: d.channel !== undefined, display: d.display })),
    person(name) {
      const found = folk.find((p) => p.name === name)
      if (found === undefined) throw new Error(`the lab has no person "${name}"`)
      return found
    },
    libvirtUri(access, opts = {}) {
      const query = new URLSearchParams()
      if (access === 'device') query.set('keyfile', opts.keyFile ?? sshFiles.deviceKey)
      query.set('known_hosts', opts.knownHosts ?? sshFiles.knownHosts)
      const user = access === 'device' ? `${opts.user ?? 'kiosk'}@` : ''
      return `qemu+ssh://${user}127.0.0.1:${state.sshPort}/system?${query}`
    },
    deviceKeyFor(account) {
      const ids = typeof account === 'string' ? idsOf(account) : account
      return deviceKeyFor(ids.uid, ids.gid)
    },
    setState: (domain, next) => setDomainState(virsh, domain, next),
    virsh,
    async endSessions() {
      const { sshd } = state.processes
      if (sshd !== undefined) await kill(treeOf(sshd).filter((p) => p.pid !== sshd.pid))
    },
    logs: readLogs,
    stop: stopLab,
  }
  return lab
}

function readLogs(): Record<string, string> {
  const files: Record<string, string> = { sshd: join(labPaths.run, 'sshd.log'), libvirtd: join(labPaths.run, 'libvirtd.log') }
  for (const domain of domains) files[`qemu/${domain.name}`] = outside(`/var/log/libvirt/qemu/${domain.name}.log`)
  const found: Record<string, string> = {}
  for (const [name, file] of Object.entries(files)) {
    try {
      found[name] = readFileSync(file, 'utf8')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
  return found
}
