import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseInspection, parseUuids } from './inspect.ts'
import { domainXml, UUIDS } from './testkit.ts'
import { isUuid, virshCommands } from './virsh.ts'

const bad = (): never => {
  throw new Error('a domain was left out')
}

describe('virsh argv', () => {
  const virsh = virshCommands('sudo -n virsh', 'qemu:///system')
  it('splits the configured command and keeps the connection in front', () => {
    expect(virsh.start(UUIDS[0])).toEqual(['env', 'LC_ALL=C', 'sudo', '-n', 'virsh', '-q', '-c', 'qemu:///system', 'start', UUIDS[0]])
    expect(virsh.inspect([UUIDS[0]]).at(-1)).toBe(`list --all --uuid --with-managed-save; domstats --state ${UUIDS[0]}; dumpxml ${UUIDS[0]}`)
  })
  it.each(['', '--help', 'ada', `${UUIDS[0]} `, `${UUIDS[0]}\n`, `${UUIDS[0]}; start x`, UUIDS[0].toUpperCase()])('%j is not a UUID', (text) => {
    expect(isUuid(text)).toBe(false)
    for (const build of [virsh.start, virsh.resume, virsh.wakeUp, virsh.updateDevice, virsh.dumpXmlWithSecrets, (u: string) => virsh.inspect([u])]) expect(() => build(text)).toThrow('desktop.not-found')
  })
})

describe('output of one virsh', () => {
  const stats = (name: string, state: number, reason = 1) => `Domain: '${name}'\n  state.state=${state}\n  state.reason=${reason}\n\n`
  it.each([
    [0, 1, 'unknown'], [1, 1, 'running'], [2, 1, 'running'], [3, 1, 'paused'], [3, 11, 'starting'], [4, 1, 'stopping'], [5, 1, 'off'], [6, 1, 'crashed'], [7, 1, 'suspended'], [99, 1, 'unknown'],
  ])('state %i, reason %i is %s', (state, reason, power) => {
    const d = { uuid: UUIDS[0], name: "it's 'odd'", state }
    expect(parseInspection(stats("it's 'odd'", state, reason) + domainXml(d), bad)).toMatchObject([{ power }])
  })
  it('managed save belongs to the domain whose UUID is printed in front', () => {
    const d = { uuid: UUIDS[0], name: 'a', state: 5 }
    const e = { uuid: UUIDS[1], name: 'b', state: 5 }
    expect(parseInspection(`${UUIDS[1]}\n${stats('a', 5)}${stats('b', 5)}${domainXml(d)}\n${domainXml(e)}`, bad).map((x) => x.power)).toEqual(['off', 'saved'])
    expect(parseInspection(`${UUIDS[0]}\n${domainXml(d)}`, bad).map((x) => x.power)).toEqual(['saved'])
    // A UUID inside a document is no statement about managed save.
    expect(parseInspection(stats('a', 5) + domainXml({ ...d, metadata: `<x:y xmlns:x="x">\n${UUIDS[0]}\n</x:y>` }), bad).map((x) => x.power)).toEqual(['off'])
  })
  it('without a state it says only what the XML says', () => {
    expect(parseInspection(domainXml({ uuid: UUIDS[0], name: 'a', state: 1, id: 4 }), bad).map((x) => x.power)).toEqual(['unknown'])
    expect(parseInspection(domainXml({ uuid: UUIDS[0], name: 'a', state: 5 }), bad).map((x) => x.power)).toEqual(['off'])
  })
  it('nothing at all', () => {
    expect(parseInspection('', bad)).toEqual([])
    expect(parseUuids(`\n${UUIDS[0]}\nnoise\n${UUIDS[0].toUpperCase()}\n`)).toEqual([UUIDS[0]])
  })
})

const VIRSH = existsSync('/usr/bin/virsh')
if (!VIRSH && process.env['CI'] === 'true') throw new Error('libvirt-clients is not installed, and in CI no test may be left out')

describe.skipIf(!VIRSH)(`the real virsh${VIRSH ? '' : ' (left out: libvirt-clients is not installed)'}`, () => {
  it('prints what is read here, also when one domain is gone', () => {
    const dir = mkdtempSync(join(tmpdir(), 'latchkey-virsh-'))
    try {
      const domain = (uuid: string, name: string, more = '') => `<domain type='test'><name>${name}</name><uuid>${uuid}</uuid><title>T &amp; ${name}</title><memory>1024</memory><os><type>hvm</type></os>${more}</domain>`
      writeFileSync(join(dir, 'node.xml'), `<node>${domain(UUIDS[0], "it's one")}${domain(UUIDS[1], 'two', '<devices><graphics type="spice" port="5955" listen="127.0.0.1"/></devices>')}</node>`)
      const virsh = virshCommands('virsh', `test://${join(dir, 'node.xml')}`)
      const run = (argv: readonly string[]) => execFileSync(argv[0]!, argv.slice(1), { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
      expect([...parseUuids(run(virsh.listUuids()))].sort()).toEqual([UUIDS[0], UUIDS[1]])
      const found = parseInspection(run(virsh.inspect([UUIDS[0], UUIDS[2], UUIDS[1]])), bad)
      expect(found.map((f) => [f.domain.name, f.domain.title, f.power])).toEqual([
        ["it's one", "T & it's one", 'running'],
        ['two', 'T & two', 'running'],
      ])
      expect(found[1]!.domain.spice).toMatchObject({ port: 5955, address: '127.0.0.1' })
    } finally {
      rmSync(dir, { recursive: true, force: true })
    }
  })
})
