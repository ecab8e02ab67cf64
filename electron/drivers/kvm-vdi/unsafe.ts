// Why: the dashboard builds a shell command out of name and password on its way to the hypervisor. What a shell or its
// quoting would touch must not be sent there: at best it arrives altered, at worst it is executed.
// Source: KVM-VDI client.php (addslashes inside echo "…" | socat).
import { AppError } from '../../core/errors.ts'
import type { Credentials } from '../../core/ports/driver.ts'

/** " ' \ $ ` and everything that is no printable ASCII or UTF-8 text (a NUL, a line end). */
const isUnsafe = (byte: number): boolean => byte < 0x20 || byte === 0x7f || byte === 0x22 || byte === 0x24 || byte === 0x27 || byte === 0x5c || byte === 0x60

/** The error with which such credentials are kept back; undefined: they may be sent. */
export function unsafeCredentials({ user, password }: Credentials): AppError | undefined {
  const bad = Buffer.from(user, 'utf8').some(isUnsafe) || password.use((bytes) => bytes.some(isUnsafe))
  return bad ? new AppError('auth.unsafe-characters', 'name or password holds characters that the dashboard would hand to a shell; nothing was passed on to the desktop (allowUnsafeCharacters)') : undefined
}
