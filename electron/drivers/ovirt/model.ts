// Why: the few properties of the engine's replies that are used, checked before they are used. Names and meanings:
// https://ovirt.github.io/ovirt-engine-api-model/4.4/#types
import { z } from 'zod'
import { AppError } from '../../core/errors.ts'

/** Part of paths: nothing that a path could trip over. Engines use UUIDs, and hexadecimal digits for consoles. */
const Id = z.string().regex(/^[A-Za-z0-9_-]{1,128}$/)
/** Longer ones are cut where they are shown. */
const Text = z.string().max(65_536)
/** JSON has numbers and booleans sometimes as strings, XML always. */
const Int = z.union([z.int(), z.string().regex(/^-?[0-9]{1,9}$/).transform(Number)])
const Bool = z.union([z.boolean(), z.enum(['true', 'false']).transform((v) => v === 'true')])
const Link = z.object({ id: Id })

/** A pool that cannot give a VM says why for each of them. */
const Sentences = z.string().max(1024 * 1024)
const Method = z.object({ id: z.string().max(64) })
export const Fault = z.object({ reason: Sentences.optional(), detail: Sentences.optional() })

/** types/display; `secure_port` and `certificate` only where the display has TLS. */
export const Display = z.object({
  address: Text.optional(),
  port: Int.optional(),
  secure_port: Int.optional(),
  certificate: z.object({ subject: Text.optional() }).optional(),
  proxy: Text.optional(),
})
export type Display = z.output<typeof Display>

/** XML has no list of one, and an empty element where there is none. */
const Methods = z.union([z.literal('').transform(() => []), z.object({ method: z.union([Method, z.array(Method)]).optional() }).transform(({ method }) => (method === undefined ? [] : [method].flat()))])

/** types/vm */
export const Vm = z.object({
  id: Id,
  name: Text,
  description: Text.optional(),
  /** types/vm_status; unknown words are possible. */
  status: z.string().max(64).optional(),
  status_detail: Text.optional(),
  stop_reason: Text.optional(),
  os: z.object({ type: Text.optional() }).optional(),
  vm_pool: Link.optional(),
  display: Display.optional(),
  /** types/sso: how the VM lets people be signed in to it. */
  sso: z.object({ methods: Methods.optional() }).optional(),
})
export type Vm = z.output<typeof Vm>

/** types/vm_pool */
export const Pool = z.object({
  id: Id,
  name: Text,
  description: Text.optional(),
  max_user_vms: Int.optional(),
  type: z.string().max(64).optional(),
})
export type Pool = z.output<typeof Pool>

/** types/graphics_console, with current=true */
export const Console = z.object({ id: Id, protocol: z.string().max(64), address: Text.optional(), port: Int.optional(), tls_port: Int.optional() })
export type Console = z.output<typeof Console>

/** types/session */
export const GuestSession = z.object({ console_user: Bool.optional(), user: z.object({ user_name: Text.optional(), name: Text.optional() }).optional() })

/** types/action, of the actions that are used */
export const Action = z.object({
  status: z.string().max(64).optional(),
  fault: Fault.optional(),
  vm: Link.optional(),
  remote_viewer_connection_file: z.string().max(512 * 1024).optional(),
  ticket: z.object({ value: z.string().min(1).max(256), expiry: Int.optional() }).optional(),
})

/** sso/oauth/token */
export const Token = z.object({ access_token: z.string().min(1).max(16_384).regex(/^[\x21-\x7e]+$/), token_type: z.string().max(64).optional() })

/** api: the entry point */
export const Entry = z.object({ product_info: z.object({ name: Text.optional(), version: z.object({ full_version: Text.optional(), major: Int.optional(), minor: Int.optional() }).optional() }) })

/** Throws hypervisor.protocol with where the document is wrong, never with what is in it. */
export function checked<T>(schema: z.ZodType<T>, document: unknown, what: string): T {
  const read = schema.safeParse(document)
  if (read.success) return read.data
  throw new AppError('hypervisor.protocol', `${what}: ${problemsOf(read.error)}`)
}

/**
 * The elements of a list by their name. One that is not understood is left out and told: it must not hide the others.
 * Throws hypervisor.protocol for what is no list.
 */
export function listed<T>(schema: z.ZodType<T>, document: unknown, name: string, onBad: (why: string) => void): readonly T[] {
  const { [name]: given } = checked(z.record(z.string(), z.unknown()), document, `list of ${name}`)
  // JSON of an empty list has no property at all; XML of a list of one has no list.
  const list = given === undefined || given === '' ? [] : Array.isArray(given) ? (given as unknown[]) : [given]
  const out: T[] = []
  for (const one of list) {
    const read = schema.safeParse(one)
    if (read.success) out.push(read.data)
    else onBad(problemsOf(read.error))
  }
  if (out.length === 0 && list.length > 0) throw new AppError('hypervisor.protocol', `list of ${name}: none of ${list.length} is understood`)
  return out
}

function problemsOf(error: z.ZodError): string {
  return error.issues.slice(0, 5).map((i) => `${i.path.join('.').slice(0, 100)} ${i.code}`).join(', ')
}
