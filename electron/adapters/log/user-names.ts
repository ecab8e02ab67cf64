// Why: who signed in when is personal data, and the log of a shared device is read by many. A keyed hash with a salt
// of this start lets one follow one person through one run and tells nothing afterwards. A plain hash would not do:
// the names of a company are few and quickly hashed all.
import { createHmac, randomBytes } from 'node:crypto'

export type NameWriter = (name: string) => string

/** `plain` gives the name back; `hashed` gives `u:` and 10 hex digits, the same for the same name during one run. */
export function nameWriter(mode: 'hashed' | 'plain', salt: Uint8Array = randomBytes(32)): NameWriter {
  if (mode === 'plain') return (name) => name
  return (name) => `u:${createHmac('sha256', salt).update(name, 'utf8').digest('hex').slice(0, 10)}`
}

/** Log fields whose value is the name of a person. */
export const NAME_FIELDS: ReadonlySet<string> = new Set(['user', 'userName', 'username', 'activeUser', 'account', 'person'])
