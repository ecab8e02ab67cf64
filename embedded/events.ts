// Why: tests and the demo ask "what reached the hypervisor, and in which order"; the log answers that without ever
// holding a password or a ticket, so it can be printed.

export type HypervisorEvent =
  | { readonly kind: 'connect' }
  | { readonly kind: 'disconnect'; readonly user: string | undefined }
  | { readonly kind: 'auth'; readonly user: string; readonly method: string; readonly ok: boolean }
  /** `argv` is what the account's shell made of `line`; a secret that a client put there shows up here, as it would in `ps`. */
  | { readonly kind: 'exec'; readonly user: string; readonly line: string; readonly argv: readonly string[] }
  | { readonly kind: 'exec-end'; readonly user: string; readonly argv: readonly string[]; readonly stdinBytes: number; readonly exit: number }
  | { readonly kind: 'forward'; readonly user: string; readonly via: 'unix' | 'tcp'; readonly target: string; readonly result: 'open' | 'prohibited' | 'failed' }
  | { readonly kind: 'domain'; readonly domain: string; readonly state: string }
  | { readonly kind: 'ticket'; readonly domain: string; readonly validForMs: number | undefined }
  | { readonly kind: 'channel'; readonly domain: string; readonly client: 'connected' | 'waiting' | 'left' }
  /** One line a guest agent got, by name only. */
  | { readonly kind: 'agent-message'; readonly domain: string; readonly name: string }
  /** `passwordCorrect` is the guest's own verdict; `acted`: it led to a session (or an unlocked one). */
  | { readonly kind: 'agent-login'; readonly domain: string; readonly user: string; readonly passwordCorrect: boolean; readonly acted: boolean }
  | { readonly kind: 'guest-session'; readonly domain: string; readonly user: string | undefined; readonly locked: boolean }
  | { readonly kind: 'fault'; readonly point: string }

type OfKind<K extends HypervisorEvent['kind']> = Extract<HypervisorEvent, { kind: K }>

export class EventLog {
  readonly #all: HypervisorEvent[] = []
  readonly #listeners = new Set<(e: HypervisorEvent) => void>()

  add(e: HypervisorEvent): void {
    this.#all.push(e)
    for (const fn of this.#listeners) fn(e)
  }
  get all(): readonly HypervisorEvent[] {
    return this.#all
  }
  of<K extends HypervisorEvent['kind']>(kind: K): readonly OfKind<K>[] {
    return this.#all.filter((e): e is OfKind<K> => e.kind === kind)
  }
  on(fn: (e: HypervisorEvent) => void): () => void {
    this.#listeners.add(fn)
    return () => void this.#listeners.delete(fn)
  }
  /** Resolves with the first event of `kind` that matches: one already logged, or the next to come. */
  until<K extends HypervisorEvent['kind']>(kind: K, match: (e: OfKind<K>) => boolean = () => true): Promise<OfKind<K>> {
    const known = this.of(kind).find(match)
    if (known) return Promise.resolve(known)
    return new Promise((resolve) => {
      const off = this.on((e) => {
        if (e.kind !== kind || !match(e as OfKind<K>)) return
        off()
        resolve(e as OfKind<K>)
      })
    })
  }
}
