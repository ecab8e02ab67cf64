import { describe, expect, it } from 'vitest'
import { caseOf } from './cases.ts'
import { FAMILY_NAMES } from './families.ts'
import { hash, run } from './run.ts'
import { SERVER } from './server.ts'

// server.ts: what the real spice-server made of these cases (oracle.c, build/record-canvas.ts).
describe('pixel for pixel what spice-server renders', () => {
  it('has an answer for every family', () => {
    expect(Object.keys(SERVER).sort()).toEqual([...FAMILY_NAMES].sort())
  })
  it.each(FAMILY_NAMES)('%s', (family) => {
    const hashes = SERVER[family] ?? []
    expect(hashes.length).toBeGreaterThanOrEqual(60)
    const wrong: string[] = []
    hashes.forEach((h, seed) => {
      const c = caseOf(family, seed)
      if (hash(run(c).data) !== h) wrong.push(c.name)
    })
    expect(wrong).toEqual([])
  })
})
