// Why: the one strict description of what IT may configure. The JSON Schema and docs/admin/config.md are generated
// from it, so every key carries a description. No key may hold a secret, only the path of a key file.
import { z } from 'zod'

import { Endpoint } from './endpoint.ts'

/** An object that was at least read as one: cross-checks run beside other mistakes, so that all are told at once. */
const isObject = ({ value }: { value: unknown }): boolean => typeof value === 'object' && value !== null

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
  console: z
    .strictObject({
      engine: z.enum(['latchkey', 'spice-html5']).default('latchkey').describe('The SPICE client in the window. latchkey: Latchkey\'s own engine (docs/spice.md says what it does and what it lacks). spice-html5: the package of that name, to fall back on: slower, without sound and clipboard, and it paints some pictures wrongly.'),
      clipboard: z
        .strictObject({
          policy: z.enum(['off', 'toGuest', 'fromGuest', 'both']).default('off').describe('In which directions copied text may go between this device and the desktop. Needs the engine latchkey and the desktop\'s SPICE agent.'),
          maxBytes: z.number().int().min(1024).max(64 * 1024 * 1024).default(8 * 1024 * 1024).describe('Most bytes of UTF-8 in one text, either way. A longer one is not passed on, and the person is told.'),
        })
        .prefault({})
        .describe('Copying and pasting text between this device and the desktop.'),
      sound: z.enum(['on', 'off']).default('on').describe('Whether the desktop is heard. Needs the engine latchkey; a device without loudspeakers is no error.'),
    })
    .prefault({})
    .describe('The picture of the desktop.'),
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
      rememberUser: z.boolean().default(false).describe('Fill in the name of the last person at this device. The last endpoint is always remembered.'),
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
