import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { didYouMean, editDistance } from './did-you-mean.ts'

describe('editDistance', () => {
  it.each([
    ['', '', 0],
    ['', 'abc', 3],
    ['kitten', 'sitting', 3],
    ['versoin', 'version', 1],
    ['acess', 'access', 1],
  ])('%s → %s is %i', (a, b, d) => expect(editDistance(a, b)).toBe(d))

  it('is symmetric, zero only for equals, and at most the longer length', () => {
    const word = fc.string({ maxLength: 12 })
    fc.assert(
      fc.property(word, word, (a, b) => {
        const d = editDistance(a, b)
        expect(d).toBe(editDistance(b, a))
        expect(d === 0).toBe(a === b)
        expect(d).toBeLessThanOrEqual(Math.max(a.length, b.length))
      }),
    )
  })
})

describe('didYouMean', () => {
  it('offers the nearest word and ignores case', () => {
    expect(didYouMean('Acess', ['label', 'access', 'uri'])).toBe('access')
    expect(didYouMean('ENDPOINTS', ['endpoints'])).toBe('endpoints')
  })
  it('offers nothing for a word that is no slip', () => {
    expect(didYouMean('password', ['label', 'access', 'uri'])).toBeUndefined()
    expect(didYouMean('', ['a'])).toBeUndefined()
    expect(didYouMean('x'.repeat(5000), ['xxxxx'])).toBeUndefined()
  })
})
