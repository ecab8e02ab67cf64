// Why: the loader may not know drivers and drivers may not touch files; here the two are joined, so that a mistake in
// a URI is reported with its file and line like every other.
import { checkKeyFile, checkKnownHosts } from '../adapters/config/key-files.ts'
import type { EndpointCheck, EndpointFinding } from '../adapters/config/load.ts'
import { toAppError } from '../core/errors.ts'
import { parseLibvirtUri, type LibvirtUri } from '../drivers/libvirt/uri.ts'

/** Checks an endpoint's URI and the files it names. For loadConfig's `checkEndpoint`. */
export const checkEndpoint: EndpointCheck = ({ kind, uri, access }, { dev }) => {
  if (kind !== 'libvirt') return []
  let parsed: LibvirtUri
  try {
    // A mistyped `access` is told by the schema; the URI is then held to what both kinds of access demand.
    parsed = parseLibvirtUri(uri, { access: access === 'device' ? 'device' : 'person', dev })
  } catch (e) {
    const error = toAppError(e)
    if (error.code !== 'config.invalid') throw error
    return [{ severity: 'error', message: error.params['what'] ?? error.detail }]
  }
  const findings: EndpointFinding[] = []
  if (parsed.keyFile !== undefined) findings.push(...checkKeyFile(parsed.keyFile))
  if (parsed.keyFile !== undefined && access === 'person') findings.push({ severity: 'warning', message: 'keyfile is not used with access: person' })
  if (parsed.knownHosts !== undefined) findings.push(...checkKnownHosts(parsed.knownHosts))
  if (parsed.noVerify) findings.push({ severity: 'warning', message: 'no_verify: any unknown host gets the passwords; good for a test only' })
  return findings
}
