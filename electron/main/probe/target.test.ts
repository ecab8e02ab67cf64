import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { AppError } from '../../core/errors.ts'
import { Redactor } from '../../core/redactor.ts'
import { readTarget } from './target.ts'

let dir: string
let redactor: Redactor
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'latchkey-target-'))
  redactor = new Redactor()
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const file = (name: string, text: string): string => {
  writeFileSync(join(dir, name), text)
  return join(dir, name)
}
async function* input(...pieces: string[]): AsyncGenerator<string> {
  for (const piece of pieces) yield await Promise.resolve(piece)
}
const read = (text: string, ticketFile?: string, stdin: AsyncIterable<string> = input()) => readTarget({ text, ticketFile, stdin, redactor })
const refused = (...args: Parameters<typeof read>): Promise<string> => read(...args).then(() => 'taken', (e: AppError) => `${e.code}: ${e.detail}`)

it('an address is a route without a ticket', async () => {
  const { grant, name, warnings } = await read('spice://display.example:5900')
  expect(grant).toMatchObject({ hops: [{ via: 'tcp', host: 'display.example', port: 5900 }], ticketKind: 'none', ticket: undefined })
  expect([name, warnings]).toEqual(['display.example:5900', []])
  expect((await read('spice://[::1]:5901')).name).toBe('[::1]:5901')
})

it('a password on the command line is taken, with a warning that does not say it', async () => {
  const { grant, warnings } = await read('spice://h:5900?password=hunter22')
  expect(grant.ticket?.use((b) => b.toString())).toBe('hunter22')
  expect(warnings).toEqual([expect.stringContaining('use --ticket-file')])
  expect(warnings.join()).not.toContain('hunter22')
})

it('a .vv file brings route and ticket; the ticket of a file or of standard input beats it', async () => {
  const vv = file('a.vv', '[virt-viewer]\ntype=spice\nhost=10.0.0.1\nport=5930\npassword=from the vv\nmystery=1\n')
  const own = await read(vv)
  expect(own.grant).toMatchObject({ hops: [{ via: 'tcp', host: '10.0.0.1', port: 5930 }], ticketKind: 'fixed' })
  expect(own.grant.ticket?.use((b) => b.toString())).toBe('from the vv')
  expect(own.warnings).toEqual([`${vv}:6: unknown key "mystery" is ignored`])
  const other = await read(vv, file('ticket', 'from a file\n'))
  expect(other.grant.ticket?.use((b) => b.toString())).toBe('from a file')
  const piped = await read(vv, '-', input('from', ' input\r\n'))
  expect(piped.grant.ticket?.use((b) => b.toString())).toBe('from input')
})

it('the only copy of a ticket is the one of the grant', async () => {
  const { grant } = await read('spice://h:5900?password=hunter22', file('ticket', 'open sesame'))
  expect(redactor.redact('hunter22 open sesame')).not.toContain('open sesame')
  grant.ticket?.dispose()
  expect(redactor.redact('hunter22 open sesame')).toBe('hunter22 open sesame')
})

it('says what is wrong with a file', async () => {
  expect(await refused(join(dir, 'none.vv'))).toMatch(/^vv\.missing: .*none\.vv does not exist; an address is written spice:\/\//)
  expect(await refused(dir)).toMatch(/^vv\.invalid: .* is no regular file/)
  expect(await refused(file('x.vv', 'no key file'))).toMatch(/^vv\.invalid: /)
  expect(await refused(file('x.vv', '\n'.repeat(300_000)))).toMatch(/^vv\.invalid: /)
  expect(await refused('spice://h')).toMatch(/^config\.invalid: /)
})

it('takes one line of at most 60 bytes as a ticket', async () => {
  const url = 'spice://h:5900'
  expect((await read(url, file('t', 'x'.repeat(60)))).grant.ticket?.byteLength).toBe(60)
  expect(await refused(url, file('t', 'x'.repeat(61)))).toMatch(/^cli\.usage: .* more than the 60 bytes/)
  expect(await refused(url, file('t', ''))).toMatch(/^cli\.usage: .* does not hold one line/)
  expect(await refused(url, file('t', 'two\nlines\n'))).toMatch(/^cli\.usage: .* does not hold one line/)
  expect(await refused(url, '-', input('x'.repeat(1000), 'y'.repeat(1000)))).toMatch(/^cli\.usage: --ticket-file: standard input holds more/)
  expect(await refused(url, join(dir, 'none'))).toMatch(/^cli\.usage: --ticket-file: .* does not exist/)
})
