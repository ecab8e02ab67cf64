// Why: a desktop's assignment is written into the domain itself, so that the hypervisor stays the one source of truth
// and a kiosk needs no list of its own. The schema is documented in docs/admin/libvirt.md.
import type { XmlElement } from './xml.ts'

/** Fixed for ever: changing it would unassign every desktop. */
export const METADATA_NAMESPACE = 'https://latchkey.example/xmlns/desktop/1'

export interface Assignment {
  readonly users: readonly string[]
  readonly groups: readonly string[]
}

/** `<latchkey:desktop>` below `<metadata>`; undefined when the domain has none. The prefix is free, the namespace is not. */
export function readAssignment(metadata: XmlElement | undefined): Assignment | undefined {
  if (metadata === undefined) return undefined
  const found = metadata.children.filter((c) => localName(c.name) === 'desktop' && namespaceOf(c, [metadata]) === METADATA_NAMESPACE)
  if (found.length === 0) return undefined
  const users: string[] = []
  const groups: string[] = []
  for (const desktop of found) {
    for (const entry of desktop.children) {
      const name = entry.text.trim()
      if (name === '' || namespaceOf(entry, [metadata, desktop]) !== METADATA_NAMESPACE) continue
      if (localName(entry.name) === 'user') users.push(name)
      else if (localName(entry.name) === 'group') groups.push(name)
    }
  }
  return { users, groups }
}

/** Names are compared exactly: on the hypervisor `Ada` and `ada` are two accounts. */
export function isAssigned(a: Assignment | undefined, user: string, groups: readonly string[]): boolean {
  return a !== undefined && (a.users.includes(user) || a.groups.some((g) => groups.includes(g)))
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}

function namespaceOf(e: XmlElement, ancestors: readonly XmlElement[]): string | undefined {
  const colon = e.name.indexOf(':')
  const declaration = colon < 0 ? 'xmlns' : `xmlns:${e.name.slice(0, colon)}`
  for (const scope of [e, ...ancestors.toReversed()]) {
    const uri = scope.attrs.get(declaration)
    if (uri !== undefined) return uri
  }
  return undefined
}
