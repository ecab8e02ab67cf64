// Why: who the browser runs as, what it inherits and who can read its files.
import { readFile, stat, writeFile, mkdtemp, rm, chmod } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { execFile } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { displayAnswers, findDisplay } from './display.ts'
import { browserEnv, browserUser, createRunFolder, launcher, NOBODY, runBase } from './privileges.ts'

const isRoot = process.getuid?.() === 0

describe('the user', () => {
  it('is nobody or the named one when we are root, and never root', () => {
    expect(browserUser(0)).toEqual(NOBODY)
    expect(browserUser(0, { uid: 990, gid: 991 })).toEqual({ uid: 990, gid: 991 })
    for (const wanted of [{ uid: 0, gid: 5 }, { uid: 5, gid: 0 }]) for (const own of [0, 1000]) expect(() => browserUser(own, wanted)).toThrow(/never started as root/)
  })
  it('is ourselves otherwise', () => {
    expect(browserUser(1000)).toBeUndefined()
    expect(browserUser(1000, { uid: 1000, gid: 1000 })).toBeUndefined()
    expect(() => browserUser(1000, { uid: 1001, gid: 1001 })).toThrow(/only root/)
  })
})

describe('the run folder', () => {
  it('is private, its parts belong to the browser’s user, the program does not, and it goes', async () => {
    const user = isRoot ? NOBODY : undefined
    const folder = await createRunFolder(user, tmpdir())
    const own = process.getuid!()
    for (const dir of [folder.profile, folder.home]) {
      const s = await stat(dir)
      expect([s.mode & 0o777, s.uid]).toEqual([0o700, user?.uid ?? own])
    }
    for (const [dir, mode] of [[folder.root, isRoot ? 0o711 : 0o700], [folder.program, 0o755]] as const) {
      const s = await stat(dir)
      expect([s.mode & 0o777, s.uid]).toEqual([mode, own])
    }
    await writeFile(join(folder.profile, 'x'), '')
    await folder.remove()
    expect(existsSync(folder.root)).toBe(false)
  })

  it('lies in the runtime folder only if that is ours alone', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'latchkey-test-'))
    const uid = process.getuid!()
    expect(await runBase(undefined, dir, uid)).toBe(dir)
    expect(await runBase(undefined, dir, uid + 1)).toBe(tmpdir())
    expect(await runBase(NOBODY, dir, uid)).toBe(tmpdir())
    // A temporary folder that only root can enter is of no use to the browser's user.
    expect(await runBase(NOBODY, undefined, uid, dir)).toBe('/tmp')
    expect(await runBase(undefined, undefined, uid, dir)).toBe(dir)
    await chmod(dir, 0o755)
    expect(await runBase(undefined, dir, uid)).toBe(tmpdir())
    expect(await runBase(undefined, join(dir, 'none'), uid)).toBe(tmpdir())
    await rm(dir, { recursive: true })
  })
})

describe('the launcher', () => {
  it('is the executable itself where no other user is needed', async () => {
    const folder = await createRunFolder(undefined, tmpdir())
    expect(await launcher('/usr/bin/x', folder)).toBe('/usr/bin/x')
    await folder.remove()
  })

  it.runIf(isRoot)('becomes the user, without groups or capabilities, and keeps arguments as they are', async () => {
    const folder = await createRunFolder(NOBODY, tmpdir())
    const probe = join(folder.program, "it's a probe")
    await writeFile(probe, '#!/bin/sh\nid -u; id -G; grep CapEff /proc/self/status; printf "%s|" "$@"\n', { mode: 0o755 })
    const path = await launcher(probe, folder)
    expect((await stat(path)).mode & 0o777).toBe(0o700)
    const { stdout } = await promisify(execFile)(path, ['a b', '$HOME', "q'q"])
    expect(stdout).toBe(`65534\n65534\nCapEff:\t0000000000000000\na b|$HOME|q'q|`)
    expect(await readFile(path, 'utf8')).toContain('--clear-groups')
    await folder.remove()
  })
})

describe('the environment', () => {
  it('is a list of known names, with home and temporary files in the run folder', async () => {
    const folder = await createRunFolder(undefined, tmpdir())
    const own = { PATH: '/evil', HOME: '/root', LD_PRELOAD: 'x', NODE_OPTIONS: 'x', SSH_AUTH_SOCK: 'x', LATCHKEY_PASSWORD: 'x', LC_ALL: 'lt_LT.UTF-8', LC_lower: 'x', DISPLAY: ':1', LANG: undefined, XDG_RUNTIME_DIR: '/run/user/5', CHROME_FLAGS: 'x', http_proxy: 'x' }
    const env = browserEnv(own, folder, { FONTCONFIG_FILE: 'f' })
    expect(env).toEqual({
      PATH: '/usr/local/bin:/usr/bin:/bin', HOME: folder.home, TMPDIR: folder.home, LC_ALL: 'lt_LT.UTF-8', DISPLAY: ':1', FONTCONFIG_FILE: 'f', XDG_RUNTIME_DIR: '/run/user/5',
      XDG_CONFIG_HOME: join(folder.home, 'config'), XDG_CACHE_HOME: join(folder.home, 'cache'), XDG_DATA_HOME: join(folder.home, 'data'),
    })
    expect(browserEnv(own, { ...folder, user: NOBODY })['XDG_RUNTIME_DIR']).toBe(folder.home)
    await folder.remove()
  })
})

describe('the display', () => {
  it.each([
    [{ DISPLAY: ':1' }, { kind: 'x11', name: ':1', socket: '/tmp/.X11-unix/X1' }],
    [{ DISPLAY: ':12.0', WAYLAND_DISPLAY: 'w' }, { kind: 'x11', name: ':12.0', socket: '/tmp/.X11-unix/X12' }],
    [{ DISPLAY: 'far:0' }, { kind: 'x11', name: 'far:0', socket: undefined }],
    [{ WAYLAND_DISPLAY: 'wayland-0', XDG_RUNTIME_DIR: '/run/user/5' }, { kind: 'wayland', name: 'wayland-0', socket: '/run/user/5/wayland-0' }],
    [{ WAYLAND_DISPLAY: '/x/w' }, { kind: 'wayland', name: '/x/w', socket: '/x/w' }],
    [{}, undefined],
  ])('%j', (env, display) => expect(findDisplay(env)).toEqual(display))

  it('without a socket is taken to be there', async () => {
    expect(await displayAnswers({ kind: 'x11', name: 'far:0', socket: undefined })).toBe(true)
    expect(await displayAnswers({ kind: 'x11', name: ':987', socket: '/tmp/.X11-unix/X987' })).toBe(false)
  })
})
