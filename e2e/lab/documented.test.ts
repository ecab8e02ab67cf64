// Why: an administrator copies what the guide says, so the guide must say what the lab runs with.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { domains } from './facts.ts'
import { domainXml } from './domains.ts'
import { documentedRules } from './sshd.ts'

const guide = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'admin', 'libvirt.md'), 'utf8')
const blocks = [...guide.matchAll(/^```(\w*)\n([\s\S]*?)^```/gm)].map((m) => m[2] ?? '')

/** The rules of each Match block of the guide, in order. */
const matches = blocks.flatMap((block) => block.split(/^(?=Match )/m).filter((part) => part.startsWith('Match '))).map((part) => {
  const [head = '', ...rules] = part.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'))
  return { head, rules: rules.map((r) => r.trim()) }
})
  // How a site asks for a code is its own: the lab has no second factor.
  .filter(({ rules }) => !rules.every((r) => r.startsWith('AuthenticationMethods ')))

describe('docs/admin/libvirt.md and the lab', () => {
  it('have the same rules for sshd', () => {
    expect(matches).toEqual([
      { head: 'Match User kiosk', rules: documentedRules.device },
      { head: 'Match Group desktop-people', rules: documentedRules.checked },
      { head: 'Match Group desktop-people', rules: documentedRules.person },
    ])
  })
  it('have the same helper', () => {
    const helper = readFileSync(join(import.meta.dirname, 'channel-helper'), 'utf8').split('\n').filter((line) => line.startsWith('#!') || !line.startsWith('#'))
    expect(blocks).toContain(helper.join('\n'))
  })
  it('ask for a display password that has expired', () => {
    const wanted = /passwdValidTo='1970-01-01T00:00:01'/
    expect(blocks.filter((b) => b.includes('<graphics')).every((b) => wanted.test(b) && / passwd='/.test(b))).toBe(true)
    const facts = domains.find((d) => d.ticketing === 'ticket')
    expect(facts && domainXml(facts, { kernel: '/k', initrd: '/i' }, 'x')).toMatch(wanted)
  })
})
