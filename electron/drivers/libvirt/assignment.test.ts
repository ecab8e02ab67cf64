import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { assignmentRule, matchesPattern } from './assignment.ts'

describe('pattern', () => {
  it.each([
    ['{user}-*', 'ada', 'ada-1', true],
    ['{user}-*', 'ada', 'ada-', true],
    ['{user}-*', 'ada', 'ada', false],
    ['{user}-*', 'ada', 'xada-1', false],
    ['{user}', 'ada', 'ada', true],
    ['{user}', 'ada', 'adam', false],
    ['vdi-{user}', 'ada', 'vdi-ada', true],
    ['*-{user}', 'ada', 'floor2-ada', true],
    ['*-{user}-*', 'ada', 'a-ada-b-ada-c', true],
    ['*-{user}-*', 'ada', 'a-adam-c', false],
    ['ab*ba{user}', 'x', 'abax', false],
    ['{user}-*', '*', 'ada-1', false],
    ['{user}-*', '.*', 'ada-1', false],
    ['{user}-*', '$&', '$&-1', true],
    ['{user}-*', '{user}', '{user}-1', true],
  ])('%s for %s: %s → %s', (pattern, user, name, expected) => {
    expect(matchesPattern(pattern, user, name)).toBe(expected)
  })
  it('agrees with a regular expression that means the same', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', '-', '.') , maxLength: 8 })
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*', '-'), maxLength: 6 })
    const escape = (s: string) => s.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    fc.assert(
      fc.property(pattern, pattern, word, word, (before, after, user, name) => {
        const whole = `${before}{user}${after}`
        const expected = new RegExp(`^${whole.split('*').map((p) => escape(p.replaceAll('{user}', user))).join('.*')}$`).test(name)
        expect(matchesPattern(whole, user, name)).toBe(expected)
      }),
      { numRuns: 1000 },
    )
  })
  it('needs one', () => {
    expect(() => assignmentRule({ assign: 'pattern' }, 'ada')).toThrow('config.invalid')
  })
})
