// Why: a form's bytes must be what every server expects, whatever is in the password.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { formBody } from './form-body.ts'
import { Redactor } from './redactor.ts'
import { Secret } from './secret.ts'

it('is what URLSearchParams makes', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' })), { maxLength: 4 }), (pairs) => {
      const fields = Object.fromEntries(pairs.filter(([name]) => name !== '__proto__'))
      const expected = new URLSearchParams(fields).toString()
      expect(formBody(fields).content().toString('latin1')).toBe(expected)
      const redactor = new Redactor()
      const secrets = Object.fromEntries(Object.entries(fields).map(([k, v]) => [k, Secret.from(v, redactor)]))
      expect(formBody(secrets).content().toString('latin1')).toBe(expected)
    }),
  )
})
