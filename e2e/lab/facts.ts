// Why: every name, number and place of the lab in one table, so that tests, the self-check and the documents agree.

/** Where everything of the lab lives; readable by libvirt-qemu and sshd where they need it. */
export const labRoot = '/var/lib/latchkey-lab'
export const labPaths = {
  cache: `${labRoot}/cache`,
  guest: `${labRoot}/guest`,
  ssh: `${labRoot}/ssh`,
  authorized: `${labRoot}/ssh/authorized`,
  keys: `${labRoot}/keys`,
  run: `${labRoot}/run`,
  homes: `${labRoot}/home`,
  helper: `${labRoot}/channel-helper`,
  virshWithoutTickets: `${labRoot}/virsh-without-tickets`,
  state: `${labRoot}/state.json`,
  lock: `${labRoot}/lock`,
} as const

/** Debian packages that the lab needs; install() asks apt only for those that are missing. */
export const labPackages: readonly string[] = [
  'qemu-system-x86', 'qemu-utils', 'libvirt-daemon-system', 'libvirt-clients', 'openssh-server', 'openssh-client',
  'socat', 'busybox-static', 'cpio', 'kmod', 'gcc', 'libc6-dev', 'libcrypt-dev',
]
/** Its dependency names the one kernel package of today. */
export const kernelMetaPackage = 'linux-image-cloud-amd64'

/** The marker (GECOS field) of accounts that the lab made and may therefore change and remove. */
export const accountMark = 'latchkey lab'
/** Group named in a domain's metadata. */
export const staffGroup = 'latchkey-staff'

/** Namespace of the element that assigns a desktop. */
export const desktopNamespace = 'https://latchkey.example/xmlns/desktop/1'

export interface PersonFacts {
  readonly name: string
  readonly fullName: string
  /** The way sshd lets this person in. */
  readonly method: 'password' | 'keyboard-interactive'
  /** Appended to the random part of the password: what a shell, JSON and UTF-8 make hard. */
  readonly tail: string
  readonly groups: readonly string[]
  /** locked: no password matches; expired: right password, closed account; must-change: right, but a new one is demanded. */
  readonly account: 'open' | 'locked' | 'expired' | 'must-change'
  /** The guests hold another password for this person than the hypervisor. */
  readonly otherGuestPassword?: true
  /** May do nothing on the hypervisor: the rules of the guide for people of access: device. */
  readonly checkedOnly?: true
}

export const people: readonly PersonFacts[] = [
  { name: 'ada', fullName: 'Ada Lovelace', method: 'password', tail: '"$(id)`\\\'{}', groups: [], account: 'open' },
  { name: 'grace', fullName: 'Grace Hopper', method: 'keyboard-interactive', tail: 'é€😀 "$HOME"', groups: [], account: 'open' },
  { name: 'alan', fullName: 'Alan Turing', method: 'password', tail: '', groups: [staffGroup], account: 'open', otherGuestPassword: true, checkedOnly: true },
  { name: 'mary', fullName: 'Mary Jackson', method: 'password', tail: '', groups: [], account: 'open' },
  { name: 'linus', fullName: 'Linus Locked', method: 'password', tail: '', groups: [], account: 'locked' },
  { name: 'edith', fullName: 'Edith Expired', method: 'password', tail: '', groups: [], account: 'expired' },
  { name: 'ken', fullName: 'Ken Change', method: 'keyboard-interactive', tail: '', groups: [], account: 'must-change' },
]

export interface DeviceFacts {
  readonly name: string
  /** May talk to libvirtd. */
  readonly libvirt: boolean
  /** May enter the folder of the channel sockets. */
  readonly channels: boolean
  /** sshd directives that come before the common ones of device accounts (sshd takes the first). */
  readonly sshd: readonly string[]
}

/** The device account of the documents, and one for each thing that an administrator can forget. */
export const devices: readonly DeviceFacts[] = [
  { name: 'kiosk', libvirt: true, channels: true, sshd: [] },
  { name: 'kiosk-noforward', libvirt: true, channels: true, sshd: ['AllowStreamLocalForwarding no'] },
  { name: 'kiosk-permitopen', libvirt: true, channels: true, sshd: ['PermitOpen 127.0.0.1:*'] },
  { name: 'kiosk-nochannel', libvirt: true, channels: false, sshd: [] },
  { name: 'kiosk-nodisplay', libvirt: true, channels: true, sshd: ['AllowTcpForwarding no'] },
  { name: 'kiosk-nolibvirt', libvirt: false, channels: true, sshd: [] },
]

export interface DomainFacts {
  readonly name: string
  readonly uuid: string
  readonly title: string
  readonly users: readonly string[]
  readonly groups: readonly string[]
  /** virtio port name; none = no channel. */
  readonly channel?: string
  readonly display: 'tcp' | 'socket'
  /**
   * What the display asks for. "ticket": a password that nobody has and that has expired, so that only a ticket set
   * later opens it (QEMU takes tickets only if it was started with a password). "password": the permanent one of the
   * XML. "open": nothing, and no ticket can be set.
   */
  readonly ticketing: 'ticket' | 'password' | 'open'
  /** Words for the guest's kernel command line. */
  readonly guest: readonly string[]
  /** Its kernel file does not exist: libvirt refuses to start it. */
  readonly broken?: true
}

const uuid = (n: number) => `1a7c4be7-0000-4000-8000-0000000000${String(n).padStart(2, '0')}`
const kvmVdi = 'com.kvm-vdi.0'

export const domains: readonly DomainFacts[] = [
  { name: 'ada-desktop', uuid: uuid(1), title: 'Ada\'s desktop', users: ['ada'], groups: [], channel: kvmVdi, display: 'tcp', ticketing: 'ticket', guest: [] },
  { name: 'grace-desktop', uuid: uuid(2), title: 'Grace\'s desktop', users: ['grace'], groups: [], channel: 'ovirt-guest-agent.0', display: 'socket', ticketing: 'ticket', guest: [] },
  { name: 'ada-nochannel', uuid: uuid(3), title: 'Ada, no channel', users: ['ada'], groups: [], display: 'tcp', ticketing: 'open', guest: [] },
  { name: 'ada-broken', uuid: uuid(4), title: 'Ada, does not start', users: ['ada'], groups: [], channel: kvmVdi, display: 'tcp', ticketing: 'ticket', guest: [], broken: true },
  { name: 'ada-saved', uuid: uuid(5), title: 'Ada, paused or saved', users: ['ada'], groups: [], channel: kvmVdi, display: 'tcp', ticketing: 'ticket', guest: [] },
  { name: 'ada-password', uuid: uuid(6), title: 'Ada, permanent display password', users: ['ada'], groups: [], channel: kvmVdi, display: 'tcp', ticketing: 'password', guest: [] },
  { name: 'ada-silent', uuid: uuid(7), title: 'Ada, silent agent', users: ['ada'], groups: [], channel: kvmVdi, display: 'tcp', ticketing: 'ticket', guest: ['latchkey.agent=silent'] },
  { name: 'ada-occupied', uuid: uuid(8), title: 'Ada, Grace is signed in', users: ['ada'], groups: [], channel: 'com.redhat.rhevm.vdsm', display: 'tcp', ticketing: 'ticket', guest: ['latchkey.user=grace'] },
  { name: 'staff-desktop', uuid: uuid(9), title: 'Staff desktop', users: [], groups: [staffGroup], channel: kvmVdi, display: 'tcp', ticketing: 'ticket', guest: [] },
]
