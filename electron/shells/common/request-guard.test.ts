// Why: the contract suite shows the gate from the page's side; here is what only the main process sees.
import { expect, it } from 'vitest'
import { AppError } from '../../core/errors.ts'
import { recordingLogger } from '../../core/testkit.ts'
import { MALFORMED_LIMIT, RequestGuard } from './request-guard.ts'

const make = () => {
  const log = recordingLogger()
  let resets = 0
  const guard = new RequestGuard(log, () => void resets++)
  return { log, guard, resets: () => resets }
}

it('resets once, at the third malformed request', async () => {
  const { guard, resets } = make()
  for (let i = 1; i < MALFORMED_LIMIT; i++) await guard.dispatch('nope', {})
  expect(resets()).toBe(0)
  guard.refuseMalformed('not JSON')
  expect(resets()).toBe(1)
  for (let i = 0; i < 5; i++) await guard.dispatch(Symbol('x'), {})
  expect(resets()).toBe(1)
  expect(guard.malformed).toBe(MALFORMED_LIMIT + 5)
})

it('logs where malformed input was wrong, never what it was', async () => {
  const { guard, log } = make()
  await guard.dispatch('ui.command', { type: 'signIn', endpoint: '', user: 'anna', password: 'hunter2'.repeat(200) })
  await guard.dispatch('ui.command', { type: 'signIn', endpoint: '', user: 7, password: 'hunter2', ['hunter2']: 1 })
  expect(JSON.stringify(log.lines)).toContain('password too_big')
  expect(JSON.stringify(log.lines)).not.toContain('hunter2')
})

it('does not count a failing handler as malformed, and logs a bug with the trace id of the reply', async () => {
  const { guard, log, resets } = make()
  guard.handle('ui.command', async () => {
    throw new TypeError('deep inside')
  })
  for (let i = 0; i < 5; i++) {
    const reply = await guard.dispatch('ui.command', { type: 'cancel' })
    expect(reply).toMatchObject({ ok: false, error: { code: 'internal.bug', traceId: log.lines[i]!.fields['trace'] } })
  }
  expect(resets()).toBe(0)
  expect(log.lines[0]).toMatchObject({ level: 'error' })
})

it('refuses more requests under way than a page can need', async () => {
  const { guard } = make()
  let release = () => {}
  const wait = new Promise<void>((r) => (release = r))
  guard.handle('ui.command', async () => {
    await wait
    return null
  })
  const all = Array.from({ length: 300 }, () => guard.dispatch('ui.command', { type: 'cancel' }))
  release()
  const replies = await Promise.all(all)
  expect(replies.filter((r) => !r.ok && r.error.code === 'ipc.refused')).toHaveLength(300 - 256)
})

it('keeps the code of an AppError', async () => {
  const { guard } = make()
  guard.handle('ui.command', () => Promise.reject(new AppError('power.denied', 'x')))
  expect(await guard.dispatch('ui.command', { type: 'cancel' })).toMatchObject({ error: { code: 'power.denied' } })
})

it('tells the audit which request was malformed, as often as it logs it and not more', async () => {
  const { guard, log } = make()
  const told: unknown[] = []
  guard.onMalformed((m) => told.push(m))
  await guard.dispatch('ui.command', { type: 'rm -rf' })
  await guard.dispatch('hunter2', {})
  for (let i = 0; i < 100; i++) guard.refuseMalformed('not JSON')
  expect(told).toEqual([
    { request: 'ui.command', count: 1 },
    { request: 'unknown', count: 2 },
    { request: 'unknown', count: 3 },
  ])
  expect(log.lines).toHaveLength(MALFORMED_LIMIT)
})
