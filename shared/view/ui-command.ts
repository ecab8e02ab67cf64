// Why: the complete list of what a person can ask of the main process. A discriminated union, parsed on arrival.
import { z } from 'zod'
import { DesktopId } from '../desktop.ts'

export const LinkId = z.string().regex(/^[A-Za-z0-9_-]{8,64}$/).brand('LinkId')
export type LinkId = z.infer<typeof LinkId>

export const PowerAction = z.enum(['reboot', 'power-off', 'suspend'])
export type PowerAction = z.infer<typeof PowerAction>

/** Longest accepted input, UTF-16 units; the guest's own byte limit is checked later with its own error. */
export const MAX_USER = 256
export const MAX_PASSWORD = 1024

export const UiCommand = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('signIn'), endpoint: z.string().max(64), user: z.string().max(MAX_USER), password: z.string().max(MAX_PASSWORD) }),
  /** What the server asked for besides the password: a code, or a new password. */
  z.strictObject({ type: z.literal('answer'), text: z.string().min(1).max(MAX_PASSWORD) }),
  z.strictObject({ type: z.literal('cancel') }),                                  // Escape, Cancel
  z.strictObject({ type: z.literal('pick'), desktop: DesktopId }),
  z.strictObject({ type: z.literal('refresh') }),
  z.strictObject({ type: z.literal('disconnect') }),
  z.strictObject({ type: z.literal('signOut') }),
  z.strictObject({ type: z.literal('retry') }),
  z.strictObject({ type: z.literal('dismiss') }),
  z.strictObject({ type: z.literal('power'), action: PowerAction }),
  z.strictObject({ type: z.literal('signOnAgain') }),                             // try the guest sign-on once more
  z.strictObject({ type: z.literal('guest'), action: z.enum(['lock', 'logoff']) }),
  /** The console's own reports. `link` is the one the view names; an old one is dropped. */
  z.strictObject({ type: z.literal('console'), link: LinkId, event: z.enum(['linked', 'firstFrame', 'failed', 'ended']) }),
])
export type UiCommand = z.infer<typeof UiCommand>
