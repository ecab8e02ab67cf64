// Why: the one cast of people and machines of the demo, so that its hint on the screen, its tests and the pictures
// in the documentation agree. The passwords are examples and stand for nothing else.
import type { AccountOptions } from './ssh/accounts.ts'
import type { DomainOptions } from './vm/domain.ts'

/** One person of the demo; the password goes on the screen as a hint. */
export interface DemoPerson {
  readonly name: string
  readonly password: string
}
/** Easy to type on any keyboard: the demo asks a person to do so. */
export const demoPeople = {
  ada: { name: 'ada', password: 'analytical engine' },
  grace: { name: 'grace', password: 'grace hopper' },
  linus: { name: 'linus', password: 'correct horse' },
} as const satisfies Record<string, DemoPerson>

/** For tests: characters that shells, JSON, XML and URLs treat specially, and some that are more than one byte. */
export const TRICKY_PASSWORD = `p'a"s$s\\w\`ö%20&<r>\u{1f511}d $(id) 'x'`

/** The device's own account (access: device). It has no password. */
export const DEVICE_ACCOUNT = 'kiosk'

/** The lab's own Linux agent tells of sessions too, unlike the original. */
const agent = { delayMs: 600, confirmMs: 120, sessionMessages: true } as const

export interface DemoSet {
  readonly users: readonly AccountOptions[]
  readonly domains: readonly DomainOptions[]
  readonly deviceAccounts: readonly string[]
  readonly hostName: string
}

/**
 * grace has two desktops, ada one (so that she goes straight on), linus one without a channel.
 * `passwords` replaces some of demoPeople's, on the hypervisor and in the guests alike.
 */
export function demoOptions(passwords: Partial<Record<keyof typeof demoPeople, string>> = {}): DemoSet {
  const person = (name: keyof typeof demoPeople): DemoPerson => ({ name, password: passwords[name] ?? demoPeople[name].password })
  const [ada, grace, linus] = [person('ada'), person('grace'), person('linus')]
  const linuxGuest = (who: DemoPerson): NonNullable<DomainOptions['guest']> => ({ flavour: 'linux', accounts: [who] })
  return {
    hostName: 'demo-hypervisor',
    users: [
      { ...ada, groups: ['office'] },
      { ...grace, groups: ['office', 'research'] },
      { ...linus },
      { name: DEVICE_ACCOUNT, methods: ['publickey'] },
    ],
    deviceAccounts: [DEVICE_ACCOUNT],
    domains: [
      { name: 'ada-desktop', uuid: '6f0c1c0e-6a6b-4a51-9a0c-0d5e7a100001', title: 'Ada’s desktop', description: 'Debian 12, office work', users: ['ada'], osId: 'http://debian.org/debian/12', state: 'running', guest: linuxGuest(ada), agent },
      { name: 'grace-office', uuid: '6f0c1c0e-6a6b-4a51-9a0c-0d5e7a100002', title: 'Office', description: 'Debian 12', users: ['grace'], osId: 'http://debian.org/debian/12', state: 'shut off', startMs: 400, guest: linuxGuest(grace), agent },
      { name: 'grace-windows', uuid: '6f0c1c0e-6a6b-4a51-9a0c-0d5e7a100003', title: 'Windows 11', description: 'For the accounts', users: ['grace'], osId: 'http://microsoft.com/win/11', state: 'saved', startMs: 400, channel: 'com.redhat.rhevm.vdsm', guest: { flavour: 'windows', accounts: [grace] }, agent: { delayMs: 600, confirmMs: 300 } },
      { name: 'linus-lab', uuid: '6f0c1c0e-6a6b-4a51-9a0c-0d5e7a100004', title: 'Laboratory', description: 'No sign-on channel', users: ['linus'], osId: 'http://fedoraproject.org/fedora/40', state: 'running', channel: null, guest: linuxGuest(linus) },
    ],
  }
}
