import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadConfig } from '../electron/adapters/config/load.ts'
import { checkEndpoint } from '../electron/main/cli-endpoint-check.ts'
import { configJsonSchema, main, sectionsOf } from './gen-config-docs.ts'

const project = fileURLToPath(new URL('..', import.meta.url))
const example = join(project, 'docs/admin/config.example.yaml')
let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'latchkey-docs-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

describe('the generated reference', () => {
  it('is the committed one', () => {
    const said: string[] = []
    main(['--check'], project, (l) => said.push(l))
    expect(said).toEqual([])
  })

  it('describes every key of every section', () => {
    const sections = sectionsOf(configJsonSchema())
    expect(sections.map((s) => s.title)).toContain('`endpoints[].signOn`')
    for (const { title, schema } of sections)
      for (const [key, value] of Object.entries(schema.properties ?? {})) expect((value as { description?: string }).description ?? '', `${title} ${key}`).not.toBe('')
  })

  it('refuses unknown keys in the JSON Schema too', () => {
    for (const { title, schema } of sectionsOf(configJsonSchema())) expect(schema.additionalProperties, title).toBe(false)
  })

  it('sees drift in either file', () => {
    for (const file of ['docs/admin/config.example.yaml', 'docs/admin/config.md', 'build/schema/config.schema.json']) mkdirSync(dirname(join(dir, file)), { recursive: true })
    copyFileSync(example, join(dir, 'docs/admin/config.example.yaml'))
    expect(main(['--check'], dir, () => {})).toBe(1)
    expect(main([], dir, () => {})).toBe(0)
    expect(main(['--check'], dir, () => {})).toBe(0)
    writeFileSync(join(dir, 'build/schema/config.schema.json'), '{}')
    expect(main(['--check'], dir, () => {})).toBe(1)
  })

  it('shows an example that passes the check', () => {
    copyFileSync(example, join(dir, '10.yaml'))
    chmodSync(join(dir, '10.yaml'), 0o644)
    const { config, warnings } = loadConfig(dir, { dev: true, checkEndpoint })
    expect(config.endpoints.map((e) => e.id)).toEqual(['head-office', 'lab'])
    // The files it names are not on this machine, and nothing else is wrong.
    for (const w of warnings) expect(w.message).toMatch(/does not exist|cannot be examined/)
    expect(readFileSync(join(project, 'docs/admin/config.md'), 'utf8')).toContain(readFileSync(example, 'utf8').trimEnd())
  })
})
