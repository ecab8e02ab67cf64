// Why: a .vv file is a GKeyFile, and what an administrator wrote must mean here what it means to virt-viewer. Every
// mistake is collected with its line, because a file with five of them should not need five tries.
// Format: https://docs.gtk.org/glib/struct.KeyFile.html and the Desktop Entry Specification's basic format.

export interface Problem {
  /** 1-based; 0 = the file as a whole. */
  readonly line: number
  readonly message: string
}

export interface RawEntry {
  readonly key: string
  /** As written: escapes not resolved, white space after the = dropped, white space at the end kept. */
  readonly raw: string
  readonly line: number
}

export interface KeyFile {
  /** Group → key → its last entry, as GKeyFile lets the last one win. A group that is opened twice is one. */
  readonly groups: ReadonlyMap<string, ReadonlyMap<string, RawEntry>>
  readonly problems: readonly Problem[]
}

const MAX_LINES = 10_000
const PEM = /^(-----|[A-Za-z0-9+/]{40,}$)/

/** Reads the lines; never throws. Values are not interpreted. */
export function parseKeyFile(text: string): KeyFile {
  const groups = new Map<string, Map<string, RawEntry>>()
  const problems: Problem[] = []
  let group: Map<string, RawEntry> | undefined
  let stray = false
  const lines = text.replace(/^\ufeff/, '').split('\n')
  if (lines.length > MAX_LINES) return { groups, problems: [{ line: MAX_LINES, message: `more than ${MAX_LINES} lines` }] }
  for (const [i, whole] of lines.entries()) {
    const at = i + 1
    const line = whole.replace(/\r$/, '').replace(/^[ \t\f\v\r]+/, '')
    if (line === '' || line.startsWith('#')) continue
    if (line.startsWith('[')) {
      const name = /^\[([^[\]\p{Cc}]+)\][ \t]*$/u.exec(line)?.[1]
      if (name === undefined) problems.push({ line: at, message: 'a group is written [name]' })
      else group = groups.get(name) ?? new Map<string, RawEntry>()
      if (name !== undefined && group !== undefined) groups.set(name, group)
      continue
    }
    const eq = line.indexOf('=')
    if (eq < 0) {
      // The lines of a certificate that was pasted as it is are one mistake.
      if (!stray) problems.push({ line: at, message: `neither a comment nor [group] nor key=value${PEM.test(line) ? '; the line ends of a certificate are written as \\n, all on one line' : ''}` })
      stray = true
      continue
    }
    stray = false
    if (group === undefined) problems.push({ line: at, message: 'a key before the first [group]' })
    else {
      const key = line.slice(0, eq).trimEnd()
      if (key === '') problems.push({ line: at, message: 'a value without a key' })
      else if (!/^[^[\]]+(\[[\w.@-]*\])?$/.test(key)) problems.push({ line: at, message: 'a key has no brackets, except those of a language at its end' })
      else group.set(key, { key, raw: line.slice(eq + 1).replace(/^[ \t\f\v\r]+/, ''), line: at })
    }
  }
  return { groups, problems }
}

const ESCAPES: Readonly<Record<string, string>> = { 's': ' ', 'n': '\n', 't': '\t', 'r': '\r', '\\': '\\' }

/** \s \n \t \r \\ resolved. A sentence instead of a value where another escape is used. */
export function unescape(raw: string): { readonly value: string } | { readonly message: string } {
  const parts = split(raw, false)
  return 'message' in parts ? parts : { value: parts.values.join('') }
}

/** A list: parts by `;`, in which `\;` is a semicolon; one `;` at the end ends the last part. */
export function unescapeList(raw: string): { readonly values: readonly string[] } | { readonly message: string } {
  return split(raw, true)
}

function split(raw: string, list: boolean): { readonly values: readonly string[] } | { readonly message: string } {
  const values: string[] = []
  let part = ''
  for (let i = 0; i < raw.length; i++) {
    const c = raw[i]!
    if (list && c === ';') {
      values.push(part)
      part = ''
    } else if (c === '\\') {
      const next = raw[++i]
      const meant = next === undefined ? undefined : list && next === ';' ? ';' : Object.hasOwn(ESCAPES, next) ? ESCAPES[next] : undefined
      if (meant === undefined) return { message: next === undefined ? 'ends with a single backslash; write \\\\ for one' : `"\\${next}" is no escape; write \\\\ for a backslash` }
      part += meant
    } else part += c
  }
  if (part !== '' || !list) values.push(part)
  return { values }
}

/** A whole number in decimal digits, white space around it allowed, 32 bits. */
export function parseInteger(raw: string): { readonly value: number } | { readonly message: string } {
  const text = raw.trim()
  if (/^(true|yes|on)$/i.test(text)) return { message: `"${text}" is no number: write 1` }
  if (/^(false|no|off)$/i.test(text)) return { message: `"${text}" is no number: write 0` }
  if (!/^[+-]?[0-9]+$/.test(text)) return { message: 'not a whole number' }
  const value = Number(text)
  return Math.abs(value) > 0x7fff_ffff ? { message: 'the number is too large' } : { value }
}
