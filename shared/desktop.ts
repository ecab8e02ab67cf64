// Why: the one description of a desktop that hypervisor drivers, the session machine and the screens share.
import { z } from 'zod'

/** Hypervisor-side identity of a desktop (libvirt: the domain's UUID). Opaque above the driver. */
export const DesktopId = z.string().min(1).max(256).brand('DesktopId')
export type DesktopId = z.infer<typeof DesktopId>

/** libvirt's domain states folded to what a person can tell apart; `saved` = managed save image. */
export const PowerState = z.enum(['off', 'starting', 'running', 'paused', 'suspended', 'saved', 'stopping', 'crashed', 'unknown'])
export type PowerState = z.infer<typeof PowerState>

/** Icon class only: guest-chosen text never selects a picture by name. */
export const OsFamily = z.enum(['windows', 'linux', 'bsd', 'other'])
export type OsFamily = z.infer<typeof OsFamily>

/** What a person may do to a running desktop. shutdown asks the guest, off and reset pull the plug. */
export const DesktopAction = z.enum(['shutdown', 'reboot', 'off', 'reset'])
export type DesktopAction = z.infer<typeof DesktopAction>

export const Desktop = z.strictObject({
  id: DesktopId,
  title: z.string().min(1).max(200),
  /** One short line below the title; may be empty. */
  detail: z.string().max(500),
  power: PowerState,
  os: OsFamily.optional(),
})
export type Desktop = z.infer<typeof Desktop>
