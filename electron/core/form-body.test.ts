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

it('a list is the field several times, and what a function made is wiped', () => {
  const made = Buffer.from('a b&ü', 'utf8')
  expect(formBody({ command: ['/bin/x', '--from stdin'], 'input-data': () => made, last: '1' }).content().toString('latin1')).toBe('command=%2Fbin%2Fx&command=--from+stdin&input-data=a+b%26%C3%BC&last=1')
  expect(made.every((b) => b === 0)).toBe(true)
  expect(formBody({ command: [] }).content()).toHaveLength(0)
})
