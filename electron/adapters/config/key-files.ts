// Why: a key that anybody may read is no secret, and a pin file that anybody may write pins nothing. Both are found by
// `latchkey config check`, before the first person stands in front of a screen that does not work. The rules are
// those of the connection itself, so that the check cannot promise what the connection then refuses.
import { statSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import { CA_RULES, KEY_RULES, KNOWN_HOSTS_RULES, TOKEN_RULES, type FileRules } from '../ssh/trusted-file.ts'
import type { EndpointFinding } from './load.ts'

/** Checks the private key named in a URI. Absence is a warning: a device may get its key after its configuration. */
export function checkKeyFile(path: string): EndpointFinding[] {
  return inspect(path, KEY_RULES, 'go-w,o-r')
}

/** Checks the known_hosts file named in a URI. */
export function checkKnownHosts(path: string): EndpointFinding[] {
  return inspect(path, KNOWN_HOSTS_RULES, 'o-w')
}

/** Checks a certificate file named in the configuration. */
export function checkCaFile(path: string): EndpointFinding[] {
  return inspect(path, CA_RULES, 'o-w')
}

/** Checks a file that holds a token or a ticket. */
export function checkTokenFile(path: string): EndpointFinding[] {
  return inspect(path, TOKEN_RULES, 'go-w,o-r')
}

function inspect(path: string, { what, forbiddenMode, maxBytes }: FileRules, chmod: string): EndpointFinding[] {
  if (!isAbsolute(path)) return [error(`the ${what} must be given by an absolute path, not ${path}`)]
  try {
    const stats = statSync(path)
    if (!stats.isFile()) return [error(`the ${what} ${path} is not a regular file`)]
    if ((stats.mode & forbiddenMode) !== 0) return [error(`the ${what} ${path} is open to others, mode ${(stats.mode & 0o7777).toString(8)} (chmod ${chmod} ${path})`)]
    return stats.size > maxBytes ? [error(`the ${what} ${path} is larger than ${maxBytes} bytes`)] : []
  } catch (e) {
    const code = (e as NodeJS.ErrnoException).code
    if (code === 'ENOENT') return [warning(`the ${what} ${path} does not exist`)]
    // Run by another account than the kiosk's, the check cannot look; that says nothing about the kiosk itself.
    return [warning(`the ${what} ${path} cannot be examined by this account (${code ?? String(e)})`)]
  }
}

const error = (message: string): EndpointFinding => ({ severity: 'error', message })
const warning = (message: string): EndpointFinding => ({ severity: 'warning', message })
