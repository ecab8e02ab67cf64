// Why: whether a person may have a desktop is decided by one pure function, asked anew before every action.
import { AppError } from '../../core/errors.ts'
import { assertNever } from '../../core/result.ts'
import type { LibvirtHost } from '../../../shared/config/endpoint.ts'
import type { Domain } from './domain-xml.ts'
import { isAssigned } from './metadata.ts'

export type MayUse = (domain: Domain, groups: readonly string[]) => boolean

export function assignmentRule(desktops: LibvirtHost['desktops'], user: string): MayUse {
  switch (desktops.assign) {
    case 'all':
      return () => true
    case 'metadata':
      return (domain, groups) => isAssigned(domain.assignment, user, groups)
    case 'pattern': {
      const pattern = desktops.pattern
      if (pattern === undefined) throw new AppError('config.invalid', 'desktops: assign: pattern needs a pattern')
      return (domain) => matchesPattern(pattern, user, domain.name)
    }
    default:
      return assertNever(desktops.assign)
  }
}

/**
 * `{user}` is the typed name as it is, `*` any characters. The name's own characters never count as wildcards, or a
 * person called `*` would own every desktop.
 */
export function matchesPattern(pattern: string, user: string, name: string): boolean {
  const pieces = pattern.split('*').map((piece) => piece.replaceAll('{user}', () => user))
  const first = pieces[0]!
  const last = pieces.at(-1)!
  if (pieces.length === 1) return name === first
  if (!name.startsWith(first) || !name.endsWith(last) || name.length < first.length + last.length) return false
  let at = first.length
  const end = name.length - last.length
  for (const piece of pieces.slice(1, -1)) {
    const found = name.indexOf(piece, at)
    if (found < 0 || found + piece.length > end) return false
    at = found + piece.length
  }
  return true
}
