// Why: the few properties of the server's replies that are used, checked before they are used. Every reply is
// {"data": …}; numbers and booleans come as numbers or as strings. Names: https://pve.proxmox.com/pve-docs/api-viewer/
import { z } from 'zod'
import { AppError } from '../../core/errors.ts'
import type { HttpReply } from '../../core/ports/http.ts'

/** Longer ones are cut where they are shown. */
const Text = z.string().max(65_536)
const Int = z.union([z.int(), z.string().regex(/^-?[0-9]{1,15}$/).transform(Number)])
const Flag = z.union([z.boolean(), z.enum(['0', '1', '']).transform((v) => v === '1'), z.literal([0, 1]).transform((v) => v === 1), z.null().transform(() => false)])

/** Parts of paths: nothing that a path could trip over. */
export const NodeName = z.string().regex(/^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/)
export const VmId = Int.pipe(z.int().min(100).max(999_999_999))
/** UPID:node:pid:pstart:starttime:type:id:user: */
export const Upid = z.string().max(500).regex(/^UPID:[A-Za-z0-9-]{1,63}:[!-~]+$/)

/** POST /access/ticket */
export const TicketReply = z.object({ username: z.string().min(1).max(256), ticket: z.string().min(1).max(16_384), CSRFPreventionToken: z.string().max(1024).optional(), NeedTFA: Flag.optional() })

/** GET /cluster/resources */
export const Resource = z.object({ type: z.literal('qemu'), vmid: VmId, node: NodeName, name: Text.optional(), status: Text.optional(), template: Flag.optional(), lock: Text.optional(), pool: Text.optional() })
export type Resource = z.output<typeof Resource>

/** GET /nodes/{node}/qemu/{vmid}/status/current */
export const Current = z.object({ status: Text, qmpstatus: Text.optional(), lock: Text.optional(), spice: Flag.optional(), ha: z.object({ managed: Flag.optional() }).optional() })
export type Current = z.output<typeof Current>

/** GET /nodes/{node}/tasks/{upid}/status */
export const Task = z.object({ status: z.enum(['running', 'stopped']), exitstatus: Text.optional() })
export type Task = z.output<typeof Task>

/** GET /access/permissions: path → privilege → whether it holds below the path too. */
export const Permissions = z.record(z.string().max(1024), z.record(z.string().max(128), Flag))
export type Permissions = z.output<typeof Permissions>

/** POST …/spiceproxy: a connection file's keys. */
export const SpiceConfig = z.record(z.string().max(64), z.union([z.string(), z.number()]))
export type SpiceConfig = z.output<typeof SpiceConfig>

/** POST …/agent/exec, GET …/agent/exec-status, GET …/agent/get-users */
export const Started = z.object({ pid: Int })
export const ExecStatus = z.object({ 'exited': Flag, 'exitcode': Int.optional(), 'signal': Int.optional(), 'err-data': Text.optional() })
export const GuestUsers = z.object({ result: z.array(z.object({ user: z.string().max(1024), domain: z.string().max(1024).optional() })).max(1000) })

/** The `data` of a reply. Throws hypervisor.protocol. */
export function dataOf(reply: HttpReply): unknown {
  const document = reply.json()
  if (typeof document !== 'object' || document === null || !('data' in document)) throw new AppError('hypervisor.protocol', `the reply (status ${reply.status}) has no data: is this the address of a Proxmox VE node?`)
  return document.data
}

/** Throws hypervisor.protocol without a quote of the value. */
export function checked<T extends z.ZodType>(schema: T, value: unknown, what: string): z.output<T> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new AppError('hypervisor.protocol', `${what}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trim())
}
