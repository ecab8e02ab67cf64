// Why: whether a display answers and is the one that is meant, asked without its ticket and without the proxy's password.
import type { Dialer } from '../../core/ports/dialer.ts'
import type { CallContext } from '../../core/ports/driver.ts'
import type { TlsTrust } from '../../core/ports/tls.ts'
import { disposeGrant } from '../../core/spice/console-link.ts'
import type { Places } from './driver.ts'
import { targetToGrant } from './target.ts'

/**
 * Dials as far as no credentials are needed: up to a proxy (it alone can tell, and only who may ask), else to the end of
 * the TLS handshake. Rejects with spice.display-closed, proxy.unreachable, tls.*, vv.*, config.*, cancelled.
 */
export async function healthOf(places: Places, trust: TlsTrust | undefined, dialer: Dialer, ctx: CallContext): Promise<void> {
  const at = places.next()
  let grant
  try {
    grant = targetToGrant(at.target, trust === undefined ? {} : { trust })
    const hops = grant.secure?.hops ?? grant.hops
    const proxy = hops.findIndex((h) => h.via === 'http-connect')
    const stream = await dialer.dial(proxy < 0 ? hops : hops.slice(0, proxy), ctx)
    stream.destroy()
  } finally {
    if (grant) disposeGrant(grant)
    at.dispose()
  }
}
