// Why: back-off and limit are arithmetic on a clock, so they are tested on one.
import { expect, it } from 'vitest'
import { ManualClock } from '../../core/testkit.ts'
import { MAX_RESTARTS, RestartBudget, WINDOW_MS } from './restart-budget.ts'

it('allows five starts in a minute, each after a longer wait, and more once the minute has passed', async () => {
  const clock = new ManualClock()
  const budget = new RestartBudget(clock)
  const waits = Array.from({ length: MAX_RESTARTS }, () => budget.next())
  expect(waits).toEqual([0, 250, 1000, 2000, 4000])
  expect(budget.next()).toBeUndefined()
  await clock.advance(WINDOW_MS - 1)
  expect(budget.next()).toBeUndefined()
  await clock.advance(1)
  expect(budget.next()).toBe(0)
})
