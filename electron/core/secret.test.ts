// Why: a secret that can be printed by accident will be.
import fc from 'fast-check'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { AppError, printable, toAppError, toUser } from './errors.ts'
import { Redactor } from './redactor.ts'
import { Secret } from './secret.ts'

describe('Secret', () => {
  it('shows nothing by any of the usual ways', () => {
    const s = Secret.from('hunter22', new Redactor())
    const seen = [String(s), `${s as unknown as string}`, JSON.stringify({ s }), inspect({ s }, { showHidden: true, depth: 9 }), JSON.stringify(structuredClone({ ...s })), Object.keys(s).join()]
    expect(seen.join('|')).not.toContain('hunter22')
  })
  it('zeroes its bytes, leaves the redactor and refuses to be used again', () => {
    const redactor = new Redactor()
    const s = Secret.from('hunter22', redactor)
    let kept: Buffer | undefined
    s.use((b) => (kept = b))
    s.dispose()
    s.dispose()
    expect(kept?.every((b) => b === 0)).toBe(true)
    expect(redactor.size).toBe(0)
    expect(() => s.use(() => 0)).toThrow(expect.objectContaining({ code: 'secret.disposed' }) as Error)
  })
  it('compares and clones by value, with lives of their own', () => {
    const r = new Redactor()
    const a = Secret.from('same-one', r)
    const b = a.clone()
    expect(a.equals(b)).toBe(true)
    a.dispose()
    expect(b.use((x) => x.toString())).toBe('same-one')
    expect(r.redact('same-one')).toBe('[secret]')
    expect(b.equals(Secret.from('other', r))).toBe(false)
  })
})

describe('Redactor', () => {
  it('finds a secret in any line in each of its spellings', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 6 }), fc.string(), fc.string(), (text, before, after) => {
        const r = new Redactor()
        Secret.from(text, r)
        for (const form of [text, JSON.stringify(text).slice(1, -1), encodeURIComponent(text.toWellFormed()), Buffer.from(text).toString('hex')]) expect(r.redact(before + form + after)).not.toBe(before + form + after)
      }),
    )
  })
  it('redacts a secret in a nested error message', () => {
    const r = new Redactor()
    Secret.from('hunter22', r)
    const line = JSON.stringify({ a: { b: new Error('login with hunter22 failed').message } })
    expect(r.redact(line)).not.toContain('hunter22')
  })
})

describe('errors', () => {
  it('cross to the page as code, bounded params and a trace id only', () => {
    const e = new AppError('desktop.start-failed', 'secret detail', { params: { name: 'x'.repeat(999), odd: 'a\u202eb\n' } })
    const u = toUser(e)
    expect(Object.keys(u).sort()).toEqual(['code', 'params', 'traceId'])
    expect(u.params['name']).toHaveLength(300)
    expect(u.params['odd']).toBe('a\u00a0b\u00a0')
    expect(u.traceId).toMatch(/^T-[2-9A-Z]{5}$/)
  })
  it('turns what is thrown into a code', () => {
    expect(toAppError(new DOMException('x', 'AbortError')).code).toBe('cancelled')
    expect(toAppError('odd').code).toBe('internal.bug')
    expect(printable('a\u0000b')).toBe('a\u00a0b')
  })
})
