// Why: the double's shell must not be kinder than a real one, or a quoting mistake would pass here and run there.
import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { quoted } from '../testkit.ts'
import { splitShellWords } from './shell-words.ts'

describe('splitShellWords', () => {
  it('gives back any words that were put into single quotes', () => {
    const special = fc.constantFrom(...`'"\\$\`;&|<>()*?[]{}!#~= \t\n\r-`)
    const any = fc.integer({ min: 1, max: 0x10f7ff }).map((n) => String.fromCodePoint(n < 0xd800 ? n : n + 0x800))
    const word = fc.string({ unit: fc.oneof(special, any), maxLength: 24 })
    fc.assert(fc.property(fc.array(word, { minLength: 1, maxLength: 6 }), (argv) => void expect(splitShellWords(quoted(argv))).toEqual({ kind: 'argv', argv })))
  })

  it('agrees with the real sh on what it accepts', () => {
    const piece = fc.constantFrom('a', ' ', "'", '"', '\\', '$', '`', 'x y', '\\"', "'q r'", '"d e"', '\t', '#', '=', '-', 'ö', '\\\\', '%', '/')
    const lines = fc.sample(fc.array(piece, { maxLength: 10 }).map((p) => `p ${p.join('')}`), { numRuns: 300, seed: 7 })
    const accepted = lines.flatMap((line) => {
      const words = splitShellWords(line)
      return words.kind === 'argv' ? [{ line, argv: words.argv }] : []
    })
    expect(accepted.length).toBeGreaterThan(40)
    // One real shell for all of them: a function prints its arguments, each ended by a NUL, one record a line.
    const script = `p() { for a in "$@"; do printf '%s\\0' "$a"; done; printf '\\n\\n'; }; for line in "$@"; do eval "$line"; done`
    const records = execFileSync('sh', ['-c', script, 'sh', ...accepted.map((a) => a.line)], { encoding: 'utf8' }).split('\n\n').slice(0, -1)
    expect(records.map((r) => r.split('\0').slice(0, -1))).toEqual(accepted.map((a) => a.argv.slice(1)))
  })

  it.each(['virsh list; id', 'virsh list && id', 'a | b', 'a > b', 'a < b', 'echo $HOME', 'echo `id`', 'echo "$(id)"', 'echo "`id`"', 'ls *', 'ls ?', 'ls [a]', 'a\nb', '~/x', 'A=1 b', 'a {b,c}', 'a #c'])('refuses %j instead of passing it on', (line) => {
    expect(splitShellWords(line)).toMatchObject({ kind: 'refused', exit: 126 })
  })
  it.each(["a 'b", 'a "b'])('tells of an open quote: %j', (line) => {
    expect(splitShellWords(line)).toMatchObject({ kind: 'refused', exit: 2, message: expect.stringContaining('Unterminated quoted string') as string })
  })
})
