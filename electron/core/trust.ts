// Why: from what IT wrote about a certificate to what a connection checks; one reading for every kind of endpoint.
import type { ConfiguredFiles } from './ports/files.ts'
import type { TlsTrust } from './ports/tls.ts'

/** Throws what ConfiguredFiles.text throws for the CA's file. */
export function trustOf(configured: { readonly ca?: string | undefined; readonly sha256?: string | undefined }, files: ConfiguredFiles): TlsTrust {
  return {
    ...(configured.ca !== undefined && { ca: files.text(configured.ca) }),
    ...(configured.sha256 !== undefined && { sha256: configured.sha256.replaceAll(':', '').toLowerCase() }),
  }
}
