// Why: "it ended" is not enough to decide whether to ask for a password, to reconnect or to give up.
import { LinkErr } from '../wire/enums.ts'

export type CloseReason =
  /** close() was called. */
  | { readonly kind: 'closed' }
  /** The stream ended, without a word before. */
  | { readonly kind: 'ended'; readonly detail: string }
  /** MSG_DISCONNECTING came before the end; `code` is a `LinkErr` number, OK for an orderly goodbye. */
  | { readonly kind: 'server'; readonly code: number }
  /** The link was refused; `code` is a `LinkErr` number, PERMISSION_DENIED for a wrong ticket. */
  | { readonly kind: 'refused'; readonly code: number }
  /** What came cannot be followed: no SPICE, or no place left where a message begins. */
  | { readonly kind: 'protocol'; readonly detail: string }
  /** The link was not answered in time. */
  | { readonly kind: 'timeout' }
  /** The channel could not be opened. */
  | { readonly kind: 'unreachable'; readonly detail: string }

/** The header's name of a `LinkErr` number, for logs. */
export function linkErrName(code: number): string {
  return Object.entries(LinkErr).find(([, v]) => v === code)?.[0] ?? String(code)
}

/** One line for a log. */
export function describeReason(reason: CloseReason): string {
  if ('code' in reason) return `${reason.kind}: ${linkErrName(reason.code)}`
  return 'detail' in reason ? `${reason.kind}: ${reason.detail}` : reason.kind
}
