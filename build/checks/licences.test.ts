import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { main, objections, productionPackages, renderTexts } from './licences.ts'

const project = fileURLToPath(new URL('../..', import.meta.url))
let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'latchkey-licences-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

function put(path: string, manifest: Record<string, unknown>): void {
  const file = join(root, path, 'package.json')
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, JSON.stringify({ version: '1.0.0', ...manifest }))
}
const names = () => productionPackages(root).map((p) => `${p.name}@${p.version} ${p.licence}`)

describe('licences', () => {
  it('follows production dependencies, nested copies and circles, and no development ones', () => {
    put('', { name: 'me', dependencies: { a: '*' }, devDependencies: { gpl: '*' }, optionalDependencies: { absent: '*' } })
    put('node_modules/a', { name: 'a', license: 'MIT', dependencies: { b: '*' } })
    put('node_modules/b', { name: 'b', license: 'ISC' })
    put('node_modules/a/node_modules/b', { name: 'b', version: '2.0.0', licenses: [{ type: 'BSD-3-Clause' }], dependencies: { a: '*' } })
    put('node_modules/gpl', { name: 'gpl', license: 'GPL-3.0' })
    expect(names()).toEqual(['a@1.0.0 MIT', 'b@2.0.0 BSD-3-Clause'])
  })

  it('a dependency that is not installed is an error', () => {
    put('', { name: 'me', dependencies: { a: '*' } })
    expect(() => productionPackages(root)).toThrow('a, needed from')
  })

  it.each([
    ['x', 'MIT', 0],
    ['x', 'GPL-3.0-only OR MIT', 0],
    ['x', 'MIT AND BSD-3-Clause', 0],
    ['x', 'MIT AND GPL-3.0-only', 1],
    ['x', 'GPL-3.0-only', 1],
    ['x', 'LGPL-3.0-or-later', 1],
    ['x', '', 1],
    ['x', 'SEE LICENSE IN x', 1],
    ['@spice-project/spice-html5', 'LGPL-3.0-or-later', 0],
    ['@spice-project/spice-html5', 'AGPL-3.0-only', 1],
  ])('%s under "%s": %i objections', (name, licence, n) => {
    expect(objections([{ name, version: '1', licence, directory: '' }])).toHaveLength(n)
  })

  it('collects the texts', () => {
    put('', { name: 'me', dependencies: { a: '*' } })
    put('node_modules/a', { name: 'a', license: 'MIT' })
    writeFileSync(join(root, 'node_modules/a/LICENSE.md'), 'Permission is hereby granted')
    expect(renderTexts(productionPackages(root))).toContain('a 1.0.0 (MIT)\n' + '='.repeat(80) + '\n\nPermission is hereby granted')
  })

  it('sees drift, writes, and is then content', () => {
    put('', { name: 'me', dependencies: { a: '*' } })
    put('node_modules/a', { name: 'a', license: 'MIT' })
    const said: string[] = []
    expect(main([], root, (l) => said.push(l))).toBe(1)
    expect(said.join()).toContain('out of date')
    expect(main(['--write'], root, () => {})).toBe(0)
    expect(main([], root, () => {})).toBe(0)
    put('node_modules/a', { name: 'a', license: 'MIT', version: '1.0.1' })
    expect(main([], root, () => {})).toBe(1)
    expect(main(['--wrtie'], root, () => {})).toBe(64)
  })

  it('this project ships nothing that is not allowed, and says what it ships', () => {
    const said: string[] = []
    expect(main([], project, (l) => said.push(l))).toBe(0)
    expect(said).toEqual([])
    expect(readFileSync(join(project, 'THIRD-PARTY.md'), 'utf8')).toContain('| @spice-project/spice-html5 | 0.2.1 | LGPL-3.0-or-later |')
  })
})
