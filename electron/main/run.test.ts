// Why: which shell is taken, what happens if it does not come up, and when nothing else may be tried.
import { describe, expect, it } from 'vitest'
import { AppError } from '../core/errors.ts'
import { recordingLogger } from '../core/testkit.ts'
import { shellOrder, tryShells, type ShellName, type Shells } from './run.ts'

describe('shellOrder', () => {
  it.each<['auto' | ShellName, boolean, boolean, ShellName[]]>([
    ['auto', true, false, ['electron', 'chromium']],
    ['auto', false, false, ['chromium']],
    ['electron', true, false, ['electron', 'chromium']],
    ['electron', false, false, ['chromium']],
    ['chromium', true, false, ['chromium', 'electron']],
    ['chromium', false, false, ['chromium']],
    // What runs without a display is Chromium's headless form, whatever was wanted.
    ['auto', true, true, ['chromium']],
    ['electron', true, true, ['chromium']],
  ])('%s, Electron installed: %s, headless: %s', (wanted, electron, headless, order) => {
    expect(shellOrder(wanted, { electron, headless })).toEqual(order)
  })
})

describe('tryShells', () => {
  const options = { configDir: '/etc/latchkey/config.d', shell: undefined, dev: false, headless: false, version: '0' }
  function setUp(ends: Partial<Record<ShellName, number | AppError>>) {
    const tried: ShellName[] = []
    const log = recordingLogger()
    const shell = (name: ShellName) => (): Promise<number> => {
      tried.push(name)
      const end = ends[name] ?? 0
      return end instanceof AppError ? Promise.reject(end) : Promise.resolve(end)
    }
    const shells: Shells = { electron: 'electron' in ends ? shell('electron') : undefined, chromium: shell('chromium') }
    const run = (wanted: 'auto' | ShellName = 'auto', headless = false): Promise<number> => tryShells(wanted, { ...options, headless }, log, shells)
    return { tried, log, run }
  }
  const unavailable = (detail: string): AppError => new AppError('shell.unavailable', detail)

  it('ends with the status of the shell that ran', async () => {
    const t = setUp({ electron: 70 })
    expect(await t.run()).toBe(70)
    expect(t.tried).toEqual(['electron'])
    expect(t.log.lines).toEqual([])
  })
  it.each(['shell.unavailable', 'shell.display-gone'] as const)('says that the chosen one did not come up (%s), with why, and takes the other', async (code) => {
    const error = new AppError(code, 'no window within 20 s')
    const t = setUp({ electron: error, chromium: 0 })
    expect(await t.run()).toBe(0)
    expect(t.tried).toEqual(['electron', 'chromium'])
    expect(t.log.lines).toMatchObject([{ level: 'warn', msg: 'Electron did not come up, trying Chromium', fields: { code, detail: 'no window within 20 s', trace: error.traceId } }])
  })
  it('goes the other way round where Chromium is the chosen one', async () => {
    const t = setUp({ chromium: unavailable('no browser'), electron: 0 })
    expect(await t.run('chromium')).toBe(0)
    expect(t.log.lines[0]?.msg).toBe('Chromium did not come up, trying Electron')
  })
  it('fails with the last reason where none comes up', async () => {
    const t = setUp({ electron: unavailable('first'), chromium: unavailable('second') })
    await expect(t.run()).rejects.toMatchObject({ code: 'shell.unavailable', detail: 'second' })
    expect(t.log.lines.at(-1)).toMatchObject({ level: 'error', msg: 'no window could be opened' })
  })
  it('tries nothing else after an error that is not the shell\'s', async () => {
    const t = setUp({ electron: new AppError('internal.bug', 'ours'), chromium: 0 })
    await expect(t.run()).rejects.toMatchObject({ code: 'internal.bug' })
    expect(t.tried).toEqual(['electron'])
  })
  it('says why Electron is not taken', async () => {
    const missing = setUp({ chromium: 0 })
    await missing.run('electron')
    expect(missing.log.lines[0]?.msg).toContain('not installed')
    const headless = setUp({ electron: 0, chromium: 0 })
    await headless.run('electron', true)
    expect(headless.log.lines[0]?.msg).toContain('without a display')
    expect(headless.tried).toEqual(['chromium'])
  })
})
