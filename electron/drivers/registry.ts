// Why: the one table from a configured kind to its driver; a new kind without a row does not compile.
import type { Clock } from '../core/ports/clock.ts'
import type { HypervisorDriver } from '../core/ports/driver.ts'
import type { SshConnector } from '../core/ports/ssh.ts'
import type { Redactor } from '../core/redactor.ts'
import type { Endpoint } from '../../shared/config/endpoint.ts'
import { createLibvirtDriver } from './libvirt/driver.ts'

export interface DriverDeps {
  readonly connector: SshConnector
  readonly redactor: Redactor
  readonly clock: Clock
  readonly dev: boolean
}

type Factories = { readonly [K in Endpoint['kind']]: (endpoint: Extract<Endpoint, { kind: K }>, deps: DriverDeps) => HypervisorDriver }

const factories: Factories = {
  libvirt: (endpoint, deps) => createLibvirtDriver({ endpoint, ...deps }),
}

/** Throws `config.invalid` for an endpoint that cannot work. */
export function createDriver(endpoint: Endpoint, deps: DriverDeps): HypervisorDriver {
  return factories[endpoint.kind](endpoint, deps)
}
