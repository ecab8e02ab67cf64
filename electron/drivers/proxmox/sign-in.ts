// Why: one request signs a person in, renews what it gave, and answers the second step: POST /access/ticket, whose
// `password` is the password, the old ticket, or the answer.
// Source: https://pve.proxmox.com/pve-docs/api-viewer/#/access/ticket and the administration guide, Two-Factor Authentication.
import { AppError } from '../../core/errors.ts'
import { formBody } from '../../core/form-body.ts'
import type { CallContext } from '../../core/ports/driver.ts'
import type { HttpClient } from '../../core/ports/http.ts'
import type { Redactor } from '../../core/redactor.ts'
import { Secret } from '../../core/secret.ts'
import type { ErrorCode } from '../../../shared/error-codes.ts'
import { faultText, READ, replyError } from './faults.ts'
import { checked, dataOf, TicketReply } from './model.ts'
import { secondFactors, type SecondFactors } from './second-factor.ts'

export interface Ticket {
  /** As the server spells it, which is how it wants it again. */
  readonly userid: string
  readonly ticket: Secret
  readonly csrf: Secret
  /** The ticket is good for the second step only. */
  readonly factors?: SecondFactors
}

export function disposeTicket({ ticket, csrf }: Ticket): void {
  ticket.dispose()
  csrf.dispose()
}

export interface Proof {
  readonly userid: string
  /** Password, old ticket, or the answer of a second step with its method before it. */
  readonly password: Secret | (() => Buffer)
  /** The half ticket that the answer belongs to. */
  readonly challenge?: Secret
}

/** Whoever has it is signed in. Errors: auth.rejected (auth.challenge-rejected with a challenge), auth.expired, auth.locked, hypervisor.*, http.*, tls.* */
export async function askTicket(http: HttpClient, proof: Proof, redactor: Redactor, ctx: CallContext): Promise<Ticket> {
  const { userid, password, challenge } = proof
  // new-format: version 8 gives no other, version 7 would give the ticket of old that tells no methods.
  const body = formBody({ 'username': userid, 'password': password, 'new-format': '1', ...(challenge && { 'tfa-challenge': challenge }) })
  const reply = await http.request({ method: 'POST', path: '/api2/json/access/ticket', body, maxBytes: 256 * 1024 }, ctx)
  if (reply.status === 401) {
    const text = faultText(reply) ?? ''
    throw new AppError(refusal(text, challenge !== undefined), `the server does not accept the sign-in: ${text}`)
  }
  if (reply.status !== 200) throw replyError(reply, 'POST /access/ticket', READ)
  const data = checked(TicketReply, dataOf(reply), 'POST /access/ticket')
  const factors = data.NeedTFA === true ? secondFactors(data.ticket) : undefined
  return { userid: data.username, ticket: Secret.from(data.ticket, redactor), csrf: Secret.from(data.CSRFPreventionToken ?? '', redactor), ...(factors && { factors }) }
}

/** Versions 7 and 8 say "authentication failure" whatever the reason is, so that nobody learns who exists; others say more. */
function refusal(text: string, second: boolean): ErrorCode {
  if (/expired/i.test(text)) return 'auth.expired'
  if (/disabled|locked|limit reached/i.test(text)) return 'auth.locked'
  return second ? 'auth.challenge-rejected' : 'auth.rejected'
}
