// Why: the one strict description of what IT may configure. The JSON Schema and docs/admin/config.md are generated
// from it, so every key carries a description. No key may hold a secret, only the path of a key file.
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

export const LibvirtEndpoint = z.strictObject({
  id: Id.describe('Stable name of this endpoint.'),
  label: z.string().min(1).max(200).describe('What the person sees.'),
  kind: z.literal('libvirt').describe('Kind of hypervisor.'),
  uri: z.string().min(1).max(2000).describe('libvirt URI: qemu+ssh://USER@HOST[:PORT]/system?keyfile=…&known_hosts=…&socket=…'),
  access: Access,
  desktops: Desktops.prefault({}),
  signOn: SignOn.prefault({}),
  virsh: z.string().min(1).max(400).default('virsh').describe('The virsh command on the hypervisor.'),
  connectSeconds: z.number().int().min(1).max(120).default(10).describe('Deadline for reaching the host and authenticating.'),
  startSeconds: z.number().int().min(5).max(600).default(120).describe('Deadline for a desktop to be running after start.'),
})
export type LibvirtEndpoint = z.output<typeof LibvirtEndpoint>

export const Endpoint = z.discriminatedUnion('kind', [LibvirtEndpoint])
export type Endpoint = z.output<typeof Endpoint>

export const Config = z.strictObject({
  version: z.literal(1).describe('Version of this format.'),
  shell: z.enum(['auto', 'electron', 'chromium']).default('auto').describe('Which browser shows the window; auto takes Electron where it is installed.'),
  endpoints: z
    .array(Endpoint)
    .min(1, 'at least one endpoint is needed')
    .superRefine((given, ctx) => {
      const list: readonly ({ id?: unknown } | null)[] = Array.isArray(given) ? given : []
      const seen = new Set<string>()
      for (const [i, e] of list.entries()) {
        if (typeof e?.id !== 'string') continue
        if (seen.has(e.id)) ctx.addIssue({ code: 'custom', path: [i, 'id'], message: `"${e.id}" is used twice` })
        seen.add(e.id)
      }
    }, { when: isObject })
    .describe('The hypervisors, in the order of the sign-in screen.'),
  session: z
    .strictObject({
      autoConnectSingle: z.boolean().default(true).describe('With one desktop assigned, go straight on to it.'),
      keepPasswordMinutes: z.number().int().min(0).max(720).default(15).describe('How long after sign-in the password is kept in memory, to sign on to a second desktop or after a lost connection; 0 wipes it once the first sign-on is over.'),
      onDisconnect: z.enum(['keep', 'lock', 'logoff']).default('keep').describe('What happens to the guest session when the person disconnects.'),
    })
    .prefault({})
    .describe('From sign-in to sign-out.'),
  console: z.strictObject({ engine: z.enum(['spice-html5', 'latchkey']).default('spice-html5').describe('The SPICE client in the window: the spice-html5 package, or Latchkey\'s own engine, which is being built (docs/spice.md).') }).prefault({}).describe('The picture of the desktop.'),
  kiosk: z
    .strictObject({
      fullscreen: z.boolean().default(true).describe('Full screen with keyboard lock.'),
      allowReboot: z.boolean().default(true).describe('Power menu: restart this device.'),
      allowPowerOff: z.boolean().default(true).describe('Power menu: switch this device off.'),
      allowSuspend: z.boolean().default(false).describe('Power menu: suspend this device.'),
    })
    .prefault({})
    .describe('The device itself.'),
  ui: z
    .strictObject({
      locale: z.string().max(20).default('en').describe('Language of the screens.'),
      organisation: z.string().max(200).default('').describe('Name shown on the sign-in screen.'),
      message: z.string().max(2000).default('').describe('Message on the sign-in screen, plain text.'),
      defaultUser: z.string().max(256).default('').describe('Name filled in on the sign-in screen.'),
    })
    .prefault({})
    .describe('Words on the screens.'),
  log: z
    .strictObject({
      level: z.enum(['error', 'warn', 'info', 'debug']).default('info').describe('Lowest level written.'),
      users: z.enum(['hashed', 'plain']).default('hashed').describe('How user names are written to the log.'),
    })
    .prefault({})
    .describe('What goes to the journal.'),
})
export type Config = z.output<typeof Config>
export type ConfigInput = z.input<typeof Config>
