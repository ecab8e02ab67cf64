// Why: a flag that weakens the browser must not come in by a merge, and each flag keeps its reason.
import { expect, it } from 'vitest'
import { chromiumFlags, flagReasons, FORBIDDEN_FLAGS, type FlagInput } from './flags.ts'

const input = (more: Partial<FlagInput['options']>, rest: Partial<FlagInput> = {}): FlagInput => ({
  options: { fullscreen: true, headless: false, width: 1280, height: 720, ...more }, profileDir: '/run/p', headlessShell: false, display: 'x11', gpu: true, ...rest,
})
const all = [input({}), input({ fullscreen: false }), input({ headless: true }), input({ headless: true }, { headlessShell: true }), input({}, { gpu: false, display: 'wayland' })].map(chromiumFlags)

it.each(all.map((flags, i) => [i, flags] as const))('form %i has no forbidden flag and none twice', (_i, flags) => {
  const names = flags.map((f) => f.split('=')[0])
  expect(names.filter((n) => (FORBIDDEN_FLAGS as readonly string[]).includes(n!))).toEqual([])
  expect(new Set(names).size).toBe(names.length)
  expect(flags).toContain('--remote-debugging-pipe')
  expect(flags).toContain('--user-data-dir=/run/p')
})

it('has a reason for each', () => {
  for (const [flag, why] of flagReasons()) expect([flag, why.length >= 4]).toEqual([flag, true])
})

it('answers questions about memory at once only where it is told to', () => {
  const flag = '--enable-blink-features=ForceEagerMeasureMemory'
  expect(all.flat()).not.toContain(flag)
  expect(chromiumFlags(input({ headless: true }, { measureMemory: true }))).toContain(flag)
})

it('opens full screen, a window, or no window', () => {
  const [kiosk, windowed, headless, shell, wayland] = all as [string[], string[], string[], string[], string[]]
  expect(kiosk).toEqual(expect.arrayContaining(['--kiosk', '--ozone-platform=x11', 'about:blank']))
  expect(kiosk).not.toContain('--disable-gpu')
  expect(windowed).toContain('--app=data:text/html,')
  expect(windowed).not.toContain('--kiosk')
  expect(headless).toContain('--headless=new')
  expect(shell).toContain('--headless')
  expect(shell).not.toContain('--kiosk')
  expect(wayland).toEqual(expect.arrayContaining(['--ozone-platform=wayland', '--disable-gpu']))
})
