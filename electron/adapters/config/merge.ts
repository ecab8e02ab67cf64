// Why: several files make one configuration, later ones win, and every value still knows who set it. Mappings merge
// key by key; lists are replaced whole, because "half of the endpoints of the other file" is not something that
// anybody could predict.
import type { Sourced } from './yaml-source.ts'

/** Where a value was set. `line` counts from 1. */
export interface Origin {
  readonly file: string
  readonly line: number
}

/** Origins by path, written as in `endpoints[0].uri`; the empty path is the whole. */
export type Origins = ReadonlyMap<string, Origin>

export type ConfigPath = readonly (string | number)[]

/** Merges `over` into `base`, deeply for mappings. */
export function merge(base: Sourced, over: Sourced): Sourced {
  if (base.kind !== 'map' || over.kind !== 'map') return over
  const entries = new Map(base.entries)
  for (const [key, value] of over.entries) {
    const before = entries.get(key)
    entries.set(key, before === undefined ? value : merge(before, value))
  }
  return { ...over, entries }
}

/** Plain data for the schema. */
export function toPlain(s: Sourced): unknown {
  if (s.kind === 'list') return s.items.map(toPlain)
  // defineProperty semantics of fromEntries: a key "__proto__" becomes an ordinary key, which the schema refuses.
  if (s.kind === 'map') return Object.fromEntries([...s.entries].map(([k, v]) => [k, toPlain(v)]))
  return s.value
}

/** Every path of the merged tree with its place. */
export function originsOf(root: Sourced): Origins {
  const out = new Map<string, Origin>()
  const walk = (s: Sourced, path: ConfigPath) => {
    out.set(formatPath(path), { file: s.file, line: s.line })
    if (s.kind === 'map') for (const [k, v] of s.entries) walk(v, [...path, k])
    if (s.kind === 'list') for (const [i, v] of s.items.entries()) walk(v, [...path, i])
  }
  walk(root, [])
  return out
}

/** The place of `path` or, where that was not set, of the nearest thing around it that was. */
export function nearestOrigin(origins: Origins, path: ConfigPath): Origin | undefined {
  for (let n = path.length; n >= 0; n--) {
    const found = origins.get(formatPath(path.slice(0, n)))
    if (found) return found
  }
  return undefined
}

/** `['endpoints', 0, 'uri']` → `endpoints[0].uri` */
export function formatPath(path: ConfigPath): string {
  return path.map((p, i) => (typeof p === 'number' ? `[${p}]` : i === 0 ? p : `.${p}`)).join('')
}
