// Why: one plausible view of every screen and of its awkward cases, for the gallery and for tests. Not in the product.
import { DesktopId, type Desktop } from '../shared/desktop.ts'
import { LinkId } from '../shared/view/ui-command.ts'
import { phaseNames, type Bootstrap, type PhaseView, type ViewState } from '../shared/view/view-state.ts'

const desktop = (id: string, title: string, detail: string, power: Desktop['power'], os?: Desktop['os']): Desktop => ({
  id: DesktopId.parse(id), title, detail, power, ...(os === undefined ? {} : { os }),
})

export const desktops: Desktop[] = [
  desktop('a1', 'Ada’s workplace', 'Debian 12, 4 processors, 8 GiB', 'running', 'linux'),
  desktop('a2', 'Accounting', 'Windows 11', 'saved', 'windows'),
  desktop('a3', 'Build machine with quite a long name that has to be cut somewhere', 'FreeBSD 14, nightly builds for all the projects of the whole department and more', 'off', 'bsd'),
  desktop('a4', 'Training room 2', '', 'paused'),
  desktop('a5', 'Old console', 'kept for the archive', 'crashed', 'other'),
]
const first = desktops[0] ?? desktop('a', 'A', '', 'off')

/** The phases with the first `n` done and the next one running. */
export const phases = (n: number): PhaseView[] =>
  phaseNames.map((name, i) => (i < n ? { name, status: 'done', ms: 12.4 * (i + 1) } : { name, status: i === n ? 'running' : 'waiting' }))

const endpoint = { id: 'hq', label: 'Head office' }
const trace = 'T-7K2Q'

export const bootstrap: Bootstrap = {
  version: '0.1.0', locale: 'en', organisation: 'Example University', message: 'Forgotten your password? Call 4711.\nThis device is for members only.',
  power: ['reboot', 'power-off', 'suspend'], fullscreen: false, consoleEngine: 'spice-html5', clipboard: { policy: 'off', maxBytes: 0 }, sound: true, onDisconnect: 'keep', view: { screen: 'booting' },
}

const signIn = { screen: 'signIn', endpoints: [endpoint], endpoint: 'hq', user: '' } as const
const consoleView = {
  screen: 'console', user: 'ada', desktop: first, link: LinkId.parse('link-0001'), status: 'connected', phases: phases(9), sso: { state: 'idle' },
} as const satisfies ViewState

export const views: Readonly<Record<string, ViewState>> = {
  'booting': { screen: 'booting' },
  'blocked': { screen: 'blocked', error: { code: 'config.invalid', params: {}, traceId: trace } },
  'sign-in': { ...signIn, endpoints: [endpoint] },
  'sign-in-error': { ...signIn, endpoints: [endpoint, { id: 'lab', label: 'Laboratory' }], user: 'ada', error: { code: 'auth.rejected', params: {}, traceId: trace } },
  'sign-in-notice': { ...signIn, endpoints: [endpoint], notice: 'signed-out' },
  'sign-in-sites': { ...signIn, endpoints: [{ ...endpoint, site: 'hv2.example.com', reachable: false }, { id: 'old', label: 'Old desktops', insecure: true }] },
  'sign-in-anonymous': { ...signIn, endpoints: [{ id: 'hq', label: 'Lobby display', anonymous: true }] },
  'authenticating': { screen: 'authenticating', user: 'ada', endpoint, phases: phases(0).slice(0, 2) },
  'challenge-totp': { screen: 'challenge', user: 'ada', endpoint, kind: 'totp', prompt: '' },
  'challenge-text': { screen: 'challenge', user: 'ada', endpoint, kind: 'text', prompt: 'Enter the word on your card <b>now</b>', error: { code: 'auth.challenge-rejected', params: {}, traceId: trace } },
  'challenge-new-password': { screen: 'challenge', user: 'ada', endpoint, kind: 'new-password', prompt: 'At least 12 characters' },
  'desktops': { screen: 'desktops', user: 'ada', desktops, loading: false },
  'desktops-error': { screen: 'desktops', user: 'ada', desktops: desktops.slice(0, 2), loading: false, error: { code: 'desktop.start-failed', params: {}, traceId: trace } },
  'desktops-loading': { screen: 'desktops', user: 'ada', desktops: [], loading: true },
  'desktops-none': { screen: 'desktops', user: 'ada', desktops: [], loading: false },
  'preparing': { screen: 'preparing', user: 'ada', desktop: first, phases: phases(2), sso: { state: 'idle' } },
  'console-connecting': { ...consoleView, status: 'connecting', phases: phases(7) },
  'console-sso-running': { ...consoleView, sso: { state: 'running', step: 'confirming' } },
  'console-sso-confirmed': { ...consoleView, sso: { state: 'done', outcome: 'confirmed', confirmedBy: 'session-logon' } },
  'console-sso-silent': { ...consoleView, sso: { state: 'done', outcome: 'agent-silent', error: { code: 'agent.silent', params: {}, traceId: trace } } },
  'console-sso-no-channel': { ...consoleView, sso: { state: 'done', outcome: 'no-channel', error: { code: 'agent.no-channel', params: {}, traceId: trace } } },
  'console-guest': {
    ...consoleView,
    guest: {
      hostName: 'ada-desktop', os: 'Debian GNU/Linux 12', activeUser: 'ada', apiVersion: 3,
      interfaces: [{ name: 'eth0', mac: '52:54:00:12:34:56', addresses: ['192.0.2.17', 'fe80::5054:ff:fe12:3456'] }],
      applications: ['Firefox 128', 'LibreOffice 24.8', '<img src=x onerror=alert(1)>'],
    },
  },
  'ending': { screen: 'ending' },
  'failed': { screen: 'failed', user: 'ada', desktop: first, error: { code: 'desktop.start-failed', params: {}, traceId: trace }, actions: ['retry', 'dismiss', 'signOut'] },
}
