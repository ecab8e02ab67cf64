// Why: what makes a server's certificate trusted, as data: the same for a SPICE display, a proxy and a hypervisor's API.

export interface TlsTrust {
  /** PEM of the certificate authorities that count, and no others. Absent: those of the system, unless `sha256` is given. */
  readonly ca?: string
  /** SHA-256 of the server's own certificate (DER), 64 hex digits in lower case: exactly this certificate, whatever its chain and dates. */
  readonly sha256?: string
  /** SPICE's host-subject: the certificate's subject must be this, and its names do not matter. Absent: the host's name counts. */
  readonly subject?: string
}
