// Why: sshd hands the command line to the account's shell, so quoting mistakes of the client must have here the
// consequences they have there. Only word splitting and quoting exist; whatever would make a shell do more is refused
// loudly instead of being passed on as if it were text.

export type ShellWords =
  | { readonly kind: 'argv'; readonly argv: readonly string[] }
  /** What the shell says on standard error, and its exit status. */
  | { readonly kind: 'refused'; readonly message: string; readonly exit: number }

/** Characters that mean something to a POSIX shell (or to bash: braces) when they stand outside quotes. */
const ACTIVE = new Set('|&;<>()$`*?[]{}!\n\r#~='.split(''))
/** Of these, the ones that are plain text except at the start of a word, or (=) except in the first word. */
const ONLY_AT_START = new Set(['#', '~', '!'])
/** A backslash inside double quotes keeps itself unless it stands before one of these (POSIX 2.2.3). */
const ESCAPABLE_IN_DOUBLE = new Set(['$', '`', '"', '\\', '\n'])

/** Splits one command line as a POSIX shell would, or says why this shell does not run it. */
export function splitShellWords(line: string): ShellWords {
  if (line.includes('\0')) return refused('NUL in the command line', 126)
  const argv: string[] = []
  let word: string | undefined
  for (let i = 0; i < line.length; i++) {
    const c = line[i] as string
    if (c === ' ' || c === '\t') {
      if (word !== undefined) argv.push(word)
      word = undefined
    } else if (c === "'") {
      const end = line.indexOf("'", i + 1)
      if (end < 0) return refused('Syntax error: Unterminated quoted string', 2)
      word = (word ?? '') + line.slice(i + 1, end)
      i = end
    } else if (c === '"') {
      let text = ''
      for (i++; line[i] !== '"'; i++) {
        const d = line[i]
        if (d === undefined) return refused('Syntax error: Unterminated quoted string', 2)
        if (d === '$' || d === '`') return refused(`expansion is not available here: ${d}`, 126)
        const next = line[i + 1]
        if (d === '\\' && next !== undefined && ESCAPABLE_IN_DOUBLE.has(next)) {
          text += next === '\n' ? '' : next
          i++
        } else text += d
      }
      word = (word ?? '') + text
    } else if (c === '\\') {
      const next = line[++i]
      // A backslash at the very end stays itself; before a newline both vanish.
      if (next !== '\n') word = (word ?? '') + (next ?? '\\')
    } else if (isActive(c, word, argv.length)) {
      return refused(`this shell runs simple commands only: ${JSON.stringify(c)}`, 126)
    } else word = (word ?? '') + c
  }
  if (word !== undefined) argv.push(word)
  return { kind: 'argv', argv }
}

function isActive(c: string, word: string | undefined, wordsBefore: number): boolean {
  if (!ACTIVE.has(c)) return false
  if (c === '=') return wordsBefore === 0
  return !ONLY_AT_START.has(c) || word === undefined
}

function refused(message: string, exit: number): ShellWords {
  return { kind: 'refused', message: `sh: 1: ${message}\n`, exit }
}
