// Why: which way copied text may go is IT's choice; the browser itself must refuse the other way, whatever the page tries.
import type { Bootstrap } from '../../../shared/view/view-state.ts'

/** What the page may do with this device's clipboard. */
export interface ClipboardGrant {
  readonly read: boolean
  readonly write: boolean
}

export const NO_CLIPBOARD: ClipboardGrant = { read: false, write: false }

/** Text for the guest is read here, text of the guest is written here. */
export function clipboardGrant(policy: Bootstrap['clipboard']['policy']): ClipboardGrant {
  return { read: policy === 'both' || policy === 'toGuest', write: policy === 'both' || policy === 'fromGuest' }
}
