// Why: what is remembered comes back, and whatever else lies there is as good as nothing.
import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { LastChoiceFile, stateFolder } from './last-choice.ts'

let dir: string
beforeEach(() => { dir = mkdtempSync(join(tmpdir(), 'latchkey-state-')) })
afterEach(() => { rmSync(dir, { recursive: true, force: true }) })

it('comes back, for this account alone', () => {
  const file = new LastChoiceFile(join(dir, 'a', 'latchkey'))
  expect(file.read()).toBeUndefined()
  expect(file.write({ endpoint: 'hq' })).toBe(true)
  expect(file.write({ endpoint: 'lab', user: 'ada' })).toBe(true)
  expect(file.read()).toEqual({ endpoint: 'lab', user: 'ada' })
  expect(statSync(join(dir, 'a', 'latchkey', 'last.json')).mode & 0o777).toBe(0o600)
  expect(statSync(join(dir, 'a', 'latchkey')).mode & 0o777).toBe(0o700)
})
it.each(['', 'null', '{"endpoint":5}', '{', `{"endpoint":"${'x'.repeat(5000)}"}`])('%s is nothing', (text) => {
  writeFileSync(join(dir, 'last.json'), text)
  expect(new LastChoiceFile(dir).read()).toBeUndefined()
})
it('a link is not followed, and what cannot be written is told', () => {
  writeFileSync(join(dir, 'other'), '{"endpoint":"hq"}')
  symlinkSync(join(dir, 'other'), join(dir, 'last.json'))
  expect(new LastChoiceFile(dir).read()).toBeUndefined()
  mkdirSync(join(dir, 'x', 'last.json'), { recursive: true })
  expect(new LastChoiceFile(join(dir, 'x')).write({ endpoint: 'hq' })).toBe(false)
  expect(readFileSync(join(dir, 'other'), 'utf8')).toBe('{"endpoint":"hq"}')
})
it('lies where the desktop specification says', () => {
  expect(stateFolder({ XDG_STATE_HOME: '/s' })).toBe('/s/latchkey')
  expect(stateFolder({ XDG_STATE_HOME: 'relative', HOME: '/h' })).toBe('/h/.local/state/latchkey')
})
