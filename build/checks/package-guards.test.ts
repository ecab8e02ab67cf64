// Each rule must bite: a good sample passes, and every single change for the worse is named.
import { spawnSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runInNewContext } from 'node:vm'
import { flipFuses, FuseV1Options, FuseVersion } from '@electron/fuses'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { repository } from '../bundle.ts'
import { debItems } from '../deb/build-deb.ts'
import { STAND_IN_MARK, writeFakeElectronDist } from '../fake-electron-dist.ts'
import { checkBundles, guards, violations } from './bundle-guards.ts'
import { fuseViolations, setFuses, wantedFuses } from './fuses.ts'
import { contentViolations, parseContents } from './package-check.ts'

let dir: string
beforeAll(async () => void (dir = await mkdtemp(join(tmpdir(), 'latchkey-package-'))))
afterAll(() => rm(dir, { recursive: true, force: true }))

describe('bundle guards', () => {
  const good: Record<string, string> = {
    'renderer/assets/index.js': 'window.latchkey.request(); z.config({ jitless: true }); new Function("")',
    'main-chromium.mjs': `import { chromium } from 'playwright-core'`,
    'main-electron.mjs': `import electron from "electron"; const table = { openExternal: false }`,
    'preload.cjs': `const { contextBridge } = require("electron"); contextBridge.exposeInMainWorld("latchkey", {})`,
    'cli.mjs': `await import('playwright-core')`,
  }
  const all = (change: Record<string, string> = {}): string[] => guards.flatMap((g) => violations(g, new Map(Object.entries({ ...good, ...change }))))

  it('pass good bundles', () => expect(all()).toEqual([]))
  it.each([
    ['renderer/assets/index.js', 'require("x")', 'calls require()'],
    ['renderer/assets/index.js', 'import "node:fs"', 'names a Node module'],
    ['renderer/assets/index.js', 'new WebSocket(u)', 'opens a native WebSocket'],
    ['renderer/assets/index.js', 'new window.WebSocket (u)', 'opens a native WebSocket'],
    ['renderer/assets/index.js', 'eval (x)', 'makes code from text, which the CSP forbids'],
    ['renderer/assets/index.js', 'new Function("a", b)', 'makes code from text, which the CSP forbids'],
    ['main-chromium.mjs', `import e from 'electron'`, 'imports electron'],
    ['main-chromium.mjs', `require("electron/main")`, 'imports electron'],
    ['main-chromium.mjs', `import("electron")`, 'imports electron'],
    ['cli.mjs', `import {app} from"electron"`, 'imports electron'],
    ['cli.mjs', `require('./build/Release/sshcrypto.node')`, 'loads a native addon'],
    ['main-electron.mjs', 'shell.openExternal(url)', 'opens other programs (security.md item 15)'],
    ['main-electron.mjs', 'crashReporter.start({})', 'starts crash reports'],
    ['main-electron.mjs', 'safeStorage.encryptString(x)', 'stores secrets'],
    ['main-electron.mjs', `import 'playwright-core'`, 'imports playwright-core'],
    ['preload.cjs', `require("fs")`, 'requires something else than electron'],
    ['preload.cjs', 'process.env', 'reads process'],
    ['cli.mjs', '\n//# sourceMappingURL=cli.mjs.map', 'names a source map'],
  ])('%s with %j', (file, bad, why) => expect(all({ [file]: `${good[file]}\n${bad}` })).toEqual([`${file} ${why}`]))
  it('do not pass an empty bundle', () => {
    for (const file of Object.keys(good)) expect(all({ [file]: '' }), file).not.toEqual([])
  })
  it('see a missing file and a source map', async () => {
    await mkdir(join(dir, 'dist/renderer/assets'), { recursive: true })
    for (const [file, text] of Object.entries(good)) if (file !== 'cli.mjs') await writeFile(join(dir, 'dist', file), text)
    for (const map of ['main-chromium.mjs.map', 'renderer/assets/spice-html5.js.map']) await writeFile(join(dir, 'dist', map), '{}')
    expect(await checkBundles(join(dir, 'dist'))).toEqual([expect.stringContaining('no file matches'), 'main-chromium.mjs.map is a source map'])
  })
})

describe('fuses', () => {
  it('are all named', () => expect(Object.keys(wantedFuses)).toHaveLength(Object.values(FuseV1Options).filter((v) => typeof v === 'number').length))
  it('are set and read back, and a change is seen', async () => {
    const electron = join(dir, 'electron')
    await writeFakeElectronDist(electron, '45.4.1')
    const binary = join(electron, 'electron')
    expect(await fuseViolations(binary)).toContain('fuse RunAsNode is 49, wanted off')
    await setFuses(binary)
    expect(await fuseViolations(binary)).toEqual([])
    for (const position of Object.keys(wantedFuses).map(Number) as FuseV1Options[]) {
      await flipFuses(binary, { version: FuseVersion.V1, [position]: !wantedFuses[position] })
      expect(await fuseViolations(binary)).toEqual([expect.stringContaining(`fuse ${FuseV1Options[position]} is`)])
      await setFuses(binary)
    }
  })
  it('of a binary with one fuse more are refused', async () => {
    const binary = join(dir, 'electron', 'electron')
    const bytes = await readFile(binary)
    const at = bytes.indexOf('dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX') + 33
    bytes[at] = 10
    await writeFile(binary, Buffer.concat([bytes.subarray(0, at + 10), Buffer.from('1'), bytes.subarray(at + 10)]))
    await expect(setFuses(binary)).rejects.toThrow(/strictlyRequireAllFuses/)
    expect(await fuseViolations(binary)).toContain('fuse 9 is not in the table')
  })
  it('stand in for a program that says what it is', async () => {
    expect(await readFile(join(dir, 'electron', 'electron'), 'latin1')).toContain(STAND_IN_MARK)
  })
})

describe('the .deb', () => {
  const line = (mode: string, path: string, owner = 'root/root'): string => `${mode} ${owner}  12 2026-01-01 00:00 .${path}`
  const files = [
    ...debItems.map((i) => line(i.mode === 0o755 ? '-rwxr-xr-x' : '-rw-r--r--', `/${i.to}`)),
    ...['/usr/lib/latchkey/package.json', '/usr/lib/latchkey/dist/cli.mjs', '/usr/lib/latchkey/dist/renderer/index.html', '/usr/lib/latchkey/dist/renderer/probe.html', '/usr/lib/latchkey/dist/renderer/assets/spice-html5.js', '/usr/lib/latchkey/dist/renderer/assets/spice-html5.js.map', '/usr/lib/latchkey/node_modules/playwright-core/package.json', '/usr/share/doc/latchkey/THIRD-PARTY-LICENCES.txt'].map((p) => line('-rw-r--r--', p)),
    line('drwxr-xr-x', '/etc/latchkey/'),
  ]
  const check = (lines: readonly string[]): string[] => contentViolations(parseContents(lines.join('\n') + '\n'))

  it('passes as it is made', () => expect(check(files)).toEqual([]))
  it.each([
    [line('-rw-r--r--', '/usr/lib/latchkey/dist/cli.mjs.map'), '.deb has /usr/lib/latchkey/dist/cli.mjs.map'],
    [line('-rw-r--r--', '/usr/lib/latchkey/dist/a.test.js'), '.deb has /usr/lib/latchkey/dist/a.test.js'],
    [line('-rw-r--r--', '/usr/lib/latchkey/dist/sshcrypto.node'), '.deb has /usr/lib/latchkey/dist/sshcrypto.node'],
    [line('-rwsr-xr-x', '/usr/lib/latchkey/chrome-sandbox'), '/usr/lib/latchkey/chrome-sandbox has mode -rwsr-xr-x'],
    [line('-rw-rw-rw-', '/usr/share/x'), '/usr/share/x has mode -rw-rw-rw-'],
    [line('lrwxrwxrwx', '/usr/share/x'), '/usr/share/x has mode lrwxrwxrwx'],
    [line('-rw-r--r--', '/usr/share/x', 'nobody/nogroup'), '/usr/share/x belongs to nobody/nogroup'],
    [line('-rw-r--r--', '/etc/chromium/policies/managed/latchkey.json'), '.deb writes to /etc/chromium/policies/managed/latchkey.json'],
    [line('-rw-r--r--', '/etc/systemd/system/latchkey.service'), '.deb enables a unit: /etc/systemd/system/latchkey.service'],
  ])('refuses %s', (extra, why) => expect(check([...files, extra])).toEqual([why]))
  it('lacks nothing', () => {
    expect(check(files.filter((l) => !l.includes('openbox-rc.xml')))).toEqual(['.deb lacks /usr/lib/latchkey/openbox-rc.xml'])
    expect(check(files.filter((l) => !/spice-html5\.js$/.test(l)))).toEqual(['the SPICE client is not a file of its own (LGPL)'])
    expect(check(files.map((l) => l.replace(/^-rwxr-xr-x(.*launch)$/, '-rw-r--r--$1')))).toEqual(['/usr/lib/latchkey/launch has mode -rw-r--r--'])
  })
  it('names each file of /etc as a conffile', async () => {
    const conffiles = (await readFile(join(repository, 'build/deb/conffiles'), 'utf8')).trim().split('\n').sort()
    expect(conffiles).toEqual(debItems.filter((i) => i.to.startsWith('etc/')).map((i) => `/${i.to}`).sort())
  })
})

describe('the session', () => {
  const text = (name: string): Promise<string> => readFile(join(repository, 'build/session', name), 'utf8')

  it('lets the kiosk user restart, switch off and suspend, and nothing else; others are not judged', async () => {
    let rule: ((action: { id: string }, subject: { user: string }) => string) | undefined
    const polkit = { Result: { YES: 'yes', NO: 'no', NOT_HANDLED: 'not handled' }, addRule: (fn: typeof rule) => (rule = fn) }
    runInNewContext(await text('50-latchkey.rules'), { polkit })
    const ask = (id: string, user = 'latchkey'): string => rule!({ id }, { user })
    for (const verb of ['reboot', 'power-off', 'suspend']) expect(ask(`org.freedesktop.login1.${verb}`)).toBe('yes')
    for (const id of ['org.freedesktop.login1.reboot-multiple-sessions', 'org.freedesktop.login1.hibernate', 'org.freedesktop.policykit.exec', 'org.freedesktop.systemd1.manage-units', 'org.libvirt.unix.manage', '']) expect(ask(id), id).toBe('no')
    for (const user of ['root', 'anna', 'latchkey2']) expect(ask('org.freedesktop.login1.reboot', user)).toBe('not handled')
  })
  it('differs between Wayland and X11 only in what it starts', async () => {
    const bare = async (name: string): Promise<string[]> =>
      (await text(name)).split('\n').filter((l) => l !== '' && !/^#|^(?:ExecStart|Description|Conflicts|ConditionPathExists)=/.test(l))
    expect(await bare('latchkey-x.service')).toEqual(await bare('latchkey.service'))
  })
  it('starts with a short list of variables and fixed arguments', async () => {
    // The script with its folder moved to a place where a program that tells what it got stands for Node.
    await chmod(dir, 0o755)
    await writeFile(join(dir, 'launch'), (await text('launch')).replaceAll('/usr/lib/latchkey', dir))
    await writeFile(join(dir, 'node'), '#!/bin/sh\necho "$@"\nenv\n', { mode: 0o755 })
    const own = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}
    const env = { PATH: '/usr/bin:/bin', HOME: '/h', WAYLAND_DISPLAY: 'w 1;x', LANG: 'C', NODE_OPTIONS: '--inspect', LD_PRELOAD: '', PLAYWRIGHT_BROWSERS_PATH: '/x', SSLKEYLOGFILE: '/x', DISPLAY: '' }
    const start = (args: string[]) => spawnSync('sh', [join(dir, 'launch'), ...args], { env, encoding: 'utf8', cwd: '/', ...own })
    const { status, stdout } = start([])
    expect(status).toBe(0)
    const [args, ...vars] = stdout.trim().split('\n')
    expect(args).toBe(`${dir}/bin/latchkey.mjs run`)
    expect(vars.filter((v) => !/^(?:PWD|_|SHLVL)=/.test(v)).sort()).toEqual(['HOME=/h', 'LANG=C', 'PATH=/usr/local/bin:/usr/bin:/bin', 'WAYLAND_DISPLAY=w 1;x'])
    expect(start(['--no-sandbox']).status).toBe(64)
  })
  it('never starts the X server with a port, and never as root', async () => {
    const unit = await text('latchkey-x.service')
    expect(unit).toMatch(/^ExecStart=\/usr\/bin\/xinit .* -nolisten tcp /m)
    expect(unit).toMatch(/^User=latchkey$/m)
  })
})
