// Why: the one table from a configured kind to its driver; a new kind without a row does not compile. An endpoint with
// several hosts is as many drivers behind one failover.
import { FailoverDriver, type Site } from '../core/failover.ts'
import type { Clock } from '../core/ports/clock.ts'
import type { Dialer } from '../core/ports/dialer.ts'
import type { ConfiguredFiles } from '../core/ports/files.ts'
import type { HttpConnector } from '../core/ports/http.ts'
import type { Logger } from '../core/ports/logger.ts'
import type { SshConnector } from '../core/ports/ssh.ts'
import type { Redactor } from '../core/redactor.ts'
import type { Endpoint } from '../../shared/config/endpoint.ts'
import { createKvmVdiDriver } from './kvm-vdi/driver.ts'
import { createLibvirtDriver } from './libvirt/driver.ts'
import { parseLibvirtUri } from './libvirt/uri.ts'
import { createOvirtDriver } from './ovirt/driver.ts'
import { createProxmoxDriver } from './proxmox/driver.ts'
import { createSpiceDriver } from './spice/driver.ts'
import type { VvFile } from './spice/vv-file.ts'

export interface DriverDeps {
  readonly connector: SshConnector
  readonly http: HttpConnector
  readonly files: ConfiguredFiles
  readonly dialer: Dialer
  /** `latchkey open`: what was read of the one endpoint's file already. */
  readonly opened?: VvFile
  readonly redactor: Redactor
  readonly clock: Clock
  readonly log: Logger
  readonly dev: boolean
  /** In [0, 1). */
  readonly random: () => number
  /** Another host is used, or one was found to answer or not. */
  readonly onSite: (endpoint: string) => void
}

type Sites = { readonly [K in Endpoint['kind']]: (endpoint: Extract<Endpoint, { kind: K }>, deps: DriverDeps) => readonly Site[] }

const list = <T>(one: T | readonly T[]): readonly T[] => (Array.isArray(one) ? (one as readonly T[]) : [one as T])
const hostOf = (url: string): string => URL.parse(url)?.host ?? url

const sites: Sites = {
  libvirt: (endpoint, deps) =>
    list(endpoint.uri).map((uri) => ({
      name: parseLibvirtUri(uri, { access: endpoint.access, dev: deps.dev }).host,
      driver: createLibvirtDriver({ endpoint: { ...endpoint, uri }, ...deps }),
    })),
  ovirt: (endpoint, deps) => list(endpoint.url).map((url) => ({ name: hostOf(url), driver: createOvirtDriver({ endpoint: { ...endpoint, url }, ...deps }) })),
  proxmox: (endpoint, deps) => list(endpoint.url).map((url) => ({ name: hostOf(url), driver: createProxmoxDriver({ endpoint: { ...endpoint, url }, ...deps }) })),
  spice: (endpoint, deps) => [{ name: endpoint.label, driver: createSpiceDriver({ endpoint, ...deps }) }],
  'kvm-vdi': (endpoint, deps) => list(endpoint.url).map((url) => ({ name: hostOf(url), driver: createKvmVdiDriver({ endpoint: { ...endpoint, url }, ...deps }) })),
}

const ONE_HOST = { order: 'listed', checkSeconds: 0 } as const

/** Throws `config.invalid` for an endpoint that cannot work. */
export function createDriver(endpoint: Endpoint, deps: DriverDeps): FailoverDriver {
  const make = sites[endpoint.kind] as (endpoint: Endpoint, deps: DriverDeps) => readonly Site[]
  const { order, checkSeconds } = 'failover' in endpoint ? endpoint.failover : ONE_HOST
  return new FailoverDriver({
    sites: make(endpoint, deps),
    order,
    checkMs: checkSeconds * 1000,
    clock: deps.clock,
    log: deps.log,
    random: deps.random,
    onChange: () => deps.onSite(endpoint.id),
  })
}

