// Why: the status line's words are a server's text like any other: bounded, on one line, and absent where there are none.
import { expect, it } from 'vitest'
import { replyOf } from './reply.ts'

const reasonOf = (words?: string): string | undefined => replyOf(500, {}, Buffer.alloc(0), words).reason

it('keeps the words of the status line', () => {
  expect(reasonOf('VM 100 not running')).toBe('VM 100 not running')
  expect(reasonOf('a\u202eb\u0007')).toBe('a\u00a0b')
  expect(reasonOf('x'.repeat(5000))).toHaveLength(1000)
  expect(reasonOf('  ')).toBeUndefined()
  expect(reasonOf()).toBeUndefined()
})
