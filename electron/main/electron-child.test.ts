// Why: what the parent makes of Electron's first word and of its end, played by small Node programs in its place.
import { EventEmitter } from 'node:events'
import { describe, expect, it } from 'vitest'
import { ManualClock, recordingLogger } from '../core/testkit.ts'
import { ELECTRON_START, runElectron } from './electron-child.ts'
import type { SignalSource } from './signals.ts'

function start(program: string) {
  const clock = new ManualClock()
  const log = recordingLogger()
  const signals = new EventEmitter()
  const end = runElectron({ binary: { path: process.execPath, program: ['-e', program, '--'] }, log, clock, signals: signals as unknown as SignalSource }, { configDir: '/c', dev: false })
  return { end, clock, log, signals }
}
const say = (word: string): string => `require('fs').writeSync(3, ${JSON.stringify(`${word}\n`)});`

describe('runElectron', () => {
  it('ends with the child\'s status once the window was up, and leaves neither timer nor listener', async () => {
    const t = start(`${say('ready')} process.exitCode = 75`)
    expect(await t.end).toBe(75)
    expect(t.log.lines.map((l) => l.msg)).toEqual(['window open'])
    expect(t.clock.pending).toBe(0)
    expect(t.signals.eventNames()).toEqual([])
  })
  it('does not make way for another shell where a kiosk runs already', async () => {
    const t = start(`${say('taken')} process.exitCode = 69`)
    expect(await t.end).toBe(69)
    expect(t.log.lines[0]?.msg).toContain('runs already')
  })
  it.each([
    ['ends without a window', 'process.exitCode = 69', 'status 69'],
    ['dies without a window', `process.kill(process.pid, 'SIGKILL')`, 'SIGKILL'],
    ['says something else', `${say('hello')} process.exitCode = 1`, 'status 1'],
  ])('is unavailable if it %s', async (_what, program, detail) => {
    const t = start(program)
    await expect(t.end).rejects.toMatchObject({ code: 'shell.unavailable', detail: expect.stringContaining(detail) as string })
    expect(t.clock.pending).toBe(0)
  })
  it('is unavailable if it shows no window in time, and is killed', async () => {
    const t = start('setInterval(() => {}, 1e6)')
    const end = expect(t.end).rejects.toMatchObject({ code: 'shell.unavailable', detail: expect.stringContaining('20 s') as string })
    await t.clock.advance(ELECTRON_START)
    await end
  })
  it('is unavailable where the binary cannot be run', async () => {
    const end = runElectron({ binary: { path: '/nonexistent/electron', program: [] }, log: recordingLogger(), clock: new ManualClock() }, { configDir: '/c', dev: true })
    await expect(end).rejects.toMatchObject({ code: 'shell.unavailable' })
  })
  it('keeps a refused command line as it is', async () => {
    expect(await start('process.exitCode = 64').end).toBe(64)
  })
  it('a stop signal while it starts is passed on, and no other shell is tried', async () => {
    const t = start('setInterval(() => {}, 1e6)')
    t.signals.emit('SIGTERM')
    expect(await t.end).toBe(0)
    expect(t.signals.eventNames()).toEqual([])
  })
})
