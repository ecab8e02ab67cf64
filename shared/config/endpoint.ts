// Why: what IT may say about one hypervisor, by kind. No key may hold a secret, only the path of a file that does.
import { z } from 'zod'

const Id = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'lower-case letters, digits and dashes, 63 at most')

const Access = z
  .enum(['person', 'device'])
  .describe('Whose SSH account opens the working connection: "person" (name and password just typed) or "device" (the key of the URI; the person is only checked).')

/** An object that was at least read as one: cross-checks run beside other mistakes, so that all are told at once. */
const isObject = ({ value }: { value: unknown }): boolean => typeof value === 'object' && value !== null

const Desktops = z
  .strictObject({
    assign: z.enum(['metadata', 'pattern', 'all']).default('metadata').describe('How a person\'s desktops are found: <latchkey:desktop> in the domain metadata, a name pattern, or all domains the account sees.'),
    pattern: z.string().min(1).max(200).optional().describe('For assign: pattern. Domain name with {user}, and * for any characters, e.g. "{user}-*".'),
  })
  .superRefine((d, ctx) => {
    if (d.assign === 'pattern' && d.pattern === undefined) ctx.addIssue({ code: 'custom', path: ['pattern'], message: 'assign: pattern needs a pattern, e.g. "{user}-*"' })
    if (d.assign === 'pattern' && d.pattern !== undefined && !d.pattern.includes('{user}')) ctx.addIssue({ code: 'custom', path: ['pattern'], message: 'the pattern must contain {user}; to give everybody every desktop say assign: all' })
  }, { when: isObject })
  .describe('Which desktops a person gets.')

const SignOn = z.strictObject({
  enabled: z.boolean().default(true).describe('Pass the sign-in on to the guest.'),
  channels: z
    .array(z.string().min(1).max(128))
    .min(1)
    .default(['com.kvm-vdi.0', 'ovirt-guest-agent.0', 'com.redhat.rhevm.vdsm'])
    .describe('Names of the virtio channel, tried in this order.'),
  confirmSeconds: z.number().int().min(5).max(300).default(45).describe('How long to wait for the guest to say that the session opened.'),
  agentSeconds: z.number().int().min(1).max(300).default(60).describe('How long to wait for the guest agent\'s first word.'),
  helper: z
    .array(z.string().min(1).max(1024))
    .min(1)
    .optional()
    .describe('Command on the hypervisor for servers that forbid stream-local forwarding: gets the socket path as its last argument, the messages on standard input, and copies the socket\'s output to standard output.'),
}).describe('How the sign-in is passed on to the guest.')

const Labels = {
  id: Id.describe('Stable name of this endpoint.'),
  label: z.string().min(1).max(200).describe('What the person sees.'),
}

const Failover = z
  .strictObject({
    order: z.enum(['listed', 'shuffled']).default('listed').describe('In which order several hosts are tried: as listed, or in an order of chance chosen anew at each start (spreads 500 kiosks).'),
    checkSeconds: z.number().int().min(0).max(3600).default(60).describe('How often the hosts are asked, without credentials, whether they answer; 0: never.'),
  })
  .prefault({})
  .describe('What happens with several hosts in one endpoint.')

/** One address or several, tried in turn. */
const addresses = (what: string) => z.union([z.string().min(1).max(2000), z.array(z.string().min(1).max(2000)).min(1).max(16)]).describe(what)

const File = z.string().regex(/^\//, 'an absolute path').max(1000)
const Trust = z
  .strictObject({
    ca: File.optional().describe('PEM file of the certificate authorities that count, and no others.'),
    sha256: z.string().regex(/^[0-9a-fA-F]{2}(:?[0-9a-fA-F]{2}){31}$/, '32 bytes in hexadecimal').optional().describe('SHA-256 fingerprint of the server\'s own certificate: exactly this one is trusted.'),
  })
  .prefault({})
  .describe('Whose certificate is trusted. Empty: the certificate authorities of the system.')

/** What the kinds spoken to by HTTP have in common. */
const Web = {
  trust: Trust,
  connectSeconds: z.number().int().min(1).max(120).default(10).describe('Deadline for each answer of the server.'),
  startSeconds: z.number().int().min(5).max(900).default(120).describe('Deadline for a desktop to be running after start.'),
  failover: Failover,
}
/** Sign-on where the hypervisor's API carries the credentials. */
const ApiSignOn = z
  .strictObject({
    enabled: z.boolean().default(true).describe('Pass the sign-in on to the guest.'),
    confirmSeconds: z.number().int().min(5).max(300).default(60).describe('How long to wait until the hypervisor names the person as signed in to the guest.'),
    agentSeconds: z.number().int().min(1).max(300).default(60).describe('How long to wait for the guest agent\'s first word.'),
  })
const Domain = z.string().min(1).max(100)

export const LibvirtEndpoint = z.strictObject({
  ...Labels,
  kind: z.literal('libvirt').describe('Kind of hypervisor.'),
  uri: addresses('libvirt URI, or a list of them: qemu+ssh://USER@HOST[:PORT]/system?keyfile=…&known_hosts=…&socket=…'),
  access: Access,
  desktops: Desktops.prefault({}),
  signOn: SignOn.prefault({}),
  virsh: z.string().min(1).max(400).default('virsh').describe('The virsh command on the hypervisor.'),
  connectSeconds: z.number().int().min(1).max(120).default(10).describe('Deadline for reaching the host and authenticating.'),
  startSeconds: z.number().int().min(5).max(600).default(120).describe('Deadline for a desktop to be running after start.'),
  failover: Failover,
})
export type LibvirtEndpoint = z.output<typeof LibvirtEndpoint>


export const OvirtEndpoint = z.strictObject({
  ...Labels,
  kind: z.literal('ovirt').describe('oVirt or RHV engine, 4.3 and later.'),
  url: addresses('Address of the engine, or a list: https://engine.example.com/ovirt-engine'),
  domains: z.array(Domain).max(20).default(['internal']).describe('Authentication domains (profiles); the first is taken where the person types none. A name typed as user@domain says it itself.'),
  signOn: ApiSignOn.prefault({}).describe('How the sign-in is passed on to the guest (the engine\'s logon action).'),
  ...Web,
})
export type OvirtEndpoint = z.output<typeof OvirtEndpoint>

export const ProxmoxEndpoint = z.strictObject({
  ...Labels,
  kind: z.literal('proxmox').describe('Proxmox VE 7 and later.'),
  url: addresses('Address of a node of the cluster, or a list: https://pve1.example.com:8006'),
  realm: z.string().regex(/^[A-Za-z][A-Za-z0-9._-]{0,31}$/, 'a realm, e.g. pam, pve or ldap1').default('pam').describe('Realm that is taken where the person types none; user@realm says it itself.'),
  token: File.optional().describe('File with an API token (USER@REALM!NAME=SECRET) for the working calls; the person is then only checked. Readable by this account alone.'),
  proxy: z.string().regex(/^(?:[A-Za-z0-9][A-Za-z0-9.-]{0,252}|[0-9A-Fa-f:.]{2,45}|\[[0-9A-Fa-f:.]{2,45}\])$/, 'a host name or address without a port (it is always 3128)').optional().describe('Host of the SPICE proxy as this device reaches it; absent: the one the server names.'),
  signOn: ApiSignOn.extend({
    helper: z.array(z.string().min(1).max(1024)).min(1).max(20).optional().describe('Command inside the guest that the QEMU guest agent starts; it gets one JSON line with name and password on standard input. Without it, and without `ssh`, nothing is passed on.'),
    ssh: z
      .strictObject({
        uri: z.string().min(1).max(2000).describe('Way to the nodes for the VM\'s own channel socket: qemu+ssh://USER@{node}/system?keyfile=…&known_hosts=…'),
        socket: z.string().min(1).max(500).default('/var/run/qemu-server/{vmid}.kvm-vdi').describe('Path of the channel\'s socket on the node.'),
      })
      .optional()
      .describe('SSH to the nodes, where IT gives it: then the guest itself confirms.'),
  })
    .prefault({})
    .describe('How the sign-in is passed on to the guest.'),
  ...Web,
})
export type ProxmoxEndpoint = z.output<typeof ProxmoxEndpoint>

export const KvmVdiEndpoint = z.strictObject({
  ...Labels,
  kind: z.literal('kvm-vdi').describe('KVM-VDI dashboard.'),
  url: addresses('Address of the dashboard with its path, or a list: https://vdi.example.com/kvm-vdi/'),
  insecure: z.boolean().default(false).describe('Allow http://: name, password and ticket then cross the network in clear, and the screen says so.'),
  allowUnsafeCharacters: z.boolean().default(false).describe('Send passwords that hold quotation marks, backslashes, $ or backticks although the dashboard gives them to a shell.'),
  useHypervisorAddress: z.boolean().default(false).describe('Ask for the hypervisor\'s management address for the display.'),
  heartbeatSeconds: z.number().int().min(5).max(120).default(30).describe('How often the dashboard is told that the desktop is in use.'),
  signOn: z.strictObject({ enabled: z.boolean().default(true).describe('Let the dashboard pass the sign-in on when it starts a desktop.') }).prefault({}).describe('How the sign-in is passed on to the guest.'),
  ...Web,
})
export type KvmVdiEndpoint = z.output<typeof KvmVdiEndpoint>

export const SpiceEndpoint = z
  .strictObject({
    ...Labels,
    kind: z.literal('spice').describe('One SPICE display, without a hypervisor\'s service.'),
    uri: z.string().min(1).max(2000).optional().describe('spice://HOST:PORT, spice+tls://HOST:PORT or spice+unix:///PATH. Either this or file.'),
    file: File.optional().describe('A virt-viewer file (.vv). Either this or uri.'),
    ticket: File.optional().describe('File with the display\'s password, for uri. Readable by this account alone.'),
    trust: Trust,
    subject: z.string().min(1).max(1000).optional().describe('The certificate subject the display must have (SPICE\'s host-subject), for uri.'),
  })
  .superRefine((e, ctx) => {
    if ((e.uri === undefined) === (e.file === undefined)) ctx.addIssue({ code: 'custom', path: ['uri'], message: 'give either uri or file' })
  }, { when: isObject })
export type SpiceEndpoint = z.output<typeof SpiceEndpoint>

export const Endpoint = z.discriminatedUnion('kind', [LibvirtEndpoint, OvirtEndpoint, ProxmoxEndpoint, KvmVdiEndpoint, SpiceEndpoint])
export type Endpoint = z.output<typeof Endpoint>

/** An endpoint at one of its hosts: what a driver is made for. */
export type LibvirtHost = Omit<LibvirtEndpoint, 'uri'> & { readonly uri: string }
export type OvirtHost = Omit<OvirtEndpoint, 'url'> & { readonly url: string }
export type ProxmoxHost = Omit<ProxmoxEndpoint, 'url'> & { readonly url: string }
export type KvmVdiHost = Omit<KvmVdiEndpoint, 'url'> & { readonly url: string }
