// Why: a reply that is kept whole, with the readings that every driver needs done once.
import { AppError, printable } from '../../core/errors.ts'
import type { HttpReply } from '../../core/ports/http.ts'

export type RawHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

export function replyOf(status: number, raw: RawHeaders, body: Buffer, reason = ''): HttpReply {
  const words = printable(reason.slice(0, 1000)).trim()
  const text = (): string => body.toString('utf8')
  return {
    status,
    ...(words !== '' && { reason: words }),
    headers: joined(raw),
    body,
    text,
    json: () => {
      try {
        return JSON.parse(text()) as unknown
      } catch (cause) {
        throw new AppError('hypervisor.protocol', `the reply (status ${status}, ${body.length} bytes) is not JSON`, { cause })
      }
    },
  }
}

/** A reply's head as one value for each name; without what could collide with properties of every object. */
function joined(raw: RawHeaders): Readonly<Record<string, string>> {
  const out = Object.create(null) as Record<string, string>
  for (const [name, value] of Object.entries(raw)) {
    if (value !== undefined) out[name.toLowerCase()] = typeof value === 'string' ? value : value.join(', ')
  }
  return out
}
