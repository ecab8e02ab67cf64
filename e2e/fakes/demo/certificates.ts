// Why: a server of a demonstration or a test proves who it is by an authority that is made for it and forgotten with it.
import { authority, type Issued } from '../../../electron/adapters/net/testkit-certificates.ts'

export interface Identities {
  /** PEM of the authority. */
  readonly ca: string
  /** For 127.0.0.1. */
  readonly server: Issued
  /** Named by its subject alone, as displays are. */
  readonly display: Issued
}

/** @param display the display's subject, in the order of the encoding */
export async function identities(name: string, display: string): Promise<Identities> {
  const ca = await authority(name)
  const [server, own] = await Promise.all([ca.issue({ names: ['127.0.0.1'] }), ca.issue({ subject: display })])
  return { ca: ca.cert, server, display: own }
}
