import { Endpoint } from '../../../shared/config/endpoint.ts'
import fc from 'fast-check'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ConfigError, formatProblem } from './config-error.ts'
import { loadConfig, type EndpointCheck, type LoadedConfig } from './load.ts'
import type { TrustPolicy } from './trusted-file.ts'

const policy: TrustPolicy = { owners: [process.getuid?.() ?? 0], ancestors: false }
let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'latchkey-config-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

function put(name: string, text: string): void {
  writeFileSync(join(dir, name), text)
  chmodSync(join(dir, name), 0o644)
}
const load = (checkEndpoint?: EndpointCheck): LoadedConfig => loadConfig(dir, { dev: false, policy, ...(checkEndpoint ? { checkEndpoint } : {}) })

function failure(check?: EndpointCheck): { code: string; lines: string[]; error: ConfigError } {
  try {
    load(check)
  } catch (e) {
    if (!(e instanceof ConfigError)) throw e
    return { code: e.code, lines: e.problems.map((p) => formatProblem(p).replaceAll(`${dir}/`, '')), error: e }
  }
  throw new Error('the configuration was accepted')
}

const GOOD = `version: 1
endpoints:
  - id: hq
    label: Head office
    kind: libvirt
    uri: qemu+ssh://kiosk@hv.example/system
    access: person
`

describe('loadConfig', () => {
  it('reads a small configuration and fills in the defaults', () => {
    put('10.yaml', GOOD)
    const { config, files, warnings } = load()
    expect(config.endpoints[0]).toMatchObject({ id: 'hq', virsh: 'virsh', desktops: { assign: 'metadata' }, signOn: { enabled: true } })
    expect(config.kiosk.allowSuspend).toBe(false)
    expect(files).toEqual([join(dir, '10.yaml')])
    expect(warnings).toEqual([])
  })

  it('merges mappings deeply, replaces lists, and remembers who set what', () => {
    put('10-base.yaml', GOOD + 'kiosk:\n  allowReboot: false\n  allowSuspend: true\nui: { organisation: A, locale: de }\n')
    put('20-site.yaml', '# site\nkiosk:\n  allowSuspend: false\nui:\n  organisation: B\n')
    const { config, origins } = load()
    expect(config.kiosk).toMatchObject({ allowReboot: false, allowSuspend: false, allowPowerOff: true })
    expect(config.ui).toMatchObject({ organisation: 'B', locale: 'de' })
    expect(origins.get('kiosk.allowReboot')).toEqual({ file: join(dir, '10-base.yaml'), line: 9 })
    expect(origins.get('kiosk.allowSuspend')).toEqual({ file: join(dir, '20-site.yaml'), line: 3 })
    expect(origins.get('ui.organisation')).toEqual({ file: join(dir, '20-site.yaml'), line: 5 })
    expect(origins.get('endpoints[0].uri')).toEqual({ file: join(dir, '10-base.yaml'), line: 6 })
    expect(origins.has('kiosk.allowPowerOff')).toBe(false)
  })

  it('names every mistake at once, with file, line, path and the word that was meant', () => {
    put('10.yaml', GOOD.replace('access: person', 'acess: person').replace('version: 1', 'versoin: 1'))
    put('20.yaml', 'shell: electorn\nkiosk:\n  allowReboot: yes\n  fulscreen: true\nui:\n  locale: 5\nlog: loud\n')
    expect(failure()).toMatchObject({
      code: 'config.invalid',
      lines: [
        '10.yaml:1: versoin: unknown key (did you mean "version"?)',
        '10.yaml:3: endpoints[0].access: is missing; one of person, device is needed',
        '10.yaml:7: endpoints[0].acess: unknown key (did you mean "access"?)',
        '20.yaml:1: version: is missing; one of 1 is needed',
        '20.yaml:1: shell: "electorn" is not allowed; one of auto, electron, chromium is (did you mean "electron"?)',
        '20.yaml:3: kiosk.allowReboot: must be true or false, not "yes"',
        '20.yaml:4: kiosk.fulscreen: unknown key (did you mean "fullscreen"?)',
        '20.yaml:6: ui.locale: must be a text, not 5 (put it into quotes)',
        '20.yaml:7: log: must be a mapping, not "loud"',
      ],
    })
  })

  it('judges the rest of an endpoint whose kind is wrong, and finds doubles beside other mistakes', () => {
    put('10.yaml', GOOD + '  - { id: hq, label: "", kind: libvrt, uri: x, access: persn }\n')
    expect(failure().lines).toEqual([
      `10.yaml:8: endpoints[1].kind: "libvrt" is no kind of endpoint; one of ${Endpoint.options.map((o) => o.shape.kind.value).join(', ')} is (did you mean "libvirt"?)`,
      '10.yaml:8: endpoints[1].label: must have at least 1 character',
      '10.yaml:8: endpoints[1].access: "persn" is not allowed; one of person, device is (did you mean "person"?)',
      '10.yaml:8: endpoints[1].id: "hq" is used twice',
    ])
  })

  it.each([
    ['pattern without a pattern', 'desktops: { assign: pattern }', 'endpoints[0].desktops.pattern: assign: pattern needs a pattern'],
    ['pattern that gives all to everybody', 'desktops: { assign: pattern, pattern: "*" }', 'must contain {user}'],
    ['time out of bounds', 'connectSeconds: 0', 'endpoints[0].connectSeconds: must be at least 1'],
    ['fraction', 'connectSeconds: 1.5', 'endpoints[0].connectSeconds: must be a whole number'],
    ['empty list', 'signOn: { channels: [] }', 'endpoints[0].signOn.channels: must have at least 1 entry'],
    ['empty section', 'signOn:', 'endpoints[0].signOn: must be a mapping, not empty'],
    ['__proto__', '__proto__: { assign: all }', 'endpoints[0].__proto__: unknown key'],
  ])('explains: %s', (_, line, sentence) => {
    put('10.yaml', `${GOOD}    ${line}\n`)
    expect(failure().lines.join('\n')).toContain(sentence)
    expect(failure().lines[0]).toMatch(/^10\.yaml:8: /)
  })

  it.each([
    ['duplicate key', 'version: 1\nversion: 1\n', '10.yaml:2: this key is given twice in the same mapping'],
    ['tab', 'ui:\n\tlocale: en\n', '10.yaml:2: a tab is used for indentation; YAML wants spaces'],
    ['alias', 'ui: &x { locale: en }\nlog: *x\n', '10.yaml:2: aliases (*name) are not allowed'],
    ['list at the top', '- a\n', '10.yaml:1: the file must hold a mapping of keys to values'],
    ['two documents', 'version: 1\n---\nversion: 1\n', '10.yaml:2: only one document per file ("---" starts another)'],
    ['number as key', '1: x\n', '10.yaml:1: keys must be words'],
    ['unclosed quote', 'ui: { organisation: "A }\n', '10.yaml:2: '],
  ])('explains YAML: %s', (_, text, line) => {
    put('10.yaml', text)
    const { code, lines } = failure()
    expect(code).toBe('config.invalid')
    expect(lines[0]).toContain(line)
  })

  it('YAML 1.2: yes and on are texts, and a deep nest is refused', () => {
    put('10.yaml', `${GOOD}ui: { organisation: yes, message: on }\n`)
    expect(load().config.ui).toMatchObject({ organisation: 'yes', message: 'on' })
    for (const n of [21, 20_000]) {
      put('10.yaml', `a: ${'['.repeat(n)}${']'.repeat(n)}\n`)
      expect(failure().lines[0]).toContain('nested deeper than 20 levels')
    }
  })

  it('an empty directory or one that is missing is config.missing', () => {
    expect(failure().code).toBe('config.missing')
    rmSync(dir, { recursive: true })
    expect(failure().code).toBe('config.missing')
  })

  it('an untrusted file outweighs other mistakes, which are told all the same', () => {
    put('10.yaml', 'a: [\n')
    put('20.yaml', GOOD)
    chmodSync(join(dir, '20.yaml'), 0o666)
    const { code, lines } = failure()
    expect(code).toBe('config.untrusted-file')
    expect(lines).toHaveLength(2)
  })

  it('takes the findings of the injected check with the place of the uri', () => {
    put('10.yaml', GOOD)
    const seen: unknown[] = []
    const check: EndpointCheck = (endpoint, ctx) => {
      seen.push(endpoint, ctx)
      return [
        { severity: 'error', message: 'the user is missing' },
        { severity: 'warning', message: 'the key file /k does not exist' },
      ]
    }
    expect(failure(check).lines).toEqual(['10.yaml:6: endpoints[0].uri: the user is missing', '10.yaml:6: endpoints[0].uri: warning: the key file /k does not exist'])
    expect(seen.slice(0, 2)).toMatchObject([{ kind: 'libvirt', given: { uri: 'qemu+ssh://kiosk@hv.example/system', access: 'person' } }, { dev: false }])
  })

  it('warnings do not refuse the configuration', () => {
    put('10.yaml', GOOD)
    const { warnings } = load(() => [{ severity: 'warning', message: 'w' }])
    expect(warnings).toMatchObject([{ severity: 'warning', line: 6, path: 'endpoints[0].uri' }])
  })

  it('the error carries a count for the screen and no file name in what is shown', () => {
    put('10.yaml', 'x: 1\n')
    const { error } = failure()
    expect(error.params).toEqual({ count: '3' })
  })

  it('answers any text and any data with a configuration or with problems that have sentences, never with a crash', () => {
    const keys = fc.constantFrom('version', 'endpoints', 'kind', 'uri', 'desktops', 'assign', 'signOn', 'channels', 'kiosk', 'ui', '__proto__', 'toString', 'x')
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof({ maxDepth: 4 }, fc.constantFrom(null, 1, true, '', 'libvirt', 'pattern', -1.5), fc.array(tie('value'), { maxLength: 3 }), fc.dictionary(keys, tie('value'), { maxKeys: 4 })),
    }))
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: fc.constantFrom('a', ':', ' ', '\n', '-', '[', '{', '"', '&', '*', '#', '|', '!', '?', '\t') }), value.map((v) => JSON.stringify(v)))
    fc.assert(
      fc.property(text, (t) => {
        put('10.yaml', t)
        for (const line of failure(() => []).lines) expect(line).toMatch(/^10\.yaml(:\d+)?: .*\S/s)
      }),
      { numRuns: 200 },
    )
  })
})
