// Why: a device with a broken configuration shows a page with a reference, and `latchkey config check` names every
// mistake with its place. Run as the bin that IT runs.
import { spawnSync } from 'node:child_process'
import { chmodSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { makeConfigDir, type ConfigDir } from '../../build/demo/config-dir.ts'
import { version } from '../../build/version.ts'
import { startChromiumKiosk } from '../../electron/main/chromium.ts'
import { desk, expect, test } from '../app-fixture.ts'
import type { EmbeddedHypervisor } from '../../embedded/hypervisor.ts'

const bin = resolve(import.meta.dirname, '..', '..', 'bin', 'latchkey.mjs')
const endpoint = `endpoints:\n  - { id: hq, label: HQ, kind: libvirt, uri: "qemu+ssh://kvm1/system?known_hosts=/etc/ssh/ssh_known_hosts", access: person }\n`

const cases: readonly { readonly name: string; readonly make: (c: ConfigDir) => void; readonly says: readonly string[]; readonly code: string }[] = [
  { name: 'no file at all', make: () => undefined, says: ['config.d'], code: 'config.missing' },
  { name: 'broken YAML', make: (c) => c.write('version: 1\nendpoints: [\n'), says: ['10-endpoints.yaml:'], code: 'config.invalid' },
  { name: 'an unknown key', make: (c) => c.write(`version: 1\nsesion: {}\n${endpoint}`), says: ['10-endpoints.yaml:2', 'sesion', 'did you mean', 'session'], code: 'config.invalid' },
  { name: 'a wrong value', make: (c) => c.write(`version: 1\nshell: chromum\n${endpoint}`), says: [':2', 'shell', 'chromium'], code: 'config.invalid' },
  { name: 'a wrong type and a missing key at once', make: (c) => c.write('version: one\nendpoints:\n  - id: hq\n    kind: libvirt\n'), says: ['version', 'label', 'uri', 'access'], code: 'config.invalid' },
  { name: 'an id used twice', make: (c) => c.write(`version: 1\n${endpoint}${endpoint.split('\n')[1] ?? ''}\n`), says: ['used twice'], code: 'config.invalid' },
  { name: 'a URI that says no_verify', make: (c) => c.write(`version: 1\n${endpoint.replace('known_hosts=/etc/ssh/ssh_known_hosts', 'no_verify=1')}`), says: ['no_verify'], code: 'config.invalid' },
  { name: 'a URI with an unknown parameter', make: (c) => c.write(`version: 1\n${endpoint.replace('known_hosts', 'known_host')}`), says: ['known_host', 'did you mean'], code: 'config.invalid' },
  { name: 'a duplicate key', make: (c) => c.write(`version: 1\nversion: 1\n${endpoint}`), says: [':2'], code: 'config.invalid' },
  {
    name: 'a file that others may write',
    make: (c) => {
      c.write(`version: 1\n${endpoint}`)
      chmodSync(join(c.dir, '10-endpoints.yaml'), 0o666)
    },
    says: ['10-endpoints.yaml'],
    code: 'config.untrusted-file',
  },
  {
    name: 'a symbolic link',
    make: (c) => {
      const real = c.file('real.yaml', `version: 1\n${endpoint}`)
      symlinkSync(real, join(c.dir, '10-endpoints.yaml'))
    },
    says: ['10-endpoints.yaml'],
    code: 'config.untrusted-file',
  },
]

for (const { name, make, says, code } of cases) {
  test(`configuration: ${name}`, async () => {
    const config = makeConfigDir()
    try {
      make(config)
      // no_verify is allowed with --dev, so that case is checked as a kiosk would: as root's own files.
      const dev = name.includes('no_verify') && process.getuid?.() === 0 ? [] : ['--dev']
      const check = spawnSync(process.execPath, [bin, 'config', 'check', config.dir, ...dev], { encoding: 'utf8' })
      expect(check.status).toBe(78)
      for (const words of says) expect(check.stderr.toLowerCase()).toContain(words.toLowerCase())

      const log: string[] = []
      const kiosk = await startChromiumKiosk({ configDir: config.dir, dev: dev.length > 0, headless: true, version: version(), logTo: (line) => void log.push(line) })
      try {
        const d = desk(kiosk, undefined as unknown as EmbeddedHypervisor, config, log)
        await expect(d.page.getByRole('heading', { name: 'This device is not set up' })).toBeVisible()
        const shown = await d.page.locator(`[data-code="${code}"]`).innerText()
        const reference = /T-[0-9A-Z]+/.exec(shown)?.[0]
        expect(reference).toBeDefined()
        expect(log.join('')).toContain(reference)
      } finally {
        await kiosk.close()
      }
    } finally {
      config.remove()
    }
  })
}

test('a good configuration: exit status 0, and every value says where it comes from', () => {
  const config = makeConfigDir()
  config.write(`version: 1\n${endpoint}`)
  writeFileSync(join(config.dir, '20-site.yaml'), 'ui:\n  organisation: Hospital\n', { mode: 0o600 })
  const run = (...args: string[]) => spawnSync(process.execPath, [bin, ...args, '--dev'], { encoding: 'utf8' })
  expect(run('config', 'check', config.dir).status).toBe(0)
  const origin = run('config', 'show', config.dir, '--origin')
  expect(origin.status).toBe(0)
  expect(origin.stdout).toMatch(/organisation.*Hospital.*20-site\.yaml:2/s)
  config.remove()
})

test('--version, --help, and a mistyped option', () => {
  const run = (...args: string[]) => spawnSync(process.execPath, [bin, ...args], { encoding: 'utf8' })
  expect(run('--version').stdout).toContain(version())
  expect(run('--help').stdout).toContain('config check')
  const bad = run('--hedless')
  expect(bad.status).toBe(64)
  expect(bad.stderr).toContain('--headless')
})
