// Why: what the doubles of all products have in common once they stand in front of one embedded machine.
import type { Machine } from './machine.ts'

export interface FakeServerOptions {
  /** Puts a file beside the configuration; its path is returned. */
  readonly file: (name: string, text: string) => string
  /** Default: off. A kind that has no power to start anything is always running. */
  readonly state?: 'shut off' | 'running'
  /** Plain http, for the products that allow it (KVM-VDI). */
  readonly insecure?: boolean
}

export interface FakeServer<State = unknown> {
  /** Of the configuration, without id and label. */
  readonly endpoint: { readonly kind: string } & Readonly<Record<string, unknown>>
  /** What it is called in a sentence. */
  readonly product: string
  /** What the person types; absent: the display asks nobody who they are. */
  readonly person?: { readonly user: string; readonly password: string }
  /** Its row in the list of desktops; absent: the endpoint's label. */
  readonly title?: string
  readonly machine: Machine
  /** What the double remembers: sessions, people, requests. */
  readonly state: State
  /** Requests so far: "POST /path". */
  readonly requests: () => readonly string[]
  /** Sign-ins that the server believes to be going on; absent where nobody can sign out of one. */
  readonly openSessions?: () => number
  stop(): Promise<void>
}

/** The account in the guest; the product's own name of the person may have a realm or a domain behind it. */
export const ADA = { name: 'ada', password: 'analytical engine' } as const
