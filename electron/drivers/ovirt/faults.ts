// Why: the engine says what is wrong in English sentences inside a fault; the few that a person or IT can act on are
// recognised here and nowhere else, and nothing of their text reaches a screen except as a bounded parameter.
// Fault: https://ovirt.github.io/ovirt-engine-api-model/4.4/#types-fault (reason, detail); an action that failed carries
// one inside the action, with status "failed".
import { AppError, printable } from '../../core/errors.ts'
import type { HttpReply } from '../../core/ports/http.ts'
import type { ErrorCode } from '../../../shared/error-codes.ts'
import { Action, Fault } from './model.ts'
import { documentOf } from './reply.ts'

export interface Meanings {
  /** Of 404. */
  readonly notFound: ErrorCode
  /** Of a fault none of `faults` knows. */
  readonly otherwise: ErrorCode
  /** The first that fits the fault's detail. */
  readonly faults?: readonly (readonly [RegExp, ErrorCode])[]
}

/** What it says everywhere, whatever was asked for. */
const ANYWHERE: readonly (readonly [RegExp, ErrorCode])[] = [
  [/not authorized|not permitted|permission/i, 'hypervisor.denied'],
  [/maintenance/i, 'desktop.maintenance'],
]

/** A reply that is no success → what to tell. 401 is not for here: the session deals with it. */
export function replyError(reply: HttpReply, doing: string, m: Meanings): AppError {
  const { status } = reply
  const at = (code: ErrorCode, why: string): AppError => new AppError(code, `${doing}: status ${status}${why}`)
  if (status >= 300 && status < 400) return at('hypervisor.redirect', `, to ${printable(reply.headers['location'] ?? 'nowhere').slice(0, 200)}`)
  if (status >= 500) return at('hypervisor.unavailable', '')
  if (status === 404) return at(m.notFound, '')
  const text = faultText(reply)
  if (status === 403) return at('hypervisor.denied', text === undefined ? '' : `: ${text}`)
  if (text === undefined) return at('hypervisor.protocol', ' without a fault')
  return faultError(text, `${doing}: status ${status}`, m)
}

/** A fault's text → what to tell. */
export function faultError(text: string, doing: string, m: Meanings): AppError {
  const [, code] = [...(m.faults ?? []), ...ANYWHERE].find(([sign]) => sign.test(text)) ?? [undefined, m.otherwise]
  return new AppError(code, `${doing}: ${text}`, { params: { server: text.slice(0, 300) } })
}

/** One line of at most 1000 characters; undefined where there is no fault. */
export function faultText(reply: HttpReply): string | undefined {
  let document: unknown
  try {
    document = documentOf(reply)
  } catch {
    return undefined
  }
  const action = Action.safeParse(document)
  const fault = action.success && action.data.fault !== undefined ? action.data.fault : Fault.safeParse(document).data
  const text = fault?.detail ?? fault?.reason
  return text === undefined ? undefined : plain(text)
}

/** The engine puts the sentences of a detail in brackets. */
export function plain(text: string): string {
  return printable(text.slice(0, 4000).toWellFormed().replace(/\s+/g, ' ').trim().replace(/^\[(.*)\]$/s, '$1')).slice(0, 1000)
}
