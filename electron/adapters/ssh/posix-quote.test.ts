import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { quoteArgv } from './posix-quote.ts'

/** What a real shell makes of the command line. printf gives every argument back, each ended by NUL. */
function throughShell(words: readonly string[]): string[] {
  const out = execFileSync('/bin/sh', ['-c', quoteArgv(['printf', '%s\\0', ...words])], { maxBuffer: 16 * 1024 * 1024 })
  return out.toString('utf8').split('\0').slice(0, -1)
}

describe('quoteArgv', () => {
  it('gives a real /bin/sh exactly the words', () => {
    const word = fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: fc.constantFrom(...`'"\\$\`!*?[]{}~#;&|<>()=% \t\n-a`) })).map((s) => s.replaceAll('\0', '').toWellFormed())
    // One shell for many words: the property is about words, not about processes.
    fc.assert(fc.property(fc.array(word, { minLength: 1, maxLength: 400 }), (words) => void expect(throughShell(words)).toEqual(words)), { numRuns: 25 })
  })

  it.each([["it's"], ['$(reboot)'], ['`id`'], ['a\nb'], [''], ['-rf'], ['~root'], ['!!'], ['a=b'], ['ünïcode ☃']])('%j', (word) => {
    expect(throughShell([word])).toEqual([word])
  })

  it('leaves plain words readable', () => {
    expect(quoteArgv(['env', 'LC_ALL=C', 'virsh', '-c', 'qemu:///system', '--all'])).toBe('env LC_ALL=C virsh -c qemu:///system --all')
  })

  it('keeps the command from being grammar', () => {
    expect(quoteArgv(['A=b', 'x'])).toBe("'A=b' x")
    expect(quoteArgv(['if', 'x'])).toBe("'if' x")
  })

  it('refuses what no argv can hold', () => {
    expect(() => quoteArgv([])).toThrow('internal.bug')
    expect(() => quoteArgv([''])).toThrow('internal.bug')
    expect(() => quoteArgv(['a', 'b\0c'])).toThrow('internal.bug')
  })
})
