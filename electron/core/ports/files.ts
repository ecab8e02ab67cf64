// Why: what a driver may read of this device: files that IT named in the configuration, with the checks that make them
// trustworthy done in one place.
import type { Secret } from '../secret.ts'

export interface ConfiguredFiles {
  /** A file that anybody may read and only IT may write (a CA, a .vv). Throws config.untrusted-file, config.invalid. */
  text(path: string): string
  /** A file that only this account may read (a token). Without a final line end. Throws the same. */
  secret(path: string): Secret
}
