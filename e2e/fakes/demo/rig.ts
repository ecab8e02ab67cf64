// Why: each product's double in front of one embedded machine, so that what a person sees at the end, a desktop with
// their session in it, is what really happened there: for the demo, and for the end-to-end tests of each kind.
import type { FakeServerOptions } from './fake-server.ts'
import { kvmVdiServer } from './kvm-vdi.ts'
import { ovirtServer } from './ovirt.ts'
import { proxmoxServer } from './proxmox.ts'
import { spiceServer } from './spice.ts'

const servers = { 'kvm-vdi': kvmVdiServer, 'ovirt': ovirtServer, 'proxmox': proxmoxServer, 'spice': spiceServer }
export type FakeKind = keyof typeof servers
export const FAKE_KINDS = Object.keys(servers) as readonly FakeKind[]

/** Starts the double and its machine; stop() ends both. */
export function startFakeServer<K extends FakeKind>(kind: K, o: FakeServerOptions): ReturnType<(typeof servers)[K]> {
  return servers[kind](o) as ReturnType<(typeof servers)[K]>
}
