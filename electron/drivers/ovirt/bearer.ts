// Why: the one place where the token becomes text, because that is what HTTP's headers are.
import type { SecretHeader } from '../../core/ports/http.ts'
import type { Secret } from '../../core/secret.ts'

/** RFC 6750 §2.1. @param token asked for when the header is sent */
export function bearer(token: () => Secret): SecretHeader {
  // eslint-disable-next-line latchkey/no-secret-string -- the HTTP library takes headers as strings and nothing else
  return { secret: () => token().use((bytes) => `Bearer ${bytes.toString('latin1')}`) }
}
