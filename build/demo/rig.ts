// Why: a hypervisor to sign in to, and the configuration that names it: the same two things for the demo, the bench
// and the end-to-end tests, whether the hypervisor is embedded, real, or embedded behind the double of a web product.
import { stringify } from 'yaml'
import { startFakeServer, type FakeKind } from '../../e2e/fakes/demo/rig.ts'
import { startLab } from '../../e2e/lab/lab.ts'
import { demoOptions, demoPeople } from '../../embedded/demo-options.ts'
import { startEmbeddedHypervisor, type EmbeddedHypervisor } from '../../embedded/hypervisor.ts'
import { spiceDisplay } from '../../embedded/vm/spice-display.ts'
import type { ConfigInput } from '../../shared/config/schema.ts'
import type { EndpointKind } from './args.ts'
import { makeConfigDir } from './config-dir.ts'

export interface Rig {
  readonly lab: 'embedded' | 'kvm'
  readonly endpointKind: EndpointKind
  readonly configDir: string
  readonly user: string
  readonly password: string
  /** The display asks nobody who they are: there is no name and no password to type. */
  readonly anonymous?: true
  /** Desktop that the demo picks. */
  readonly desktopTitle: string
  /** Whose session is in the guest, asked of the guest itself; absent: it cannot be asked from here. */
  readonly guestUser?: () => string | undefined
  stop(): Promise<void>
}

export interface RigOptions {
  /** The demo shows the list (two desktops); the bench goes straight on (one, running). */
  readonly show?: 'list' | 'single'
  /** console.engine; default: the product's own default. */
  readonly engine?: 'spice-html5' | 'latchkey'
  /** Default: libvirt. The others run with the embedded lab. */
  readonly endpoint?: EndpointKind
}

type UriParameters = Readonly<Record<string, string>>

/** qemu+ssh URI; parameter values are percent-encoded. */
export function libvirtUri(user: string | undefined, host: string, port: number, parameters: UriParameters): string {
  const query = Object.entries(parameters).map(([k, v]) => `${k}=${encodeURIComponent(v)}`)
  return `qemu+ssh://${user === undefined ? '' : `${encodeURIComponent(user)}@`}${host}:${port}/system${query.length > 0 ? `?${query.join('&')}` : ''}`
}

export async function startRig(lab: 'embedded' | 'kvm', say: (line: string) => void, o: RigOptions = {}): Promise<Rig> {
  if (lab === 'kvm') return await kvmRig(say, o)
  const { endpoint = 'libvirt' } = o
  return endpoint === 'libvirt' ? await embeddedRig(o) : await webRig(endpoint, say, o)
}

/** The demo's accounts are made for it (the lab's anew at every start), so their password may stand on the screen. */
const hint = (p: { readonly name: string; readonly password: string }): string => `This is a demonstration. Sign in as "${p.name}" with the password: ${p.password}`

const common = (user: string, hint: string): Pick<ConfigInput, 'version' | 'ui' | 'kiosk'> => ({
  version: 1,
  ui: { organisation: 'Latchkey demo', defaultUser: user, message: hint },
  kiosk: { fullscreen: false, allowReboot: false, allowPowerOff: false },
})

async function embeddedRig({ show = 'list', engine }: RigOptions): Promise<Rig> {
  const hypervisor: EmbeddedHypervisor = await startEmbeddedHypervisor({ ...demoOptions(), display: spiceDisplay })
  const config = makeConfigDir()
  const person = show === 'list' ? demoPeople.grace : demoPeople.ada
  const domain = hypervisor.domains.get(show === 'list' ? 'grace-office' : 'ada-desktop')
  const keyfile = config.file('device-key', hypervisor.deviceKey.privateKey)
  const known_hosts = config.file('known_hosts', hypervisor.knownHosts)
  config.write({
    ...common(person.name, hint(person)),
    ...(engine && { console: { engine } }),
    endpoints: [{ id: 'demo', label: 'Embedded hypervisor', kind: 'libvirt', uri: libvirtUri('kiosk', hypervisor.host, hypervisor.port, { keyfile, known_hosts }), access: 'device' }],
  })
  return {
    lab: 'embedded',
    endpointKind: 'libvirt',
    configDir: config.dir,
    user: person.name,
    password: person.password,
    desktopTitle: domain?.options.title ?? '',
    guestUser: () => domain?.guest.user,
    stop: async () => {
      await hypervisor.stop()
      config.remove()
    },
  }
}

/** A double of the product in front of one embedded machine, as the end-to-end tests have it. */
async function webRig(kind: FakeKind, say: (line: string) => void, { show = 'list', engine }: RigOptions): Promise<Rig> {
  const config = makeConfigDir()
  const server = await startFakeServer(kind, { file: (name, text) => config.file(name, text), state: show === 'list' ? 'shut off' : 'running' }).catch((e: unknown) => {
    config.remove()
    throw e
  })
  say(`  ${server.product} is at ${String(server.endpoint['url'] ?? server.endpoint['uri'])}`)
  // A display of its own is the one row of the list; on the console's bar it must leave the guest's own name in sight.
  const label = server.title === undefined ? 'Ada’s PC' : `Embedded hypervisor behind ${server.product}`
  const { user = '', password = '' } = server.person ?? {}
  config.write(stringify({
    ...common(user, server.person ? hint({ name: user, password }) : 'This is a demonstration. Press Connect.'),
    ...(engine && { console: { engine } }),
    // With its one desktop, too, the demo shows the list.
    session: { autoConnectSingle: show === 'single' },
    endpoints: [{ id: 'demo', label, ...server.endpoint }],
  }))
  return {
    lab: 'embedded',
    endpointKind: kind,
    configDir: config.dir,
    user,
    password,
    ...(!server.person && { anonymous: true }),
    desktopTitle: server.title ?? label,
    guestUser: () => server.machine.users[0],
    stop: async () => {
      await server.stop()
      config.remove()
    },
  }
}

async function kvmRig(say: (line: string) => void, { show = 'list', engine }: RigOptions): Promise<Rig> {
  const lab = await startLab({ log: say })
  const config = makeConfigDir()
  // Ada has several desktops, Grace exactly one.
  const person = lab.person(show === 'list' ? 'ada' : 'grace')
  const domain = lab.domains.find((d) => d.name === person.desktops[0])
  if (!domain) throw new Error(`the lab gives ${person.name} no desktop`)
  if (show === 'single') await lab.setState(domain.name, 'running')
  config.write({
    ...common(person.name, hint(person)),
    ...(engine && { console: { engine } }),
    endpoints: [{ id: 'lab', label: 'Real hypervisor', kind: 'libvirt', uri: lab.libvirtUri('device'), access: 'device' }],
  })
  return {
    lab: 'kvm',
    endpointKind: 'libvirt',
    configDir: config.dir,
    user: person.name,
    password: person.password,
    desktopTitle: domain.title,
    stop: async () => {
      config.remove()
      await lab.stop()
    },
  }
}
