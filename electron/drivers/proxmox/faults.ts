// Why: Proxmox VE says what is wrong in English, in the body (`message`, `errors`) or, older versions, in the status line
// alone; the few sentences that somebody can act on are recognised here and nowhere else.
import { AppError, printable } from '../../core/errors.ts'
import type { HttpReply } from '../../core/ports/http.ts'
import type { ErrorCode } from '../../../shared/error-codes.ts'

export interface Meanings {
  /** Of a sentence that none of `faults` knows. */
  readonly otherwise: ErrorCode
  /** The first that fits the sentence. */
  readonly faults?: readonly (readonly [RegExp, ErrorCode])[]
}

export const READ: Meanings = { otherwise: 'hypervisor.unavailable' }

/** What it says everywhere, whatever was asked for. */
const ANYWHERE: readonly (readonly [RegExp, ErrorCode])[] = [
  [/configuration file .* does not exist|unable to find configuration file|no such vm\b/i, 'desktop.not-found'],
  [/hostname lookup .* failed|no such cluster node|no such node/i, 'desktop.not-found'],
  [/\bis locked \(/i, 'desktop.maintenance'],
  [/no quorum|cluster not ready/i, 'hypervisor.unavailable'],
]

/** A reply that is no success → what to tell. 401 is not for here: the sign-in deals with it. */
export function replyError(reply: HttpReply, doing: string, m: Meanings): AppError {
  const { status } = reply
  const text = faultText(reply)
  const at = (code: ErrorCode): AppError => new AppError(code, `${doing}: status ${status}${text === undefined ? '' : `: ${text}`}`, text === undefined ? {} : { params: { server: text.slice(0, 300) } })
  if (status >= 300 && status < 400) return new AppError('hypervisor.redirect', `${doing}: status ${status}, to ${printable(reply.headers['location'] ?? 'nowhere').slice(0, 200)}`)
  if (status === 403) return at('hypervisor.denied')
  if (status === 500 && text !== undefined) return at(meaningOf(text, m))
  // 501 is its answer to a path that this version does not have.
  if (status >= 500 && status !== 501) return at('hypervisor.unavailable')
  return at('hypervisor.protocol')
}

/** A sentence (of a reply, or of a task's exit status) → a code. */
export function meaningOf(text: string, m: Meanings): ErrorCode {
  return [...(m.faults ?? []), ...ANYWHERE].find(([sign]) => sign.test(text))?.[1] ?? m.otherwise
}

/**
 * Whether a VM should be looked for again: it is on another node now, or its node cannot be reached. 595 to 599 are the
 * statuses of the library with which one node speaks to another (connecting, TLS, sending, receiving, other).
 */
export function mayHaveMoved(error: AppError): boolean {
  return error.code === 'desktop.not-found' || (error.code === 'hypervisor.unavailable' && /: status 59[5-9]\b/.test(error.detail))
}

/** RFC 9110 §15: what a proxy or a web server would say, in whose words there is nothing to read. */
const STANDARD = /^(Internal Server Error|Not Implemented|Bad Gateway|Service (Temporarily )?Unavailable|Gateway Time-?out|Forbidden|Unauthorized|Bad Request|OK)$/i

/** One line of at most 1000 characters; undefined where it is not Proxmox VE that speaks. */
export function faultText(reply: HttpReply): string | undefined {
  const document = objectOf(reply)
  if (document === undefined && reply.body.length > 0) return undefined
  const { message, errors } = document ?? {}
  const details = typeof errors === 'object' && errors !== null ? Object.entries(errors).map(([name, why]) => `${name}: ${String(why)}`) : []
  const said = typeof message === 'string' && message.trim() !== '' ? message : STANDARD.test(reply.reason ?? '') ? '' : (reply.reason ?? '')
  const text = plain([said, ...details].join(' '))
  return text === '' ? undefined : text
}

function objectOf(reply: HttpReply): Readonly<Record<string, unknown>> | undefined {
  try {
    const document = reply.json()
    return typeof document === 'object' && document !== null && 'data' in document ? (document as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/** One line, printable. */
export function plain(text: string): string {
  return printable(text.slice(0, 4000).toWellFormed().replace(/\s+/g, ' ').trim()).slice(0, 1000)
}
