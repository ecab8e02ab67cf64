// @vitest-environment happy-dom
// Why: what the engine tells must reach the person, and what IT has configured must reach the engine.
import { act } from 'react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { translator } from '../../shared/i18n/messages.ts'
import type { ConsoleNotice } from '../console/port.ts'
import { bootstrap, views } from '../dev-views.ts'
import { click, mountApp, type Rig } from '../testkit.tsx'

const t = translator('en')
let rig: Rig
beforeEach(() => { vi.useFakeTimers() })
afterEach(() => {
  rig.unmount()
  vi.useRealTimers()
})

const consoleView = () => {
  const view = Object.values(views).find((v) => v.screen === 'console' && v.status === 'connected')
  if (view === undefined) throw new Error('no view of a connected console')
  return view
}
const tell = (notice: ConsoleNotice): void => { act(() => { rig.engine.options?.onNotice?.(notice) }) }
const hint = (): string => rig.root.querySelector('.console-hint')?.textContent ?? ''

test('the engine gets what IT has configured', () => {
  rig = mountApp(consoleView(), { ...bootstrap, clipboard: { policy: 'toGuest', maxBytes: 4096 }, sound: false })
  expect(rig.engine.options).toMatchObject({ clipboard: { policy: 'toGuest', maxBytes: 4096 }, sound: false })
})

test('who has the mouse is said, and gone after a while or when it needs no saying', () => {
  rig = mountApp(consoleView())
  expect(hint()).toBe('')
  for (const hold of ['unlocked', 'locked', 'refused'] as const) {
    tell({ kind: 'pointer', hold })
    expect(hint()).toBe(t(`console.mouse.${hold}`))
  }
  act(() => { vi.advanceTimersByTime(7000) })
  expect(hint()).toBe('')
  tell({ kind: 'pointer', hold: 'unlocked' })
  tell({ kind: 'pointer', hold: 'free' })
  expect(hint()).toBe('')
})

test('a too long text and a desktop that moves are said; what the person can do nothing about is not', () => {
  rig = mountApp(consoleView())
  tell({ kind: 'clipboard-too-large', direction: 'toGuest', bytes: 9_000_000, limit: 8 * 1024 * 1024 })
  expect(hint()).toBe(t('console.clipboard.tooLarge', { count: 8192 }))
  tell({ kind: 'migration', step: 'announced' })
  expect(hint()).toBe(t('console.moving'))
  act(() => { vi.advanceTimersByTime(7000) })
  for (const notice of [{ kind: 'resolution-refused' }, { kind: 'goodbye', reason: 'OK' }, { kind: 'migration', step: 'end' }, { kind: 'locks', caps: true, num: false, scroll: false }] as const) tell(notice)
  expect(hint()).toBe('')
})

test('diagnostics: the round trip as it is now, and the guest’s lamps', () => {
  rig = mountApp(consoleView())
  const measured: { rtt?: number } = {}
  rig.engine.rtt = () => measured.rtt
  act(() => { rig.engine.options?.onMenuKey() })
  const item = [...document.querySelectorAll('[role=menuitem]')].find((e) => e.textContent === t('console.diagnostics'))
  click(item)
  const fact = (label: string): string | undefined => [...document.querySelectorAll('.fact')].find((e) => e.querySelector('dt')?.textContent === label)?.querySelector('dd')?.textContent ?? undefined
  expect(fact(t('diagnostics.rtt'))).toBe(t('diagnostics.notMeasured'))
  expect(fact(t('diagnostics.lamps'))).toBeUndefined()
  measured.rtt = 12.4
  act(() => { vi.advanceTimersByTime(1000) })
  expect(fact(t('diagnostics.rtt'))).toBe('12 ms')
  tell({ kind: 'locks', caps: true, num: true, scroll: false })
  expect(fact(t('diagnostics.lamps'))).toBe('Caps Lock, Num Lock')
  tell({ kind: 'locks', caps: false, num: false, scroll: false })
  expect(fact(t('diagnostics.lamps'))).toBe(t('diagnostics.noLamps'))
})
