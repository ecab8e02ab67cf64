import { expect, it, vi } from 'vitest'
import { systemClock } from './clock.ts'

it('timers fire once and can be cancelled; both times run forward', () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    const fired: string[] = []
    systemClock.after(10, () => fired.push('a'))
    systemClock.after(10, () => fired.push('b'))()
    vi.advanceTimersByTime(100)
    expect(fired).toEqual(['a'])
  } finally {
    vi.useRealTimers()
  }
  const before = systemClock.now()
  expect(systemClock.now()).toBeGreaterThanOrEqual(before)
  expect(Math.abs(systemClock.wall() - Date.now())).toBeLessThan(1000)
})
