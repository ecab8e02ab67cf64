// Why: SSH's exec request carries one string that the account's shell reads. Here argv becomes that string, once, in a
// way that a POSIX shell cannot read differently: single quotes switch everything off, and only the quote itself
// needs to leave them.
import { AppError } from '../../core/errors.ts'

const PLAIN = /^[A-Za-z0-9_@+:,./-][A-Za-z0-9_@%+=:,./-]*$/

/** In front, these words or a `=` would be grammar, not a command. */
const GRAMMAR = /=|^(if|then|else|elif|fi|do|done|case|esac|while|until|for|in|function|select|time|coproc)$/

/** argv → a command line for sh(1). Throws `internal.bug` for what no argv can hold (NUL, nothing at all). */
export function quoteArgv(argv: readonly string[]): string {
  if (argv.length === 0 || argv[0] === '') throw new AppError('internal.bug', 'a command needs a name')
  return argv.map((word, i) => quoteWord(word, i === 0)).join(' ')
}

function quoteWord(word: string, first: boolean): string {
  if (word.includes('\0')) throw new AppError('internal.bug', 'an argument cannot contain NUL')
  return PLAIN.test(word) && !(first && GRAMMAR.test(word)) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
