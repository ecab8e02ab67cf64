// Why: "the page is never told the port" is a statement about every value of everything it is told, however deep.

/** Paths (keys joined by dots) of all values that equal `wanted` or, as text, contain it; keys count as values too. */
export function findValue(data: unknown, wanted: string | number, path = ''): string[] {
  const at = (key: string): string => (path === '' ? key : `${path}.${key}`)
  if (typeof data === 'number') return typeof wanted === 'number' && data === wanted ? [path] : []
  if (typeof data === 'string') {
    // A number inside a text counts only when no digit stands beside it.
    const hit = typeof wanted === 'string' ? data.includes(wanted) : new RegExp(`(?<!\\d)${wanted}(?!\\d)`).test(data)
    return hit ? [path] : []
  }
  if (typeof data !== 'object' || data === null) return []
  return Object.entries(data).flatMap(([key, value]) => [...(typeof wanted === 'string' && key.includes(wanted) ? [at(key)] : []), ...findValue(value, wanted, at(key))])
}
